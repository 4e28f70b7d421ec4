//! Handshakes of TLS that failed, and certificates that are no good.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scene::{self, ByService, Claims, Scene};
use super::text;
use crate::analysis::{
    Certificate, Endpoint, Finding, FindingKind, Flow, Severity, TlsEnd, TlsHandshake, TlsOutcome, Verdict,
};
use crate::application::tls::{AlertDescription, Version};
use crate::capture::Timestamp;

/// Bad certificates, failed and stalled handshakes, and old versions at each service.
pub(super) fn find(scene: &Scene<'_>, claims: &mut Claims) -> Vec<Finding> {
    let mut services: ByService<Service> = ByService::default();
    for handshake in scene.handshakes() {
        let Some((flow, _)) = scene.flow(handshake.flow_id).filter(|(flow, _)| !claims.has(flow.id)) else { continue };
        let service = services.entry(flow.server).or_default();
        let fault = fault(handshake, flow, scene.end);
        service.good += u32::from(handshake.outcome == Some(TlsOutcome::Ok) && fault.is_none());
        if let Some(fault) = fault {
            let (draft, example) = service.faults.entry(fault).or_default();
            draft.handshake(handshake, flow);
            example.get_or_insert_with(|| fault.tell(handshake));
            if handshake.outcome != Some(TlsOutcome::Ok) {
                claims.add(flow.id);
            }
        }
    }
    let state = |(server, service): (Endpoint, Service)| {
        let good = service.good;
        service
            .faults
            .into_iter()
            .map(move |(fault, (draft, example))| fault.state(&server, draft, good, &example.unwrap_or_default()))
    };
    scene::sorted(services).into_iter().flat_map(state).collect()
}

/// Handshakes of a service.
#[derive(Default)]
struct Service {
    good: u32,
    /// With what the first of them tells.
    faults: BTreeMap<Fault, (Draft, Option<String>)>,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// Of the certificate; and whether the handshake failed.
    Expired(bool),
    OtherName(bool),
    Alert {
        alert: Option<AlertDescription>,
        by_client: bool,
    },
    Reset {
        by_client: bool,
    },
    NoHello,
    Gone,
    /// Whether the server had acknowledged what it did not answer.
    Stalled {
        acknowledged: bool,
    },
    Old,
}

impl Draft {
    fn handshake(&mut self, handshake: &TlsHandshake, flow: &Flow) {
        self.flow(flow, 1);
        let frames = [Some(handshake.client_hello_frame), handshake.server_hello_frame, handshake.end_frame];
        frames.into_iter().flatten().for_each(|frame| self.frame(frame, handshake.time));
        self.impact += match handshake.outcome {
            Some(TlsOutcome::Ok) => Duration::ZERO,
            _ => flow.last.saturating_duration_since(handshake.time),
        };
    }
}

fn fault(handshake: &TlsHandshake, flow: &Flow, end: Timestamp) -> Option<Fault> {
    let outcome = handshake.outcome;
    let failed = outcome != Some(TlsOutcome::Ok);
    let by_client = handshake.failed_by == Some(TlsEnd::Client);
    let certificate = handshake.certificate.as_deref();
    match outcome {
        _ if certificate.is_some_and(|certificate| !is_valid(certificate, handshake.time)) => {
            Some(Fault::Expired(failed))
        }
        _ if handshake.alert == Some(AlertDescription::CERTIFICATE_EXPIRED) && by_client => Some(Fault::Expired(true)),
        _ if certificate.is_some_and(|certificate| is_for_another(certificate, handshake)) => {
            Some(Fault::OtherName(failed))
        }
        Some(TlsOutcome::Alert) => Some(Fault::Alert { alert: handshake.alert, by_client }),
        Some(TlsOutcome::Reset) => Some(Fault::Reset { by_client }),
        Some(TlsOutcome::NoServerHello) => Some(Fault::NoHello),
        // Who waits in vain goes at last.
        Some(TlsOutcome::ClientGone) => stalled(handshake, flow, end).or(Some(Fault::Gone)),
        Some(TlsOutcome::StalledAfterClientHello) | None => stalled(handshake, flow, end),
        Some(TlsOutcome::Ok) => handshake.version.is_some_and(is_old).then_some(Fault::Old),
    }
}

/// Nothing came for long, and nothing is missing in the capture.
fn stalled(handshake: &TlsHandshake, flow: &Flow, end: Timestamp) -> Option<Fault> {
    let (client, server) = (&flow.client_to_server, &flow.server_to_client);
    let silent = end.saturating_duration_since(flow.last);
    let waited = silent + flow.last.saturating_duration_since(handshake.time);
    let is_whole = [client, server].into_iter().all(|end| end.lost_segments == 0 && end.ack_lost_segments == 0);
    let is_begun = handshake.server_hello_frame.is_none() || silent >= PATIENCE;
    let patience = if flow.closed_by.is_some() { flow.last.saturating_duration_since(handshake.time) } else { waited };
    let is_known = client.syn > 0 && server.syn > 0;
    let is_stalled = patience >= PATIENCE && is_whole && is_begun && is_known;
    is_stalled.then_some(Fault::Stalled { acknowledged: client.acknowledged_bytes > 1 })
}

