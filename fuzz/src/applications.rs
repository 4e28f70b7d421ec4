//! Invariants of the views of applications. The first octet of each input says where a prefix ends that must say the same.

use netshoot_core::application::tls::{ContentType, Decoder, Event, HEADER_LEN, Records};
use netshoot_core::packet::Layer;

#[path = "../../netshoot-core/tests/support/views.rs"]
#[allow(clippy::indexing_slicing, unreachable_pub)]
mod views;

/// Reads a DNS message.
///
/// # Panics
/// If an invariant of [`dns::Message`](netshoot_core::packet::dns::Message) is broken.
pub fn fuzz_dns(data: &[u8]) {
    check(Layer::Dns, data);
}

/// Reads records of TLS, at once and as a stream in pieces.
///
/// # Panics
/// If an invariant of [`tls`](netshoot_core::application::tls) is broken.
pub fn fuzz_tls(data: &[u8]) {
    check(Layer::Tls, data);
    let Some((&first, bytes)) = data.split_first() else { return };
    let (whole, stopped) = events(bytes, bytes.len().max(1));
    // Behind what is no record, where pieces begin decides where reading goes on.
    let (pieces, stopped_in_pieces) = events(bytes, usize::from(first).max(1));
    assert!(stopped == stopped_in_pieces);
    assert!(
        stopped && pieces.starts_with(whole.get(..whole.len().saturating_sub(1)).unwrap_or_default())
            || whole == pieces
    );
    in_two_records(bytes, first.into());
}

/// Messages are the same where the first record is two.
fn in_two_records(bytes: &[u8], at: usize) {
    let Some(Ok(record)) = Records::new(bytes).next() else { return };
    let at = 2 + at % record.payload.len().max(1);
    let Some((first, second)) = record.payload.split_at_checked(at) else { return };
    if record.content_type != ContentType::HANDSHAKE || record.is_truncated() || first.first() == Some(&0) {
        return;
    }
    let mut split = Vec::new();
    for part in [first, second] {
        split.extend([22, 3, 3]);
        split.extend((part.len() as u16).to_be_bytes());
        split.extend_from_slice(part);
    }
    let whole = bytes.get(..HEADER_LEN + record.payload.len()).unwrap_or_default();
    let (told, split) = (messages(whole), messages(&split));
    // Those that begin before the second record does; what that begins with may look encrypted.
    let mut start = 0;
    let before = told.iter().take_while(|message| {
        let begins = start < at;
        start += message.1;
        begins
    });
    assert!(before.zip(split.iter().map(Some).chain([None; 2])).all(|(own, other)| Some(own) == other));
}

/// Those that are whole, and what there is of the last, with their lengths.
fn messages(bytes: &[u8]) -> Vec<(String, usize)> {
    let mut told = Vec::new();
    let mut note = |event: Event<'_>| {
        if let Event::Handshake(message) = event {
            told.push((format!("{} {:?}", message.message_type, message.body), 4 + message.body.len()));
        }
    };
    let mut decoder = Decoder::default();
    decoder.push(bytes, &mut note);
    decoder.finish(&mut note);
    told
}

fn events(bytes: &[u8], size: usize) -> (Vec<String>, bool) {
    let mut decoder = Decoder::default();
    let mut told = Vec::new();
    let mut note = |event: Event<'_>| told.push(format!("{event:?}"));
    for piece in bytes.chunks(size) {
        decoder.push(piece, &mut note);
        assert!(decoder.bytes() <= 85 << 10);
        if decoder.stopped().is_some() {
            return (told, true);
        }
    }
    decoder.finish(&mut note);
    assert!(decoder.bytes() == 0);
    // A hole, and then anything.
    decoder.gap(1 + size as u64, &mut |_| {});
    decoder.push(bytes, &mut |_| {});
    assert!(decoder.bytes() <= 85 << 10);
    (told, false)
}

/// Reads the head of an HTTP message.
///
/// # Panics
/// If an invariant of [`http::Head`](netshoot_core::application::http::Head) is broken.
pub fn fuzz_http(data: &[u8]) {
    check(Layer::Http, data);
}

/// Reads packets of QUIC.
///
/// # Panics
/// If an invariant of [`quic::Packets`](netshoot_core::application::quic::Packets) is broken.
pub fn fuzz_quic(data: &[u8]) {
    check(Layer::Quic, data);
}

/// Reads a message of DHCP, one of DHCP for IPv6, one of WireGuard, and one of L2TP.
///
/// # Panics
/// If an invariant of [`dhcp`](netshoot_core::packet::dhcp), [`wireguard`](netshoot_core::application::wireguard) or
/// [`l2tp`](netshoot_core::application::l2tp) is broken.
pub fn fuzz_dhcp(data: &[u8]) {
    check(Layer::Dhcp, data);
    check(Layer::Dhcpv6, data);
    check(Layer::WireGuard, data);
    check(Layer::L2tp, data);
}

fn check(layer: Layer, data: &[u8]) {
    let Some((&cut, bytes)) = data.split_first() else { return };
    views::check(layer, bytes, bytes.len() * usize::from(cut) / 256);
}
