//! The tables: their schema, the values in them, and their JSON.
#![cfg(feature = "arrow")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "support/script.rs"]
mod script;
mod support;

use std::io::Cursor;
use std::ops::ControlFlow;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::types::{Int32Type, TimestampNanosecondType, UInt16Type, UInt32Type};
use arrow_array::{Array, RecordBatch, RecordBatchReader};
use netshoot_core::analysis::{
    self, Attempts, Conversations, Endpoints, Hierarchy, IoBy, IoSeries, Latencies, Report, SeriesOptions, Since,
    TcpProfile,
};
use netshoot_core::capture::Reader;
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::{
    Address, FdbEntry, InetSocket, Link, LinkFilter, LinkNames, Neighbor, Netlink, NetlinkDiagSocket, NextHop,
    NextHopBucket, PacketSocket, Qdisc, Route, Rule, UnixSocket,
};
use netshoot_core::packet::Packet;
use netshoot_core::table::kernel::Row;
use netshoot_core::table::{self, FLAGS, Options, json};
use netshoot_core::throughput::latency::Histogram;
use netshoot_core::throughput::{Client, End, Event, Record, Server, ServerOptions, Transport};
use netshoot_core::{Error, ErrorKind};
use script::Script;
use serde_json::{Map, Value};
use support::incident;

fn report(file: &[u8]) -> Arc<Report> {
    report_by(file, &analysis::Options::default())
}

fn report_by(file: &[u8], how: &analysis::Options) -> Arc<Report> {
    let mut reader = Reader::new(file).unwrap();
    Arc::new(analysis::analyze(&mut reader, how, |_, _| ControlFlow::Continue(())).unwrap())
}

fn packets(file: &[u8], options: &Options) -> Vec<RecordBatch> {
    table::packets(Reader::new(file).unwrap(), options).unwrap().map(Result::unwrap).collect()
}

fn rows(batches: &[RecordBatch]) -> Vec<Map<String, Value>> {
    let mut all = Vec::new();
    for batch in batches {
        let mut rows = json::Rows::new(batch).unwrap();
        for row in 0..rows.len() {
            let mut line = String::new();
            rows.write(row, &mut line);
            assert!(!line.contains('\n'));
            all.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
        }
    }
    all
}

/// That rows and series of the flows of a report count what the report does.
fn check_numbers(file: &[u8], report: &Report, numbers: &[(u64, u64)]) {
    for flow in report.flows.iter().filter(|flow| flow.client.port > 0) {
        let frames: Vec<_> =
            numbers.iter().filter(|(_, id)| *id == u64::from(flow.id)).map(|(frame, _)| *frame).collect();
        assert_eq!((frames[0], *frames.last().unwrap()), (flow.first_frame, flow.last_frame), "{flow:?}");
        let (mut reader, by, series) = (Reader::new(file).unwrap(), IoBy::Flow(flow.id), SeriesOptions::default());
        let io = analysis::io(&mut reader, &report.options, by, &series, |_, _| ControlFlow::Continue(())).unwrap();
        let counted: u64 = io.bins().iter().map(|bin| bin.frames).sum();
        assert_eq!((frames.len() as u64, counted), (flow.packets(), flow.packets()), "{flow:?}");
    }
}

#[test]
fn flows_of_packets_have_the_numbers_of_the_report_with_the_same_options() {
    let file = Script::numbered_by_options().file;
    let (old, later) = (TcpProfile::Wireshark40, TcpProfile::Wireshark44);
    let since = Since::AfterFirst(Duration::from_millis(1));
    for (reassemble, tcp_profile, since, expected) in [
        (true, old, None, &[0, 1, 1, 1, 1, 2, 3][..]),
        // The second fragment alone is of the tunnel.
        (false, old, None, &[1, 2, 2, 2, 2, 0, 3]),
        (true, later, None, &[0, 1, 1, 2, 2, 3, 4]),
        (false, later, None, &[1, 2, 2, 3, 3, 0, 4]),
        (true, old, Some(since), &[0, 0, 0, 0, 1, 2]),
    ] {
        let mut how = analysis::Options::default();
        (how.reassemble, how.tcp_profile, how.since) = (reassemble, tcp_profile, since);
        let report = report_by(&file, &how);
        let wanted = Options::default().with_columns(["frame", "flow_id"]).with_analysis(report.options.clone());
        let rows = rows(&packets(&file, &wanted));
        let numbers: Vec<_> =
            rows.iter().map(|row| (row["frame"].as_u64().unwrap(), row["flow_id"].as_u64().unwrap())).collect();
        let frames = 8 - expected.len() as u64..;
        assert_eq!(numbers, frames.zip(expected.iter().copied()).collect::<Vec<_>>(), "{how:?}");
        check_numbers(&file, &report, &numbers);
    }
}