fn is_valid(certificate: &Certificate, time: Timestamp) -> bool {
    (certificate.not_before..=certificate.not_after).contains(&time)
}

fn is_for_another(certificate: &Certificate, handshake: &TlsHandshake) -> bool {
    let Some(wanted) = handshake.server_name.as_deref().filter(|name| name.contains('.')) else { return false };
    if wanted.parse::<std::net::IpAddr>().is_ok() {
        return false;
    }
    match certificate.names.is_empty() {
        false => !certificate.names.iter().any(|name| is_name_for(name, wanted)),
        true => common_name(&certificate.subject).is_some_and(|name| !is_name_for(name, wanted)),
    }
}

/// RFC 6125 section 6.4.3: a star stands for the whole first label.
fn is_name_for(name: &str, wanted: &str) -> bool {
    let wanted = wanted.trim_end_matches('.');
    if name.eq_ignore_ascii_case(wanted) {
        return true;
    }
    let rest = wanted.split_once('.').map(|(_, rest)| rest);
    name.strip_prefix("*.").zip(rest).is_some_and(|(own, rest)| own.eq_ignore_ascii_case(rest))
}

fn common_name(subject: &str) -> Option<&str> {
    subject.split(',').find_map(|part| part.trim().strip_prefix("CN="))
}

fn is_old(version: Version) -> bool {
    version < Version::TLS_1_2
}

impl Fault {
    /// What a handshake shows of it.
    fn tell(self, handshake: &TlsHandshake) -> String {
        let certificate = handshake.certificate.as_deref();
        let wanted = handshake.server_name.as_deref().unwrap_or("a server");
        match self {
            Self::Expired(_) => certificate.map_or(String::new(), |certificate| {
                if handshake.time < certificate.not_before {
                    format!(": that of {} is valid only from {:.0}", certificate.subject, certificate.not_before)
                } else {
                    format!(": that of {} was valid until {:.0}", certificate.subject, certificate.not_after)
                }
            }),
            Self::OtherName(_) => certificate.map_or(String::new(), |certificate| {
                let names = certificate.names.iter().take(SHOWN_NAMES).map(String::as_str).collect::<Vec<_>>();
                let names = if names.is_empty() { certificate.subject.clone() } else { names.join(", ") };
                format!(": clients ask for {wanted}, the certificate is for {names}")
            }),
            Self::Old => handshake.version.map_or(String::new(), |version| format!(": {version}")),
            _ => String::new(),
        }
    }

    const fn kind(self) -> FindingKind {
        match self {
            Self::Expired(_) => FindingKind::TlsCertificateExpired,
            Self::OtherName(_) => FindingKind::TlsNameMismatch,
            Self::Stalled { .. } => FindingKind::TlsHandshakeStalled,
            Self::Old => FindingKind::TlsOldVersion,
            Self::Alert { .. } | Self::Reset { .. } | Self::NoHello | Self::Gone => FindingKind::TlsHandshakeFailed,
        }
    }

    fn severity(self, good: u32) -> Severity {
        match self {
            Self::Gone | Self::Old => Severity::Note,
            Self::Expired(false) | Self::OtherName(false) => Severity::Warning,
            _ if good == 0 => Severity::Critical,
            _ => Severity::Warning,
        }
    }

    fn verdict(self) -> Verdict {
        use AlertDescription as Alert;
        match self {
            Self::Expired(_) | Self::NoHello | Self::Old => Verdict::Server,
            Self::Stalled { acknowledged } => {
                if acknowledged {
                    Verdict::Server
                } else {
                    Verdict::Network
                }
            }
            Self::Gone => Verdict::Client,
            // Either asks for the wrong name, or has the wrong certificate.
            Self::OtherName(_) => Verdict::Server,
            Self::Reset { .. } => Verdict::Unknown,
            Self::Alert { alert: Some(Alert::CERTIFICATE_REQUIRED | Alert::NO_CERTIFICATE), by_client: false } => {
                Verdict::Client
            }
            Self::Alert { alert: Some(Alert::BAD_CERTIFICATE | Alert::CERTIFICATE_REVOKED), by_client } => {
                if by_client { Verdict::Server } else { Verdict::Client }
            }
            Self::Alert { alert: Some(Alert::INTERNAL_ERROR), by_client } => {
                if by_client {
                    Verdict::Client
                } else {
                    Verdict::Server
                }
            }
            // What one end refuses, the other has to offer: which of them is to be changed, packets do not tell.
            Self::Alert { .. } => Verdict::Unknown,
        }
    }

