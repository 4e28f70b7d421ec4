//! What crosses the data sockets of a UDP test before the data.

/// The first datagram of a stream, from the client; a server must not look at it: versions before 3.12 send other octets.
pub const HELLO: [u8; 4] = *b"9876";
/// The answer, which every version of the client takes.
pub const HELLO_REPLY: [u8; 4] = *b"6789";

/// Whether a datagram answers [`HELLO`]: as servers do since 3.12, or before, in either byte order of the server.
#[must_use]
pub fn is_hello_reply(datagram: &[u8]) -> bool {
    [HELLO_REPLY, [0xb1, 0x68, 0xde, 0x3a], [0x3a, 0xde, 0x68, 0xb1]].iter().any(|reply| datagram == reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_all_versions_are_known() {
        assert!(is_hello_reply(b"6789"));
        assert!(is_hello_reply(&987_654_321_u32.to_le_bytes()) && is_hello_reply(&987_654_321_u32.to_be_bytes()));
        assert!(!is_hello_reply(b"9876") && !is_hello_reply(b"") && !is_hello_reply(b"67890"));
    }
}
