//! What lies above TCP within the kernel: TLS, Multipath TCP.

use super::super::ByteString;
use super::super::attribute::{Attribute, Notes};

flags! {
    /// `MPTCP_SUBFLOW_FLAG_*`: how far a subflow of Multipath TCP has come.
    SubflowFlags(u32) {
        /// The other end began with `MP_CAPABLE`.
        MCAP_REM = 0x1 "mcap_rem",
        /// This end began with `MP_CAPABLE`.
        MCAP_LOC = 0x2 "mcap_loc",
        /// The other end joined it to the connection.
        JOIN_REM = 0x4 "join_rem",
        /// This end joined it to the connection.
        JOIN_LOC = 0x8 "join_loc",
        /// The other end wants it as a reserve.
        BKUP_REM = 0x10 "bkup_rem",
        /// This end wants it as a reserve.
        BKUP_LOC = 0x20 "bkup_loc",
        /// Both ends know of it.
        FULLY_ESTABLISHED = 0x40 "fully_established",
        /// It is connected.
        CONNECTED = 0x80 "connected",
        /// The mapping is valid.
        MAPVALID = 0x100 "mapvalid",
    }
}

/// The upper layer protocol of a TCP socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct UpperLayer {
    /// Its name: `tls`, `mptcp`, `espintcp`.
    pub name: ByteString,
    /// Version of TLS in the kernel, such as 0x0304.
    pub tls_version: Option<u16>,
    /// `TLS_CIPHER_*`.
    pub tls_cipher: Option<u16>,
    /// How sending is encrypted: 1 none, 2 in software, 3 by the device.
    pub tls_txconf: Option<u16>,
    /// How what is received is decrypted.
    pub tls_rxconf: Option<u16>,
    /// Its part in Multipath TCP.
    pub mptcp: Option<Subflow>,
}

/// A subflow of Multipath TCP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Subflow {
    /// How far it has come.
    pub flags: Option<SubflowFlags>,
    /// The other end's token of the connection.
    pub token_rem: Option<u32>,
    /// This end's token.
    pub token_loc: Option<u32>,
    /// The number of the other end's address.
    pub id_rem: Option<u8>,
    /// The number of this end's address.
    pub id_loc: Option<u8>,
    /// Octets that the subflow sent, as the connection counts them.
    pub relwrite_seq: Option<u32>,
    /// Where the mapping begins in the connection.
    pub map_seq: Option<u64>,
    /// Where the mapping begins in the subflow.
    pub map_sfseq: Option<u32>,
    /// The sequence number from which the subflow counts.
    pub ssn_offset: Option<u32>,
    /// Octets in the mapping.
    pub map_datalen: Option<u16>,
}

impl UpperLayer {
    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Self {
        let mut layer = Self::default();
        attribute.each("ulp", notes, |detail, notes| match detail.number {
            INET_ULP_INFO_NAME => layer.name = detail.string(),
            INET_ULP_INFO_TLS => detail.each("tls", notes, |setting, notes| {
                let field = match setting.number {
                    1 => &mut layer.tls_version,
                    2 => &mut layer.tls_cipher,
                    3 => &mut layer.tls_txconf,
                    4 => &mut layer.tls_rxconf,
                    _ => return,
                };
                *field = setting.u16(notes);
            }),
            INET_ULP_INFO_MPTCP => {
                let mut subflow = Subflow::default();
                detail.each("mptcp", notes, |fact, notes| subflow.read(&fact, notes));
                layer.mptcp = Some(subflow);
            }
            _ => {}
        });
        layer
    }
}

impl Subflow {
    fn read(&mut self, fact: &Attribute<'_>, notes: &mut Notes) {
        match fact.number {
            1 => self.token_rem = fact.u32(notes),
            2 => self.token_loc = fact.u32(notes),
            3 => self.relwrite_seq = fact.u32(notes),
            4 => self.map_seq = fact.u64(notes),
            5 => self.map_sfseq = fact.u32(notes),
            6 => self.ssn_offset = fact.u32(notes),
            7 => self.map_datalen = fact.u16(notes),
            8 => self.flags = fact.u32(notes).map(SubflowFlags),
            9 => self.id_rem = fact.u8(notes),
            10 => self.id_loc = fact.u8(notes),
            _ => {}
        }
    }
}

// linux/inet_diag.h; within INET_ULP_INFO_TLS, the numbers of linux/tls.h, within INET_ULP_INFO_MPTCP, of linux/mptcp.h.
const INET_ULP_INFO_NAME: u16 = 1;
const INET_ULP_INFO_TLS: u16 = 2;
const INET_ULP_INFO_MPTCP: u16 = 3;
