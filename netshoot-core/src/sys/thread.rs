//! The calling thread: where it runs, how exactly it sleeps, what it has used.

use std::io;
use std::mem::size_of;
use std::time::Duration;

use super::check;

/// Keeps the calling thread on one CPU.
pub(crate) fn pin(cpu: usize) -> io::Result<()> {
    // SAFETY: cpu_set_t consists of integers, for which all zeros is a valid value.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    if cpu >= size_of::<libc::cpu_set_t>() * 8 {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    // SAFETY: CPU_SET writes a bit of the set, and the number was found to be within it.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: the kernel reads as many octets as the set has; 0 is the calling thread.
    check(unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) }).map(drop)
}

/// The CPUs that the calling thread may run on, in their order.
pub(crate) fn allowed() -> Vec<usize> {
    // SAFETY: cpu_set_t consists of integers, for which all zeros is a valid value.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes at most as many octets as the set has; 0 is the calling thread.
    let got = check(unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) });
    let cpus = if got.is_ok() { 0..size_of::<libc::cpu_set_t>() * 8 } else { 0..0 };
    // SAFETY: CPU_ISSET reads a bit of the set, and the numbers are within it.
    cpus.filter(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) }).collect()
}

/// How much later than asked the kernel may wake the calling thread; 50 µs where nothing was said.
pub(crate) fn set_timer_slack(slack: Duration) -> io::Result<()> {
    let nanoseconds = libc::c_ulong::try_from(slack.as_nanos()).unwrap_or(libc::c_ulong::MAX);
    // SAFETY: PR_SET_TIMERSLACK takes a number.
    check(unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanoseconds) }).map(drop)
}

/// Sleeps until [`monotonic`](super::monotonic) reads `time`, or a signal comes.
pub(crate) fn sleep_until(time: Duration) {
    let time = libc::timespec {
        tv_sec: libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: time.subsec_nanos() as libc::c_long,
    };
    // SAFETY: the kernel reads a timespec, which `time` is; with TIMER_ABSTIME it writes nothing.
    unsafe { libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &raw const time, std::ptr::null_mut()) };
}

/// What the calling thread has used of the CPU: in its own code, and in the kernel's.
pub(crate) fn usage() -> (Duration, Duration) {
    // SAFETY: rusage consists of integers, for which all zeros is a valid value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes an rusage, which `usage` is; with RUSAGE_THREAD the call cannot fail.
    unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
    (duration(usage.ru_utime), duration(usage.ru_stime))
}

fn duration(time: libc::timeval) -> Duration {
    Duration::new(time.tv_sec as u64, (time.tv_usec as u32).saturating_mul(1_000))
}
