//! Netlink messages: the frames of a datagram, and what the kernel says when it refuses.

use std::io;

use super::ByteString;
use super::attribute::{self, Notes};

/// One message of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    pub(super) port: u32,
    pub(super) payload: &'a [u8],
}

/// The messages of a datagram; ends at the first whose length does not fit.
#[derive(Clone, Debug)]
pub(super) struct Messages<'a>(pub(super) &'a [u8]);

/// The kernel's refusal: an error code, and the sentence that comes with it as extended acknowledgement.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) source: io::Error,
    pub(super) text: Option<ByteString>,
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let (header, _) = self.0.split_first_chunk::<HEADER_LENGTH>()?;
        let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, p0, p1, p2, p3] = *header;
        let length = u32::from_ne_bytes([l0, l1, l2, l3]) as usize;
        let payload = self.0.get(HEADER_LENGTH..length)?;
        self.0 = self.0.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or_default();
        Some(Message {
            kind: u16::from_ne_bytes([k0, k1]),
            flags: u16::from_ne_bytes([f0, f1]),
            sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
            port: u32::from_ne_bytes([p0, p1, p2, p3]),
            payload,
        })
    }
}

impl Message<'_> {
    pub(super) fn has(&self, flag: libc::c_int) -> bool {
        i32::from(self.flags) & flag != 0
    }

    /// What `NLMSG_DONE` says: even a dump that ends may have failed. A payload without a code is a success.
    pub(super) fn done(&self) -> Result<(), Refusal> {
        match self.payload.split_first_chunk::<4>() {
            Some((code, attributes)) => refusal(i32::from_ne_bytes(*code), attributes),
            None => Ok(()),
        }
    }

    /// What `NLMSG_ERROR` says; the code 0 is an acknowledgement.
    pub(super) fn error(&self) -> Result<(), Refusal> {
        let Some((code, echo)) = self.payload.split_first_chunk::<4>() else {
            return Err(Refusal { source: io::ErrorKind::InvalidData.into(), text: None });
        };
        // The request comes back whole, or with NLM_F_CAPPED its header alone; the attributes follow.
        let echoed = match echo.first_chunk::<4>() {
            Some(length) if !self.has(libc::NLM_F_CAPPED) => u32::from_ne_bytes(*length) as usize,
            _ => HEADER_LENGTH,
        };
        let attributes = if self.has(libc::NLM_F_ACK_TLVS) {
            echo.get(echoed.next_multiple_of(ALIGNMENT)..).unwrap_or_default()
        } else {
            &[]
        };
        refusal(i32::from_ne_bytes(*code), attributes)
    }
}

fn refusal(code: i32, attributes: &[u8]) -> Result<(), Refusal> {
    if code >= 0 {
        return Ok(());
    }
    let mut text = None;
    attribute::each("extended acknowledgement", attributes, 0, &mut Notes::default(), |attribute, _| {
        if attribute.number == NLMSGERR_ATTR_MSG {
            text = Some(attribute.string());
        }
    });
    Err(Refusal { source: io::Error::from_raw_os_error(code.saturating_neg()), text })
}

const HEADER_LENGTH: usize = 16;
const ALIGNMENT: usize = 4;
const NLMSGERR_ATTR_MSG: u16 = 1;
