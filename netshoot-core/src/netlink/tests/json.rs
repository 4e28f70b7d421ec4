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

#[test]
fn times_before_the_epoch_have_a_text() {
    assert_eq!(json::time(UNIX_EPOCH - Duration::from_secs(1)), "1969-12-31T23:59:59.000000000Z");
}