fn describe(reader: &dyn RecordBatchReader) -> String {
    let mut text = String::new();
    for field in reader.schema().fields() {
        let null = if field.is_nullable() { "?" } else { "" };
        text += &format!("{}: {}{null}\n", field.name(), field.data_type());
    }
    text
}

/// Whoever changes a name or a type here breaks programs: say so in the change log.
#[test]
fn schema_is_frozen() {
    let options = Options::default();
    let report = report(&incident::incident());
    let file = incident::incident();
    let tables: [(&str, Box<dyn RecordBatchReader>); 10] = [
        ("packets", Box::new(table::packets(Reader::new(Cursor::new(file)).unwrap(), &options).unwrap())),
        ("flows", Box::new(table::flows(Arc::clone(&report), &options).unwrap())),
        ("dns", Box::new(table::dns(Arc::clone(&report), &options).unwrap())),
        ("calls", Box::new(table::calls(Arc::clone(&report), &options).unwrap())),
        ("tls", Box::new(table::tls(Arc::clone(&report), &options).unwrap())),
        ("quic", Box::new(table::quic(Arc::clone(&report), &options).unwrap())),
        ("icmp", Box::new(table::icmp(Arc::clone(&report), &options).unwrap())),
        ("arp", Box::new(table::arp(Arc::clone(&report), &options).unwrap())),
        ("dhcp", Box::new(table::dhcp(Arc::clone(&report), &options).unwrap())),
        ("findings", Box::new(table::findings(report, &options).unwrap())),
    ];
    let found: String =
        tables.iter().map(|(name, table)| format!("[{name}]\n{}\n", describe(table.as_ref()))).collect();
    let found = found + &series_schemas() + &kernel_schemas() + &throughput_schemas();
    if std::env::var_os("NETSHOOT_WRITE_SCHEMA").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/table_schema.txt"), &found).unwrap();
        return;
    }
    assert_eq!(found, include_str!("table_schema.txt"), "the schema is now:\n{found}");
}

fn series_schemas() -> String {
    const DEMO: &[u8] = include_bytes!("captures/demo.pcapng");
    let (report, options, series) = (report(DEMO), Options::default(), SeriesOptions::default());
    let (mut first, mut second) = (Reader::new(DEMO).unwrap(), Reader::new(DEMO).unwrap());
    let go_on = |_, _| ControlFlow::Continue(());
    let flow = analysis::flow_series(&mut first, &report, &[0], &series, go_on).unwrap().remove(0);
    let told = analysis::explain(&mut second, &report, 0, go_on).unwrap();
    let tables = [
        ("io", table::io(&IoSeries::new(IoBy::Capture, &series), &options).unwrap()),
        ("round_trips", table::round_trips(&flow, &options).unwrap()),
        ("sequence", table::sequence(&flow, &options).unwrap()),
        ("latencies", table::latencies(&Latencies::of(&report), &options).unwrap()),
        ("story", table::story(&told, &options).unwrap()),
        ("endpoints", table::endpoints(&Endpoints::of(&report), &options).unwrap()),
        ("conversations", table::conversations(&Conversations::of(&report), &options).unwrap()),
        ("hierarchy", table::hierarchy(&Hierarchy::default(), &options).unwrap()),
        ("attempts", table::attempts(&Attempts::of(&report), &options).unwrap()),
    ];
    tables.iter().map(|(name, table)| format!("[{name}]\n{}\n", describe(table))).collect()
}

fn throughput_schemas() -> String {
    let record = Record::default();
    let intervals = table::throughput::intervals(&record, &Options::default()).unwrap();
    let streams = table::throughput::streams(&record, &Options::default()).unwrap();
    let times = Histogram::default();
    let tables = [
        ("intervals", intervals),
        ("streams", streams),
        ("trials", table::throughput::trials(&[], &Options::default()).unwrap()),
        ("sizes", table::throughput::sizes(&[], &Options::default()).unwrap()),
        ("round_trips", table::throughput::round_trips(&times, &Options::default()).unwrap()),
    ];
    tables.iter().map(|(name, table)| format!("[throughput_{name}]\n{}\n", describe(table))).collect()
}

