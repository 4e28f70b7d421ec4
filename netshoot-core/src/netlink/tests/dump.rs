//! Dumps: what the kernel refuses, buffers too small, forged answers, limits.

#[path = "../../../tests/support/skip.rs"]
mod skip;

use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::LinkMessage;

use crate::error::ErrorKind;
use crate::namespace::Namespace;
use crate::netlink::message::{Message, Messages};
use crate::netlink::request::Request;
use crate::netlink::socket::{End, NetlinkSocket, Reading};
use crate::netlink::{Limits, Link, LinkFilter, Netlink, Object};
use crate::sys;

fn here() -> Namespace {
    Namespace::current().unwrap()
}

fn links() -> Request {
    Link::requests(&LinkFilter::default()).remove(0)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[test]
fn refusals_come_with_the_kernels_words() {
    let words = [&[10, 0, 1, 0][..], b"a rule", &[0, 0]].concat();
    let echo = [&20u32.to_ne_bytes()[..], &[0; 16]].concat();
    let refusal = |flags: i32, parts: &[&[u8]]| {
        let payload = parts.concat();
        let flags = u16::try_from(flags).unwrap();
        let message = Message { kind: 2, flags, sequence: 0, port: 0, payload: &payload };
        let refusal = message.error().unwrap_err();
        (refusal.source.raw_os_error(), refusal.text.map(|text| text.to_string()))
    };
    let code = (-1i32).to_ne_bytes();
    let said = (Some(1), Some("a rule".to_owned()));
    assert_eq!(refusal(libc::NLM_F_ACK_TLVS, &[&code, &echo, &words]), said);
    assert_eq!(refusal(libc::NLM_F_ACK_TLVS | libc::NLM_F_CAPPED, &[&code, &echo[..16], &words]), said);
    assert_eq!(refusal(0, &[&code, &echo]), (Some(1), None));
    assert_eq!(refusal(libc::NLM_F_ACK_TLVS, &[&i32::MIN.to_ne_bytes(), &[0xff; 20]]).1, None);

    let payload = [&(-2i32).to_ne_bytes()[..], &words].concat();
    let done = Message { kind: 3, flags: 0, sequence: 0, port: 0, payload: &payload }.done().unwrap_err();
    assert_eq!((done.source.raw_os_error(), done.text.unwrap()), (Some(2), "a rule".into()));
    assert!(Message { kind: 3, flags: 0, sequence: 0, port: 0, payload: &[] }.done().is_ok());
}

#[test]
fn every_prefix_of_a_datagram_is_walked_without_a_fault() {
    let mut request = links();
    let one = request.numbered(1);
    let datagram = [one, one, one].concat();
    for length in 0..=datagram.len() {
        assert_eq!(Messages(&datagram[..length]).count(), length / one.len());
    }
    assert_eq!(Messages(&[0; 64]).count(), 0, "a length of 0 ends the walk");
    assert_eq!(Messages(&[0xff; 64]).count(), 0);
}

#[test]
fn the_kernels_text_is_in_the_error() {
    let mut socket = NetlinkSocket::open(&here(), libc::NETLINK_ROUTE, 65536).unwrap();
    let mut message = LinkMessage::default();
    message.header.index = 1;
    let mut request = Request::dump(RouteNetlinkMessage::GetLink(message));
    // An index in the header of a dump: strict checking refuses it.
    let error = socket.dump("list links", &mut request, soon(), Reading::InTurn, |_| Ok(())).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
    // The words are the kernel's, and change with its version.
    assert!(error.to_string().starts_with("list links: the kernel says: "), "{error}");
}

#[test]
fn a_datagram_that_does_not_fit_is_told_and_begun_again() {
    let mut small = NetlinkSocket::open(&here(), libc::NETLINK_ROUTE, 64).unwrap();
    let End::Truncated(length) = small.dump("list links", &mut links(), soon(), Reading::InTurn, |_| Ok(())).unwrap()
    else {
        panic!("64 octets were enough");
    };
    assert!(length > 64);

    let netlink = Netlink::open(&here()).unwrap();
    let links = netlink.links().unwrap().items.len();
    netlink.idle.lock().unwrap().clear();
    netlink.buffer_length.store(64, Ordering::Relaxed);
    let listing = netlink.links().unwrap();
    assert_eq!((listing.items.len(), listing.interrupted), (links, false));
}

#[test]
fn only_the_kernel_is_believed() {
    let mut socket = NetlinkSocket::open(&here(), libc::NETLINK_ROUTE, 65536).unwrap();
    let forger = NetlinkSocket::open(&here(), libc::NETLINK_ROUTE, 65536).unwrap();
    let done = [&20u32.to_ne_bytes()[..], &[3, 0, 2, 0], &1u32.to_ne_bytes(), &socket.port.to_ne_bytes(), &[0; 4]];
    if let Err(error) = sys::netlink::send_to_port(forger.socket.as_fd(), &done.concat(), socket.port) {
        return skip::skip("only_the_kernel_is_believed", &format!("forging needs CAP_NET_ADMIN: {error}"));
    }
    let mut count = 0;
    socket
        .dump("list links", &mut links(), soon(), Reading::InTurn, |_| {
            count += 1;
            Ok(())
        })
        .unwrap();
    assert!(count > 0, "the forged end of the dump was believed");
}

#[test]
fn limits_are_kept() {
    let limited = |limits: Limits| Netlink::open(&here()).unwrap().with_limits(limits).links().unwrap_err();
    let error = limited(Limits { objects: 0, ..Limits::default() });
    assert_eq!(error.kind(), ErrorKind::LimitReached);
    assert_eq!(error.to_string(), "list links: there are more than 0 objects; hint: raise Limits::objects");
    let error = limited(Limits { deadline: Duration::ZERO, ..Limits::default() });
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn a_handle_is_shared_between_threads() {
    let netlink = Netlink::open(&here()).unwrap();
    let links = netlink.links().unwrap().items.len();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20).for_each(|_| assert_eq!(netlink.links().unwrap().items.len(), links)));
        }
    });
    assert!(netlink.idle.lock().unwrap().len() <= 4);
}
