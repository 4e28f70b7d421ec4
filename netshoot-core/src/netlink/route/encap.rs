//! What a route puts around packets: light-weight tunnels, one structure a kind.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::parts::text;
use super::{EncapKind, Ioam6Mode, MplsLabels, Seg6Action, Seg6Flavors, Seg6Mode, TunnelFlags};
use crate::netlink::ByteString;
use crate::netlink::attribute::{Attribute, Notes};

/// `RTA_ENCAP`: what a route or next hop puts around packets, by its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Encap {
    /// MPLS labels.
    Mpls(MplsEncap),
    /// The key of an IPv4 tunnel, for a device that takes it from the route.
    Ip(IpEncap),
    /// The key of an IPv6 tunnel.
    Ip6(Ip6Encap),
    /// Identifier locator addressing.
    Ila(IlaEncap),
    /// A segment routing header.
    Seg6(Seg6Encap),
    /// Programs.
    Bpf(BpfEncap),
    /// What a segment of this host does.
    Seg6Local(Seg6LocalEncap),
    /// A source routing header of low-power networks.
    Rpl(RplEncap),
    /// In situ measurement.
    Ioam6(Ioam6Encap),
    /// An IPsec interface's number.
    Xfrm(XfrmEncap),
    /// Another kind: the attributes as the kernel sent them.
    Other {
        /// The kind.
        kind: EncapKind,
        /// The attributes' octets.
        data: Box<[u8]>,
    },
}

impl Encap {
    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> EncapKind {
        match self {
            Self::Mpls(_) => EncapKind::MPLS,
            Self::Ip(_) => EncapKind::IP,
            Self::Ip6(_) => EncapKind::IP6,
            Self::Ila(_) => EncapKind::ILA,
            Self::Seg6(_) => EncapKind::SEG6,
            Self::Bpf(_) => EncapKind::BPF,
            Self::Seg6Local(_) => EncapKind::SEG6_LOCAL,
            Self::Rpl(_) => EncapKind::RPL,
            Self::Ioam6(_) => EncapKind::IOAM6,
            Self::Xfrm(_) => EncapKind::XFRM,
            Self::Other { kind, .. } => *kind,
        }
    }

    /// The links that it refers to, by their index.
    pub(in crate::netlink) fn links(&self) -> [Option<u32>; 2] {
        match self {
            Self::Seg6Local(local) => [local.iif, local.oif],
            Self::Xfrm(xfrm) => [xfrm.link, None],
            _ => [None, None],
        }
    }

    /// The attribute's meaning hangs on another that may come before or after it.
    pub(in crate::netlink) fn read(
        kind: Option<EncapKind>,
        attribute: Option<Attribute<'_>>,
        notes: &mut Notes,
    ) -> Option<Box<Self>> {
        let (kind, attribute) = (kind?, attribute?);
        Some(Box::new(match kind {
            EncapKind::MPLS => Self::Mpls(MplsEncap::read(&attribute, notes)),
            EncapKind::IP => Self::Ip(IpEncap::read(&attribute, notes)),
            EncapKind::IP6 => Self::Ip6(Ip6Encap::read(&attribute, notes)),
            EncapKind::ILA => Self::Ila(IlaEncap::read(&attribute, notes)),
            EncapKind::SEG6 => Self::Seg6(Seg6Encap::read(&attribute, notes)),
            EncapKind::BPF => Self::Bpf(BpfEncap::read(&attribute, notes)),
            EncapKind::SEG6_LOCAL => Self::Seg6Local(Seg6LocalEncap::read(&attribute, notes)),
            EncapKind::RPL => Self::Rpl(RplEncap::read(&attribute, notes)),
            EncapKind::IOAM6 => Self::Ioam6(Ioam6Encap::read(&attribute, notes)),
            EncapKind::XFRM => Self::Xfrm(XfrmEncap::read(&attribute, notes)),
            kind => Self::Other { kind, data: attribute.payload.into() },
        }))
    }
}

attributes! {
    /// `MPLS_IPTUNNEL_*`.
    MplsEncap in "mpls" {
        /// The labels that are put in front.
        dst: MplsLabels = 1 by MplsLabels::read,
        /// Time to live of the labels.
        ttl: u8 = 2 by Attribute::u8,
    }
}

