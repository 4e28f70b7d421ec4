use super::*;

fn named(source: Source, text: &str) -> Vec<(String, Value)> {
    parse(source, text.as_bytes()).counters.iter().map(|one| (one.name.to_string(), one.value)).collect()
}

fn problems(source: Source, text: &str) -> Vec<(u32, &'static str)> {
    parse(source, text.as_bytes()).notes.iter().map(|note| (note.line, note.problem)).collect()
}

#[test]
fn pairs_of_lines() {
    let text = "Ip: Forwarding InReceives\nIp: 2 7\nTcp: MaxConn CurrEstab InSegs\nTcp: -1 3 18446744073709551615\n";
    assert_eq!(
        named(Source::Snmp, text),
        [
            ("IpForwarding".into(), Value::Gauge(2)),
            ("IpInReceives".into(), Value::Counter(7)),
            ("TcpMaxConn".into(), Value::Gauge(-1)),
            ("TcpCurrEstab".into(), Value::Gauge(3)),
            ("TcpInSegs".into(), Value::Counter(u64::MAX)),
        ]
    );
    assert!(problems(Source::Snmp, text).is_empty());
}

#[test]
fn damage_costs_itself_and_a_note() {
    let text = "Ip: A B\nIp: 1\nno colon\nTcp: A\nUdp: A B C\nUdp: 1 x -3\nLast: A\n";
    assert_eq!(named(Source::Netstat, text), [("IpA".into(), Value::Counter(1)), ("UdpA".into(), Value::Counter(1))]);
    assert_eq!(
        problems(Source::Netstat, text),
        [
            (2, "there are not as many values as names"),
            (3, "a line has no colon"),
            (4, "a line of names has no line of values"),
            (6, "a value is no number"),
            (6, "a counter is below zero"),
            (7, "a line of names has no line of values"),
        ]
    );
    assert_eq!(problems(Source::Netstat, &"x\ny\n".repeat(100)).len(), NOTES_LIMIT);
    assert!(parse(Source::Snmp, b"").counters.is_empty() && problems(Source::Snmp, "").is_empty());
}

#[test]
fn lists_of_names() {
    let text = "Ip6InReceives                   \t1\nIcmp6OutType135 \t2\nUdpLite6NoPorts \t3\nOdd 4\nx\n";
    let parsed = parse(Source::Snmp6, text.as_bytes());
    let parts: Vec<_> = parsed.counters.iter().map(|one| (one.group.to_string(), one.field.to_string())).collect();
    let expected = [("Ip6", "InReceives"), ("Icmp6", "OutType135"), ("UdpLite6", "NoPorts"), ("", "Odd")];
    assert_eq!(parts, expected.map(|(group, field)| (group.to_owned(), field.to_owned())));
    assert_eq!(parsed.notes.len(), 1);
    assert_eq!(named(Source::Sctp, "SctpCurrEstab\t5\n"), [("SctpCurrEstab".into(), Value::Gauge(5))]);
}

#[test]
fn sockets_devices_and_processors() {
    assert_eq!(
        named(Source::Sockstat, "sockets: used 16\nFRAG: inuse 0 memory\n"),
        [("sockstat.sockets.used".into(), Value::Gauge(16)), ("sockstat.FRAG.inuse".into(), Value::Gauge(0))]
    );
    let head = "Inter-|   Receive\n face |bytes\n";
    let text = format!("{head}  a|b: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n eth0: 1 2\n");
    let devices = parse(Source::Dev, text.as_bytes());
    assert_eq!(devices.counters.len(), 18);
    assert_eq!(devices.counters[15].name, "dev.a|b.tx_compressed");
    assert_eq!(devices.counters[15].value, Value::Counter(16));
    assert_eq!(devices.notes.len(), 1);
    // Of Linux 6.18, and of 2.6.
    let text = "000002cd 00000001 0 0 0 0 0 0 0 0 0 0 00000003 0 0\n00000001 00000002 00000003\n";
    let found = named(Source::Softnet, text);
    assert_eq!(found[1], ("softnet.cpu3.dropped".into(), Value::Counter(1)));
    assert_eq!(found.last().unwrap(), &("softnet.cpu1.time_squeeze".into(), Value::Counter(3)));
    assert!(found.contains(&("softnet.cpu3.input_qlen".into(), Value::Gauge(0))));
}

#[test]
fn conntrack_is_hexadecimal_and_counts_entries_once() {
    let text = "entries  found insert_failed\n000000ff  00000010 00000001\n000000ff  00000000 00000002\n";
    assert_eq!(
        named(Source::Conntrack, text),
        [
            ("conntrack.entries".into(), Value::Gauge(255)),
            ("conntrack.cpu0.found".into(), Value::Counter(16)),
            ("conntrack.cpu0.insert_failed".into(), Value::Counter(1)),
            ("conntrack.cpu1.found".into(), Value::Counter(0)),
            ("conntrack.cpu1.insert_failed".into(), Value::Counter(2)),
        ]
    );
}
