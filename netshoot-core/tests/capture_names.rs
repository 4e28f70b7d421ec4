//! The names that a capture tells of addresses, beside tshark.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use netshoot_core::application::Summary;
use netshoot_core::capture::{Names, Reader};
use netshoot_core::packet::{LinkType, Packet};
use support::Corpus;
use support::build::{self, ORDERS, Order};

fn record(order: Order, kind: u16, address: &[u8], names: &str) -> Vec<u8> {
    build::option(order, kind, &[address, names.as_bytes(), b"\0"].concat())
}

/// One to each name, two names in one block, one that comes again, and what makes no sense.
fn file(order: Order) -> Vec<u8> {
    let six = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let end = build::option(order, 0, &[]);
    let first = [record(order, 1, &[192, 0, 2, 1], "old.example\0new.example"), record(order, 2, &six, "six.example")];
    let again = [record(order, 1, &[192, 0, 2, 2], "two.example"), record(order, 1, &[192, 0, 2, 1], "last.example")];
    let odd = [record(order, 9, b"what", "ever"), record(order, 1, &[192, 0, 2], ""), order.u16(1).to_vec()];
    [
        build::section(order, (1, 0), &[]),
        build::interface(order, 101, 0, &[]),
        build::block(order, 4, &[&first.concat()[..], &end].concat()),
        build::enhanced(order, 0, 0, 28, &UDP),
        build::block(order, 4, &[&again.concat()[..], &end].concat()),
        build::block(order, 4, &odd.concat()),
    ]
    .concat()
}

/// From 192.0.2.1 to 192.0.2.2.
const UDP: [u8; 28] =
    [0x45, 0, 0, 28, 0, 7, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0x40, 0x1f, 0x90, 0, 8, 0, 0];

