//! DNS, frame by frame: over UDP, and over TCP where a segment holds whole messages.

use netshoot_core::packet::Packet;
use netshoot_core::packet::dns::{self, EdnsValue, Message, Name, Record, RecordType, Value};

use crate::ask::{Fields, Kind, WHOLE_PACKETS, ask, hex, text};
use crate::facts::{Facts, Field, Item};
use crate::support::Capture;
use crate::tally::Tally;
use crate::{Rule, compare, frames};

/// What rules ask of a message.
pub struct Of {
    /// Of the header, or of what the iterators give.
    cut: bool,
    /// One of its names.
    unreadable: bool,
}

pub fn one(capture: &Capture, tally: &mut Tally) {
    let Some(mut reader) = frames::open(&capture.path) else { return };
    let rows = ask(capture, "udp && (dns || mdns || llmnr)", FIELDS, WHOLE_PACKETS);
    let mut rows = rows.into_iter().peekable();
    while let Ok(Some(frame)) = reader.next_frame() {
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length).innermost();
        let message = packet.dns();
        let row = rows.next_if(|row| row.number == frame.number);
        // tshark also reads what ICMP errors quote, and DNS on other ports.
        let quoted = row.as_ref().is_some_and(|row| row.protocols.contains(":icmp"));
        if message.is_none() && (row.is_none() || quoted || !has_port(&packet)) {
            continue;
        }
        tally.frames += 1;
        let (mut theirs, mut ours) = (row.map(|row| row.facts).unwrap_or_default(), Facts::default());
        if let Some(message) = &message {
            facts(message, &packet, &mut ours);
        }
        for item in theirs.0.values_mut().flatten() {
            match item {
                Item::Text(text) if text.starts_with("<Name contains ") => *text = UNREADABLE.into(),
                _ => {}
            }
        }
        let place = || format!("{} frame {}", capture.name, frame.number);
        let cut = message.is_none_or(|message| {
            let bad = |record: Record<'_>| {
                let edns = dns::Edns::of(&record);
                let bad = |option: dns::EdnsOption<'_>| option.value().is_err();
                record.value().is_err() || edns.is_some_and(|e| e.options().any(|o| o.map_or(true, bad)))
            };
            message.questions().any(|q| q.is_err()) || message.records().any(|record| record.map_or(true, bad))
        });
        let bad = |name: &Name<'_>| name.labels().any(|label| label.is_err());
        let unreadable = message.is_some_and(|message| {
            message.questions().flatten().any(|question| bad(&question.name))
                || message.records().flatten().any(|record| {
                    bad(&record.name) || record.value().is_ok_and(|value| value.to_string().contains('…'))
                })
        });
        compare(&Of { cut, unreadable }, &theirs, &ours, RULES, &place, tally);
    }
}

/// Over TCP, where a segment ends with a message, as most do.
pub fn over_tcp(capture: &Capture, tally: &mut Tally) {
    let Some(mut reader) = frames::open(&capture.path) else { return };
    let options = &[WHOLE_PACKETS, &["tcp.desegment_tcp_streams:FALSE"]].concat();
    let mut rows = ask(capture, "tcp && (dns || tcp.analysis.retransmission)", FIELDS, options).into_iter().peekable();
    while let Ok(Some(frame)) = reader.next_frame() {
        let row = rows.next_if(|row| row.number == frame.number);
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length).innermost();
        if packet.tcp().is_none() || !has_port(&packet) || packet.payload().bytes.is_empty() {
            continue;
        }
        let messages: Vec<_> = dns::Messages::new(packet.payload().bytes).collect();
        // The middle of a message says nothing, and what tshark makes of it neither; what is sent again it does not read.
        let again = row.as_ref().is_some_and(|row| row.facts.0.is_empty());
        if again || messages.iter().any(Result::is_err) || packet.payload().is_truncated() {
            continue;
        }
        tally.frames += 1;
        let mut ours = Facts::default();
        messages.iter().flatten().for_each(|message| facts(message, &packet, &mut ours));
        let place = || format!("{} frame {}", capture.name, frame.number);
        let of = Of { cut: false, unreadable: false };
        compare(&of, &row.map(|row| row.facts).unwrap_or_default(), &ours, RULES, &place, tally);
    }
}

