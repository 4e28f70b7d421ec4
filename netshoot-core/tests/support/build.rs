//! Capture files of our own, octet by octet, without the reader's help.

/// A byte order to write in.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    Little,
    Big,
}

pub const ORDERS: [Order; 2] = [Order::Little, Order::Big];

impl Order {
    pub fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub fn u64(self, value: u64) -> [u8; 8] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    /// Words of 32 bits, one after the other.
    pub fn words(self, values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|value| self.u32(*value)).collect()
    }
}

pub const MICROSECONDS: u32 = 0xa1b2_c3d4;
pub const NANOSECONDS: u32 = 0xa1b2_3c4d;

pub fn pcap_header(order: Order, magic: u32, version: (u16, u16), snap_length: u32, network: u32) -> Vec<u8> {
    let mut file = order.u32(magic).to_vec();
    file.extend(order.u16(version.0));
    file.extend(order.u16(version.1));
    file.extend(order.words(&[0, 0, snap_length, network]));
    file
}

pub fn pcap_record(order: Order, seconds: u32, fraction: u32, original_length: u32, bytes: &[u8]) -> Vec<u8> {
    let mut record = order.words(&[seconds, fraction, bytes.len() as u32, original_length]);
    record.extend(bytes);
    record
}

pub fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = body.len() as u32 + 12;
    [&order.u32(kind)[..], &order.u32(length), &body, &order.u32(length)].concat()
}

pub fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut option = [order.u16(code), order.u16(value.len() as u16)].concat();
    option.extend(value);
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

pub fn section(order: Order, version: (u16, u16), options: &[u8]) -> Vec<u8> {
    let version = [order.u16(version.0), order.u16(version.1)].concat();
    block(order, 0x0a0d_0d0a, &[&order.u32(0x1a2b_3c4d)[..], &version, &order.u64(u64::MAX), options].concat())
}

pub fn interface(order: Order, link_type: u16, snap_length: u32, options: &[u8]) -> Vec<u8> {
    let head = [order.u16(link_type), [0; 2]].concat();
    block(order, 1, &[&head[..], &order.u32(snap_length), options].concat())
}

pub fn enhanced(order: Order, interface: u32, units: u64, original_length: u32, bytes: &[u8]) -> Vec<u8> {
    let words = [interface, (units >> 32) as u32, units as u32, bytes.len() as u32, original_length];
    block(order, 6, &[&order.words(&words)[..], bytes].concat())
}

pub fn obsolete(order: Order, interface: u16, units: u64, original_length: u32, bytes: &[u8]) -> Vec<u8> {
    let head = [order.u16(interface), order.u16(3)].concat();
    let words = [(units >> 32) as u32, units as u32, bytes.len() as u32, original_length];
    block(order, 2, &[&head[..], &order.words(&words), bytes].concat())
}

pub fn simple(order: Order, original_length: u32, bytes: &[u8]) -> Vec<u8> {
    block(order, 3, &[&order.u32(original_length)[..], bytes].concat())
}

pub fn statistics(order: Order, interface: u32, received: u64, dropped: u64) -> Vec<u8> {
    let options = [option(order, 4, &order.u64(received)), option(order, 5, &order.u64(dropped))].concat();
    block(order, 5, &[order.words(&[interface, 0, 0]), options].concat())
}

/// A file with two sections, the second of the other byte order, and every kind of block in each. It has eight frames.
pub fn pcapng_of_everything(order: Order) -> Vec<u8> {
    let other = match order {
        Order::Little => Order::Big,
        Order::Big => Order::Little,
    };
    [order, other].into_iter().flat_map(section_of_everything).collect()
}

fn section_of_everything(order: Order) -> Vec<u8> {
    let named = [option(order, 2, b"eth0"), option(order, 9, &[9]), option(order, 0, b"")].concat();
    [
        section(order, (1, 0), &option(order, 4, b"made by hand")),
        interface(order, 1, 0, &named),
        interface(order, 113, 60, &option(order, 9, &[0x8a])),
        enhanced(order, 0, 1_700_000_000_123_456_789, 60, b"fourteen octet"),
        block(order, 4, &order.words(&[0])),
        enhanced(order, 1, 1536, 15, b"fifteen octets!"),
        block(order, 10, b"secrets"),
        simple(order, 5, b"five!"),
        block(order, 0xbad, &order.words(&[32_473, 7])),
        obsolete(order, 0, 7, 3, b"abc"),
        block(order, 0x8000_0001, b"unknown"),
        statistics(order, 1, 1000, 2),
    ]
    .concat()
}

/// Three records, of which one is empty and one claims to be shorter than it is.
pub fn pcap_of_three(order: Order, magic: u32) -> Vec<u8> {
    [
        pcap_header(order, magic, (2, 4), 65_535, 1),
        pcap_record(order, 1_700_000_000, 123_456, 60, b"fourteen octet"),
        pcap_record(order, 1_700_000_001, 0, 0, b""),
        pcap_record(order, u32::MAX, 999_999, 2, b"abc"),
    ]
    .concat()
}