fn kernel_schemas() -> String {
    let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap();
    fn of<T: Row>(netlink: &Netlink) -> String {
        let listing = Arc::new(netlink.list::<T>(&T::Filter::default()).unwrap());
        let table = table::kernel::table(listing, &LinkNames::default(), &Options::default()).unwrap();
        format!("[{}]\n{}\n", T::TABLE, describe(&table))
    }
    let counters = Arc::new(netlink.counters().unwrap());
    let counters = table::kernel::counters(counters, &Options::default()).unwrap();
    [
        of::<Link>(&netlink),
        of::<Address>(&netlink),
        of::<Route>(&netlink),
        of::<NextHop>(&netlink),
        of::<NextHopBucket>(&netlink),
        of::<Rule>(&netlink),
        of::<Neighbor>(&netlink),
        of::<FdbEntry>(&netlink),
        of::<Qdisc>(&netlink),
        of::<InetSocket>(&netlink),
        of::<UnixSocket>(&netlink),
        of::<PacketSocket>(&netlink),
        of::<NetlinkDiagSocket>(&netlink),
        format!("[counters]\n{}\n", describe(&counters)),
    ]
    .concat()
}

/// Tests with a server of our own, over TCP and over UDP: the rows are the values of the record.
#[test]
fn tests_of_throughput_have_the_values_of_their_records() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let mut settings = ServerOptions::default();
        (settings.port, settings.one_off) = (0, true);
        let mut server = Server::bind(settings).unwrap();
        let port = server.local_address().port();
        let serving = std::thread::spawn(move || server.run(drop).unwrap());
        let mut options = netshoot_core::throughput::Options::default();
        (options.transport, options.end, options.parallel) = (transport, End::Bytes(100_000), 2);
        options.rate = Some(netshoot_core::throughput::BitRate(10_000_000));
        let (mut record, mut bounded) = (Record::default(), Record::bounded(1));
        let mut add = |event: &Event| {
            record.add(event.clone());
            bounded.add(event.clone());
        };
        Client::new("127.0.0.1", port, options).unwrap().run(&mut add).unwrap();
        serving.join().unwrap();

        let report = record.report().unwrap();
        let streams = table::throughput::streams(&record, &Options::default()).unwrap();
        let streams = rows(&streams.map(Result::unwrap).collect::<Vec<_>>());
        assert_eq!(streams.len(), 2);
        for (row, stream) in streams.iter().zip(&report.streams) {
            assert_eq!(row["stream"], stream.stream.id);
            assert_eq!((&row["sender"], &row["remote_port"]), (&true.into(), &port.into()));
            assert_eq!(
                (&row["sent_bytes"], &row["received_bytes"]),
                (&stream.sent.bytes.into(), &stream.received.bytes.into())
            );
            let udp = transport == Transport::Udp;
            assert_eq!(row["lost"], if udp { 0.into() } else { Value::Null });
            assert_eq!(row["max_snd_cwnd"].is_null(), udp);
            assert_eq!(row["busy_ms"].is_null(), udp);
        }
        let intervals = table::throughput::intervals(&record, &Options::default()).unwrap();
        let intervals = rows(&intervals.map(Result::unwrap).collect::<Vec<_>>());
        let bytes =
            |rows: &[Map<String, Value>]| -> u64 { rows.iter().map(|row| row["bytes"].as_u64().unwrap()).sum() };
        assert_eq!(bytes(&intervals), report.sum(true).0.bytes);
        assert!(intervals.iter().all(|row| row["end_s"].as_f64() > row["start_s"].as_f64()));
        assert_eq!((bounded.intervals().count(), bounded.report().is_some()), (1, true));

        let document: Value = serde_json::from_str(&record.document().compact()).unwrap();
        assert_eq!(document["end"]["streams"].as_array().unwrap().len(), 2);
        assert!(record.lines(Default::default()).contains("[SUM]"));
        #[cfg(feature = "serde")]
        {
            let tree = serde_json::to_value(&record).unwrap();
            assert_eq!(tree["report"]["streams"][0]["sent"]["bytes"], report.streams[0].sent.bytes);
            assert_eq!(tree["start"]["parameters"]["options"]["end"]["bytes"], 100_000);
            assert!(tree["report"]["streams"][0]["sent"]["time_ns"].is_u64(), "{tree}");
            assert_eq!((&tree["start"]["side"], &tree["error"]), (&"client".into(), &Value::Null));
        }
    }
}