fn has_port(packet: &Packet<'_>) -> bool {
    packet.ports().is_some_and(|(a, b)| dns::PORTS.contains(&a) || dns::PORTS.contains(&b))
}

fn facts(message: &Message<'_>, packet: &Packet<'_>, facts: &mut Facts) {
    let port = |port| packet.ports().is_some_and(|(a, b)| a == port || b == port);
    facts.add("dns.id", message.id());
    let response = message.is_response();
    facts.add("dns.flags.response", u8::from(response));
    facts.add("dns.flags.opcode", message.opcode());
    facts.add("dns.flags.truncated", u8::from(message.truncated()));
    if !port(5355) {
        facts.add("dns.flags.recdesired", u8::from(message.recursion_desired()));
        facts.add("dns.flags.z", u8::from(message.reserved()));
        facts.add("dns.flags.checkdisable", u8::from(message.checking_disabled()));
        if response {
            facts.add("dns.flags.authoritative", u8::from(message.authoritative()));
            facts.add("dns.flags.recavail", u8::from(message.recursion_available()));
        }
        // Of a query only where it is set.
        if response || message.authentic_data() {
            facts.add("dns.flags.authenticated", u8::from(message.authentic_data()));
        }
    }
    if response {
        facts.add("dns.flags.rcode", message.response_code().0);
    }
    let update = message.opcode() == 5;
    let counts: [Field; 4] = if update {
        ["dns.count.zones", "dns.count.prerequisites", "dns.count.updates", "dns.count.add_rr"]
    } else {
        ["dns.count.queries", "dns.count.answers", "dns.count.auth_rr", "dns.count.add_rr"]
    };
    let values =
        [message.question_count(), message.answer_count(), message.authority_count(), message.additional_count()];
    counts.iter().zip(values).for_each(|(field, value)| facts.add(field, value));
    let multicast = packet.udp().is_some() && port(5353);
    for question in message.questions().flatten() {
        // There tshark ends the message.
        if question.name.labels().any(|label| label.is_err_and(|stop| stop.is_truncation())) {
            return;
        }
        facts.text("dns.qry.name", name(&question.name));
        facts.add("dns.qry.type", question.record_type.0);
        if multicast {
            facts.add("dns.qry.qu", u8::from(question.wants_unicast()));
        }
        facts.add("dns.qry.class", question.class & if multicast { 0x7fff } else { 0xffff });
    }
    message.records().flatten().for_each(|record| record_facts(&record, multicast, facts));
}

fn record_facts(record: &Record<'_>, multicast: bool, facts: &mut Facts) {
    let own = name(&record.name);
    match own.splitn(3, '.').collect::<Vec<_>>()[..] {
        // tshark takes the name of a service apart.
        [service, protocol, rest] if record.record_type == RecordType::SRV => {
            facts.text("dns.srv.service", service);
            facts.text("dns.srv.proto", protocol);
            facts.text("dns.srv.name", rest);
        }
        _ => facts.text("dns.resp.name", own),
    }
    facts.add("dns.resp.type", record.record_type.0);
    facts.add("dns.resp.len", record.data.len() as u64);
    if let Some(edns) = dns::Edns::of(record) {
        if multicast {
            facts.add("dns.resp.cache_flush", u8::from(record.class & 0x8000 != 0));
        }
        facts.add("dns.rr.udp_payload_size", edns.payload_size() & if multicast { 0x7fff } else { 0xffff });
        facts.add("dns.resp.ext_rcode", edns.extended_response_code());
        facts.add("dns.resp.edns0_version", edns.version());
        facts.add("dns.resp.z", edns.flags());
        facts.add("dns.resp.z.do", u8::from(edns.dnssec_ok()));
        edns.options().flatten().for_each(|option| option_facts(&option, facts));
        return;
    }
    if multicast {
        facts.add("dns.resp.cache_flush", u8::from(record.flushes_cache()));
    }
    facts.add("dns.resp.class", record.class & if multicast { 0x7fff } else { 0xffff });
    facts.add("dns.resp.ttl", record.ttl);
    if let Ok(value) = record.value() {
        value_facts(record.record_type, &value, facts);
    }
}

