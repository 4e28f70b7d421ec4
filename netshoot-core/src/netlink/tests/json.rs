//! Our own JSON.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::namespace::Namespace;
use crate::netlink::{Address, AddressFilter, Fields, Link, Listing, Netlink, ParseNote, json};

fn listing() -> Listing<Link> {
    let namespace = Namespace::current().unwrap();
    let netlink = Netlink::open(&namespace).unwrap();
    let mut listing = netlink.empty_listing::<Link>();
    let ifname = b"caf\xe9\"\\\n"[..].into();
    listing.items = vec![Link { ifindex: 7, ifname, flags: crate::netlink::LinkFlags(0x9), ..Link::default() }];
    listing.taken_at = UNIX_EPOCH + Duration::new(1_700_000_000, 5);
    listing.notes = vec![ParseNote::header("link", 16, 3)];
    listing
}

#[test]
fn a_listing_is_one_object_with_a_version() {
    let listing = listing();
    let tree: Value = serde_json::from_str(&json::text(&listing)).unwrap();
    assert_eq!(tree["schema_version"], 1);
    assert_eq!(tree["kind"], "link");
    assert_eq!(tree["namespace"]["inode"], listing.namespace.inode);
    assert_eq!(tree["consistency"], "checked");
    assert_eq!(tree["taken_at"], "2023-11-14T22:13:20.000000005Z");
    assert_eq!((&tree["interrupted"], &tree["retries"]), (&Value::from(false), &Value::from(0)));
    assert_eq!(tree["notes"][0]["needed"], 16);
    let item = tree["items"][0].as_object().unwrap();
    assert_eq!(item["ifname"], "caf\\xe9\"\\\\\\x0a");
    assert_eq!(item["mtu"], Value::Null);
    assert_eq!(item["flags"], serde_json::json!(["LOOPBACK", "UP"]));
    // Every field is there, and nothing else.
    let mut fields = Link::FIELDS.to_vec();
    fields.sort_unstable();
    let mut keys: Vec<_> = item.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, fields);
}

#[test]
fn what_is_streamed_is_what_is_listed() {
    let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap();
    let filter = AddressFilter::default();
    let mut streamed = Vec::new();
    json::stream::<Address>(&netlink, &filter, &mut streamed).unwrap();
    let mut streamed: Value = serde_json::from_slice(&streamed).unwrap();
    let mut listed: Value = serde_json::from_str(&json::text(&netlink.list::<Address>(&filter).unwrap())).unwrap();
    for tree in [&mut streamed, &mut listed] {
        tree["taken_at"] = Value::Null;
        for item in tree["items"].as_array_mut().unwrap() {
            // Lifetimes run.
            item["cacheinfo"] = Value::Null;
        }
    }
    assert_eq!(streamed, listed);
}

/// The form of times, wherever one stands.
#[test]
fn times_are_text_and_spans_are_nanoseconds() {
    use crate::namespace::NamespaceId;
    use crate::netlink::counters::Counters;
    use crate::netlink::{CacheInfo, Event, EventKind, Lifetime, NeighborCacheInfo, SnapshotOptions, Source};
    let lifetimes = CacheInfo {
        preferred: Lifetime(10),
        valid: Lifetime::FOREVER,
        created: Duration::from_millis(10),
        updated: Duration::from_millis(20),
    };
    let text = r#"{"preferred":10,"valid":4294967295,"created_ns":10000000,"updated_ns":20000000}"#;
    assert_eq!(json::value(&lifetimes), text);
    let second = Duration::from_secs(1);
    let ages = NeighborCacheInfo { confirmed: second, used: second * 2, updated: second * 3, refcnt: 4 };
    let text = r#"{"confirmed_ns":1000000000,"used_ns":2000000000,"updated_ns":3000000000,"refcnt":4}"#;
    assert_eq!(json::value(&ages), text);
    let event = Event {
        seq: 7,
        monotonic: Duration::new(5, 6),
        wall: UNIX_EPOCH + Duration::new(1_700_000_000, 5),
        namespace: NamespaceId { device: 4, inode: 9 },
        source: Source::Resync,
        what: EventKind::ResyncEnd { gap: Duration::from_millis(3) },
    };
    let text = concat!(
        r#"{"seq":7,"monotonic_ns":5000000006,"wall":"2023-11-14T22:13:20.000000005Z","#,
        r#""namespace":{"device":4,"inode":9},"source":"resync","event":"resync_end","gap_ns":3000000}"#
    );
    assert_eq!(json::value(&event), text);
    let counters = |seconds| Counters::from_texts(UNIX_EPOCH + Duration::from_secs(seconds), []);
    let tree: Value = serde_json::from_str(&json::value(&counters(1))).unwrap();
    assert_eq!(tree["taken_at"], "1970-01-01T00:00:01.000000000Z");
    let tree: Value = serde_json::from_str(&json::value(&counters(3).delta(&counters(1)))).unwrap();
    assert_eq!(tree["elapsed_ns"], 2_000_000_000);
    let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap();
    let tree: Value = serde_json::from_str(&json::value(&netlink.snapshot(&SnapshotOptions::default()))).unwrap();
    for time in [&tree["taken_at"], &tree["links"]["known"]["taken_at"]] {
        assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
    }
}

#[test]
fn times_before_the_epoch_have_a_text() {
    assert_eq!(json::time(UNIX_EPOCH - Duration::from_secs(1)), "1969-12-31T23:59:59.000000000Z");
}