    fn state(self, server: &Endpoint, draft: Draft, good: u32, example: &str) -> Finding {
        let count = text::count(draft.events, "handshake");
        let (service, severity) = (draft.service(server), self.severity(good));
        let rest = match good {
            0 => String::new(),
            _ => format!("; {} went well", text::count(u64::from(good), "other")),
        };
        let summary = match self {
            Self::Expired(failed) => {
                let what = if failed { "failed for" } else { "went on despite" };
                format!("{count} with {service} {what} a certificate that is not valid now{example}{rest}.")
            }
            Self::OtherName(failed) => {
                let what = if failed { "failed for" } else { "went on despite" };
                format!("{count} with {service} {what} a certificate for other names{example}{rest}.")
            }
            Self::Old => format!("{count} with {service} ended with an old version{example}."),
            _ => format!("{count} of {} with {service}: {}{rest}.", draft.clients(), self.what()),
        };
        draft.state(Statement {
            kind: self.kind(),
            severity,
            confidence: if matches!(self, Self::Reset { .. } | Self::Stalled { .. }) { 0.75 } else { 0.9 },
            verdict: self.verdict(),
            title: self.title(),
            summary,
            server: Some(*server),
            wireshark_filter: self.filter(server),
            next_steps: self.next_steps(),
        })
    }

    fn what(self) -> String {
        let who = |by_client: bool| if by_client { "the client" } else { "the server" };
        match self {
            Self::Alert { alert: Some(alert), by_client } => format!("{} sent the alert {alert}", who(by_client)),
            Self::Alert { alert: None, by_client } => {
                format!("{} ended it by an alert that is encrypted, so that its reason is not known", who(by_client))
            }
            Self::Reset { by_client } => format!("{} reset the connection before it was over", who(by_client)),
            Self::NoHello => {
                "the server closed the connection without a hello, or answered something that is no TLS".into()
            }
            Self::Gone => "the client closed the connection before it was over".into(),
            Self::Stalled { acknowledged: true } => "the server had the client's hello, and did not go on".into(),
            Self::Stalled { acknowledged: false } => "the client's hello was never acknowledged".into(),
            _ => String::new(),
        }
    }

    fn title(self) -> String {
        match self {
            Self::Expired(_) => "certificate not valid now".into(),
            Self::OtherName(_) => "certificate for another name".into(),
            Self::Alert { alert: Some(alert), .. } => format!("TLS handshake failed: {alert}"),
            Self::Stalled { .. } => "TLS handshake never finished".into(),
            Self::Old => "old version of TLS".into(),
            Self::Gone => "TLS handshake given up".into(),
            _ => "TLS handshake failed".into(),
        }
    }

    fn filter(self, server: &Endpoint) -> String {
        let what = match self {
            Self::Alert { .. } => "tls.alert_message || tls.handshake",
            Self::Reset { .. } => "tls.handshake || tcp.flags.reset == 1",
            _ => "tls.handshake",
        };
        format!("({what}) && {}", text::tcp(server))
    }

    fn next_steps(self) -> &'static str {
        use AlertDescription as Alert;
        match self {
            Self::Expired(_) => {
                "Renew the certificate and reload the server; if it is new, check the clock of the client and of the server."
            }
            Self::OtherName(_) => {
                "Check which host of the server the name leads to (default host, SNI routing), and that the certificate lists \
                 the name."
            }
            Self::Old => "Switch on TLS 1.2 and 1.3 at the server, and find out which clients need the old version.",
            Self::Alert { alert: Some(Alert::UNKNOWN_CA), .. } => {
                "Check that the server sends its intermediate certificates and that the client trusts their root."
            }
            Self::Alert { alert: Some(Alert::PROTOCOL_VERSION), .. } => {
                "Compare the versions that the client offers with those that the server takes."
            }
            Self::Alert { alert: Some(Alert::HANDSHAKE_FAILURE | Alert::INSUFFICIENT_SECURITY), .. } => {
                "Compare the cipher suites, groups and versions that the client offers with those that the server takes; some \
                 servers say so when they miss a client certificate or do not know the name."
            }
            Self::Alert { .. } => {
                "Look into the log of the end that sent the alert; an encrypted one by the client is mostly about the \
                 certificate of the server."
            }
            Self::NoHello => "Check that the port speaks TLS at all, and not plain text or a proxy protocol first.",
            Self::Reset { .. } => {
                "Look for a crash or a limit at that end, and for a filter on the way that objects to the server's name."
            }
            Self::Gone => "Mostly a health check or a port probe; else look at the client's time limits.",
            Self::Stalled { .. } => {
                "Look at the load of the server; if its answer is larger than the client's hello, test the MTU of the path."
            }
        }
    }
}

/// What a client waits for a handshake at least.
const PATIENCE: Duration = Duration::from_secs(3);
const SHOWN_NAMES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        for (name, wanted, expected) in [
            ("example.com", "EXAMPLE.com", true),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "www.example.com.", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.www.example.com", false),
            ("www.example.com", "example.com", false),
        ] {
            assert_eq!(is_name_for(name, wanted), expected, "{name} {wanted}");
        }
    }
}