fn value_facts(record_type: RecordType, value: &Value<'_>, facts: &mut Facts) {
    match *value {
        Value::Address(address) => facts.text(if address.is_ipv4() { "dns.a" } else { "dns.aaaa" }, address),
        Value::Name(own) => {
            let field = match record_type {
                RecordType::CNAME => "dns.cname",
                RecordType::NS => "dns.ns",
                RecordType::PTR => "dns.ptr.domain_name",
                _ => "dns.dname",
            };
            facts.text(field, name(&own));
        }
        Value::Authority { server, mailbox, serial, refresh, retry, expire, minimum } => {
            facts.text("dns.soa.mname", name(&server));
            facts.text("dns.soa.rname", name(&mailbox));
            facts.add("dns.soa.serial_number", serial);
            facts.add("dns.soa.refresh_interval", refresh);
            facts.add("dns.soa.retry_interval", retry);
            facts.add("dns.soa.expire_limit", expire);
            facts.add("dns.soa.minimum_ttl", minimum);
        }
        Value::MailExchange { preference, exchange } => {
            facts.add("dns.mx.preference", preference);
            facts.text("dns.mx.mail_exchange", name(&exchange));
        }
        Value::Text(strings) => {
            let (field, length) = match record_type {
                RecordType::SPF => ("dns.spf", "dns.spf.length"),
                _ => ("dns.txt", "dns.txt.length"),
            };
            for string in strings {
                facts.add(length, string.len() as u64);
                facts.text(field, text(string));
            }
        }
        Value::Service { priority, weight, port, target } => {
            facts.add("dns.srv.priority", priority);
            facts.add("dns.srv.weight", weight);
            facts.add("dns.srv.port", port);
            facts.text("dns.srv.target", name(&target));
        }
        Value::NamingAuthority { order, preference, flags, services, regular_expression, replacement } => {
            facts.add("dns.naptr.order", order);
            facts.add("dns.naptr.preference", preference);
            facts.text("dns.naptr.flags", text(flags));
            facts.text("dns.naptr.service", text(services));
            facts.text("dns.naptr.regex", text(regular_expression));
            facts.text("dns.naptr.replacement", name(&replacement));
        }
        Value::ServiceBinding { priority, target, parameters } => {
            facts.add("dns.svcb.svcpriority", priority);
            facts.text("dns.svcb.targetname", name(&target));
            for (key, value) in parameters {
                facts.add("dns.svcb.svcparam.key", key);
                facts.add("dns.svcb.svcparam.value.length", value.len() as u64);
            }
        }
        Value::CertificationAuthority { flags, tag, value } => {
            facts.add("dns.caa.flags", flags);
            facts.text("dns.caa.tag", text(tag));
            let field = match tag {
                b"issue" => "dns.caa.issue",
                b"issuewild" => "dns.caa.issuewild",
                b"iodef" => "dns.caa.iodef",
                _ => "dns.caa.unknown",
            };
            facts.text(field, text(value));
        }
        _ => security_facts(value, facts),
    }
}

