//! Names of what sockets speak: services, protocols, families of netlink, kinds of frame.

use std::fs;
use std::ops::RangeInclusive;

use super::names::{File, HashMap};
use crate::error::Result;
use crate::namespace::Namespace;

/// Names of ports and protocols, from the files that the C library and iproute2 read, each when it is first needed.
///
/// [`Services::default`] knows none, so that all is shown as numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    /// By the number of the transport protocol, or 0 for the first of any, and the port.
    ports: File<(u8, u16)>,
    /// Ports that the kernel gives out, whose names would be chance.
    ephemeral: Option<RangeInclusive<u16>>,
    protocols: File<u8>,
    netlink: File<u32>,
    numeric: bool,
}

impl Services {
    /// The system's names: `/etc/services`, `/etc/protocols`, iproute2's `nl_protos`; and the range of ports that the
    /// kernel gives out in `namespace`.
    ///
    /// # Errors
    /// When the namespace may not be entered. A file that is missing leaves numbers.
    pub fn system(namespace: &Namespace) -> Result<Self> {
        let range = namespace.run(|| fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range"))?;
        Ok(Self {
            ports: File::new(|| ports(&fs::read_to_string("/etc/services").unwrap_or_default())),
            ephemeral: Some(range.ok().and_then(|text| port_range(&text)).unwrap_or(FORMER_RANGE)),
            protocols: File::new(|| protocols(&fs::read_to_string("/etc/protocols").unwrap_or_default())),
            netlink: File::new(|| super::names::table("nl_protos")),
            numeric: false,
        })
    }

    /// Numbers alone: `-n`.
    #[must_use]
    pub fn numeric() -> Self {
        Self { numeric: true, ..Self::default() }
    }

    /// The port that a service of this transport protocol has, 0 for any protocol.
    #[must_use]
    pub fn port_named(&self, protocol: u8, name: &str) -> Option<u16> {
        let mut found = self.ports.iter().filter(|((of, _), known)| *of == protocol && *known == name);
        found.next().map(|((_, port), _)| *port)
    }

    /// The ports that the kernel gives out to sockets that ask for any.
    #[must_use]
    pub fn ephemeral(&self) -> RangeInclusive<u16> {
        self.ephemeral.clone().unwrap_or(FORMER_RANGE)
    }

    pub(super) fn is_numeric(&self) -> bool {
        self.numeric
    }

    /// The name of a port that a transport protocol uses; 0 stands for the first protocol that has the port.
    pub(super) fn port(&self, protocol: u8, port: u16) -> Option<&str> {
        if self.ephemeral.as_ref().is_some_and(|range| range.contains(&port)) {
            return None;
        }
        self.ports.get(&(protocol, port)).map(String::as_str)
    }

    pub(super) fn protocol(&self, number: u8) -> Option<&str> {
        self.protocols.get(&number).map(String::as_str)
    }

    pub(super) fn netlink(&self, number: u8) -> Option<&str> {
        if self.numeric {
            return None;
        }
        let built_in = NETLINK.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
        self.netlink.get(&u32::from(number)).map(String::as_str).or(built_in)
    }

    /// The name of a kind of frame, an EtherType or a smaller number of Linux's own.
    pub(super) fn frame(&self, number: u16) -> Option<&'static str> {
        let find = || FRAMES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
        if self.numeric { None } else { find() }
    }
}

/// The number of a kind of frame, whatever the case of letters.
pub(in super::super) fn frame_number(name: &str) -> Option<u16> {
    let also = [(0x0800, "ipv4")];
    let found = FRAMES.iter().chain(&also).find(|(_, known)| known.eq_ignore_ascii_case(name));
    found.map(|(number, _)| *number)
}

/// The number of a protocol of netlink.
pub(in super::super) fn netlink_number(name: &str) -> Option<u8> {
    NETLINK.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
}

/// Lines of `name port/protocol aliases # comment`. The first line that has a port names it.
fn ports(text: &str) -> HashMap<(u8, u16), String> {
    let mut ports = HashMap::default();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let (Some(name), Some(place)) = (words.next(), words.next()) else { continue };
        let Some((port, protocol)) = place.split_once('/') else { continue };
        let Ok(port) = port.parse() else { continue };
        let protocol = match protocol {
            "tcp" => 6,
            "udp" => 17,
            _ => OTHER,
        };
        for protocol in [protocol, 0] {
            ports.entry((protocol, port)).or_insert_with(|| name.to_owned());
        }
    }
    ports
}

