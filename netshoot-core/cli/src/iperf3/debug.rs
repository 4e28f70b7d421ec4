//! `--debug`: what passes on the control connection, and what the sockets have got, on standard error.

use std::io::{self, Write};
use std::time::Instant;

use netshoot_core::throughput::report::{Side, Start};
use netshoot_core::throughput::{Event, Transport};

use super::Iperf3;
use crate::text::Clean;

pub(super) struct Debug {
    /// Since when; none when nothing is to be told.
    start: Option<Instant>,
}

impl Debug {
    pub(super) fn new(options: &Iperf3) -> Self {
        Self { start: options.debug.map(|_| Instant::now()) }
    }

    pub(super) fn event(&self, event: &Event) {
        let Some(start) = self.start else { return };
        let at = start.elapsed().as_secs_f64();
        match event {
            Event::State { sent, state } => tell(at, &format!("{} {state}", if *sent { "sent" } else { "received" })),
            Event::Started(start) => started(at, start),
            _ => {}
        }
    }
}

fn started(at: f64, start: &Start) {
    let verb = if start.side == Side::Client { "sent" } else { "received" };
    tell(at, &format!("{verb} cookie {} and parameters {}", start.cookie, start.parameters.to_json()));
    let (send, receive) = start.buffers;
    tell(at, &format!("the first data socket has buffers of {send} octets to send and {receive} to receive"));
    if let Some(mss) = start.control_mss {
        tell(at, &format!("the control connection has segments of {mss} octets at most"));
    }
    let options = &start.parameters.options;
    let tcp = start.transport() == Transport::Tcp;
    let milliseconds = options.send_timeout.as_millis();
    let set = [
        options.window.map(|octets| format!("SO_SNDBUF and SO_RCVBUF {octets}")),
        options.mss.filter(|_| tcp).map(|octets| format!("TCP_MAXSEG {octets}")),
        (options.no_delay && tcp).then(|| "TCP_NODELAY 1".to_owned()),
        options.congestion.as_ref().filter(|_| tcp).map(|name| format!("TCP_CONGESTION {name}")),
        (options.tos > 0).then(|| format!("IP_TOS or IPV6_TCLASS {:#x}", options.tos)),
        (options.flow_label > 0).then(|| format!("IPV6_FLOWLABEL {:#x}", options.flow_label)),
        options.fair_queue_rate.map(|rate| format!("SO_MAX_PACING_RATE {}", rate.0 / 8)),
        (milliseconds > 0 && tcp).then(|| format!("TCP_USER_TIMEOUT {milliseconds}")),
        (options.dont_fragment && !tcp).then(|| "IP_MTU_DISCOVER IP_PMTUDISC_DO".to_owned()),
    ];
    for option in set.into_iter().flatten() {
        tell(at, &format!("data sockets were told {option}"));
    }
}

/// In seconds since the command began.
fn tell(at: f64, what: &str) {
    let _ = writeln!(io::stderr().lock(), "debug {at:.6} {}", Clean(what));
}
