//! What the data of a record say, by its type.

use core::fmt;
use core::net::IpAddr;

use super::super::cursor::Cursor;
use super::{Edns, Layer, Name, Record, RecordType, Stop};

/// The data of a record.
///
/// `Display` writes them in presentation format, names without a final dot; data of unknown types as RFC 3597 section 5
/// has it. Of more than 256 types in NSEC and NSEC3 it writes those and `…`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A, AAAA.
    Address(IpAddr),
    /// CNAME, NS, PTR, DNAME.
    Name(Name<'a>),
    /// SOA.
    Authority {
        /// The primary server.
        server: Name<'a>,
        /// Who is responsible, as a name.
        mailbox: Name<'a>,
        /// Version of the zone.
        serial: u32,
        /// Seconds between two looks of a secondary server.
        refresh: u32,
        /// Seconds until a failed look is tried again.
        retry: u32,
        /// Seconds after which a zone that could not be refreshed is no authority any more.
        expire: u32,
        /// Seconds for which a negative answer may be kept.
        minimum: u32,
    },
    /// MX.
    MailExchange {
        /// Lower is asked first.
        preference: u16,
        /// The server.
        exchange: Name<'a>,
    },
    /// TXT, SPF.
    Text(Strings<'a>),
    /// SRV.
    Service {
        /// Lower is asked first.
        priority: u16,
        /// Share among those of equal priority.
        weight: u16,
        /// The service's port.
        port: u16,
        /// The host.
        target: Name<'a>,
    },
    /// NAPTR.
    NamingAuthority {
        /// In which order records are looked at.
        order: u16,
        /// Lower is preferred.
        preference: u16,
        /// What kind of result this gives.
        flags: &'a [u8],
        /// The services.
        services: &'a [u8],
        /// A substitution.
        regular_expression: &'a [u8],
        /// The next name, in place of a substitution.
        replacement: Name<'a>,
    },
    /// SVCB, HTTPS.
    ServiceBinding {
        /// 0 says that the target stands for the name; lower is preferred.
        priority: u16,
        /// The host; the root stands for the record's own name.
        target: Name<'a>,
        /// How to reach it.
        parameters: ServiceParameters<'a>,
    },
    /// CAA.
    CertificationAuthority {
        /// 128: issuers that do not know the tag must not issue.
        flags: u8,
        /// `issue`, `issuewild`, `iodef`.
        tag: &'a [u8],
        /// What is allowed.
        value: &'a [u8],
    },
    /// DS, CDS.
    DelegationSigner {
        /// Of the key.
        key_tag: u16,
        /// Of the key.
        algorithm: u8,
        /// Of the digest.
        digest_type: u8,
        /// Of the key.
        digest: &'a [u8],
    },
    /// DNSKEY, CDNSKEY.
    Key {
        /// 256 for the key of a zone, 1 more for its entry point.
        flags: u16,
        /// Always 3.
        protocol: u8,
        /// The kind of key.
        algorithm: u8,
        /// The key.
        key: &'a [u8],
    },
    /// RRSIG.
    Signature {
        /// The type of the records that are signed.
        type_covered: RecordType,
        /// The kind of signature.
        algorithm: u8,
        /// Labels of the name, without a wildcard's.
        labels: u8,
        /// Time to live of the records in the zone, in seconds.
        original_ttl: u32,
        /// End of validity, in seconds since 1970 modulo 2³².
        expiration: u32,
        /// Start of validity, in the same.
        inception: u32,
        /// Which key.
        key_tag: u16,
        /// Whose key.
        signer: Name<'a>,
        /// The signature.
        signature: &'a [u8],
    },
    /// NSEC.
    NextSecure {
        /// The next name of the zone.
        next: Name<'a>,
        /// The types that the record's own name has.
        types: TypeBitmap<'a>,
    },
    /// NSEC3.
    NextHashed {
        /// The hash function: 1, SHA-1.
        algorithm: u8,
        /// 1: names without signatures may be in between.
        flags: u8,
        /// Further rounds of hashing.
        iterations: u16,
        /// What is hashed with the name.
        salt: &'a [u8],
        /// The next hashed name of the zone.
        next: &'a [u8],
        /// The types that the record's own name has.
        types: TypeBitmap<'a>,
    },
    /// NSEC3PARAM.
    HashParameters {
        /// The hash function: 1, SHA-1.
        algorithm: u8,
        /// Always 0.
        flags: u8,
        /// Further rounds of hashing.
        iterations: u16,
        /// What is hashed with the name.
        salt: &'a [u8],
    },
    /// SSHFP.
    SshFingerprint {
        /// The kind of key.
        algorithm: u8,
        /// The hash function.
        fingerprint_type: u8,
        /// The hash of the key.
        fingerprint: &'a [u8],
    },
    /// TLSA.
    CertificateAssociation {
        /// How the certificate is used, 0 to 3.
        usage: u8,
        /// Which part of it, 0 or 1.
        selector: u8,
        /// How it is compared, 0 to 2.
        matching_type: u8,
        /// What it is compared with.
        data: &'a [u8],
    },
    /// OPT.
    Edns(Edns<'a>),
    /// Any other type.
    Unknown(&'a [u8]),
}

impl<'a> Record<'a> {
    /// At the start of the data; ends with them.
    pub(super) fn cursor(&self) -> Cursor<'a> {
        let end = self.data_offset + self.data.len();
        Cursor::new(Layer::Dns, self.message.get(..end).unwrap_or_default(), self.data_offset)
    }
}

impl<'a> Value<'a> {
    pub(super) fn of(record: &Record<'a>) -> Result<Self, Stop> {
        let mut fields = Fields { cursor: record.cursor(), message: record.message };
        let value = fields.value(record)?;
        // Octets that belong to nothing.
        if !fields.cursor.is_empty() {
            return Err(fields.cursor.malformed(fields.cursor.offset()));
        }
        Ok(value)
    }
}

/// Reads fields, names among them.
struct Fields<'a> {
    cursor: Cursor<'a>,
    message: &'a [u8],
}

impl<'a> Fields<'a> {
    fn value(&mut self, record: &Record<'a>) -> Result<Value<'a>, Stop> {
        Ok(match record.record_type {
            RecordType::A => Value::Address(IpAddr::from(*self.cursor.array::<4>()?)),
            RecordType::AAAA => Value::Address(IpAddr::from(*self.cursor.array::<16>()?)),
            RecordType::CNAME | RecordType::NS | RecordType::PTR | RecordType::DNAME => Value::Name(self.name()?),
            RecordType::SOA => self.authority()?,
            RecordType::MX => Value::MailExchange { preference: self.cursor.u16()?, exchange: self.name()? },
            RecordType::TXT | RecordType::SPF => Value::Text(self.strings()?),
            RecordType::SRV => {
                let [priority, weight, port] = [self.cursor.u16()?, self.cursor.u16()?, self.cursor.u16()?];
                Value::Service { priority, weight, port, target: self.name()? }
            }
            RecordType::NAPTR => self.naming_authority()?,
            RecordType::SVCB | RecordType::HTTPS => {
                let (priority, target) = (self.cursor.u16()?, self.name()?);
                Value::ServiceBinding { priority, target, parameters: self.parameters()? }
            }
            RecordType::CAA => {
                let (flags, tag) = (self.cursor.u8()?, self.string()?);
                Value::CertificationAuthority { flags, tag, value: self.cursor.take_rest() }
            }
            RecordType::OPT => {
                self.cursor.take_rest();
                Value::Edns(Edns::of(record).ok_or_else(|| self.cursor.malformed(self.cursor.offset()))?)
            }
            _ => return self.security(record.record_type),
        })
    }

    /// What DNSSEC and those that rest on it have.
    fn security(&mut self, record_type: RecordType) -> Result<Value<'a>, Stop> {
        Ok(match record_type {
            RecordType::DS | RecordType(59) => Value::DelegationSigner {
                key_tag: self.cursor.u16()?,
                algorithm: self.cursor.u8()?,
                digest_type: self.cursor.u8()?,
                digest: self.cursor.take_rest(),
            },
            RecordType::DNSKEY | RecordType(60) => Value::Key {
                flags: self.cursor.u16()?,
                protocol: self.cursor.u8()?,
                algorithm: self.cursor.u8()?,
                key: self.cursor.take_rest(),
            },
            RecordType::RRSIG => self.signature()?,
            RecordType::NSEC => Value::NextSecure { next: self.name()?, types: self.types() },
            RecordType::NSEC3 => {
                let (algorithm, flags, iterations) = (self.cursor.u8()?, self.cursor.u8()?, self.cursor.u16()?);
                let (salt, next) = (self.string()?, self.string()?);
                Value::NextHashed { algorithm, flags, iterations, salt, next, types: self.types() }
            }
            RecordType::NSEC3PARAM => Value::HashParameters {
                algorithm: self.cursor.u8()?,
                flags: self.cursor.u8()?,
                iterations: self.cursor.u16()?,
                salt: self.string()?,
            },
            RecordType::SSHFP => Value::SshFingerprint {
                algorithm: self.cursor.u8()?,
                fingerprint_type: self.cursor.u8()?,
                fingerprint: self.cursor.take_rest(),
            },
            RecordType::TLSA => Value::CertificateAssociation {
                usage: self.cursor.u8()?,
                selector: self.cursor.u8()?,
                matching_type: self.cursor.u8()?,
                data: self.cursor.take_rest(),
            },
            _ => Value::Unknown(self.cursor.take_rest()),
        })
    }

    /// A name that ends within the data; what it points at may be anywhere.
    fn name(&mut self) -> Result<Name<'a>, Stop> {
        let offset = self.cursor.offset();
        let end = Name { message: self.cursor.bytes(), offset }.end()?;
        self.cursor.take(end.saturating_sub(offset))?;
        Ok(Name { message: self.message, offset })
    }

    /// Octets behind their length.
    fn string(&mut self) -> Result<&'a [u8], Stop> {
        let length = self.cursor.u8()?;
        self.cursor.take(length.into())
    }

    fn strings(&mut self) -> Result<Strings<'a>, Stop> {
        let strings = Strings { rest: self.cursor.rest() };
        while !self.cursor.is_empty() {
            self.string()?;
        }
        Ok(strings)
    }

    fn types(&mut self) -> TypeBitmap<'a> {
        TypeBitmap { rest: self.cursor.take_rest(), window: &[], base: 0, bit: 0 }
    }

    fn parameters(&mut self) -> Result<ServiceParameters<'a>, Stop> {
        let parameters = ServiceParameters { rest: self.cursor.rest() };
        while !self.cursor.is_empty() {
            self.cursor.u16()?;
            let length = self.cursor.u16()?;
            self.cursor.take(length.into())?;
        }
        Ok(parameters)
    }

    fn authority(&mut self) -> Result<Value<'a>, Stop> {
        Ok(Value::Authority {
            server: self.name()?,
            mailbox: self.name()?,
            serial: self.cursor.u32()?,
            refresh: self.cursor.u32()?,
            retry: self.cursor.u32()?,
            expire: self.cursor.u32()?,
            minimum: self.cursor.u32()?,
        })
    }

    fn naming_authority(&mut self) -> Result<Value<'a>, Stop> {
        Ok(Value::NamingAuthority {
            order: self.cursor.u16()?,
            preference: self.cursor.u16()?,
            flags: self.string()?,
            services: self.string()?,
            regular_expression: self.string()?,
            replacement: self.name()?,
        })
    }

    fn signature(&mut self) -> Result<Value<'a>, Stop> {
        Ok(Value::Signature {
            type_covered: RecordType(self.cursor.u16()?),
            algorithm: self.cursor.u8()?,
            labels: self.cursor.u8()?,
            original_ttl: self.cursor.u32()?,
            expiration: self.cursor.u32()?,
            inception: self.cursor.u32()?,
            key_tag: self.cursor.u16()?,
            signer: self.name()?,
            signature: self.cursor.take_rest(),
        })
    }
}