attributes! {
    /// `LWTUNNEL_IP_*`.
    IpEncap in "ip" {
        /// The tunnel's number.
        id: u64 = 1 by be64,
        /// The outer destination.
        dst: Ipv4Addr = 2 by ipv4,
        /// The outer source.
        src: Ipv4Addr = 3 by ipv4,
        /// The outer time to live; 0 is that of the device.
        ttl: u8 = 4 by Attribute::u8,
        /// The outer type of service.
        tos: u8 = 5 by Attribute::u8,
        /// What else is in the tunnel's header.
        flags: TunnelFlags = 6 by tunnel_flags,
        /// Options of the tunnel's header.
        opts: TunnelOptions = 8 by TunnelOptions::read_all,
    }
}

attributes! {
    /// `LWTUNNEL_IP6_*`.
    Ip6Encap in "ip6" {
        /// The tunnel's number.
        id: u64 = 1 by be64,
        /// The outer destination.
        dst: Ipv6Addr = 2 by ipv6,
        /// The outer source.
        src: Ipv6Addr = 3 by ipv6,
        /// The outer hop limit; 0 is that of the device.
        hoplimit: u8 = 4 by Attribute::u8,
        /// The outer traffic class.
        tc: u8 = 5 by Attribute::u8,
        /// What else is in the tunnel's header.
        flags: TunnelFlags = 6 by tunnel_flags,
        /// Options of the tunnel's header.
        opts: TunnelOptions = 8 by TunnelOptions::read_all,
    }
}

/// `LWTUNNEL_IP_OPTS_*`: options of a tunnel's header.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TunnelOptions {
    /// Of Geneve, in the packet's order.
    Geneve(Vec<GeneveOption>),
    /// Of VXLAN.
    Vxlan(VxlanOptions),
    /// Of ERSPAN.
    Erspan(ErspanOptions),
}

impl TunnelOptions {
    /// Geneve's options come in one attribute or in one each.
    fn read_all(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let (mut geneve, mut other) = (Vec::new(), None);
        attribute.each("tunnel options", notes, |option, notes| match option.number {
            1 => GeneveOption::read_into(&mut geneve, &option, notes),
            2 => other = Some(Self::Vxlan(VxlanOptions::read(&option, notes))),
            3 => other = Some(Self::Erspan(ErspanOptions::read(&option, notes))),
            _ => {}
        });
        if geneve.is_empty() { other } else { Some(Self::Geneve(geneve)) }
    }
}

/// An option of Geneve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct GeneveOption {
    /// Who defined it.
    pub class: u16,
    /// Which of theirs it is.
    pub kind: u8,
    /// Its octets.
    pub data: Box<[u8]>,
}

impl GeneveOption {
    /// Each option begins with its class.
    fn read_into(options: &mut Vec<Self>, attribute: &Attribute<'_>, notes: &mut Notes) {
        attribute.each("geneve", notes, |detail, notes| match (detail.number, options.last_mut()) {
            (1, _) => {
                options.extend(detail.be16(notes).map(|class| Self { class, ..Self::default() }));
            }
            (2, Some(option)) => option.kind = detail.u8(notes).unwrap_or_default(),
            (3, Some(option)) => option.data = detail.payload.into(),
            _ => {}
        });
    }
}

attributes! {
    /// Options of VXLAN.
    VxlanOptions in "vxlan" {
        /// The group policy.
        gbp: u32 = 1 by Attribute::u32,
    }
}

attributes! {
    /// Options of ERSPAN.
    ErspanOptions in "erspan" {
        /// The version: 1 or 2.
        ver: u8 = 1 by Attribute::u8,
        /// Version 1's index.
        index: u32 = 2 by Attribute::be32,
        /// Version 2's direction.
        dir: u8 = 3 by Attribute::u8,
        /// Version 2's hardware.
        hwid: u8 = 4 by Attribute::u8,
    }
}

attributes! {
    /// `ILA_ATTR_*`.
    IlaEncap in "ila" {
        /// The locator: 64 bits, in network order.
        locator: [u8; 8] = 1 by Attribute::array,
        /// `ILA_CSUM_*`: how checksums are kept right.
        csum_mode: u8 = 7 by Attribute::u8,
        /// `ILA_ATYPE_*`: the kind of identifier.
        ident_type: u8 = 8 by Attribute::u8,
        /// `ILA_HOOK_*`: for packets sent or for packets received.
        hook_type: u8 = 9 by Attribute::u8,
    }
}

