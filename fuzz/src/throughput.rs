//! Invariants of iperf3's control connection with a peer that says anything whatever.

use std::time::{Duration, Instant};

use netshoot_core::throughput::Options;
use netshoot_core::throughput::protocol::{
    ClientAction, ClientMachine, Cookie, Limits, Parameters, Results, ServerAction, ServerMachine,
};

/// Feeds octets to a server when the first is even, else to a client. Then each piece has its length before it, in two
/// octets; a length of zero lets time pass until the deadline.
///
/// # Panics
/// If an invariant is broken: there is one end and nothing after it, every wait but that for the caller has a deadline,
/// what was read can be written and is then read the same.
pub fn fuzz_throughput(data: &[u8]) {
    let Some((&role, data)) = data.split_first() else { return };
    if role % 2 == 0 { server(data) } else { client(data) }
}

fn pieces(mut data: &[u8], mut each: impl FnMut(&[u8])) {
    while let Some((&length, rest)) = data.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(length));
        let (piece, rest) = rest.split_at(length.min(rest.len()));
        data = rest;
        each(piece);
    }
}

fn server(data: &[u8]) {
    let mut now = Instant::now();
    let mut machine = ServerMachine::new("client", Limits::default(), now);
    let (mut ended, mut flows) = (false, false);
    pieces(data, |piece| {
        if piece.is_empty() {
            now = machine.deadline().unwrap_or(now + Duration::from_secs(1));
            machine.timeout(now);
        } else {
            machine.receive(piece, now);
        }
        while let Some(action) = machine.action() {
            assert!(!ended, "{action:?} after the end");
            match action {
                ServerAction::Listen(parameters) => {
                    reads_what_it_writes(&parameters);
                    machine.listening(now);
                    machine.streams_open(now);
                }
                ServerAction::Start => flows = true,
                ServerAction::GiveResults => {
                    flows = false;
                    machine.results(&Results::default(), now);
                }
                ServerAction::Finished(results) => {
                    results_are_read_again(&results);
                    ended = true;
                }
                _ => ended = true,
            }
        }
        assert!(ended || flows || machine.deadline().is_some(), "it waits for ever");
        assert!(!ended || machine.deadline().is_none());
        assert!(machine.take_output().len() < 4096);
    });
    machine.closed();
    let last = std::iter::from_fn(|| machine.action()).count();
    assert_eq!(last, usize::from(!ended), "a closed connection is the end");
}

fn client(data: &[u8]) {
    let mut now = Instant::now();
    let parameters = Parameters::new(&Options::default(), None);
    let mut machine = ClientMachine::new("server", &Cookie::from_bytes([0; 37]), now);
    let mut ended = false;
    pieces(data, |piece| {
        if piece.is_empty() {
            now = machine.deadline().unwrap_or(now + Duration::from_secs(1));
            machine.timeout(now);
        } else {
            machine.receive(piece, now);
        }
        while let Some(action) = machine.action() {
            assert!(!ended, "{action:?} after the end");
            match action {
                ClientAction::GiveParameters => machine.parameters(&parameters, now),
                ClientAction::OpenStreams => machine.streams_open(now),
                ClientAction::Start => machine.end(now),
                ClientAction::GiveResults => machine.results(&Results::default(), now),
                ClientAction::Finished(results) => {
                    results_are_read_again(&results);
                    ended = true;
                }
                ClientAction::Failed(error) => {
                    assert!(error.to_string().contains("server"));
                    ended = true;
                }
                _ => {}
            }
        }
        assert!(ended || machine.deadline().is_some(), "it waits for ever");
        assert!(machine.take_output().len() < 4096);
    });
    machine.closed();
    let last = std::iter::from_fn(|| machine.action()).count();
    assert_eq!(last, usize::from(!ended), "a closed connection is the end");
}

fn frame(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// What a server makes of parameters.
fn read(parameters: &Parameters) -> Option<Box<Parameters>> {
    let now = Instant::now();
    let mut machine = ServerMachine::new("client", Limits::default(), now);
    machine.receive(&frame(&parameters.to_json()), now);
    match machine.action() {
        Some(ServerAction::Listen(parameters)) => Some(parameters),
        _ => None,
    }
}

fn reads_what_it_writes(parameters: &Parameters) {
    // The text may have grown by escapes beyond what is read.
    if parameters.to_json().len() > 8192 {
        return;
    }
    let once = read(parameters);
    assert!(once.is_some(), "own parameters are refused: {}", parameters.to_json());
    let twice = once.as_deref().and_then(read);
    assert_eq!(once, twice);
}

fn results_are_read_again(results: &Results) {
    let now = Instant::now();
    let mut machine = ClientMachine::new("server", &Cookie::from_bytes([0; 37]), now);
    machine.receive(&[9], now);
    machine.parameters(&Parameters::new(&Options::default(), None), now);
    machine.receive(&[10], now);
    machine.streams_open(now);
    machine.receive(&[1, 2], now);
    machine.end(now);
    machine.receive(&[13], now);
    machine.results(&Results::default(), now);
    machine.receive(&frame(&results.to_json()), now);
    machine.receive(&[14], now);
    let again = std::iter::from_fn(|| machine.action()).find_map(|action| match action {
        ClientAction::Finished(results) => Some(results),
        _ => None,
    });
    let again = again.unwrap_or_default();
    // Without its text, which may be an object of any order.
    assert_eq!(again.streams, results.streams);
    assert_eq!(again.cpu, results.cpu);
}
