//! Messages that no kernel sent, shown by the installed programs of iproute2 and by this crate: `answers.c` stands
//! between such a program and the kernel.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::kernel::{differences, has_ticked};
use super::skip;

/// A compiled `answers.c`, and a folder for messages.
pub struct Answers {
    folder: tempfile::TempDir,
    library: PathBuf,
}

impl Answers {
    /// `None`, and said so, where there is no compiler or no iproute2 6.1, whose words are compared.
    pub fn new(test: &str) -> Option<Self> {
        let version = Command::new("ip").arg("-V").output().map(|output| output.stdout).unwrap_or_default();
        if !String::from_utf8_lossy(&version).contains("iproute2-6.1.") {
            skip(test, "iproute2 6.1 is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("answers.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/answers.c");
        let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).output();
        match compiled {
            Err(_) => {
                skip(test, "there is no C compiler");
                return None;
            }
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        }
        Some(Self { folder, library })
    }

    /// What `program` prints when the kernel's answers are `messages`; else how it failed.
    pub fn ask(&self, program: &str, arguments: &[&str], messages: &[Vec<u8>]) -> Result<String, String> {
        let path = self.folder.path().join("messages");
        fs::write(&path, messages.concat()).unwrap();
        let output = Command::new(program)
            .args(arguments)
            .env("LD_PRELOAD", &self.library)
            .env("NETSHOOT_ANSWERS", &path)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || !told.is_empty() {
            return Err(format!("{program} {arguments:?}: {} {told}", output.status));
        }
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    }
}

/// The first difference between what this crate and a program of iproute2 print.
pub fn difference(json: bool, own: &str, theirs: &str) -> Option<String> {
    if json {
        let own: Value = serde_json::from_str(own).unwrap();
        let Ok(theirs) = serde_json::from_str(theirs) else { return Some(format!("no JSON: {theirs}")) };
        let seconds = || (!has_ticked(&own, &theirs, &own)).then(|| format!("seconds of {own}, but {theirs}"));
        return differences(&own, &theirs).into_iter().next().or_else(seconds);
    }
    let different = own.lines().zip(theirs.lines()).find(|(own, theirs)| own != theirs);
    let lines = different.map(|(own, theirs)| format!("\n  own  {own:?}\n  ip's {theirs:?}"));
    lines.or_else(|| (own != theirs).then(|| "the last lines".to_owned()))
}

/// A netlink message, of which the program that reads it gets the sequence number that it expects.
pub fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() + 16;
    let mut octets = [&(length as u32).to_ne_bytes()[..], &kind.to_ne_bytes(), &2_u16.to_ne_bytes(), &[0; 8]].concat();
    octets.extend_from_slice(payload);
    octets.resize(length.next_multiple_of(4), 0);
    octets
}

/// A netlink attribute.
pub fn attribute(number: u16, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() + 4;
    let mut octets = [(length as u16).to_ne_bytes(), number.to_ne_bytes()].concat();
    octets.extend_from_slice(payload);
    octets.resize(length.next_multiple_of(4), 0);
    octets
}

/// Numbers that are as likely small as large, round, or at an end. The same at each run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// xorshift64.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }

    /// Three times in four.
    pub fn often(&mut self) -> bool {
        self.below(4) != 0
    }

    pub fn u64(&mut self) -> u64 {
        match self.below(12) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => u64::from(u32::MAX),
            4 => 10_u64.pow(self.below(19) as u32),
            5 => 1 << self.below(64),
            6 => (1 + self.below(1000)) * 1000_u64.pow(self.below(5) as u32),
            7 => (1 + self.below(1000)) << (10 * self.below(5)),
            _ => {
                let bits = self.below(64);
                self.next() >> bits
            }
        }
    }

    pub fn u32(&mut self) -> u32 {
        let number = self.u64();
        if number > u64::from(u32::MAX) { (number >> 32) as u32 } else { number as u32 }
    }

    pub fn u16(&mut self) -> u16 {
        let number = self.u32();
        if number > u32::from(u16::MAX) { (number >> 16) as u16 } else { number as u16 }
    }

    pub fn u8(&mut self) -> u8 {
        let number = self.u16();
        if number > u16::from(u8::MAX) { (number >> 8) as u8 } else { number as u8 }
    }

    pub fn octets(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// Numbers of 32 bits, one after the other.
    pub fn words(&mut self, count: usize) -> Vec<u8> {
        (0..count).flat_map(|_| self.u32().to_ne_bytes()).collect()
    }

    /// Attributes of 32 bits, most of them there.
    pub fn numbers(&mut self, attributes: impl IntoIterator<Item = u16>) -> Vec<u8> {
        let mut octets = Vec::new();
        for number in attributes {
            if self.often() {
                octets.extend(attribute(number, &self.u32().to_ne_bytes()));
            }
        }
        octets
    }
}