/// A segment routing header (RFC 8754).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SegmentRouting {
    /// The segments, the first to visit first. (In the packet the last comes first.)
    pub segs: Vec<Ipv6Addr>,
    /// The number of the key that signs the header.
    pub hmac: Option<u32>,
}

impl SegmentRouting {
    /// From the octets that begin `skip` octets into the attribute.
    fn read(attribute: &Attribute<'_>, skip: usize, notes: &mut Notes) -> Option<Self> {
        attribute.require(skip + SRH_LENGTH, notes)?;
        let octets = attribute.payload.get(skip..)?;
        let ([_, length, _, _, first, flags, _, _], addresses) = octets.split_first_chunk::<SRH_LENGTH>()?;
        let (addresses, _) = addresses.as_chunks::<16>();
        if addresses.len() <= usize::from(*first) {
            attribute.require(skip + SRH_LENGTH + 16 * (usize::from(*first) + 1), notes);
        }
        let segs = addresses.iter().take(usize::from(*first) + 1).rev().map(|octets| Ipv6Addr::from(*octets));
        Some(Self { segs: segs.collect(), hmac: (flags & FLAG_HMAC != 0).then(|| hmac_key(octets, *length)).flatten() })
    }
}

/// The signature is the last 40 octets: type, length, reserved, key, code.
fn hmac_key(octets: &[u8], length: u8) -> Option<u32> {
    let end = (usize::from(length) + 1) * 8;
    let key = octets.get(end.checked_sub(36)?..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*key))
}

/// `SEG6_IPTUNNEL_*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Seg6Encap {
    /// Where the header goes.
    pub mode: Option<Seg6Mode>,
    /// The header.
    pub srh: Option<SegmentRouting>,
    /// The source of the outer header (Linux 6.18).
    pub tunsrc: Option<Ipv6Addr>,
}

impl Seg6Encap {
    fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Self {
        let mut encap = Self::default();
        attribute.each("seg6", notes, |detail, notes| match detail.number {
            1 => {
                encap.mode = detail.u32(notes).map(Seg6Mode);
                encap.srh = encap.mode.and_then(|_| SegmentRouting::read(&detail, 4, notes));
            }
            2 => encap.tunsrc = ipv6(&detail, notes),
            _ => {}
        });
        encap
    }
}

attributes! {
    /// `SEG6_LOCAL_*`.
    Seg6LocalEncap in "seg6local" {
        /// What the segment does.
        action: Seg6Action = 1 by seg6_action,
        /// The header that it adds.
        srh: SegmentRouting = 2 by whole_srh,
        /// The table that decides.
        table: u32 = 3 by Attribute::u32,
        /// The IPv4 neighbour.
        nh4: Ipv4Addr = 4 by ipv4,
        /// The IPv6 neighbour.
        nh6: Ipv6Addr = 5 by ipv6,
        /// The link in, by its index.
        iif: u32 = 6 by Attribute::u32,
        /// The link out, by its index.
        oif: u32 = 7 by Attribute::u32,
        /// The program.
        bpf: BpfProgram = 8 by BpfProgram::read_some,
        /// The table of the VRF that decides.
        vrftable: u32 = 9 by Attribute::u32,
        /// Counters.
        counters: Seg6Counters = 10 by Seg6Counters::read_some,
        /// How it ends.
        flavors: Seg6FlavorSettings = 11 by Seg6FlavorSettings::read_some,
    }
}

attributes! {
    /// `SEG6_LOCAL_CNT_*`.
    Seg6Counters in "seg6local counters" {
        /// Packets that were handled.
        packets: u64 = 2 by Attribute::u64,
        /// Octets that were handled.
        bytes: u64 = 3 by Attribute::u64,
        /// Packets that could not be handled.
        errors: u64 = 4 by Attribute::u64,
    }
}

attributes! {
    /// `SEG6_LOCAL_FLV_*`.
    Seg6FlavorSettings in "seg6local flavors" {
        /// The flavors.
        operation: Seg6Flavors = 1 by seg6_flavors,
        /// Bits of a compressed segment's locator block.
        lcblock_bits: u8 = 2 by Attribute::u8,
        /// Bits of its locator node and function.
        lcnode_fn_bits: u8 = 3 by Attribute::u8,
    }
}