fn names(file: &[u8]) -> BTreeMap<String, String> {
    let names = Names::read(&mut Reader::new(file).unwrap(), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((names.len(), names.left_out), (names.iter().count(), 0));
    names.iter().map(|(address, name)| (address.to_string(), name.to_owned())).collect()
}

#[test]
fn names_are_kept_when_they_are_asked_for() {
    for order in ORDERS {
        let file = file(order);
        let expected = [("192.0.2.1", "last.example"), ("192.0.2.2", "two.example"), ("2001:db8::1", "six.example")];
        assert!(names(&file).iter().map(|(address, name)| (address.as_str(), name.as_str())).eq(expected));
        let mut reader = Reader::new(&file[..]).unwrap();
        while reader.next_frame().unwrap().is_some() {}
        assert!(reader.names().is_none());
        // Block by block they are the same, and those in front of a frame are known with it.
        let mut reader = Reader::new(&file[..]).unwrap();
        reader.keep_names();
        assert!(reader.next_frame().unwrap().is_some());
        assert_eq!(reader.names().unwrap().get([192, 0, 2, 1].into()), Some("new.example"));
        while reader.next_block().unwrap().is_some() {}
        assert_eq!(reader.names().unwrap().get([192, 0, 2, 1].into()), Some("last.example"));
        // What is cut off is told, after the names in front of it.
        let mut reader = Reader::new(&file[..file.len() - 5]).unwrap();
        reader.keep_names();
        assert!(reader.next_frame().unwrap().is_some() && reader.next_frame().is_err());
        assert_eq!(reader.names().unwrap().len(), 3);
    }
}

#[test]
fn names_are_bounded() {
    let order = Order::Little;
    let mut file = build::section(order, (1, 0), &[]);
    for number in 0..70_u32 {
        let records: Vec<u8> = (0..1000_u32)
            .flat_map(|place| record(order, 1, &(number * 1000 + place).to_be_bytes(), "a-name-of-a-host.example"))
            .collect();
        file.extend(build::block(order, 4, &records));
    }
    let mut reader = Reader::new(&file[..]).unwrap();
    let names = Names::read(&mut reader, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((names.len(), names.left_out), (65_536, 70_000 - 65_536));
}

#[test]
fn lines_have_names_in_place_of_addresses() {
    let packet = Packet::parse(LinkType::RAW, &UDP, 28);
    let name = |address: IpAddr| (address == IpAddr::from([192, 0, 2, 1])).then_some("one.example");
    assert_eq!(packet.named(&name).to_string(), "IP one.example.40000 > 192.0.2.2.8080: UDP, length 0");
    assert_eq!(packet.named(&|_| None).to_string(), packet.to_string());
    assert_eq!(Summary::of(packet).named(&name).to_string(), packet.named(&name).to_string());
    let verbose = format!("{:#}", Summary::of(packet).named(&name));
    assert_eq!(verbose, format!("{:#}", Summary::of(packet)).replace("192.0.2.1.", "one.example."));
    let mut arp = [0; 42];
    arp[12..22].copy_from_slice(&[8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    arp[28..32].copy_from_slice(&[192, 0, 2, 1]);
    arp[38..42].copy_from_slice(&[192, 0, 2, 2]);
    let packet = Packet::parse(LinkType::ETHERNET, &arp, 42);
    let line = packet.named(&name).to_string();
    assert_eq!(line, "ARP, Request who-has 192.0.2.2 tell one.example, length 28");
}

/// What tshark shows as the names of source and destination, at its second pass.
fn tshark(path: &Path) -> Vec<(String, String)> {
    let output = Command::new("tshark")
        .args(["-2", "-N", "n", "-T", "fields", "-E", "occurrence=f"])
        .args(["-e", "ip.src", "-e", "ip.src_host", "-e", "ip.dst", "-e", "ip.dst_host"])
        .args(["-e", "ipv6.src", "-e", "ipv6.src_host", "-e", "ipv6.dst", "-e", "ipv6.dst_host", "-r"])
        .arg(path)
        .env("HOME", "/nonexistent")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pairs = |line: &str| {
        let cells: Vec<_> = line.split('\t').map(str::to_owned).collect();
        cells.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect::<Vec<_>>()
    };
    text.lines().flat_map(pairs).filter(|(address, _)| !address.is_empty()).collect()
}

/// Names are those that tshark shows, of a file made here, of one that tshark wrote, and of those of the corpus.
#[test]
fn names_are_those_of_tshark() {
    const TEST: &str = "names_are_those_of_tshark";
    if !support::has_program("tshark") {
        return support::skip(TEST, "tshark is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut files = Vec::new();
    for order in ORDERS {
        files.push(path(&format!("{order:?}")));
        std::fs::write(files.last().unwrap(), file(order)).unwrap();
    }
    std::fs::write(path("hosts"), "192.0.2.1 one.example\n192.0.2.2 two.example\n").unwrap();
    let plain = [build::pcap_header(Order::Little, build::MICROSECONDS, (2, 4), 0, 101), {
        build::pcap_record(Order::Little, 0, 0, 28, &UDP)
    }];
    std::fs::write(path("plain"), plain.concat()).unwrap();
    files.push(path("written"));
    // It writes the names that it has shown.
    let mut command = Command::new("tshark");
    command.args(["-N", "n", "-P", "-W", "n", "-H"]).arg(path("hosts")).arg("-r").arg(path("plain"));
    assert!(command.args(["-F", "pcapng", "-w"]).arg(path("written")).output().unwrap().status.success());
    let written = names(&std::fs::read(path("written")).unwrap());
    assert_eq!(written.values().collect::<Vec<_>>(), ["one.example", "two.example"]);
    let corpus = Corpus::find(TEST);
    files.extend(corpus.iter().flat_map(|corpus| &corpus.captures).filter_map(|capture| {
        let mut reader = Reader::open(&capture.path).ok()?;
        let names = Names::read(&mut reader, |_| ControlFlow::Continue(())).ok()?;
        (!names.is_empty()).then(|| capture.path.clone())
    }));
    let mut compared = 0;
    for file in &files {
        let ours = names(&std::fs::read(file).unwrap());
        for (address, theirs) in tshark(file) {
            let name = ours.get(&address).unwrap_or(&address);
            assert_eq!(*name, theirs, "{} of {address}", file.display());
            compared += 1;
        }
    }
    eprintln!("{compared} names in {} files", files.len());
    assert!(compared >= 6);
}
