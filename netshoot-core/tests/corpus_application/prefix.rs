//! Every prefix of every message of the corpus: no panic, and what is there is what the whole message says.

use netshoot_core::application::Message;
use netshoot_core::packet::{Layer, Packet};

use crate::support::{Capture, Corpus};
use crate::{frames, views};

/// All prefixes up to here are tried, and then every 61st.
const ALL_PREFIXES: usize = 300;

#[test]
fn every_prefix_of_a_message_says_the_same() {
    let Some(corpus) = Corpus::find("every_prefix_of_a_message_says_the_same") else { return };
    let counts = frames::in_two_threads(&corpus.captures, |capture: &Capture, counts: &mut [u64; 2]| {
        let mut left = MESSAGES;
        frames::each_frame(&capture.path, |frame| {
            let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length).innermost();
            let Some(message) = Message::of(&packet).filter(|_| left > 0) else { return };
            left -= 1;
            let bytes = packet.payload().bytes;
            let skip = if message.layer() == Layer::Dns && packet.tcp().is_some() { 2 } else { 0 };
            counts[0] += 1;
            counts[1] += prefixes(message.layer(), &bytes[skip..]);
            let (line, lines) = (message.to_string(), format!("{message:#}"));
            assert!(!line.contains('\n') && line.len() <= 64 << 10 && lines.len() <= 1 << 20);
        });
    });
    let [messages, prefixes] = [0, 1].map(|at| counts.iter().map(|counts| counts[at]).sum::<u64>());
    eprintln!("{messages} messages, {prefixes} prefixes");
    assert!(messages > 1000);
}

fn prefixes(layer: Layer, bytes: &[u8]) -> u64 {
    let whole = views::items(layer, bytes);
    let sizes = (0..bytes.len().min(ALL_PREFIXES)).chain((ALL_PREFIXES..bytes.len()).step_by(61));
    sizes.inspect(|size| views::check_prefix(layer, &whole, &bytes[..*size])).count() as u64
}

/// Of one capture.
const MESSAGES: usize = 100;
