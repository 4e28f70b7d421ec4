//! Numbers that IANA registers for TLS: those that are unknown survive.

use core::fmt;

use super::cipher;

/// Declares newtypes whose known values have names; `Display` shows others as numbers.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($inner:ty), $unknown:literal {
        $($(#[$value_doc:meta])* $constant:ident = $number:literal $text:literal,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            $($(#[$value_doc])* pub const $constant: Self = Self($number);)*

            /// The name, if this version knows the number.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                Some(match self.0 {
                    $($number => $text,)*
                    _ => return None,
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, $unknown, self.0),
                }
            }
        }
    )*};
}

numbers! {
    /// What a record holds.
    ContentType(u8), "type {}" {
        /// From here on the sender encrypts.
        CHANGE_CIPHER_SPEC = 20 "change_cipher_spec",
        /// An alert.
        ALERT = 21 "alert",
        /// Messages of the handshake.
        HANDSHAKE = 22 "handshake",
        /// Octets of the application; in TLS 1.3 anything that is encrypted.
        APPLICATION_DATA = 23 "application_data",
        /// A heartbeat (RFC 6520).
        HEARTBEAT = 24 "heartbeat",
    }

    /// A version of the protocol.
    Version(u16), "0x{:04x}" {
        /// SSL 3.0 (RFC 6101).
        SSL_3_0 = 0x0300 "SSL 3.0",
        /// TLS 1.0 (RFC 2246); also what records of later versions say.
        TLS_1_0 = 0x0301 "TLS 1.0",
        /// TLS 1.1 (RFC 4346).
        TLS_1_1 = 0x0302 "TLS 1.1",
        /// TLS 1.2 (RFC 5246).
        TLS_1_2 = 0x0303 "TLS 1.2",
        /// TLS 1.3 (RFC 8446).
        TLS_1_3 = 0x0304 "TLS 1.3",
    }

    /// The kind of a handshake message.
    HandshakeType(u8), "type {}" {
        /// The server asks for a new handshake.
        HELLO_REQUEST = 0 "hello_request",
        /// What the client offers.
        CLIENT_HELLO = 1 "client_hello",
        /// What the server chose; also its request to say hello again.
        SERVER_HELLO = 2 "server_hello",
        /// DTLS asks for a cookie.
        HELLO_VERIFY_REQUEST = 3 "hello_verify_request",
        /// A ticket for resumption.
        NEW_SESSION_TICKET = 4 "new_session_ticket",
        /// The end of early data.
        END_OF_EARLY_DATA = 5 "end_of_early_data",
        /// In drafts of TLS 1.3.
        HELLO_RETRY_REQUEST = 6 "hello_retry_request",
        /// Extensions of TLS 1.3 that are encrypted.
        ENCRYPTED_EXTENSIONS = 8 "encrypted_extensions",
        /// Certificates.
        CERTIFICATE = 11 "certificate",
        /// The server's part of the key exchange.
        SERVER_KEY_EXCHANGE = 12 "server_key_exchange",
        /// The server asks for a certificate.
        CERTIFICATE_REQUEST = 13 "certificate_request",
        /// The end of what the server says.
        SERVER_HELLO_DONE = 14 "server_hello_done",
        /// Proof that the sender has the certificate's key.
        CERTIFICATE_VERIFY = 15 "certificate_verify",
        /// The client's part of the key exchange.
        CLIENT_KEY_EXCHANGE = 16 "client_key_exchange",
        /// The end of the handshake.
        FINISHED = 20 "finished",
        /// Where the client's certificate is.
        CERTIFICATE_URL = 21 "certificate_url",
        /// What OCSP says of the certificate.
        CERTIFICATE_STATUS = 22 "certificate_status",
        /// Supplemental data (RFC 4680).
        SUPPLEMENTAL_DATA = 23 "supplemental_data",
        /// New keys.
        KEY_UPDATE = 24 "key_update",
        /// A compressed certificate (RFC 8879).
        COMPRESSED_CERTIFICATE = 25 "compressed_certificate",
        /// The protocol chosen by NPN, which ALPN replaced.
        NEXT_PROTOCOL = 67 "next_protocol",
    }

    /// The kind of an extension of a hello.
    ExtensionType(u16), "extension {}" {
        /// The name that the client wants (RFC 6066).
        SERVER_NAME = 0 "server_name",
        /// A limit to the length of records.
        MAX_FRAGMENT_LENGTH = 1 "max_fragment_length",
        /// The client wants to know what OCSP says.
        STATUS_REQUEST = 5 "status_request",
        /// Groups for the key exchange (RFC 8422, RFC 7919).
        SUPPORTED_GROUPS = 10 "supported_groups",
        /// Formats of points on curves.
        EC_POINT_FORMATS = 11 "ec_point_formats",
        /// Signatures that the sender can verify.
        SIGNATURE_ALGORITHMS = 13 "signature_algorithms",
        /// Keys for SRTP.
        USE_SRTP = 14 "use_srtp",
        /// Heartbeats (RFC 6520).
        HEARTBEAT = 15 "heartbeat",
        /// Protocols above TLS (RFC 7301).
        APPLICATION_LAYER_PROTOCOL_NEGOTIATION = 16 "application_layer_protocol_negotiation",
        /// Proofs from logs of certificates.
        SIGNED_CERTIFICATE_TIMESTAMP = 18 "signed_certificate_timestamp",
        /// Nothing.
        PADDING = 21 "padding",
        /// The order of encryption and authentication (RFC 7366).
        ENCRYPT_THEN_MAC = 22 "encrypt_then_mac",
        /// The handshake goes into the master secret (RFC 7627).
        EXTENDED_MASTER_SECRET = 23 "extended_master_secret",
        /// Compressed certificates (RFC 8879).
        COMPRESS_CERTIFICATE = 27 "compress_certificate",
        /// A limit to the length of records (RFC 8449).
        RECORD_SIZE_LIMIT = 28 "record_size_limit",
        /// Delegated credentials (RFC 9345).
        DELEGATED_CREDENTIALS = 34 "delegated_credentials",
        /// A ticket for resumption (RFC 5077).
        SESSION_TICKET = 35 "session_ticket",
        /// Keys from before, for resumption in TLS 1.3.
        PRE_SHARED_KEY = 41 "pre_shared_key",
        /// Data follow that were encrypted with such a key.
        EARLY_DATA = 42 "early_data",
        /// Versions, where TLS 1.3 is among them.
        SUPPORTED_VERSIONS = 43 "supported_versions",
        /// What the client has to say again.
        COOKIE = 44 "cookie",
        /// How keys from before may be used.
        PSK_KEY_EXCHANGE_MODES = 45 "psk_key_exchange_modes",
        /// Authorities that the sender trusts.
        CERTIFICATE_AUTHORITIES = 47 "certificate_authorities",
        /// The client can authenticate later.
        POST_HANDSHAKE_AUTH = 49 "post_handshake_auth",
        /// Signatures in certificates that the sender can verify.
        SIGNATURE_ALGORITHMS_CERT = 50 "signature_algorithms_cert",
        /// Public keys.
        KEY_SHARE = 51 "key_share",
        /// Parameters of QUIC (RFC 9001).
        QUIC_TRANSPORT_PARAMETERS = 57 "quic_transport_parameters",
        /// NPN, which ALPN replaced.
        NEXT_PROTOCOL_NEGOTIATION = 13172 "next_protocol_negotiation",
        /// Settings of the application.
        APPLICATION_SETTINGS = 17513 "application_settings",
        /// An encrypted hello inside of this one (RFC 9849).
        ENCRYPTED_CLIENT_HELLO = 0xfe0d "encrypted_client_hello",
        /// Secure renegotiation (RFC 5746).
        RENEGOTIATION_INFO = 0xff01 "renegotiation_info",
    }

    /// A group for the key exchange.
    NamedGroup(u16), "group 0x{:04x}" {
        /// NIST's curve of 224 bits.
        SECP224R1 = 21 "secp224r1",
        /// Koblitz' curve of 256 bits.
        SECP256K1 = 22 "secp256k1",
        /// NIST's curve of 256 bits.
        SECP256R1 = 23 "secp256r1",
        /// NIST's curve of 384 bits.
        SECP384R1 = 24 "secp384r1",
        /// NIST's curve of 521 bits.
        SECP521R1 = 25 "secp521r1",
        /// Brainpool's curve of 256 bits.
        BRAINPOOLP256R1 = 26 "brainpoolP256r1",
        /// Brainpool's curve of 384 bits.
        BRAINPOOLP384R1 = 27 "brainpoolP384r1",
        /// Brainpool's curve of 512 bits.
        BRAINPOOLP512R1 = 28 "brainpoolP512r1",
        /// Curve25519 (RFC 7748).
        X25519 = 29 "x25519",
        /// Curve448 (RFC 7748).
        X448 = 30 "x448",
        /// The curve of SM2.
        CURVE_SM2 = 41 "curveSM2",
        /// Numbers of 2048 bits (RFC 7919).
        FFDHE2048 = 256 "ffdhe2048",
        /// Numbers of 3072 bits.
        FFDHE3072 = 257 "ffdhe3072",
        /// Numbers of 4096 bits.
        FFDHE4096 = 258 "ffdhe4096",
        /// Numbers of 6144 bits.
        FFDHE6144 = 259 "ffdhe6144",
        /// Numbers of 8192 bits.
        FFDHE8192 = 260 "ffdhe8192",
        /// ML-KEM and NIST's curve of 256 bits.
        SECP256R1_MLKEM768 = 0x11eb "SecP256r1MLKEM768",
        /// ML-KEM and Curve25519.
        X25519_MLKEM768 = 0x11ec "X25519MLKEM768",
        /// ML-KEM and NIST's curve of 384 bits.
        SECP384R1_MLKEM1024 = 0x11ed "SecP384r1MLKEM1024",
        /// A draft of ML-KEM and Curve25519.
        X25519_KYBER768_DRAFT00 = 0x6399 "X25519Kyber768Draft00",
    }

    /// Why an alert was sent.
    AlertDescription(u8), "alert {}" {
        /// Nothing more is sent.
        CLOSE_NOTIFY = 0 "close_notify",
        /// A message came that was not expected.
        UNEXPECTED_MESSAGE = 10 "unexpected_message",
        /// A record could not be authenticated.
        BAD_RECORD_MAC = 20 "bad_record_mac",
        /// Not in use any more.
        DECRYPTION_FAILED = 21 "decryption_failed",
        /// A record is too long.
        RECORD_OVERFLOW = 22 "record_overflow",
        /// Not in use any more.
        DECOMPRESSION_FAILURE = 30 "decompression_failure",
        /// Nothing is acceptable to both.
        HANDSHAKE_FAILURE = 40 "handshake_failure",
        /// In SSL 3.0: there is no certificate.
        NO_CERTIFICATE = 41 "no_certificate",
        /// A certificate is corrupt.
        BAD_CERTIFICATE = 42 "bad_certificate",
        /// A certificate is of a type that is not supported.
        UNSUPPORTED_CERTIFICATE = 43 "unsupported_certificate",
        /// A certificate was revoked.
        CERTIFICATE_REVOKED = 44 "certificate_revoked",
        /// A certificate is not valid now.
        CERTIFICATE_EXPIRED = 45 "certificate_expired",
        /// A certificate is not acceptable for another reason.
        CERTIFICATE_UNKNOWN = 46 "certificate_unknown",
        /// A field is out of range.
        ILLEGAL_PARAMETER = 47 "illegal_parameter",
        /// The authority is not known.
        UNKNOWN_CA = 48 "unknown_ca",
        /// Access is denied.
        ACCESS_DENIED = 49 "access_denied",
        /// A message could not be read.
        DECODE_ERROR = 50 "decode_error",
        /// A signature is wrong.
        DECRYPT_ERROR = 51 "decrypt_error",
        /// Not in use any more.
        EXPORT_RESTRICTION = 60 "export_restriction",
        /// The version is not supported.
        PROTOCOL_VERSION = 70 "protocol_version",
        /// Nothing is offered that is secure enough.
        INSUFFICIENT_SECURITY = 71 "insufficient_security",
        /// Something else failed.
        INTERNAL_ERROR = 80 "internal_error",
        /// A retry with a lower version (RFC 7507).
        INAPPROPRIATE_FALLBACK = 86 "inappropriate_fallback",
        /// The user gave up.
        USER_CANCELED = 90 "user_canceled",
        /// No new handshake.
        NO_RENEGOTIATION = 100 "no_renegotiation",
        /// An extension is missing.
        MISSING_EXTENSION = 109 "missing_extension",
        /// An extension that was not asked for.
        UNSUPPORTED_EXTENSION = 110 "unsupported_extension",
        /// A certificate could not be fetched.
        CERTIFICATE_UNOBTAINABLE = 111 "certificate_unobtainable",
        /// There is no such server here.
        UNRECOGNIZED_NAME = 112 "unrecognized_name",
        /// What OCSP says is invalid.
        BAD_CERTIFICATE_STATUS_RESPONSE = 113 "bad_certificate_status_response",
        /// A certificate is not the one that was announced.
        BAD_CERTIFICATE_HASH_VALUE = 114 "bad_certificate_hash_value",
        /// The key from before is not known.
        UNKNOWN_PSK_IDENTITY = 115 "unknown_psk_identity",
        /// The client has to have a certificate.
        CERTIFICATE_REQUIRED = 116 "certificate_required",
        /// No protocol is common to both.
        NO_APPLICATION_PROTOCOL = 120 "no_application_protocol",
        /// The client wants an encrypted hello.
        ECH_REQUIRED = 121 "ech_required",
    }
}

impl Version {
    /// Whether a client put it there to see that servers pass over what they do not know (RFC 8701).
    #[must_use]
    pub const fn is_grease(self) -> bool {
        is_grease(self.0)
    }
}

/// Whether a number is one of those that mean nothing (RFC 8701).
pub(super) const fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// A cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct CipherSuite(pub u16);

impl CipherSuite {
    /// The name, such as `TLS_AES_128_GCM_SHA256`, if this version knows the number.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        cipher::name(self.0)
    }

    /// Whether a client put it there to see that servers pass over what they do not know (RFC 8701).
    #[must_use]
    pub const fn is_grease(self) -> bool {
        is_grease(self.0)
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:04x}", self.0),
        }
    }
}
