//! What client and server say first: hello.

use super::number::is_grease;
use super::{CipherSuite, ExtensionType, Handshake, NamedGroup, Version};
use crate::packet::cursor::Cursor;
use crate::packet::{Layer, Stop};

/// A client or server hello, as far as it is there.
///
/// A field that the octets end before is empty; see [`stopped`](Self::stopped).
#[derive(Clone, Debug)]
pub struct Hello<'a> {
    is_server: bool,
    version: Option<Version>,
    random: &'a [u8],
    session_id: &'a [u8],
    cipher_suites: &'a [u8],
    compression_methods: &'a [u8],
    extensions: Extensions<'a>,
    stop: Option<Stop>,
}

impl<'a> Hello<'a> {
    pub(super) fn read(message: &Handshake<'a>, is_server: bool) -> Self {
        let mut cursor = message.cursor();
        let mut hello = Self {
            is_server,
            version: None,
            random: &[],
            session_id: &[],
            cipher_suites: &[],
            compression_methods: &[],
            extensions: Extensions { cursor: Cursor::new(Layer::Tls, &[], 0), offset: message.offset },
            stop: None,
        };
        hello.stop = hello.fill(&mut cursor, message.is_truncated()).err().map(|stop| stop.moved(message.offset));
        hello
    }

    fn fill(&mut self, cursor: &mut Cursor<'a>, is_truncated: bool) -> Result<(), Stop> {
        self.version = Some(Version(cursor.u16()?));
        self.random = cursor.take(32)?;
        // Servers of drafts of TLS 1.3 left out what has no meaning.
        let is_draft = self.is_server && matches!(self.version, Some(Version(0x7f00..=0x7f15)));
        if !is_draft {
            let length = cursor.u8()?;
            self.session_id = cursor.take(length.into())?;
        }
        if self.is_server {
            self.cipher_suites = cursor.take(2)?;
            self.compression_methods = if is_draft { &[] } else { cursor.take(1)? };
        } else {
            let length = cursor.u16()?;
            self.cipher_suites = cursor.take(length.into())?;
            let length = cursor.u8()?;
            self.compression_methods = cursor.take(length.into())?;
        }
        // Those that know no extensions end here.
        if !cursor.is_empty() || is_truncated {
            let length = cursor.u16()?;
            let missing = cursor.rest().len() < usize::from(length);
            let stop = cursor.stop(length.into());
            self.extensions.cursor = cursor.part(length.into());
            if missing {
                return Err(stop);
            }
        }
        Ok(())
    }

    /// Whether the server said it.
    #[must_use]
    pub const fn is_server(&self) -> bool {
        self.is_server
    }

    /// Where and why the hello ended early.
    #[must_use]
    pub const fn stopped(&self) -> Option<Stop> {
        self.stop
    }

    /// The version field, which TLS 1.3 leaves at 1.2.
    #[must_use]
    pub const fn legacy_version(&self) -> Option<Version> {
        self.version
    }

