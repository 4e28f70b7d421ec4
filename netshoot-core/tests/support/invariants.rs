//! What holds for every packet, whatever its octets.
#![allow(dead_code)]

use netshoot_core::packet::{Layer, Layout, NeighborOption, Packet, Stop, dns};

/// Panics where the packet contradicts itself.
pub fn check(packet: &Packet<'_>) {
    check_one(packet);
    let mut outer = *packet;
    while let Some(inner) = outer.inner() {
        check_one(&inner);
        assert_eq!(inner.layout().depth, outer.layout().depth + 1);
        assert!(inner.layout().reported_end <= outer.layout().reported_end);
        assert!(inner.layout().captured_end <= outer.layout().captured_end);
        outer = inner;
    }
    assert!(outer.layout().depth <= 5);
    assert_eq!(outer.layout(), packet.innermost().layout());
    if let Some(quoted) = packet.quoted() {
        check_one(&quoted);
    }
    let depths: Vec<u8> = packet.layers().map(|layer| layer.depth).collect();
    assert!(depths.is_sorted());
}

fn check_one(packet: &Packet<'_>) {
    let (bytes, layout) = (packet.bytes(), packet.layout());
    assert!(layout.captured_end as usize <= bytes.len());
    assert!(layout.captured_end <= layout.reported_end && layout.reported_end <= packet.original_length());
    layers(packet, layout);
    payload(packet);
    stop(packet);
    iterators(packet);
    extensions(packet);
    let lines = packet.details().to_string();
    assert!(lines.len() <= 128 << 10 && (lines.is_empty() || lines.starts_with("\n\t")), "{lines}");
    assert!(packet.to_string().len() <= 1024 + 80 * 1100, "a line of bounded length");
}

fn layers(packet: &Packet<'_>, layout: &Layout) {
    let mut end = 0;
    for layer in packet.layers() {
        assert!(layer.range.start >= end && layer.range.end >= layer.range.start, "{layer:?} after {end}");
        end = layer.range.end;
    }
    assert!(end <= packet.bytes().len());
    assert_eq!(packet.vlans().count(), usize::from(layout.vlan_count));
    assert_eq!(packet.ipv4().is_some() || packet.ipv6().is_some(), packet.ip_addresses().is_some());
    assert_eq!(packet.ip_addresses().is_some(), packet.hop_limit().is_some());
    let views = [packet.tcp().is_some(), packet.udp().is_some(), packet.icmpv4().is_some(), packet.icmpv6().is_some()];
    let views = views.into_iter().filter(|there| *there).count();
    assert!(views <= usize::from(layout.transport_layer().is_some()));
    assert!(packet.dns().is_none() || packet.udp().is_some());
    assert!(packet.five_tuple().is_none() || packet.ip_addresses().is_some());
}

fn extensions(packet: &Packet<'_>) {
    let Some(extensions) = packet.icmp_extensions() else { return };
    let payload = packet.payload().bytes;
    assert!(payload.ends_with(extensions.bytes()) && extensions.bytes().len() >= 4);
    let check = |stop: Stop| {
        assert!(stop.layer == Layer::IcmpExtension && stop.offset as usize <= packet.bytes().len(), "{stop:?}");
        assert!(!stop.is_truncation() || stop.needed > stop.available, "{stop:?}");
    };
    let mut octets = 4;
    for object in extensions.objects() {
        match object {
            Ok(object) => {
                octets += 4 + object.data.len();
                object.value().err().into_iter().for_each(check);
            }
            Err(stop) => check(stop),
        }
    }
    assert!(octets <= extensions.bytes().len());
}

fn payload(packet: &Packet<'_>) {
    let (bytes, payload) = (packet.bytes(), packet.payload());
    assert!(payload.bytes.len() <= payload.reported_len);
    assert_eq!(payload.is_truncated(), payload.bytes.len() < payload.reported_len);
    let start = usize::from(packet.layout().payload);
    assert!(payload.bytes.is_empty() || bytes[start..].starts_with(payload.bytes));
    assert!(packet.layout().depth > 0 || bytes.ends_with(packet.trailer()));
    assert!(start + payload.bytes.len() + packet.trailer().len() <= bytes.len() || payload.bytes.is_empty());
}