/// Iterator over the strings of a text.
#[derive(Clone, Copy, Debug)]
pub struct Strings<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Strings<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first()?;
        let (string, rest) = rest.split_at_checked(usize::from(*length))?;
        self.rest = rest;
        Some(string)
    }
}

/// Iterator over the parameters of a service binding: the key (IANA service parameter keys) and its value.
#[derive(Clone, Copy, Debug)]
pub struct ServiceParameters<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for ServiceParameters<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let ([a, b, c, d], rest) = self.rest.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(u16::from_be_bytes([*c, *d]).into())?;
        self.rest = rest;
        Some((u16::from_be_bytes([*a, *b]), value))
    }
}

/// Iterator over the types that a name has (RFC 4034 section 4.1.2), as far as they are there.
#[derive(Clone, Copy, Debug)]
pub struct TypeBitmap<'a> {
    rest: &'a [u8],
    window: &'a [u8],
    base: u16,
    bit: u16,
}

impl Iterator for TypeBitmap<'_> {
    type Item = RecordType;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let Some(octet) = self.window.get(usize::from(self.bit / 8)) {
                let (bit, set) = (self.bit, octet & 0x80 >> (self.bit % 8) != 0);
                self.bit += 1;
                if set {
                    return Some(RecordType(self.base | bit));
                }
            }
            let ([number, length], rest) = self.rest.split_first_chunk()?;
            let (window, rest) = rest.split_at_checked(usize::from(*length)).unwrap_or((rest, &[]));
            // 256 types in a window (RFC 4034): more is not read.
            let window = window.get(..32).unwrap_or(window);
            (self.window, self.rest) = (window, rest);
            (self.base, self.bit) = (u16::from(*number) << 8, 0);
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Name(name) => write!(f, "{name}"),
            Self::Authority { server, mailbox, serial, refresh, retry, expire, minimum } => {
                write!(f, "{server} {mailbox} {serial} {refresh} {retry} {expire} {minimum}")
            }
            Self::MailExchange { preference, exchange } => write!(f, "{preference} {exchange}"),
            Self::Text(mut strings) => separated(f, &mut strings, write_quoted),
            Self::Service { priority, weight, port, target } => write!(f, "{priority} {weight} {port} {target}"),
            Self::NamingAuthority { order, preference, flags, services, regular_expression, replacement } => {
                write!(f, "{order} {preference} ")?;
                separated(f, &mut [flags, services, regular_expression].into_iter(), write_quoted)?;
                write!(f, " {replacement}")
            }
            Self::ServiceBinding { priority, target, mut parameters } => {
                write!(f, "{priority} {target}")?;
                parameters.try_for_each(|(key, value)| write_parameter(f, key, value))
            }
            Self::CertificationAuthority { flags, tag, value } => {
                write!(f, "{flags} {} ", tag.escape_ascii())?;
                write_quoted(f, value)
            }
            Self::Edns(edns) => {
                write!(f, "UDPsize={}{}", edns.payload_size(), if edns.dnssec_ok() { " DO" } else { "" })
            }
            _ => self.write_security(f),
        }
    }
}

