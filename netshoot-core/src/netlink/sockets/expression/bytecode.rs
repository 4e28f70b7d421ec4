//! The programs that the kernel runs for expressions: `struct inet_diag_bc_op` of linux/inet_diag.h.

use std::net::IpAddr;

use super::super::super::Family;
use super::{SocketEnd, SocketExpression, SocketFamily};

impl SocketExpression {
    /// The program for a listing of internet sockets of one family; `None` when it is longer than an attribute or the
    /// kernel's jumps, 65,531 octets. An empty one lets all through.
    #[must_use]
    pub fn bytecode(&self, family: Family) -> Option<Vec<u8>> {
        let mut program = Program { code: Vec::new(), family };
        let mut fails = Vec::new();
        program.emit(self, &mut fails)?;
        // Past the end by one operation is how a program says no.
        let refused = program.code.len() + OPERATION;
        program.patch(&fails, refused)?;
        (program.code.len() <= LONGEST).then_some(program.code)
    }
}

struct Program {
    code: Vec<u8>,
    family: Family,
}

impl Program {
    /// Falls through when true; the places in `fails` are to jump elsewhere when false.
    fn emit(&mut self, expression: &SocketExpression, fails: &mut Vec<usize>) -> Option<()> {
        match expression {
            SocketExpression::And(left, right) => {
                self.emit(left, fails)?;
                self.emit(right, fails)?;
            }
            SocketExpression::Or(left, right) => {
                let (mut otherwise, mut done) = (Vec::new(), Vec::new());
                self.emit(left, &mut otherwise)?;
                self.operation(&mut done, BC_JMP, &[]);
                self.patch(&otherwise, self.code.len())?;
                self.emit(right, fails)?;
                self.patch(&done, self.code.len())?;
            }
            SocketExpression::Not(inner) => {
                let mut otherwise = Vec::new();
                self.emit(inner, &mut otherwise)?;
                self.operation(fails, BC_JMP, &[]);
                self.patch(&otherwise, self.code.len())?;
            }
            leaf => match self.constant(leaf) {
                Some(true) => {}
                Some(false) => self.operation(fails, BC_JMP, &[]),
                None => self.condition(leaf, fails),
            },
        }
        Some(())
    }

    /// What holds for all internet sockets of the family, whatever else they are.
    fn constant(&self, leaf: &SocketExpression) -> Option<bool> {
        match leaf {
            SocketExpression::Any => Some(true),
            SocketExpression::Family(SocketFamily::Inet) => Some(self.family == Family::INET),
            SocketExpression::Family(SocketFamily::Inet6) => Some(self.family == Family::INET6),
            SocketExpression::Family(_) | SocketExpression::Name { .. } | SocketExpression::Protocol { .. } => {
                Some(false)
            }
            SocketExpression::Port(_, port) if u16::try_from(*port).is_err() => Some(false),
            SocketExpression::PortAtLeast(_, port) if u16::try_from(*port).is_err() => Some(*port < 0),
            SocketExpression::PortAtMost(_, port) if u16::try_from(*port).is_err() => Some(*port > 0),
            _ => None,
        }
    }

    fn condition(&mut self, leaf: &SocketExpression, fails: &mut Vec<usize>) {
        let by_end = |end: &SocketEnd, source: u8, destination: u8| match end {
            SocketEnd::Source => source,
            SocketEnd::Destination => destination,
        };
        // Those that are out of range are constants.
        let port = |port: &i64| u16::try_from(*port).unwrap_or_default();
        // The port stands where the next operation has its jump.
        let ordered = |number: &i64| [&[0, 0], &port(number).to_ne_bytes()[..]].concat();
        match leaf {
            SocketExpression::Address { end, address, prefixlen } => {
                let (family, octets) = match address {
                    IpAddr::V4(address) => (libc::AF_INET as u8, address.octets().to_vec()),
                    IpAddr::V6(address) => (libc::AF_INET6 as u8, address.octets().to_vec()),
                };
                let condition = [&[family, *prefixlen, 0, 0][..], &ANY_PORT.to_ne_bytes(), &octets].concat();
                self.operation(fails, by_end(end, BC_S_COND, BC_D_COND), &condition);
            }
            SocketExpression::Port(end, number) => {
                let condition = [[0; 4], i32::from(port(number)).to_ne_bytes()].concat();
                self.operation(fails, by_end(end, BC_S_COND, BC_D_COND), &condition);
            }
            SocketExpression::PortAtLeast(end, port) => {
                self.operation(fails, by_end(end, BC_S_GE, BC_D_GE), &ordered(port));
            }
            SocketExpression::PortAtMost(end, port) => {
                self.operation(fails, by_end(end, BC_S_LE, BC_D_LE), &ordered(port));
            }
            SocketExpression::Device(index) => self.operation(fails, BC_DEV_COND, &index.to_ne_bytes()),
            SocketExpression::Mark { mark, mask } => {
                self.operation(fails, BC_MARK_COND, &[mark.to_ne_bytes(), mask.to_ne_bytes()].concat());
            }
            SocketExpression::Cgroup(number) => self.operation(fails, BC_CGROUP_COND, &number.to_ne_bytes()),
            _ => self.operation(fails, BC_AUTO, &[]),
        }
    }

    /// An operation and what belongs to it; where to go when it is false is filled in later.
    fn operation(&mut self, fails: &mut Vec<usize>, number: u8, condition: &[u8]) {
        fails.push(self.code.len());
        // At most 28 octets.
        self.code.extend([number, (OPERATION + condition.len()) as u8, 0, 0]);
        self.code.extend(condition);
    }

    fn patch(&mut self, places: &[usize], target: usize) -> Option<()> {
        for place in places {
            let away = u16::try_from(target - place).ok()?;
            self.code.get_mut(place + 2..place + OPERATION)?.copy_from_slice(&away.to_ne_bytes());
        }
        Some(())
    }
}

const OPERATION: usize = 4;
const ANY_PORT: i32 = -1;
/// What an attribute can hold.
const LONGEST: usize = u16::MAX as usize - 4;

const BC_JMP: u8 = 1;
const BC_S_GE: u8 = 2;
const BC_S_LE: u8 = 3;
const BC_D_GE: u8 = 4;
const BC_D_LE: u8 = 5;
const BC_AUTO: u8 = 6;
const BC_S_COND: u8 = 7;
const BC_D_COND: u8 = 8;
const BC_DEV_COND: u8 = 9;
const BC_MARK_COND: u8 = 10;
const BC_CGROUP_COND: u8 = 13;