attributes! {
    /// A program that is loaded.
    BpfProgram in "bpf program" {
        /// Its number.
        id: u32 = 1 by Attribute::u32,
        /// Its name, as it was given with the route.
        name: ByteString = 2 by text,
    }
}

attributes! {
    /// `LWT_BPF_*`.
    BpfEncap in "bpf" {
        /// For packets received.
        input: BpfProgram = 1 by BpfProgram::read_some,
        /// For packets sent.
        output: BpfProgram = 2 by BpfProgram::read_some,
        /// For packets about to leave.
        xmit: BpfProgram = 3 by BpfProgram::read_some,
        /// Octets that the last program may add in front.
        headroom: u32 = 4 by Attribute::u32,
    }
}

/// Nests within what `attributes!` declares are read by what it declares.
macro_rules! read_some {
    ($($name:ident),*) => {
        $(impl $name {
            fn read_some(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
                Some(Self::read(attribute, notes))
            }
        })*
    };
}

read_some!(Seg6Counters, Seg6FlavorSettings, BpfProgram);

/// `RPL_IPTUNNEL_*`: a source routing header of RFC 6554.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RplEncap {
    /// The addresses to visit. As iproute2 shows them: the last of the header first.
    pub segs: Vec<Ipv6Addr>,
}

impl RplEncap {
    fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Self {
        let mut encap = Self::default();
        attribute.each("rpl", notes, |detail, notes| {
            if let (1, Some([_, _, _, left, ..])) = (detail.number, detail.array::<8>(notes)) {
                let (addresses, _) = detail.payload.get(8..).unwrap_or_default().as_chunks::<16>();
                detail.require(8 + 16 * usize::from(left), notes);
                let segs = addresses.iter().take(left.into()).rev().map(|octets| Ipv6Addr::from(*octets));
                encap.segs = segs.collect();
            }
        });
        encap
    }
}

attributes! {
    /// `IOAM6_IPTUNNEL_*`.
    Ioam6Encap in "ioam6" {
        /// Where the measurement goes.
        mode: Ioam6Mode = 1 by ioam6_mode,
        /// The outer destination.
        tundst: Ipv6Addr = 2 by ipv6,
        /// What is measured.
        trace: Ioam6Trace = 3 by Ioam6Trace::read,
        /// Of so many packets, those are measured.
        freqk: u32 = 4 by Attribute::u32,
        /// Out of so many.
        freqn: u32 = 5 by Attribute::u32,
        /// The outer source.
        tunsrc: Ipv6Addr = 6 by ipv6,
    }
}

/// `struct ioam6_trace_hdr`: a pre-allocated trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Ioam6Trace {
    /// The namespace of the measurement.
    pub namespace: u16,
    /// What each node writes, a bit each: 24 bits.
    pub kind: u32,
    /// Room in octets.
    pub size: u16,
}

impl Ioam6Trace {
    fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let [n0, n1, _, left, t0, t1, t2, _] = attribute.array::<8>(notes)?;
        Some(Self {
            namespace: u16::from_be_bytes([n0, n1]),
            kind: u32::from_be_bytes([0, t0, t1, t2]),
            size: u16::from(left & 0x7f) * 4,
        })
    }
}

attributes! {
    /// `LWT_XFRM_*`.
    XfrmEncap in "xfrm" {
        /// The interface's number.
        if_id: u32 = 1 by Attribute::u32,
        /// The link below, by its index.
        link: u32 = 2 by Attribute::u32,
    }
}

fn be64(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<u64> {
    attribute.array(notes).map(u64::from_be_bytes)
}

fn ipv4(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Ipv4Addr> {
    attribute.array::<4>(notes).map(Ipv4Addr::from)
}

fn ipv6(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Ipv6Addr> {
    attribute.array::<16>(notes).map(Ipv6Addr::from)
}

fn tunnel_flags(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<TunnelFlags> {
    attribute.be16(notes).map(TunnelFlags)
}

fn seg6_action(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Seg6Action> {
    attribute.u32(notes).map(Seg6Action)
}

fn seg6_flavors(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Seg6Flavors> {
    attribute.u32(notes).map(Seg6Flavors)
}

fn whole_srh(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<SegmentRouting> {
    SegmentRouting::read(attribute, 0, notes)
}

fn ioam6_mode(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Ioam6Mode> {
    attribute.u8(notes).map(Ioam6Mode)
}

const SRH_LENGTH: usize = 8;
const FLAG_HMAC: u8 = 1 << 3;
