//! What of a certificate is reported.

use x509_cert::Certificate as X509;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

use super::tls::Certificate;
use crate::capture::Timestamp;

/// Reads a certificate in DER; `None` if it is none.
pub(super) fn read(octets: &[u8]) -> Option<Certificate> {
    let certificate = X509::from_der(octets).ok()?;
    let fields = certificate.tbs_certificate();
    Some(Certificate {
        subject: fields.subject().to_string(),
        issuer: fields.issuer().to_string(),
        names: names(&certificate),
        not_before: time(&fields.validity().not_before),
        not_after: time(&fields.validity().not_after),
    })
}

/// Names and addresses (RFC 5280 section 4.2.1.6).
fn names(certificate: &X509) -> Vec<String> {
    let Ok(Some((_, names))) = certificate.tbs_certificate().get_extension::<SubjectAltName>() else {
        return Vec::new();
    };
    names.0.iter().filter_map(name).take(MAX_NAMES).collect()
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            let v4 = <[u8; 4]>::try_from(octets).map(std::net::IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(octets).map(std::net::IpAddr::from)).ok().map(|ip| ip.to_string())
        }
        _ => None,
    }
}

fn time(time: &Time) -> Timestamp {
    let nanos = time.to_unix_duration().as_nanos();
    i64::try_from(nanos).map_or(Timestamp::MAX, Timestamp::from_nanos)
}

const MAX_NAMES: usize = 32;
