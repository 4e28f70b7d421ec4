//! Traffic classes of the device, and times: `mqprio`, `taprio`, `cbs`, `etf`.

use super::super::attribute::{Attribute, Fixed, Notes};

/// Queues of the device for each class of traffic. Rates are in octets per second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Mqprio {
    /// Classes and queues.
    pub map: MqprioMap,
    /// `TC_MQPRIO_MODE_*`: 0 data center bridging, 1 channel.
    pub mode: Option<u16>,
    /// `TC_MQPRIO_SHAPER_*`: 0 data center bridging, 1 by bandwidth.
    pub shaper: Option<u16>,
    /// Rates that the classes get at least.
    pub min_rate: Option<Vec<u64>>,
    /// Rates that the classes get at most.
    pub max_rate: Option<Vec<u64>>,
    /// More about classes; from Linux 6.4.
    pub traffic_classes: Vec<TrafficClassEntry>,
}

fixed! {
    /// `struct tc_mqprio_qopt`.
    MqprioMap(82) {
        /// Classes.
        num_tc: u8,
        /// The class of each priority.
        prio_tc_map: [u8; 16],
        /// Whether the hardware does it.
        hw: u8,
        /// How many queues each class has.
        count: [u16; 16],
        /// The first queue of each class.
        offset: [u16; 16],
    }
}

attributes! {
    /// One class of traffic.
    TrafficClassEntry in "tc_entry" {
        /// Its number.
        index: u32 = 1 by Attribute::u32,
        /// `taprio`: longest packet; 0 is no limit.
        max_sdu: u32 = 2 by Attribute::u32,
        /// Frame preemption: 1 express, 2 preemptible.
        fp: u32 = 3 by Attribute::u32,
    }
}

/// A schedule of gates (IEEE 802.1Qbv). Times are in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Taprio {
    /// Classes and queues.
    pub map: Option<MqprioMap>,
    /// The clock that it goes by; -1 is none.
    pub clockid: Option<i32>,
    /// Who does the work.
    pub flags: Option<TaprioFlags>,
    /// How long before its time a packet is handed to the device.
    pub txtime_delay: Option<u32>,
    /// What is done.
    pub schedule: TaprioSchedule,
    /// What is to be done from its base time on.
    pub admin_schedule: Option<TaprioSchedule>,
    /// More about classes; from Linux 6.1.
    pub traffic_classes: Vec<TrafficClassEntry>,
}

flags! {
    /// `TCA_TAPRIO_ATTR_FLAG_*`: who does the work.
    TaprioFlags(u32) {
        /// The device, packet by packet.
        TXTIME_ASSIST = 0x1 "txtime_assist",
        /// The device alone.
        FULL_OFFLOAD = 0x2 "full_offload",
    }
}

attributes! {
    /// When which gates are open. Times are in nanoseconds.
    TaprioSchedule in "taprio" {
        /// When it begins.
        base_time: i64 = 3 by i64,
        /// How long it takes.
        cycle_time: i64 = 8 by i64,
        /// By how much the last cycle before a new schedule may be longer.
        cycle_time_extension: i64 = 9 by i64,
        /// The entries, one after the other.
        entries: Vec<TaprioEntry> = 2 by entries,
    }
}

attributes! {
    /// What is done for a while.
    TaprioEntry in "taprio_entry" {
        /// Its place.
        index: u32 = 1 by Attribute::u32,
        /// `TC_TAPRIO_CMD_*`: 0 gates are set.
        command: u8 = 2 by Attribute::u8,
        /// The classes whose gates are open.
        gate_mask: u32 = 3 by Attribute::u32,
        /// For so long, in nanoseconds.
        interval: u32 = 4 by Attribute::u32,
    }
}

/// `struct tc_cbs_qopt`: credits for a class (IEEE 802.1Qav).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Cbs {
    /// Whether the hardware does it.
    pub offload: u8,
    /// Most credit, in octets.
    pub hicredit: i32,
    /// Least credit, in octets.
    pub locredit: i32,
    /// How fast credit grows, in kilobits per second.
    pub idleslope: i32,
    /// How fast it falls while sending, in kilobits per second.
    pub sendslope: i32,
}

fixed! {
    /// `struct tc_etf_qopt`: packets leave at their time.
    Etf(12) {
        /// How long before its time a packet is handed to the device, in nanoseconds.
        delta: i32,
        /// The clock that it goes by.
        clockid: i32,
        /// [`EtfFlags`].
        flags: u32,
    }
}

flags! {
    /// `TC_ETF_*`: how `etf` treats packets.
    EtfFlags(u32) {
        /// The time is the latest, not the exact one.
        DEADLINE_MODE = 0x1 "deadline_mode",
        /// The device does it.
        OFFLOAD = 0x2 "offload",
        /// Also packets without a socket.
        SKIP_SOCK_CHECK = 0x4 "skip_sock_check",
    }
}