fn security_facts(value: &Value<'_>, facts: &mut Facts) {
    match *value {
        Value::DelegationSigner { key_tag, algorithm, digest_type, digest } => {
            facts.add("dns.ds.key_id", key_tag);
            facts.add("dns.ds.algorithm", algorithm);
            facts.add("dns.ds.digest_type", digest_type);
            facts.text("dns.ds.digest", hex(digest));
        }
        Value::Key { flags, protocol, algorithm, key } => {
            facts.add("dns.dnskey.flags", flags);
            facts.add("dns.dnskey.protocol", protocol);
            facts.add("dns.dnskey.algorithm", algorithm);
            facts.text("dns.dnskey.public_key", hex(key));
        }
        Value::Signature { type_covered, algorithm, labels, original_ttl, key_tag, signer, signature, .. } => {
            facts.add("dns.rrsig.type_covered", type_covered.0);
            facts.add("dns.rrsig.algorithm", algorithm);
            facts.add("dns.rrsig.labels", labels);
            facts.add("dns.rrsig.original_ttl", original_ttl);
            facts.add("dns.rrsig.key_tag", key_tag);
            facts.text("dns.rrsig.signers_name", name(&signer));
            facts.text("dns.rrsig.signature", hex(signature));
        }
        Value::NextSecure { next, types } => {
            facts.text("dns.nsec.next_domain_name", name(&next));
            types.for_each(|own| facts.add("dns.resp.type", own.0));
        }
        Value::NextHashed { algorithm, flags, iterations, salt, types, .. } => {
            hash_facts(algorithm, flags, iterations, salt, facts);
            types.for_each(|own| facts.add("dns.resp.type", own.0));
        }
        Value::HashParameters { algorithm, flags, iterations, salt } => {
            hash_facts(algorithm, flags, iterations, salt, facts);
        }
        Value::SshFingerprint { algorithm, fingerprint_type, fingerprint } => {
            facts.add("dns.sshfp.algorithm", algorithm);
            facts.add("dns.sshfp.fingerprint.type", fingerprint_type);
            facts.text("dns.sshfp.fingerprint", hex(fingerprint));
        }
        Value::CertificateAssociation { usage, selector, matching_type, data } => {
            facts.add("dns.tlsa.certificate_usage", usage);
            facts.add("dns.tlsa.selector", selector);
            facts.add("dns.tlsa.matching_type", matching_type);
            facts.text("dns.tlsa.certificate_association_data", hex(data));
        }
        _ => {}
    }
}

fn hash_facts(algorithm: u8, flags: u8, iterations: u16, salt: &[u8], facts: &mut Facts) {
    facts.add("dns.nsec3.algo", algorithm);
    facts.add("dns.nsec3.flags", flags);
    facts.add("dns.nsec3.iterations", iterations);
    if !salt.is_empty() {
        facts.text("dns.nsec3.salt_value", hex(salt));
    }
}

fn option_facts(option: &dns::EdnsOption<'_>, facts: &mut Facts) {
    facts.add("dns.opt.code", option.code);
    facts.add("dns.opt.len", option.data.len() as u64);
    match option.value() {
        Ok(EdnsValue::ClientSubnet { address, family, source_prefix, scope_prefix }) => {
            facts.add("dns.opt.client.family", family);
            facts.add("dns.opt.client.netmask", source_prefix);
            facts.add("dns.opt.client.scope", scope_prefix);
            if let Some(address) = address {
                facts.text(if address.is_ipv4() { "dns.opt.client.addr4" } else { "dns.opt.client.addr6" }, address);
            }
        }
        Ok(EdnsValue::Cookie { client, server }) => {
            facts.text("dns.opt.cookie.client", hex(client));
            facts.text("dns.opt.cookie.server", hex(server));
        }
        Ok(EdnsValue::TcpKeepalive(Some(timeout))) => facts.add("dns.opt.edns_tcp_keepalive.timeout", timeout),
        Ok(EdnsValue::ExtendedError { code, text: more }) => {
            facts.add("dns.opt.ext_error.info_code", code);
            if !more.is_empty() {
                facts.text("dns.opt.ext_error.extra_text", text(more));
            }
        }
        _ => {}
    }
}