    /// The version that the server chose, or the highest that the client offers.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.supported_versions().filter(|version| !version.is_grease()).max().or(self.version)
    }

    /// 32 random octets.
    #[must_use]
    pub const fn random(&self) -> &'a [u8] {
        self.random
    }

    /// The session that the client wants to resume, or that the server resumes or begins; TLS 1.3 fills it without meaning.
    #[must_use]
    pub const fn session_id(&self) -> &'a [u8] {
        self.session_id
    }

    /// The suites that the client offers, the best first, or the one that the server chose.
    pub fn cipher_suites(&self) -> impl Iterator<Item = CipherSuite> + use<'a> {
        Numbers { octets: self.cipher_suites }.map(CipherSuite)
    }

    /// The octets of [`cipher_suites`](Self::cipher_suites), two each.
    #[must_use]
    pub const fn cipher_suite_octets(&self) -> &'a [u8] {
        self.cipher_suites
    }

    /// The compression methods that the client offers, or the one that the server chose; 0 is none.
    #[must_use]
    pub const fn compression_methods(&self) -> &'a [u8] {
        self.compression_methods
    }

    /// The extensions; ends behind the first that is cut.
    #[must_use]
    pub fn extensions(&self) -> Extensions<'a> {
        self.extensions.clone()
    }

    /// The data of the first extension of a type, if it is whole.
    #[must_use]
    pub fn extension(&self, extension_type: ExtensionType) -> Option<&'a [u8]> {
        let mut whole = self.extensions().flatten();
        whole.find(|extension| extension.extension_type == extension_type).map(|extension| extension.data)
    }

    /// The name of the server that the client wants (SNI), as it was sent: mostly ASCII without a final dot.
    #[must_use]
    pub fn server_name(&self) -> Option<&'a [u8]> {
        let mut cursor = Cursor::new(Layer::Tls, self.extension(ExtensionType::SERVER_NAME)?, 0);
        let length = cursor.u16().ok()?;
        let mut names = cursor.part(length.into());
        loop {
            let (kind, length) = (names.u8().ok()?, names.u16().ok()?);
            let name = names.take(length.into()).ok()?;
            if kind == HOST_NAME {
                return Some(name);
            }
        }
    }

    /// The protocols above TLS (ALPN): those that the client offers, or the one that the server chose.
    #[must_use]
    pub fn application_protocols(&self) -> Names<'a> {
        let data = self.extension(ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
        Names { octets: data.and_then(|data| behind_length(data, 2)).unwrap_or_default() }
    }

    /// The versions of the extension for them: those that the client offers, or the one that the server chose.
    pub fn supported_versions(&self) -> impl Iterator<Item = Version> + use<'a> {
        let data = self.extension(ExtensionType::SUPPORTED_VERSIONS).unwrap_or_default();
        let octets = if self.is_server { Some(data) } else { behind_length(data, 1) };
        Numbers { octets: octets.unwrap_or_default() }.map(Version)
    }

    /// The groups for the key exchange that the sender can.
    pub fn supported_groups(&self) -> impl Iterator<Item = NamedGroup> + use<'a> {
        self.numbers(ExtensionType::SUPPORTED_GROUPS).map(NamedGroup)
    }

    /// The signatures that the sender can verify (IANA TLS SignatureScheme).
    #[must_use]
    pub fn signature_algorithms(&self) -> Numbers<'a> {
        self.numbers(ExtensionType::SIGNATURE_ALGORITHMS)
    }

    /// Formats of points on curves that the sender can; 0 is uncompressed.
    #[must_use]
    pub fn point_formats(&self) -> &'a [u8] {
        self.extension(ExtensionType::EC_POINT_FORMATS).and_then(|data| behind_length(data, 1)).unwrap_or_default()
    }

    /// Groups and public keys of TLS 1.3: those that the client offers, or the one that the server chose.
    #[must_use]
    pub fn key_shares(&self) -> KeyShares<'a> {
        let data = self.key_share().unwrap_or_default();
        let octets = if self.is_server { Some(data) } else { behind_length(data, 2) };
        KeyShares { octets: octets.unwrap_or_default() }
    }

    /// The group that a server's hello of TLS 1.3 chose, or asks for.
    #[must_use]
    pub fn selected_group(&self) -> Option<NamedGroup> {
        let data = self.key_share().filter(|_| self.is_server)?;
        data.first_chunk().map(|group| NamedGroup(u16::from_be_bytes(*group)))
    }

    /// Whether the server asks the client to say hello again (RFC 8446 section 4.1.4).
    #[must_use]
    pub fn is_retry_request(&self) -> bool {
        self.is_server && self.random == RETRY
    }

    /// The ticket by which the client wants to resume a session (TLS 1.2 and before); empty where it has none, or where the
    /// server will hand out one.
    #[must_use]
    pub fn session_ticket(&self) -> Option<&'a [u8]> {
        self.extension(ExtensionType::SESSION_TICKET)
    }

    /// Whether the client offers, or the server uses, a key from before (TLS 1.3).
    #[must_use]
    pub fn has_pre_shared_key(&self) -> bool {
        self.has(ExtensionType::PRE_SHARED_KEY)
    }

    /// Whether the client sends data before the handshake is over.
    #[must_use]
    pub fn has_early_data(&self) -> bool {
        self.has(ExtensionType::EARLY_DATA)
    }

    fn key_share(&self) -> Option<&'a [u8]> {
        self.extension(ExtensionType::KEY_SHARE).or_else(|| self.extension(KEY_SHARE_OF_DRAFTS))
    }

    fn has(&self, extension_type: ExtensionType) -> bool {
        self.extension(extension_type).is_some()
    }

    fn numbers(&self, extension_type: ExtensionType) -> Numbers<'a> {
        let data = self.extension(extension_type).and_then(|data| behind_length(data, 2));
        Numbers { octets: data.unwrap_or_default() }
    }
}

/// The octets behind a length of one or two octets, as far as they are there.
fn behind_length(data: &[u8], width: usize) -> Option<&[u8]> {
    let (length, rest) = data.split_at_checked(width)?;
    let length = length.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
    Some(rest.get(..length).unwrap_or(rest))
}

/// Iterator over extensions; ends behind the first that is cut.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    cursor: Cursor<'a>,
    offset: usize,
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Result<Extension<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let extension = self.read();
        if extension.is_err() {
            self.cursor.take_rest();
        }
        Some(extension.map_err(|stop| stop.moved(self.offset)))
    }
}

impl core::iter::FusedIterator for Extensions<'_> {}

impl<'a> Extensions<'a> {
    fn read(&mut self) -> Result<Extension<'a>, Stop> {
        let extension_type = ExtensionType(self.cursor.u16()?);
        let length = self.cursor.u16()?;
        Ok(Extension { extension_type, data: self.cursor.take(length.into())? })
    }
}

/// An extension of a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Which one.
    pub extension_type: ExtensionType,
    /// What it says, undecoded.
    pub data: &'a [u8],
}

impl Extension<'_> {
    /// Whether a client put it there to see that servers pass over what they do not know (RFC 8701).
    #[must_use]
    pub const fn is_grease(&self) -> bool {
        is_grease(self.extension_type.0)
    }
}

/// Iterator over numbers of two octets.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a> {
    octets: &'a [u8],
}

impl Iterator for Numbers<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<Self::Item> {
        let (number, rest) = self.octets.split_first_chunk()?;
        self.octets = rest;
        Some(u16::from_be_bytes(*number))
    }
}

/// Iterator over names behind their lengths; ends before the first that is cut.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    octets: &'a [u8],
}

impl<'a> Iterator for Names<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.octets.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        self.octets = rest;
        Some(name)
    }
}

/// Iterator over groups and the public keys in them; ends before the first that is cut.
#[derive(Clone, Copy, Debug)]
pub struct KeyShares<'a> {
    octets: &'a [u8],
}

impl<'a> Iterator for KeyShares<'a> {
    type Item = (NamedGroup, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let ([a, b, c, d], rest) = self.octets.split_first_chunk()?;
        let (key, rest) = rest.split_at_checked(u16::from_be_bytes([*c, *d]).into())?;
        self.octets = rest;
        Some((NamedGroup(u16::from_be_bytes([*a, *b])), key))
    }
}

const HOST_NAME: u8 = 0;
const KEY_SHARE_OF_DRAFTS: ExtensionType = ExtensionType(40);
/// The SHA-256 of `HelloRetryRequest`.
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