impl Value<'_> {
    fn write_security(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::DelegationSigner { key_tag, algorithm, digest_type, digest } => {
                write!(f, "{key_tag} {algorithm} {digest_type} {}", Hex(digest))
            }
            Self::Key { flags, protocol, algorithm, key } => {
                write!(f, "{flags} {protocol} {algorithm} {}", Base64(key))
            }
            Self::Signature {
                type_covered,
                algorithm,
                labels,
                original_ttl,
                expiration,
                inception,
                key_tag,
                signer,
                signature,
            } => {
                write!(f, "{type_covered} {algorithm} {labels} {original_ttl} {expiration} {inception} ")?;
                write!(f, "{key_tag} {signer} {}", Base64(signature))
            }
            Self::NextSecure { next, types } => {
                write!(f, "{next}")?;
                write_types(f, types)
            }
            Self::NextHashed { algorithm, flags, iterations, salt, next, types } => {
                write!(f, "{algorithm} {flags} {iterations} {} {}", Salt(salt), Base32(next))?;
                write_types(f, types)
            }
            Self::HashParameters { algorithm, flags, iterations, salt } => {
                write!(f, "{algorithm} {flags} {iterations} {}", Salt(salt))
            }
            Self::SshFingerprint { algorithm, fingerprint_type, fingerprint } => {
                write!(f, "{algorithm} {fingerprint_type} {}", Hex(fingerprint))
            }
            Self::CertificateAssociation { usage, selector, matching_type, data } => {
                write!(f, "{usage} {selector} {matching_type} {}", Hex(data))
            }
            Self::Unknown(data) => {
                write!(f, "\\# {}", data.len())?;
                if data.is_empty() { Ok(()) } else { write!(f, " {}", Hex(data)) }
            }
            _ => Ok(()),
        }
    }
}

