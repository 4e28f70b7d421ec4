//! Many datagrams with one system call.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

/// The places that the kernel wants for each message of a send call.
pub(crate) struct SendBatch {
    headers: Box<[libc::mmsghdr]>,
    vectors: Box<[libc::iovec]>,
}

impl SendBatch {
    /// Room for `most` messages a call.
    pub(crate) fn new(most: usize) -> Self {
        Self { headers: vec![empty_header(); most].into(), vectors: vec![empty_vector(); most].into() }
    }

    /// Sends `octets` as messages of `length` octets, the last of which may be shorter; returns how many were sent.
    pub(crate) fn send(&mut self, socket: BorrowedFd<'_>, octets: &[u8], length: usize) -> io::Result<usize> {
        let mut count = 0;
        let places = self.headers.iter_mut().zip(self.vectors.iter_mut());
        for ((header, vector), message) in places.zip(octets.chunks(length.max(1))) {
            vector.iov_base = message.as_ptr().cast_mut().cast();
            vector.iov_len = message.len();
            header.msg_hdr.msg_iov = ptr::from_mut(vector);
            header.msg_hdr.msg_iovlen = 1;
            count += 1;
        }
        // SAFETY: `count` headers are there; each has one vector, which points to octets that the kernel only reads and
        // that live until the call is over.
        let sent = unsafe {
            libc::sendmmsg(socket.as_raw_fd(), self.headers.as_mut_ptr(), count, libc::MSG_NOSIGNAL as FlagsArgument)
        };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }
}

/// Room for the messages of a receive call.
pub(crate) struct ReceiveBatch {
    headers: Box<[libc::mmsghdr]>,
    vectors: Box<[libc::iovec]>,
    controls: Box<[Control]>,
    octets: Box<[u8]>,
    length: usize,
}

/// What a receive call tells of one message.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// The octets: one datagram, or several that the kernel has put together.
    pub(crate) octets: &'a [u8],
    /// The length of each datagram but the last, where there may be several (`UDP_GRO`).
    pub(crate) segment: Option<usize>,
    /// When it came, since 1970 (`SO_TIMESTAMPNS`).
    pub(crate) stamp: Option<Duration>,
}

impl ReceiveBatch {
    /// Room for `most` messages of up to `length` octets; what is longer is cut.
    pub(crate) fn new(most: usize, length: usize) -> Self {
        Self {
            headers: vec![empty_header(); most].into(),
            vectors: vec![empty_vector(); most].into(),
            controls: vec![Control([0; CONTROL_WORDS]); most].into(),
            // Not zeros, which would be pages still to be made when the first datagrams come.
            octets: vec![0xff; most.saturating_mul(length)].into(),
            length,
        }
    }

    /// Waits for one message, unless `flags` has `MSG_DONTWAIT`, and takes as many as are there; returns how many.
    pub(crate) fn receive(&mut self, socket: BorrowedFd<'_>, flags: libc::c_int) -> io::Result<usize> {
        let places = self.headers.iter_mut().zip(self.vectors.iter_mut()).zip(self.controls.iter_mut());
        for (((header, vector), control), room) in places.zip(self.octets.chunks_exact_mut(self.length.max(1))) {
            vector.iov_base = room.as_mut_ptr().cast();
            vector.iov_len = room.len();
            header.msg_hdr.msg_iov = ptr::from_mut(vector);
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = control.0.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = size_of::<Control>() as _;
        }
        // SAFETY: as many headers as are given are there; each has one vector and control room of the lengths that it
        // says, none of which overlap, and all belong to `self`, which is borrowed until the call is over.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                self.headers.len() as libc::c_uint,
                (flags | libc::MSG_WAITFORONE) as FlagsArgument,
                ptr::null_mut(),
            )
        };
        usize::try_from(received).map_err(|_| io::Error::last_os_error())
    }

    /// The first `count` messages of the last call.
    pub(crate) fn messages(&self, count: usize) -> impl Iterator<Item = Message<'_>> {
        let rooms = self.octets.chunks_exact(self.length.max(1));
        self.headers.iter().zip(rooms).take(count).map(|(header, room)| {
            let mut message =
                Message { octets: room.get(..header.msg_len as usize).unwrap_or(room), segment: None, stamp: None };
            message.read_control(&header.msg_hdr);
            message
        })
    }
}

impl Message<'_> {
    fn read_control(&mut self, header: &libc::msghdr) {
        // SAFETY: the header's control room belongs to the batch and holds what the kernel wrote, `msg_controllen` octets.
        let mut control = unsafe { libc::CMSG_FIRSTHDR(header) };
        // SAFETY: CMSG_FIRSTHDR and CMSG_NXTHDR give null or a whole cmsghdr within the control room.
        while let Some(head) = unsafe { control.as_ref() } {
            match (head.cmsg_level, head.cmsg_type) {
                (libc::SOL_UDP, libc::UDP_GRO) => {
                    // SAFETY: the data of UDP_GRO is an int.
                    let segment = unsafe { libc::CMSG_DATA(control).cast::<libc::c_int>().read_unaligned() };
                    self.segment = usize::try_from(segment).ok().filter(|segment| *segment > 0);
                }
                (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                    // SAFETY: the data of SCM_TIMESTAMPNS is a timespec.
                    let time = unsafe { libc::CMSG_DATA(control).cast::<libc::timespec>().read_unaligned() };
                    self.stamp = u64::try_from(time.tv_sec).ok().map(|seconds| {
                        Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0))
                    });
                }
                _ => {}
            }
            // SAFETY: `control` points into the control room of `header`.
            control = unsafe { libc::CMSG_NXTHDR(header, control) };
        }
    }
}

/// Control messages are aligned like words.
#[derive(Clone, Copy)]
struct Control([u64; CONTROL_WORDS]);

/// Enough for a time and a segment's length.
const CONTROL_WORDS: usize = 16;

/// What the C libraries call the type of the flags differs.
#[cfg(not(target_env = "musl"))]
type FlagsArgument = libc::c_int;
#[cfg(target_env = "musl")]
type FlagsArgument = libc::c_uint;

fn empty_header() -> libc::mmsghdr {
    // SAFETY: mmsghdr consists of integers and pointers, for which all zeros is a valid value.
    unsafe { std::mem::zeroed() }
}

fn empty_vector() -> libc::iovec {
    libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }
}