/// Lines of `name number aliases # comment`.
fn protocols(text: &str) -> HashMap<u8, String> {
    let mut protocols = HashMap::default();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let (Some(name), Some(number)) = (words.next(), words.next()) else { continue };
        if let Ok(number) = number.parse() {
            protocols.entry(number).or_insert_with(|| name.to_owned());
        }
    }
    protocols
}

fn port_range(text: &str) -> Option<RangeInclusive<u16>> {
    let mut words = text.split_whitespace().map(str::parse);
    Some(words.next()?.ok()?..=words.next()?.ok()?)
}

const OTHER: u8 = u8::MAX;
/// What `ss` takes where the kernel does not say.
const FORMER_RANGE: RangeInclusive<u16> = 1024..=4999;

const NETLINK: [(u8, &str); 21] = [
    (0, "rtnl"),
    (1, "unused"),
    (2, "usersock"),
    (3, "fw"),
    (4, "tcpdiag"),
    (5, "nflog"),
    (6, "xfrm"),
    (7, "selinux"),
    (8, "iscsi"),
    (9, "audit"),
    (10, "fiblookup"),
    (11, "connector"),
    (12, "nft"),
    (13, "ip6fw"),
    (14, "dec-rt"),
    (15, "uevent"),
    (16, "genl"),
    (18, "scsi-trans"),
    (19, "ecryptfs"),
    (20, "rdma"),
    (21, "crypto"),
];

/// linux/if_ether.h, under iproute2's names.
#[rustfmt::skip]
const FRAMES: [(u16, &str); 52] = [
    (0x0060, "loop"), (0x0200, "pup"), (0x0201, "pupat"), (0x0800, "ip"), (0x0805, "x25"), (0x0806, "arp"),
    (0x08ff, "bpq"), (0x0a00, "ieeepup"), (0x0a01, "ieeepupat"), (0x6000, "dec"), (0x6001, "dna_dl"),
    (0x6002, "dna_rc"), (0x6003, "dna_rt"), (0x6004, "lat"), (0x6005, "diag"), (0x6006, "cust"), (0x6007, "sca"),
    (0x8035, "rarp"), (0x809b, "atalk"), (0x80f3, "aarp"), (0x8137, "ipx"), (0x86dd, "ipv6"), (0x8863, "ppp_disc"),
    (0x8864, "ppp_ses"), (0x884c, "atmmpoa"), (0x8884, "atmfate"), (0x0001, "802_3"), (0x0002, "ax25"),
    (0x0003, "all"), (0x0004, "802_2"), (0x0005, "snap"), (0x0006, "ddcmp"), (0x0007, "wan_ppp"),
    (0x0008, "ppp_mp"), (0x0009, "localtalk"), (0x000c, "can"), (0x0010, "ppptalk"), (0x0011, "tr_802_2"),
    (0x0015, "mobitex"), (0x0016, "control"), (0x0017, "irda"), (0x0018, "econet"), (0x88ca, "tipc"),
    (0x8892, "profinet"), (0x88a2, "aoe"), (0x88a4, "ethercat"), (0x8100, "802.1Q"), (0x88a8, "802.1ad"),
    (0x8847, "mpls_uc"), (0x8848, "mpls_mc"), (0x6558, "teb"), (0x88cc, "LLDP"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_a_port_counts() {
        let ports =
            ports("# ssh 1/tcp\nssh 22/tcp # comment\nother\t22/tcp alias\nsyslog 514/udp\nshell 514/tcp cmd\n");
        assert_eq!(ports.get(&(6, 22)).unwrap(), "ssh");
        assert_eq!(ports.get(&(17, 22)), None);
        assert_eq!(ports.get(&(0, 514)).unwrap(), "syslog");
        assert_eq!(ports.get(&(6, 514)).unwrap(), "shell");
        assert_eq!(ports.get(&(6, 1)), None);
    }

    #[test]
    fn ports_that_the_kernel_gives_out_have_no_name() {
        let mut services = Services { ports: ports("a 5000/tcp\nb 80/tcp\n").into(), ..Services::default() };
        assert_eq!(services.port(6, 5000), Some("a"));
        services.ephemeral = port_range("4000\t6000\n");
        assert_eq!((services.port(6, 5000), services.port(6, 80)), (None, Some("b")));
        assert_eq!(Services::numeric().netlink(0), None);
        assert_eq!(services.netlink(16), Some("genl"));
        assert_eq!(services.frame(0x86dd), Some("ipv6"));
    }
}