impl Mqprio {
    /// `struct tc_mqprio_qopt`, and attributes after it.
    pub(super) fn read(options: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let mut mqprio = Self { map: MqprioMap::read(options, notes)?, ..Self::default() };
        options.after(MAP_LENGTH).each("mqprio", notes, |detail, notes| match detail.number {
            TCA_MQPRIO_MODE => mqprio.mode = detail.u16(notes),
            TCA_MQPRIO_SHAPER => mqprio.shaper = detail.u16(notes),
            TCA_MQPRIO_MIN_RATE64 => mqprio.min_rate = Some(rates(&detail, notes)),
            TCA_MQPRIO_MAX_RATE64 => mqprio.max_rate = Some(rates(&detail, notes)),
            TCA_MQPRIO_TC_ENTRY => mqprio.traffic_classes.push(TrafficClassEntry::read(&detail, notes)),
            _ => {}
        });
        Some(mqprio)
    }
}

impl Taprio {
    pub(super) fn read(options: &Attribute<'_>, notes: &mut Notes) -> Self {
        let mut taprio = Self { schedule: TaprioSchedule::read(options, notes), ..Self::default() };
        // What is wrong with the headers was noted above.
        options.each("taprio", &mut Notes::default(), |detail, _| match detail.number {
            TCA_TAPRIO_ATTR_PRIOMAP => taprio.map = MqprioMap::read(&detail, notes),
            TCA_TAPRIO_ATTR_SCHED_CLOCKID => taprio.clockid = detail.i32(notes),
            TCA_TAPRIO_ATTR_ADMIN_SCHED => taprio.admin_schedule = Some(TaprioSchedule::read(&detail, notes)),
            TCA_TAPRIO_ATTR_FLAGS => taprio.flags = detail.u32(notes).map(TaprioFlags),
            TCA_TAPRIO_ATTR_TXTIME_DELAY => taprio.txtime_delay = detail.u32(notes),
            TCA_TAPRIO_ATTR_TC_ENTRY => taprio.traffic_classes.push(TrafficClassEntry::read(&detail, notes)),
            _ => {}
        });
        taprio
    }
}

impl Cbs {
    pub(super) fn read(options: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let mut cbs = None;
        options.each("cbs", notes, |detail, notes| {
            if detail.number == TCA_CBS_PARMS {
                cbs = detail.array::<20>(notes).map(|octets| {
                    let octets = &mut &octets[..];
                    let [offload, _, _, _]: [u8; 4] = Fixed::take(octets);
                    let [hicredit, locredit, idleslope, sendslope] = Fixed::take(octets);
                    Self { offload, hicredit, locredit, idleslope, sendslope }
                });
            }
        });
        cbs
    }
}

impl Etf {
    pub(super) fn read_options(options: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let mut etf = None;
        options.each("etf", notes, |detail, notes| {
            if detail.number == TCA_ETF_PARMS {
                etf = Self::read(&detail, notes);
            }
        });
        etf
    }
}

fn i64(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<i64> {
    attribute.fixed(8, notes)
}

fn entries(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Vec<TaprioEntry>> {
    let mut entries = Vec::new();
    attribute.each("taprio_entries", notes, |entry, notes| entries.push(TaprioEntry::read(&entry, notes)));
    Some(entries)
}

fn rates(attribute: &Attribute<'_>, notes: &mut Notes) -> Vec<u64> {
    let mut rates = Vec::new();
    attribute.each("mqprio_rates", notes, |rate, notes| rates.extend(rate.u64(notes)));
    rates
}

/// `struct tc_mqprio_qopt`, up to where attributes may begin.
const MAP_LENGTH: usize = 84;

// linux/pkt_sched.h
const TCA_MQPRIO_MODE: u16 = 1;
const TCA_MQPRIO_SHAPER: u16 = 2;
const TCA_MQPRIO_MIN_RATE64: u16 = 3;
const TCA_MQPRIO_MAX_RATE64: u16 = 4;
const TCA_MQPRIO_TC_ENTRY: u16 = 5;
const TCA_TAPRIO_ATTR_PRIOMAP: u16 = 1;
const TCA_TAPRIO_ATTR_SCHED_CLOCKID: u16 = 5;
const TCA_TAPRIO_ATTR_ADMIN_SCHED: u16 = 7;
const TCA_TAPRIO_ATTR_FLAGS: u16 = 10;
const TCA_TAPRIO_ATTR_TXTIME_DELAY: u16 = 11;
const TCA_TAPRIO_ATTR_TC_ENTRY: u16 = 12;
const TCA_CBS_PARMS: u16 = 1;
const TCA_ETF_PARMS: u16 = 1;