fn separated<'a>(
    f: &mut fmt::Formatter<'_>,
    items: &mut dyn Iterator<Item = &'a [u8]>,
    write: fn(&mut fmt::Formatter<'_>, &[u8]) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.enumerate() {
        f.write_str(if at > 0 { " " } else { "" })?;
        write(f, item)?;
    }
    Ok(())
}

/// A character string (RFC 1035 section 5.1).
fn write_quoted(f: &mut fmt::Formatter<'_>, string: &[u8]) -> fmt::Result {
    f.write_str("\"")?;
    for &octet in string {
        match octet {
            b'"' | b'\\' => write!(f, "\\{}", char::from(octet))?,
            0x20..=0x7e => write!(f, "{}", char::from(octet))?,
            _ => write!(f, "\\{octet:03}")?,
        }
    }
    f.write_str("\"")
}

/// A few octets may claim thousands of types, which no name has.
fn write_types(f: &mut fmt::Formatter<'_>, mut types: TypeBitmap<'_>) -> fmt::Result {
    types.by_ref().take(MOST_TYPES).try_for_each(|record_type| write!(f, " {record_type}"))?;
    if types.next().is_some() { f.write_str(" …") } else { Ok(()) }
}

/// In the words of RFC 9460, where the value can be read so; else as hexadecimal digits.
fn write_parameter(f: &mut fmt::Formatter<'_>, key: u16, value: &[u8]) -> fmt::Result {
    match key {
        0 => f.write_str(" mandatory="),
        1 => f.write_str(" alpn="),
        2 => return f.write_str(" no-default-alpn"),
        3 => f.write_str(" port="),
        4 => f.write_str(" ipv4hint="),
        5 => f.write_str(" ech="),
        6 => f.write_str(" ipv6hint="),
        _ => write!(f, " key{key}="),
    }?;
    let listed = |at: usize| if at > 0 { "," } else { "" };
    match (key, value.as_chunks::<2>(), value.as_chunks::<4>(), value.as_chunks::<16>()) {
        (1, ..) => {
            f.write_str("\"")?;
            for (at, name) in (Strings { rest: value }).enumerate() {
                write!(f, "{}{}", listed(at), name.escape_ascii())?;
            }
            f.write_str("\"")
        }
        (0, (keys, []), ..) => {
            let mut keys = keys.iter().enumerate();
            keys.try_for_each(|(at, key)| write!(f, "{}key{}", listed(at), u16::from_be_bytes(*key)))
        }
        (3, ([port], []), ..) => write!(f, "{}", u16::from_be_bytes(*port)),
        (4, _, (addresses, []), _) => {
            let mut addresses = addresses.iter().enumerate();
            addresses.try_for_each(|(at, address)| write!(f, "{}{}", listed(at), IpAddr::from(*address)))
        }
        (6, .., (addresses, [])) => {
            let mut addresses = addresses.iter().enumerate();
            addresses.try_for_each(|(at, address)| write!(f, "{}{}", listed(at), IpAddr::from(*address)))
        }
        (5, ..) => write!(f, "{}", Base64(value)),
        _ => write!(f, "{}", Hex(value)),
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02X}"))
    }
}

