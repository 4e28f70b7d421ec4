//! What attributes of the kernel's hold, and such attributes filled at random.

use Shape::*;

use super::answers::{Random, attribute};

/// What an attribute holds.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Flag,
    Bool,
    U8,
    U16,
    U32,
    U64,
    /// 32 bits, the lowest of them 1.
    Odd,
    /// 2 in 32 bits.
    Two,
    /// Below a limit.
    U8To(u8),
    U16To(u16),
    U32To(u32),
    Words(usize),
    Octets(usize),
    /// Some of these bits, in so many words.
    Bits(u32, usize),
    /// The name of a link.
    Name,
    Ip4,
    Ip6,
    /// The index of a link: none, one that is there, or one that is not.
    Link,
    /// The same without none.
    Master,
    /// 31 bits in the room of 64.
    Timer,
    /// An EtherType in network order.
    EtherType,
    /// Attributes of these shapes, all of them.
    Nest(&'static [(u16, Shape)]),
    /// Most of these.
    Most(&'static [(u16, Shape)]),
    /// These, without a header.
    Parts(&'static [Shape]),
    /// At most so many attributes of one number and shape.
    Row(u16, u64, &'static Shape),
    /// At most so many of one shape, numbered from a first on.
    List(u16, u64, &'static Shape),
}

pub fn payload(random: &mut Random, shape: Shape) -> Vec<u8> {
    match shape {
        Flag => Vec::new(),
        Bool => vec![random.below(2) as u8],
        U8 => vec![random.u8()],
        U16 => random.u16().to_ne_bytes().to_vec(),
        U32 => random.u32().to_ne_bytes().to_vec(),
        Two => 2_u32.to_ne_bytes().to_vec(),
        Odd => (random.u32() | 1).to_ne_bytes().to_vec(),
        U64 => random.u64().to_ne_bytes().to_vec(),
        U8To(limit) => vec![random.below(limit.into()) as u8],
        U16To(limit) => (random.below(limit.into()) as u16).to_ne_bytes().to_vec(),
        U32To(limit) => (random.below(limit.into()) as u32).to_ne_bytes().to_vec(),
        Words(count) => random.words(count),
        Octets(count) => random.octets(count),
        Bits(mask, count) => (0..count).flat_map(|_| (random.u32() & mask).to_ne_bytes()).collect(),
        Name => format!("eth{}\0", random.below(10)).into_bytes(),
        Ip4 => [vec![0; 4], vec![192, 0, 2, 1], vec![239, 1, 2, 3], random.octets(4)][random.below(4) as usize].clone(),
        Ip6 => {
            let group = [vec![0xff, 5], vec![0; 13], vec![9]].concat();
            let mapped = [vec![0; 10], vec![0xff; 2], random.octets(4)].concat();
            [vec![0; 16], group, mapped, random.octets(16)][random.below(4) as usize].clone()
        }
        Link => [0_u32, 3, 1000][random.below(3) as usize].to_ne_bytes().to_vec(),
        Master => [3_u32, 1000][random.below(2) as usize].to_ne_bytes().to_vec(),
        Timer => (u64::from(random.u32()) >> 1).to_ne_bytes().to_vec(),
        EtherType => [0x8100_u16, 0x88a8, 0x0800, 0x1234][random.below(4) as usize].to_be_bytes().to_vec(),
        Nest(shapes) => attributes(random, shapes, true),
        Most(shapes) => attributes(random, shapes, false),
        Parts(shapes) => shapes.iter().flat_map(|shape| payload(random, *shape)).collect(),
        Row(number, most, shape) => {
            (0..random.below(most + 1)).flat_map(|_| attribute(number, &payload(random, *shape))).collect()
        }
        List(first, most, shape) => {
            let count = random.below(most + 1) as u16;
            (first..first + count).flat_map(|number| attribute(number, &payload(random, *shape))).collect()
        }
    }
}

/// Most of them are there, or all but for flags.
pub fn attributes(random: &mut Random, shapes: &[(u16, Shape)], whole: bool) -> Vec<u8> {
    let mut octets = Vec::new();
    for (number, shape) in shapes {
        if random.often() || whole && !matches!(shape, Flag) {
            octets.extend(attribute(*number, &payload(random, *shape)));
        }
    }
    octets
}
