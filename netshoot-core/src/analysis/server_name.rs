//! The name that a client calls a server by, from the first octets it sends: the server name in a TLS ClientHello (RFC
//! 6066 section 3) or the Host field of an HTTP/1 request.
//!
//! Only one segment is looked at. Nothing is decoded that does not look like one of the two from its first octets on.

/// The name in the first payload that a client sent, if there is one.
pub(super) fn find(payload: &[u8]) -> Option<&str> {
    match payload.first()? {
        0x16 => tls_server_name(payload),
        b'A'..=b'Z' => http_host(payload),
        _ => None,
    }
    .filter(|name| is_plausible(name))
}

fn tls_server_name(payload: &[u8]) -> Option<&str> {
    let mut hello = Octets(payload);
    let [0x16, 3, _, _, _, 1, _, _, _, 3, _] = hello.array()? else {
        return None;
    };
    hello.skip(32)?; // random
    for prefix_len in [1, 2, 1] {
        // session identifier, cipher suites, compression methods
        hello.skip_prefixed(prefix_len)?;
    }
    hello.number(2)?;
    // The extensions may run on into the next segment: those that are here are read.
    for _ in 0..MAX_EXTENSIONS {
        let kind = hello.number(2)?;
        let len = hello.number(2)?;
        if kind != SERVER_NAME {
            hello.skip(len)?;
            continue;
        }
        let mut names = Octets(hello.0.get(..len)?);
        names.number(2)?;
        let host_name = names.number(1)? == 0;
        let len = names.number(2)?;
        return host_name.then(|| names.0.get(..len)).flatten().and_then(text);
    }
    None
}

fn http_host(payload: &[u8]) -> Option<&str> {
    let head = payload.get(..payload.len().min(MAX_HTTP_HEAD))?;
    let mut lines = head.split(|octet| *octet == b'\n');
    let request = lines.next()?.strip_suffix(b"\r")?;
    if !request.ends_with(b" HTTP/1.1") && !request.ends_with(b" HTTP/1.0") {
        return None;
    }
    // The last piece is a line only if its end is there too.
    let mut fields = lines.map_while(|line| line.strip_suffix(b"\r")).take_while(|line| !line.is_empty());
    let field = fields.find_map(|line| match line.split_at_checked(5) {
        Some((name, value)) if name.eq_ignore_ascii_case(b"host:") => Some(value),
        _ => None,
    })?;
    let host = text(field.trim_ascii())?;
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => Some(name),
        _ => Some(host),
    }
}

/// Letters, digits and what stands in host names and in IPv6 addresses.
fn is_plausible(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._:[]*".contains(&octet))
}

fn text(octets: &[u8]) -> Option<&str> {
    std::str::from_utf8(octets).ok()
}

/// Octets that are still to be read.
struct Octets<'a>(&'a [u8]);

impl Octets<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    /// A number of `len` octets.
    fn number(&mut self, len: usize) -> Option<usize> {
        let (octets, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(octets.iter().fold(0, |number, octet| number << 8 | usize::from(*octet)))
    }

    fn skip(&mut self, len: usize) -> Option<()> {
        self.0 = self.0.get(len..)?;
        Some(())
    }

    fn skip_prefixed(&mut self, prefix_len: usize) -> Option<()> {
        let len = self.number(prefix_len)?;
        self.skip(len)
    }
}

/// The extension type of server names.
const SERVER_NAME: usize = 0;
const MAX_EXTENSIONS: usize = 64;
const MAX_HTTP_HEAD: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn client_hello(name: &[u8]) -> Vec<u8> {
        let prefixed = |octets: &[u8]| [&(octets.len() as u16).to_be_bytes(), octets].concat();
        let names = prefixed(&[&[0], prefixed(name).as_slice()].concat());
        let other = [&[0, 10][..], &prefixed(&[0, 2, 0, 29])].concat();
        let extensions = prefixed(&[other.as_slice(), &[0, 0], &prefixed(&names)].concat());
        let body = [&[3, 3][..], &[7; 32], &[2, 1, 2], &[0, 2, 0x13, 1], &[1, 0], &extensions].concat();
        let handshake = [&[1, 0][..], &prefixed(&body)].concat();
        [&[0x16, 3, 1][..], &prefixed(&handshake)].concat()
    }

    #[test]
    fn client_hello_names_the_server() {
        let hello = client_hello(b"www.example.org");
        assert_eq!(find(&hello), Some("www.example.org"));
        for end in 0..hello.len() {
            assert_eq!(find(&hello[..end]), None, "{end} octets");
        }
    }

    #[test]
    fn request_names_the_host() {
        let request = b"GET /?Host: HTTP/1.1\r\nAccept: */*\r\nhOsT: example.org:8080 \r\n\r\nHost: no\r\n";
        assert_eq!(find(request), Some("example.org"));
        assert_eq!(find(b"GET / HTTP/1.1\r\nHost: exam"), None);
        assert_eq!(find(b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n"), Some("[2001:db8::1]"));
        assert_eq!(find(b"HELO x\r\nHost: example.org\r\n"), None);
    }

    #[test]
    fn names_that_could_harm_a_terminal_are_not_names() {
        assert_eq!(find(&client_hello(b"a\x1b[31m")), None);
        assert_eq!(find(b"GET / HTTP/1.1\r\nHost: a b\r\n"), None);
        assert_eq!(find(&client_hello(b"")), None);
    }
}