/// Values against those of the objects, and the JSON of a table.
#[test]
fn links_have_the_values_of_their_objects() {
    let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap();
    let links = Arc::new(netlink.list::<Link>(&LinkFilter::default()).unwrap());
    let names: LinkNames = links.iter().collect();
    let table = table::kernel::table(Arc::clone(&links), &names, &Options::default()).unwrap();
    let found = rows(&table.map(Result::unwrap).collect::<Vec<_>>());
    assert_eq!(found.len(), links.items.len());
    for (row, link) in found.iter().zip(links.iter()) {
        assert_eq!(row["index"], link.ifindex);
        assert_eq!(row["name"], link.ifname.to_string());
        assert_eq!(row["mtu"], serde_json::json!(link.mtu));
        assert_eq!(row["rx_bytes"], serde_json::json!(link.stats64.map(|stats| stats.rx_bytes)));
        let flags: Vec<_> = row["flags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(link.flags.names().all(|name| flags.contains(&name)), "{flags:?}");
    }
}

#[test]
fn packets_have_the_values_of_their_frames() {
    let file = incident::incident();
    let batches = packets(&file, &Options::default());
    let [batch] = &batches[..] else { panic!("{} batches", batches.len()) };
    let mut reader = Reader::new(&file[..]).unwrap();
    let mut row = 0;
    let column = |name: &str| batch.column_by_name(name).unwrap();
    while let Some(frame) = reader.next_frame().unwrap() {
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
        assert_eq!(u64::from(column("frame").as_primitive::<UInt32Type>().value(row)), frame.number);
        let time = column("ts").as_primitive::<TimestampNanosecondType>().value(row);
        assert_eq!(Some(time), frame.timestamp.map(|time| time.as_nanos()));
        let addresses = packet.ip_addresses();
        assert_eq!(text(column("src_ip"), row), addresses.map(|(source, _)| source.to_string()));
        assert_eq!(text(column("dst_ip"), row), addresses.map(|(_, destination)| destination.to_string()));
        let port = column("dst_port").as_primitive::<UInt16Type>();
        assert_eq!(port.is_valid(row).then(|| port.value(row)), packet.ports().map(|(_, port)| port));
        assert_eq!(text(column("iface"), row).as_deref(), Some("eth7"));
        row += 1;
    }
    assert_eq!((row, batch.num_rows()), (12, 12));
}

/// The text of a dictionary's row.
fn text(column: &dyn Array, row: usize) -> Option<String> {
    let dictionary = column.as_dictionary::<Int32Type>();
    let key = dictionary.keys().is_valid(row).then(|| dictionary.keys().value(row) as usize)?;
    Some(dictionary.values().as_string::<i32>().value(key).to_owned())
}

#[test]
fn packets_as_json() {
    let rows = rows(&packets(&incident::incident(), &Options::default().with_batch_rows(5)));
    let expected = serde_json::json!({
        "frame": 2, "ts": "2026-09-21T14:13:20.124456789Z", "iface": "eth7", "cap_len": 54, "orig_len": 54,
        "eth_type": 2048, "vlan_id": null, "ip_version": 4, "src_ip": "10.0.0.2", "dst_ip": "10.0.0.1", "ip_proto": 6,
        "ttl": 63, "ip_id": 0x1234, "dscp": 46, "ecn": 1, "ip_df": true, "ip_frag": false, "src_port": 80,
        "dst_port": 40000, "payload_len": 0, "tcp_flags": ["SYN", "ACK"], "tcp_seq": 4999, "tcp_ack": 1000,
        "tcp_win": 256, "flow_id": 0, "from_client": false, "ack_rtt_ms": 1.0, "tcp_analysis": [], "proto": "tcp",
        "file_offset": rows[1]["file_offset"], "app": null, "app_info": null,
    });
    let values = serde_json::json!({
        "stream": 0, "acked_frame": 1, "initial_rtt_ms": null, "rto_ms": null, "rto_frame": null,
        "dup_ack_num": null, "dup_ack_frame": null, "bytes_in_flight": null, "push_bytes": null,
        "completeness": 3, "classification": null, "class_confidence": null,
    });
    let (mut expected, values) = (expected.as_object().unwrap().clone(), values.as_object().unwrap().clone());
    expected.extend(values);
    assert_eq!(rows[1], expected);
    assert_eq!(rows[0]["tcp_ack"], Value::Null, "without the ACK bit the field means nothing");
    assert_eq!(rows[4]["tcp_analysis"], serde_json::json!(["retransmission"]));
    assert_eq!(rows[4]["classification"], "retransmission_timeout");
    let of = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("proto")[7..], ["dns", "dns", "arp", "udp", "tcp"].map(Value::from));
    assert_eq!(of("app")[6..], [Value::Null, "dns".into(), "dns".into(), Value::Null, Value::Null, Value::Null]);
    assert!(of("app_info")[7].as_str().is_some_and(|line| line.contains("? ")), "{:?}", of("app_info"));
    assert_eq!(of("frame"), (1..=12).map(Value::from).collect::<Vec<_>>());
    assert_eq!((&rows[10]["vlan_id"], &rows[10]["ip_id"], &rows[10]["ip_df"]), (&7.into(), &Value::Null, &Value::Null));
    assert_eq!(
        (&rows[11]["cap_len"], &rows[11]["orig_len"], &rows[11]["src_port"]),
        (&40.into(), &54.into(), &40000.into())
    );
    for name in ["src_ip", "ttl", "flow_id", "tcp_flags", "src_port"] {
        assert_eq!(rows[9][name], Value::Null, "ARP has no {name}");
    }
}

