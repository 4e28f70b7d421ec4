//! Which protocols lie in which.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

use super::{Bounded, Entry, Traffic};
use crate::analysis::{FRAMES_PER_PROGRESS, Gate, Options};
use crate::application::Message;
use crate::capture::{Frame, Reader};
use crate::packet::{Layer, Packet};
use crate::{Error, ErrorKind, Result};

/// The traffic of each protocol, by the protocols that carry it.
///
/// Frames count with the headers that are there, at every depth of tunnels, and with what the application says in the
/// frame itself. The extension headers of IP belong to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hierarchy(Bounded<Path, Traffic>);

/// A protocol inside of others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HierarchyNode {
    /// The protocols around it, outermost first, and itself.
    pub path: Vec<Layer>,
    /// The frames that contain it, with all that it carries.
    pub traffic: Traffic,
}

impl HierarchyNode {
    /// The names of the path as in Wireshark's `frame.protocols`: `eth:ip:tcp`.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.iter().map(|layer| layer.name()).collect::<Vec<_>>().join(":")
    }
}

/// Headers of a frame, and [`Layer::Frame`] in the places that are left.
type Path = [Layer; MAX_DEPTH];

/// Counts the protocols in the frames of a capture. `progress` is called as by [`analyze`](crate::analysis::analyze).
///
/// # Errors
/// [`ErrorKind::Cancelled`] if `progress` asked for it. Damage ends the counting.
pub fn hierarchy<R: Read>(
    reader: &mut Reader<R>,
    options: &Options,
    mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Hierarchy> {
    let mut gate = Gate::new(options.since);
    let mut hierarchy = Hierarchy::default();
    let mut frames = 0;
    while let Ok(Some(frame)) = reader.next_frame() {
        if gate.lets_pass(frame.timestamp) {
            hierarchy.add(&frame, &frame.packet());
        }
        frames += 1;
        if frames % FRAMES_PER_PROGRESS == 0 && progress(reader.offset(), frames).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "count protocols"));
        }
    }
    Ok(hierarchy)
}

impl Default for Hierarchy {
    /// Of nothing, with room for 1,000 different stacks of protocols.
    fn default() -> Self {
        Self::new(1000)
    }
}

impl Hierarchy {
    /// Of nothing, with room for so many different stacks of protocols.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Bounded::new(most))
    }

    /// Counts a frame.
    pub fn add(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        self.0.add(path(packet), &Traffic { frames: 1, bytes: frame.original_length.into() });
    }

    /// Adds the traffic of another part of the capture or of another capture, in any order. The lower limit of both holds.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// The protocols, each in front of those that it carries, the ones with the most octets first.
    #[must_use]
    pub fn nodes(&self) -> Vec<HierarchyNode> {
        let mut root = Node::default();
        for (path, traffic) in self.0.iter() {
            let mut node = &mut root;
            for layer in path.iter().take_while(|layer| **layer != Layer::Frame) {
                node = node.inner.entry(*layer).or_default();
                node.traffic.add(*traffic);
            }
        }
        let mut nodes = Vec::new();
        root.list(&mut Vec::new(), &mut nodes);
        nodes
    }

    /// The frames of stacks of protocols that are not among the nodes.
    #[must_use]
    pub fn others(&self) -> Traffic {
        let unknown = self.0.iter().filter(|(path, _)| path.first() == Some(&Layer::Frame));
        unknown.fold(self.0.others, |mut sum, (_, traffic)| {
            sum.add(*traffic);
            sum
        })
    }
}

#[derive(Default)]
struct Node {
    traffic: Traffic,
    inner: BTreeMap<Layer, Self>,
}

impl Node {
    /// Lists what is inside of the node at `path`, which is no deeper than [`MAX_DEPTH`].
    fn list(&self, path: &mut Vec<Layer>, nodes: &mut Vec<HierarchyNode>) {
        let mut inner: Vec<_> = self.inner.iter().collect();
        inner.sort_by_key(|(layer, node)| (Reverse(node.traffic.bytes), **layer));
        for (layer, node) in inner {
            path.push(*layer);
            nodes.push(HierarchyNode { path: path.clone(), traffic: node.traffic });
            node.list(path, nodes);
            path.pop();
        }
    }
}

impl Entry for Traffic {
    fn add(&mut self, other: &Self) {
        Self::add(self, *other);
    }

    fn traffic(&self) -> Traffic {
        *self
    }
}

fn path(packet: &Packet<'_>) -> Path {
    let mut path = [Layer::Frame; MAX_DEPTH];
    let headers = packet.layers().map(|header| header.layer).filter(|layer| !PARTS.contains(layer));
    let message = Message::of(&packet.innermost()).map(|message| message.layer());
    let mut last = Layer::Frame;
    // A stack of labels is one protocol.
    let mut layers = headers.chain(message).filter(|layer| {
        let repeats = *layer == Layer::Mpls && last == Layer::Mpls;
        last = *layer;
        !repeats
    });
    path.iter_mut().zip(&mut layers).for_each(|(place, layer)| *place = layer);
    path
}

/// Headers that belong to the one before them.
const PARTS: [Layer; 3] = [Layer::Snap, Layer::Extension, Layer::IcmpExtension];
/// Deeper headers do not count.
const MAX_DEPTH: usize = 24;
