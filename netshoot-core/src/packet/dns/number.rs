//! Numbers that IANA registers for DNS.

use core::fmt;

/// The type of a resource record (IANA DNS parameters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct RecordType(pub u16);

impl RecordType {
    /// IPv4 address.
    pub const A: Self = Self(1);
    /// Name server.
    pub const NS: Self = Self(2);
    /// Canonical name.
    pub const CNAME: Self = Self(5);
    /// Start of authority.
    pub const SOA: Self = Self(6);
    /// Pointer, used for reverse look-ups.
    pub const PTR: Self = Self(12);
    /// Mail exchange.
    pub const MX: Self = Self(15);
    /// Text.
    pub const TXT: Self = Self(16);
    /// IPv6 address.
    pub const AAAA: Self = Self(28);
    /// Location of a service (RFC 2782).
    pub const SRV: Self = Self(33);
    /// Naming authority pointer (RFC 3403).
    pub const NAPTR: Self = Self(35);
    /// Redirection of a subtree (RFC 6672).
    pub const DNAME: Self = Self(39);
    /// EDNS (RFC 6891).
    pub const OPT: Self = Self(41);
    /// Delegation signer (RFC 4034).
    pub const DS: Self = Self(43);
    /// Fingerprint of an SSH key (RFC 4255).
    pub const SSHFP: Self = Self(44);
    /// Signature (RFC 4034).
    pub const RRSIG: Self = Self(46);
    /// Next secure record (RFC 4034).
    pub const NSEC: Self = Self(47);
    /// DNS key (RFC 4034).
    pub const DNSKEY: Self = Self(48);
    /// Hashed next secure record (RFC 5155).
    pub const NSEC3: Self = Self(50);
    /// Parameters of NSEC3 (RFC 5155).
    pub const NSEC3PARAM: Self = Self(51);
    /// Certificate association (RFC 6698).
    pub const TLSA: Self = Self(52);
    /// Service binding (RFC 9460).
    pub const SVCB: Self = Self(64);
    /// Service binding for HTTPS (RFC 9460).
    pub const HTTPS: Self = Self(65);
    /// Sender policy (RFC 7208), not in use any more.
    pub const SPF: Self = Self(99);
    /// Certification authority authorisation (RFC 8659).
    pub const CAA: Self = Self(257);

    const NAMES: [(u16, &'static str); 41] = [
        (1, "A"),
        (2, "NS"),
        (5, "CNAME"),
        (6, "SOA"),
        (10, "NULL"),
        (12, "PTR"),
        (13, "HINFO"),
        (15, "MX"),
        (16, "TXT"),
        (17, "RP"),
        (18, "AFSDB"),
        (24, "SIG"),
        (25, "KEY"),
        (28, "AAAA"),
        (29, "LOC"),
        (33, "SRV"),
        (35, "NAPTR"),
        (37, "CERT"),
        (39, "DNAME"),
        (41, "OPT"),
        (43, "DS"),
        (44, "SSHFP"),
        (46, "RRSIG"),
        (47, "NSEC"),
        (48, "DNSKEY"),
        (50, "NSEC3"),
        (51, "NSEC3PARAM"),
        (52, "TLSA"),
        (64, "SVCB"),
        (65, "HTTPS"),
        (59, "CDS"),
        (60, "CDNSKEY"),
        (61, "OPENPGPKEY"),
        (99, "SPF"),
        (256, "URI"),
        (257, "CAA"),
        (249, "TKEY"),
        (250, "TSIG"),
        (251, "IXFR"),
        (252, "AXFR"),
        (255, "ANY"),
    ];

    /// The mnemonic, for types in common use.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(number, _)| *number == self.0).map(|(_, name)| *name)
    }
}

/// Unknown types as `TYPE123` (RFC 3597 section 5).
impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

/// A DNS response code (IANA DNS parameters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct ResponseCode(pub u16);

impl ResponseCode {
    /// No error.
    pub const NO_ERROR: Self = Self(0);
    /// The server could not process the query.
    pub const SERVER_FAILURE: Self = Self(2);
    /// The name does not exist.
    pub const NAME_ERROR: Self = Self(3);
    /// The server refuses to answer.
    pub const REFUSED: Self = Self(5);

    /// The mnemonic, for codes that fit in the header.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "NOERROR",
            1 => "FORMERR",
            2 => "SERVFAIL",
            3 => "NXDOMAIN",
            4 => "NOTIMP",
            5 => "REFUSED",
            6 => "YXDOMAIN",
            7 => "YXRRSET",
            8 => "NXRRSET",
            9 => "NOTAUTH",
            10 => "NOTZONE",
            11 => "DSOTYPENI",
            _ => return None,
        })
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "RCODE{}", self.0),
        }
    }
}