/// A name as tshark writes it; one that cannot be read is [`UNREADABLE`].
fn name(name: &Name<'_>) -> String {
    match name.labels().collect::<Result<Vec<_>, _>>() {
        Ok(labels) if labels.is_empty() => "<Root>".into(),
        Ok(labels) => text(&labels.join(&b'.')),
        Err(_) => UNREADABLE.into(),
    }
}

const UNREADABLE: &str = "…";

const RULES: &[Rule<Of>] = &[
    Rule {
        says: "tshark calls a salt of no octets missing, where there are several",
        fields: &["dns.nsec3.salt_value"],
        applies: |case| {
            let missing = |item: &&Item| matches!(item, Item::Text(text) if text == "<MISSING>");
            case.theirs.iter().filter(|item| !missing(item)).eq(case.ours)
        },
    },
    Rule {
        says: "tshark shows the fields of what is cut or cannot be, one by one up to there",
        fields: &["dns."],
        applies: |case| case.of.cut && (case.theirs.starts_with(case.ours) || case.ours.starts_with(case.theirs)),
    },
    Rule {
        says: "tshark describes a name that cannot be read, and ends the message there",
        fields: &["dns."],
        applies: |case| {
            let unreadable = |item: &Item| matches!(item, Item::Text(text) if text == UNREADABLE);
            let pairs = case.theirs.iter().zip(case.ours);
            case.of.unreadable && pairs.into_iter().all(|(theirs, ours)| theirs == ours || unreadable(ours))
        },
    },
];