/// Digits, or a dash for none.
struct Salt<'a>(&'a [u8]);

impl fmt::Display for Salt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("-") } else { write!(f, "{}", Hex(self.0)) }
    }
}

/// RFC 4648 section 4.
struct Base64<'a>(&'a [u8]);

impl fmt::Display for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_bits::<3>(f, self.0, 6, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "=")
    }
}

/// RFC 4648 section 7, without padding (RFC 5155 section 3.3).
struct Base32<'a>(&'a [u8]);

impl fmt::Display for Base32<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_bits::<5>(f, self.0, 5, b"0123456789ABCDEFGHIJKLMNOPQRSTUV", "")
    }
}

/// Groups of `N` octets as digits of `bits` bits.
fn write_bits<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    octets: &[u8],
    bits: usize,
    digits: &[u8],
    padding: &str,
) -> fmt::Result {
    for group in octets.chunks(N) {
        let number = group.iter().fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
        let number = number << (8 * (N - group.len()));
        for at in 0..8 * N / bits {
            if at * bits >= 8 * group.len() {
                f.write_str(padding)?;
                continue;
            }
            let digit = (number >> (8 * N - bits * (at + 1))) as usize & ((1 << bits) - 1);
            write!(f, "{}", char::from(*digits.get(digit).unwrap_or(&b'?')))?;
        }
    }
    Ok(())
}

/// Types of a name that are written; the zones of today have some twenty.
const MOST_TYPES: usize = 256;