fn stop(packet: &Packet<'_>) {
    assert_eq!(packet.strict().err(), packet.stopped());
    let Some(stop) = packet.stopped() else {
        assert!(usize::from(packet.layout().payload) <= packet.layout().captured_end as usize);
        return;
    };
    assert!(stop.offset as usize <= packet.bytes().len(), "{stop:?}");
    assert!(stop.offset + stop.available <= packet.bytes().len() as u32, "{stop:?}");
    assert!(!stop.is_truncation() || stop.needed > stop.available, "{stop:?}");
    assert!(!stop.to_string().is_empty());
}

fn iterators(packet: &Packet<'_>) {
    let own = packet.layers().filter(|layer| layer.depth == packet.layout().depth);
    assert!(own.count() <= 5 + 255 + 34 + 1 + 16 + 1);
    assert!(packet.mpls().count() <= 32);
    if let Some(geneve) = packet.geneve() {
        assert!(geneve.options().count() <= 63);
    }
    if let Some(sctp) = packet.sctp() {
        assert!(sctp.chunks().count() <= packet.payload().bytes.len() / 4);
    }
    assert!(packet.extensions().count() <= 16);
    if let Some(tcp) = packet.tcp() {
        assert!(tcp.option_bytes().len() <= 40);
        assert!(tcp.options().count() <= 40);
    }
    if let Some(message) = packet.dns() {
        dns_message(&message);
    }
    neighbor_options(packet);
}

fn neighbor_options(packet: &Packet<'_>) {
    let options: Vec<_> = packet.neighbor_options().collect();
    assert!(options.len() <= packet.payload().bytes.len() / 8 + 1);
    assert!(options.iter().rev().skip(1).all(Result::is_ok), "nothing follows an error");
    for option in options {
        match option {
            Ok(NeighborOption::NameServers { servers, .. }) => assert!(servers.count() <= 127),
            Ok(NeighborOption::SearchDomains { domains, .. }) => assert!(domains.count() <= 1020),
            Ok(_) => {}
            Err(stop) => assert!(stop.offset as usize <= packet.bytes().len() && stop.layer == Layer::Icmpv6),
        }
    }
    assert!(packet.router_advertisement().is_none() || packet.icmpv6().is_some());
}

/// Panics where a DNS message contradicts itself.
pub fn dns_message(message: &dns::Message<'_>) {
    let len = message.bytes().len();
    let questions: Vec<_> = message.questions().collect();
    assert!(questions.len() <= len / 5 + 1 && questions.len() <= usize::from(message.question_count()));
    assert!(questions.iter().rev().skip(1).all(Result::is_ok), "nothing follows an error");
    let records: Vec<_> = message.records().collect();
    assert!(records.len() <= len / 11 + 1);
    assert!(records.iter().rev().skip(1).all(Result::is_ok), "nothing follows an error");
    let sections: Vec<u8> = records.iter().flatten().map(|record| record.section as u8).collect();
    assert!(sections.is_sorted());
    // Names can be long and share octets: some of each message are looked at.
    for question in questions.iter().flatten().take(64) {
        name(&question.name);
    }
    for record in records.iter().flatten().take(64) {
        name(&record.name);
        record.target().iter().for_each(name);
        assert!(record.data.len() <= len);
    }
}

fn name(name: &dns::Name<'_>) {
    let labels: Vec<_> = name.labels().collect();
    assert!(labels.len() <= 128);
    let octets: usize = labels.iter().flatten().map(|label| label.len() + 1).sum();
    assert!(octets < 255 && labels.iter().flatten().all(|label| (1..64).contains(&label.len())));
    assert!(name.to_string().len() <= 4 * 255 + 8);
    let whole = labels.iter().all(Result::is_ok);
    let same = *name;
    assert_eq!(*name == same, whole, "a name that cannot be read equals none");
}
