//! Devices whose other end is not a link: tun and tap, and controller area networks.

use super::{octets_u16, octets_u32, two_u16};
use crate::netlink::ByteString;
use crate::netlink::attribute::{Attribute, Notes};

attributes! {
    /// A tun or tap device (`IFLA_TUN_*`).
    Tun in "tun" {
        /// The user that may open it.
        owner: u32 = 1 by Attribute::u32,
        /// The group that may open it.
        group: u32 = 2 by Attribute::u32,
        /// 1 tun, 2 tap.
        kind: u8 = 3 by Attribute::u8,
        /// Packets carry `struct tun_pi`.
        pi: bool = 4 by Attribute::bool,
        /// Packets carry `struct virtio_net_hdr`.
        vnet_hdr: bool = 5 by Attribute::bool,
        /// Lives without a process.
        persist: bool = 6 by Attribute::bool,
        /// May be opened several times.
        multi_queue: bool = 7 by Attribute::bool,
        /// Queues that are open.
        num_queues: u32 = 8 by Attribute::u32,
        /// Queues that are off.
        num_disabled_queues: u32 = 9 by Attribute::u32,
    }
}

attributes! {
    /// A controller area network device (`IFLA_CAN_*`).
    Can in "can" {
        /// Bit timing.
        bittiming: CanBitTiming = 1 by CanBitTiming::read,
        /// What timing the hardware can do.
        bittiming_const: CanBitTimingConst = 2 by CanBitTimingConst::read,
        /// Clock of the controller in hertz.
        clock: u32 = 3 by Attribute::u32,
        /// `CAN_STATE_*`: 0 error active, 1 error warning, 2 error passive, 3 bus off, 4 stopped, 5 sleeping.
        state: u32 = 4 by Attribute::u32,
        /// `CAN_CTRLMODE_*`, a bit each.
        ctrlmode: u32 = 5 by second_u32,
        /// Milliseconds until a controller that went bus off is started again; 0 is never.
        restart_ms: u32 = 6 by Attribute::u32,
        /// Error counters: transmit and receive.
        berr_counter: (u16, u16) = 8 by two_u16,
        /// Bit timing of the data phase (CAN FD).
        data_bittiming: CanBitTiming = 9 by CanBitTiming::read,
        /// What timing of the data phase the hardware can do.
        data_bittiming_const: CanBitTimingConst = 10 by CanBitTimingConst::read,
        /// Termination in ohms; 0 is off.
        termination: u16 = 11 by Attribute::u16,
        /// Terminations that can be chosen.
        termination_const: Vec<u16> = 12 by octets_u16,
        /// Bit rates that can be chosen, where they are fixed.
        bitrate_const: Vec<u32> = 13 by octets_u32,
        /// The same of the data phase.
        data_bitrate_const: Vec<u32> = 14 by octets_u32,
        /// Highest bit rate; 0 is no limit.
        bitrate_max: u32 = 15 by Attribute::u32,
    }
}

/// `struct can_bittiming`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CanBitTiming {
    /// Bits a second.
    pub bitrate: u32,
    /// Sample point in tenths of a percent.
    pub sample_point: u32,
    /// Time quantum in nanoseconds.
    pub tq: u32,
    /// Propagation segment in time quanta.
    pub prop_seg: u32,
    /// Phase buffer segment 1 in time quanta.
    pub phase_seg1: u32,
    /// Phase buffer segment 2 in time quanta.
    pub phase_seg2: u32,
    /// Synchronisation jump width in time quanta.
    pub sjw: u32,
    /// Bit rate prescaler.
    pub brp: u32,
}

/// `struct can_bittiming_const`: the limits of a controller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CanBitTimingConst {
    /// The controller.
    pub name: ByteString,
    /// Lowest and highest time segment 1.
    pub tseg1: (u32, u32),
    /// Lowest and highest time segment 2.
    pub tseg2: (u32, u32),
    /// Highest synchronisation jump width.
    pub sjw_max: u32,
    /// Lowest and highest bit rate prescaler.
    pub brp: (u32, u32),
    /// Step of the prescaler.
    pub brp_inc: u32,
}

impl CanBitTiming {
    fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        attribute.array::<32>(notes)?;
        let mut numbers = attribute.numbers::<4>().map(u32::from_ne_bytes);
        let mut next = || numbers.next().unwrap_or_default();
        Some(Self {
            bitrate: next(),
            sample_point: next(),
            tq: next(),
            prop_seg: next(),
            phase_seg1: next(),
            phase_seg2: next(),
            sjw: next(),
            brp: next(),
        })
    }
}

impl CanBitTimingConst {
    fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let octets = attribute.array::<48>(notes)?;
        let name = octets.split(|octet| *octet == 0).next().unwrap_or_default();
        let name = ByteString::from(name.get(..16).unwrap_or(name));
        let mut numbers = attribute.numbers::<4>().map(u32::from_ne_bytes).skip(4);
        let mut next = || numbers.next().unwrap_or_default();
        Some(Self {
            name,
            tseg1: (next(), next()),
            tseg2: (next(), next()),
            sjw_max: next(),
            brp: (next(), next()),
            brp_inc: next(),
        })
    }
}

/// `struct can_ctrlmode` has a mask first.
fn second_u32(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<u32> {
    attribute.array::<8>(notes).map(|[_, _, _, _, a, b, c, d]| u32::from_ne_bytes([a, b, c, d]))
}
