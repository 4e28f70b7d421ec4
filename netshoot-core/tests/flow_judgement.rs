//! What a flow as a whole tells: who set its pace, what a device on the way has changed, what the capture has of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "support/script.rs"]
mod script;

use std::time::Duration;

use netshoot_core::analysis::Flow;
use script::{ACK, FIN, RST, SYN, Script};

const MS: Duration = Duration::from_millis(1);
/// Window scale 7 and selective acknowledgments.
const OFFERS: [u8; 8] = [1, 3, 3, 7, 1, 1, 4, 2];

fn flow(act: impl FnOnce(&mut Script)) -> Flow {
    let mut script = Script::new(101);
    act(&mut script);
    script.report().flows.swap_remove(0)
}

#[test]
fn time_is_the_senders_the_networks_or_the_receivers() {
    let flow = flow(|s| {
        s.open();
        s.client(1000, b"question");
        s.flags(50_000, 1, ACK);
        s.client(200_000, b"question");
        s.window = 0;
        s.flags(10_000, 1, ACK);
        s.window = 1000;
        s.flags(300_000, 1, ACK);
        s.client(40_000, b"question");
        s.flags(5_000, 1, ACK);
    });
    let stats = &flow.client_to_server;
    let times = (stats.sender_limited, stats.network_limited, stats.receiver_limited);
    assert_eq!(times, (240 * MS, 65 * MS, 300 * MS));
    assert_eq!((stats.window_closings, flow.server_to_client.window_closings), (0, 1));
    assert_eq!(flow.server_to_client.zero_window_time, 300 * MS);
}

/// A sender that makes up for a loss waits for the network, even if the window is full.
#[test]
fn recovery_is_the_networks_time() {
    let flow = flow(|s| {
        s.open();
        let lost = s.client(1000, &[b'x'; 500]);
        s.client(0, &[b'x'; 500]);
        for _ in 0..3 {
            s.segment(300_000, 0, ACK, lost, &[b'x'; 500]);
        }
        s.flags(10_000, 1, ACK);
    });
    let stats = &flow.client_to_server;
    assert_eq!(stats.receiver_limited, 300 * MS, "the window is full until the first timeout");
    assert_eq!(stats.network_limited, 610 * MS);
}

#[test]
fn a_lowered_segment_size_shows_by_larger_segments() {
    let act = |announced: u16, sent: usize| {
        flow(|s| {
            let option = |size: u16| [&[2, 4][..], &size.to_be_bytes()].concat();
            s.options = option(announced);
            s.segment(0, 0, SYN, 999, b"");
            s.options = option(1460);
            s.flags(10_000, 1, SYN | ACK);
            s.options.clear();
            s.client(1000, &vec![b'x'; sent]);
            s.flags(10_000, 1, ACK);
        })
    };
    for (announced, sent, is_clamped) in
        [(1360, 1460, true), (1460, 1460, false), (1360, 1360, false), (1360, 4000, false)]
    {
        let flow = act(announced, sent);
        let (client, server) = (&flow.client_to_server, &flow.server_to_client);
        assert_eq!(client.is_mss_clamped(server.mss), is_clamped, "{announced} {sent}");
        assert!(!server.is_mss_clamped(client.mss));
    }
}

#[test]
fn window_scaling_is_missing_if_one_end_alone_offers_it() {
    for (client, server, is_missing) in
        [(true, false, true), (false, true, true), (true, true, false), (false, false, false)]
    {
        let flow = flow(|s| {
            s.options = if client { OFFERS.to_vec() } else { Vec::new() };
            s.segment(0, 0, SYN, 999, b"");
            s.options = if server { OFFERS.to_vec() } else { Vec::new() };
            s.flags(10_000, 1, SYN | ACK);
        });
        assert_eq!(flow.lacks_window_scaling(), is_missing, "{client} {server}");
    }
    let cut = flow(|s| {
        s.options = OFFERS.to_vec();
        s.segment(0, 0, SYN, 999, b"");
        s.snap_len = 41;
        s.flags(10_000, 1, SYN | ACK);
    });
    assert!(!cut.lacks_window_scaling(), "the capture has cut the options");
}

#[test]
fn a_reset_is_its_senders_if_it_goes_on_with_its_count() {
    let act = |hop_limit: u8, identification: u16, step: u16| {
        flow(|s| {
            s.open();
            for n in 0..4 {
                s.identification = 100 + n * step;
                s.server(1000, b"data");
            }
            (s.hop_limit, s.identification) = (hop_limit, identification);
            s.flags(1000, 1, RST | ACK);
        })
    };
    let judged = |flow: &Flow| (flow.reset_hop_delta, flow.reset_goes_on, flow.is_reset_suspect());
    assert_eq!(judged(&act(64, 30_000, 1)), (None, None, false), "the time to live is its sender's");
    assert_eq!(judged(&act(250, 30_000, 1)), (Some(186), Some(false), true));
    assert_eq!(judged(&act(250, 104, 1)), (Some(186), Some(true), false), "on another way");
    assert_eq!(judged(&act(250, 30_000, 7_919)), (Some(186), None, true), "what is random does not count");
    assert_eq!(judged(&act(250, 0, 1)), (Some(186), None, true), "Linux puts 0 into what no socket sends");
    assert_eq!(judged(&act(66, 30_000, 1)), (None, None, false), "routes change by a hop or two");
}

#[test]
fn one_direction_and_packets_twice() {
    let one_sided = flow(|s| {
        s.segment(0, 0, SYN, 999, b"");
        s.client(1000, b"question");
        s.next[1] += 100;
        s.flags(10_000, 0, FIN | ACK);
    });
    assert!(one_sided.is_asymmetric() && !one_sided.is_captured_twice());
    let twice = flow(|s| {
        s.open();
        for n in 0..10 {
            s.identification = 10 + n;
            let sequence = s.client(1000, b"question");
            s.hop_limit -= 1;
            s.segment(10, 0, ACK, sequence, b"question");
            s.hop_limit += 1;
        }
    });
    assert!(twice.is_captured_twice() && !twice.is_asymmetric());
}