const FIELDS: Fields = &[
    ("dns.id", Kind::Number),
    ("dns.flags.response", Kind::Number),
    ("dns.flags.opcode", Kind::Number),
    ("dns.flags.authoritative", Kind::Number),
    ("dns.flags.truncated", Kind::Number),
    ("dns.flags.recdesired", Kind::Number),
    ("dns.flags.recavail", Kind::Number),
    ("dns.flags.z", Kind::Number),
    ("dns.flags.authenticated", Kind::Number),
    ("dns.flags.checkdisable", Kind::Number),
    ("dns.flags.rcode", Kind::Number),
    ("dns.count.queries", Kind::Number),
    ("dns.count.answers", Kind::Number),
    ("dns.count.auth_rr", Kind::Number),
    ("dns.count.add_rr", Kind::Number),
    ("dns.count.zones", Kind::Number),
    ("dns.count.prerequisites", Kind::Number),
    ("dns.count.updates", Kind::Number),
    ("dns.qry.name", Kind::Text),
    ("dns.qry.type", Kind::Number),
    ("dns.qry.class", Kind::Number),
    ("dns.qry.qu", Kind::Number),
    ("dns.resp.name", Kind::Text),
    ("dns.srv.service", Kind::Text),
    ("dns.srv.proto", Kind::Text),
    ("dns.srv.name", Kind::Text),
    ("dns.resp.type", Kind::Number),
    ("dns.resp.class", Kind::Number),
    ("dns.resp.cache_flush", Kind::Number),
    ("dns.resp.ttl", Kind::Number),
    ("dns.resp.len", Kind::Number),
    ("dns.rr.udp_payload_size", Kind::Number),
    ("dns.resp.ext_rcode", Kind::Number),
    ("dns.resp.edns0_version", Kind::Number),
    ("dns.resp.z", Kind::Number),
    ("dns.resp.z.do", Kind::Number),
    ("dns.opt.code", Kind::Number),
    ("dns.opt.len", Kind::Number),
    ("dns.opt.client.family", Kind::Number),
    ("dns.opt.client.netmask", Kind::Number),
    ("dns.opt.client.scope", Kind::Number),
    ("dns.opt.client.addr4", Kind::Text),
    ("dns.opt.client.addr6", Kind::Text),
    ("dns.opt.cookie.client", Kind::Octets),
    ("dns.opt.cookie.server", Kind::Octets),
    ("dns.opt.edns_tcp_keepalive.timeout", Kind::Number),
    ("dns.opt.ext_error.info_code", Kind::Number),
    ("dns.opt.ext_error.extra_text", Kind::Text),
    ("dns.a", Kind::Text),
    ("dns.aaaa", Kind::Text),
    ("dns.cname", Kind::Text),
    ("dns.ns", Kind::Text),
    ("dns.ptr.domain_name", Kind::Text),
    ("dns.dname", Kind::Text),
    ("dns.soa.mname", Kind::Text),
    ("dns.soa.rname", Kind::Text),
    ("dns.soa.serial_number", Kind::Number),
    ("dns.soa.refresh_interval", Kind::Number),
    ("dns.soa.retry_interval", Kind::Number),
    ("dns.soa.expire_limit", Kind::Number),
    ("dns.soa.minimum_ttl", Kind::Number),
    ("dns.mx.preference", Kind::Number),
    ("dns.mx.mail_exchange", Kind::Text),
    ("dns.txt.length", Kind::Number),
    ("dns.txt", Kind::Text),
    ("dns.spf.length", Kind::Number),
    ("dns.spf", Kind::Text),
    ("dns.srv.priority", Kind::Number),
    ("dns.srv.weight", Kind::Number),
    ("dns.srv.port", Kind::Number),
    ("dns.srv.target", Kind::Text),
    ("dns.naptr.order", Kind::Number),
    ("dns.naptr.preference", Kind::Number),
    ("dns.naptr.flags", Kind::Text),
    ("dns.naptr.service", Kind::Text),
    ("dns.naptr.regex", Kind::Text),
    ("dns.naptr.replacement", Kind::Text),
    ("dns.svcb.svcpriority", Kind::Number),
    ("dns.svcb.targetname", Kind::Text),
    ("dns.svcb.svcparam.key", Kind::Number),
    ("dns.svcb.svcparam.value.length", Kind::Number),
    ("dns.caa.flags", Kind::Number),
    ("dns.caa.tag", Kind::Text),
    ("dns.caa.issue", Kind::Text),
    ("dns.caa.issuewild", Kind::Text),
    ("dns.caa.iodef", Kind::Text),
    ("dns.caa.unknown", Kind::Text),
    ("dns.ds.key_id", Kind::Number),
    ("dns.ds.algorithm", Kind::Number),
    ("dns.ds.digest_type", Kind::Number),
    ("dns.ds.digest", Kind::Octets),
    ("dns.dnskey.flags", Kind::Number),
    ("dns.dnskey.protocol", Kind::Number),
    ("dns.dnskey.algorithm", Kind::Number),
    ("dns.dnskey.public_key", Kind::Octets),
    ("dns.rrsig.type_covered", Kind::Number),
    ("dns.rrsig.algorithm", Kind::Number),
    ("dns.rrsig.labels", Kind::Number),
    ("dns.rrsig.original_ttl", Kind::Number),
    ("dns.rrsig.key_tag", Kind::Number),
    ("dns.rrsig.signers_name", Kind::Text),
    ("dns.rrsig.signature", Kind::Octets),
    ("dns.nsec.next_domain_name", Kind::Text),
    ("dns.nsec3.algo", Kind::Number),
    ("dns.nsec3.flags", Kind::Number),
    ("dns.nsec3.iterations", Kind::Number),
    ("dns.nsec3.salt_value", Kind::Octets),
    ("dns.sshfp.algorithm", Kind::Number),
    ("dns.sshfp.fingerprint.type", Kind::Number),
    ("dns.sshfp.fingerprint", Kind::Octets),
    ("dns.tlsa.certificate_usage", Kind::Number),
    ("dns.tlsa.selector", Kind::Number),
    ("dns.tlsa.matching_type", Kind::Number),
    ("dns.tlsa.certificate_association_data", Kind::Octets),
];