#[test]
fn batches_are_bounded_and_columns_chosen() {
    let options = Options::default().with_batch_rows(5).with_columns(["dst_port", "frame"]);
    let batches = packets(&incident::incident(), &options);
    assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [5, 5, 2]);
    let names: Vec<_> = batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["dst_port", "frame"]);
    let all = packets(&incident::incident(), &Options::default());
    assert_eq!(all[0].column_by_name("dst_port").unwrap().slice(10, 2).as_ref(), batches[2].column(0).as_ref());
    let none = packets(&incident::incident(), &Options::default().with_columns::<&str>([]));
    assert_eq!((none[0].num_rows(), none[0].num_columns()), (12, 0));
    let one_by_one = packets(&incident::incident(), &Options::default().with_batch_rows(0));
    assert_eq!(one_by_one.len(), 12);
}

#[test]
fn columns_that_are_not_there_are_refused() {
    let file = incident::incident();
    let refused = |columns: &[&str]| {
        let options = Options::default().with_columns(columns.iter().copied());
        let error = table::packets(Reader::new(&file[..]).unwrap(), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    let unknown = refused(&["frame", "colour"]);
    assert!(
        unknown
            .starts_with("choose columns of table packets: there is no column \"colour\"; hint: there are frame, ts")
    );
    assert!(refused(&["ts", "ts"]).ends_with("column \"ts\" is named twice"));
}

#[test]
fn damage_comes_after_the_rows_before_it() {
    let file = incident::incident_cut_off();
    let mut stream = table::packets(Reader::new(&file[..]).unwrap(), &Options::default()).unwrap();
    assert_eq!(stream.next().unwrap().unwrap().num_rows(), 11);
    let arrow_schema::ArrowError::ExternalError(error) = stream.next().unwrap().unwrap_err() else { panic!() };
    assert_eq!(error.downcast::<Error>().unwrap().kind(), ErrorKind::Truncated);
    assert!(stream.next().is_none());
    let quiet = packets(&file, &Options::default().ending_at_damage());
    assert_eq!(quiet.iter().map(RecordBatch::num_rows).sum::<usize>(), 11);
}

#[test]
fn flows_dns_and_findings_as_json() {
    let report = report(&incident::incident());
    let options = Options::default();
    let flows = rows(&table::flows(Arc::clone(&report), &options).unwrap().map(Result::unwrap).collect::<Vec<_>>());
    assert_eq!(flows.len(), report.flows.len());
    let tcp = &flows[0];
    for (name, value) in [
        ("client_ip", "10.0.0.1".into()),
        ("client_port", 40000.into()),
        ("server_port", 80.into()),
        ("role_basis", "syn".into()),
        ("packets_c2s", 5.into()),
        ("packets_s2c", 3.into()),
        ("syn_count", 1.into()),
        ("syn_rtt_ms", 1.0.into()),
        ("ack_rtt_ms", 1.0.into()),
        ("retx_pkts_c2s", 1.into()),
        ("retx_bytes_c2s", 100.into()),
        ("retx_pkts_s2c", 0.into()),
        ("closed_by", "server_reset".into()),
        ("conn_state", "RSTR".into()),
        ("first_ts", "2026-09-21T14:13:20.123456789Z".into()),
        ("ttl_c2s", 63.into()),
        ("one_way", false.into()),
    ] as [(&str, Value); 17]
    {
        assert_eq!(tcp[name], value, "{name}");
    }
    let udp = flows.iter().find(|flow| flow["ip_proto"] == 17).unwrap();
    assert_eq!(
        (&udp["retx_pkts_c2s"], &udp["syn_rtt_ms"], &udp["sack_ok"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let dns = rows(&table::dns(Arc::clone(&report), &options).unwrap().map(Result::unwrap).collect::<Vec<_>>());
    assert_eq!(dns[0]["qname"], report.dns[0].name.as_str());
    assert_eq!((&dns[0]["qtype"], &dns[0]["rcode"]), (&"A".into(), &"NXDOMAIN".into()));
    assert_eq!((&dns[0]["latency_ms"], &dns[0]["txid"]), (&1.0.into(), &0xabcd.into()));
    assert_eq!((&dns[0]["query_frame"], &dns[0]["response_frame"]), (&8.into(), &9.into()));
    let findings =
        rows(&table::findings(Arc::clone(&report), &options).unwrap().map(Result::unwrap).collect::<Vec<_>>());
    assert_eq!(findings.len(), report.findings.len());
    for (row, finding) in findings.iter().zip(&report.findings) {
        assert_eq!(row["summary"], finding.summary.as_str());
        assert_eq!(row["evidence_frames"], serde_json::json!(finding.evidence_frames));
        assert_eq!(row["flow_ids"], serde_json::json!(finding.flow_ids));
        assert_eq!(row["kind"], finding.kind.slug());
    }
}

#[test]
fn flag_columns_name_their_bits() {
    let batches = packets(&incident::incident(), &Options::default());
    let schema = batches[0].schema();
    let names = |column: &str| schema.field_with_name(column).unwrap().metadata().get(FLAGS).cloned().unwrap();
    assert_eq!(names("tcp_flags"), "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR,AE");
    assert!(
        names("tcp_analysis").starts_with("retransmission,fast_retransmission,spurious_retransmission,out_of_order")
    );
}

/// What Python's capsules and the C interface are made of.
#[test]
fn streams_pass_through_the_c_interface() {
    let file = incident::incident();
    let wanted = packets(&file, &Options::default());
    let stream = table::packets(Reader::new(Cursor::new(file)).unwrap(), &Options::default()).unwrap();
    let stream = FFI_ArrowArrayStream::new(Box::new(stream));
    let got: Vec<_> = RecordBatchStreamReader::try_new(stream).unwrap().map(Result::unwrap).collect();
    assert_eq!(got, wanted);
}

#[test]
fn demo_equals_tshark() {
    const FIELDS: [(&str, &str); 11] = [
        ("frame.number", "frame"),
        ("frame.len", "orig_len"),
        ("ip.src", "src_ip"),
        ("ip.dst", "dst_ip"),
        ("ip.ttl", "ttl"),
        ("ip.id", "ip_id"),
        ("tcp.srcport", "src_port"),
        ("tcp.dstport", "dst_port"),
        ("tcp.seq_raw", "tcp_seq"),
        ("tcp.window_size", "tcp_win"),
        ("tcp.len", "payload_len"),
    ];
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng");
    if !std::path::Path::new(path).is_file() {
        return support::skip("demo_equals_tshark", "there is no demo capture");
    }
    if !support::has_program("tshark") {
        return support::skip("demo_equals_tshark", "there is no tshark");
    }
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-r", path, "-T", "fields"]);
    for (field, _) in FIELDS {
        tshark.args(["-e", field]);
    }
    let answer = String::from_utf8(tshark.output().unwrap().stdout).unwrap();
    let rows = rows(&packets(&std::fs::read(path).unwrap(), &Options::default()));
    assert_eq!(rows.len(), answer.lines().count());
    let mut compared = 0;
    for (row, line) in rows.iter().zip(answer.lines()) {
        for ((field, column), theirs) in FIELDS.iter().zip(line.split('\t')) {
            // Of an ICMP error tshark gives the quoted packet's fields too, behind a comma.
            if theirs.is_empty() || theirs.contains(',') || (field.starts_with("tcp") && row["proto"] != "tcp") {
                continue;
            }
            let ours = match &row[*column] {
                Value::String(text) => text.clone(),
                Value::Number(number) if *field == "ip.id" => format!("0x{:04x}", number.as_u64().unwrap()),
                value => value.to_string(),
            };
            assert_eq!(ours, theirs, "frame {} {column}", row["frame"]);
            compared += 1;
        }
    }
    assert!(compared > 5 * rows.len(), "{compared} values compared");
}
