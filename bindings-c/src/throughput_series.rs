//! Several tests of one server, one after the other: the search for a rate, and the sweep over sizes.

use std::ffi::{c_int, c_void};

use netshoot_core::Result;
use netshoot_core::throughput::search::{SearchOptions, SearchResult, Trial, TrialFailure};
use netshoot_core::throughput::sweep::SizeResult;
use netshoot_core::throughput::{BitRate, Canceller, Client};

use crate::error::{guard_status, netshoot_error_t};
use crate::pointer;
use crate::throughput_client::{netshoot_throughput_client_t, ran};
use crate::throughput_options::given;
use crate::throughput_report::netshoot_cpu_use_t;

/// It passed.
pub const NETSHOOT_TRIAL_PASSED: u8 = 0;
/// More was lost than may be.
pub const NETSHOOT_TRIAL_LOSS: u8 = 1;
/// The sender did not reach the rate.
pub const NETSHOOT_TRIAL_SENDER: u8 = 2;

/// What is searched for. Zeroed, or NULL in its place, it is the library's choice; each field that is not 0 changes
/// something.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_search_options_t {
    /// Where the search begins, in bits a second over all streams; 10^6.
    pub lowest: u64,
    /// Where it ends at the latest; 10^11.
    pub highest: u64,
    /// The time of each trial, a second at least; 2 s.
    pub time_ns: i64,
    /// It ends when the lowest rate that failed is above the highest that passed by no more than this share; 0.05.
    pub resolution: f64,
    /// The share of datagrams that may be lost; 0.001. A negative one is none.
    pub tolerance: f64,
    /// How often the rate found must have passed, and never lost too much; 3.
    pub repeats: u32,
}

/// One trial of a search.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_trial_t {
    /// The rate that was tried, in bits a second over all streams.
    pub rate: u64,
    /// The rate at which the sender sent.
    pub sent: u64,
    /// Datagrams that the receiver knows of.
    pub packets: u64,
    /// Of these, those that it misses.
    pub lost: u64,
    /// Why it did not pass: NETSHOOT_TRIAL_LOSS or NETSHOOT_TRIAL_SENDER.
    pub failure: u8,
}

/// What a search found.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_search_t {
    /// The highest rate that passed each of its trials, in bits a second over all streams; 0 when not even the lowest did.
    pub rate: u64,
    /// The lowest rate that failed; 0 when not even the highest did.
    pub failed: u64,
    /// The share of datagrams lost at the rate found.
    pub loss: f64,
    /// With 95% confidence, the share lost at that rate is no more (Wilson), as far as losses are independent.
    pub loss_at_most: f64,
    /// How many trials there were.
    pub trial_count: usize,
    /// How often the rate found has passed.
    pub passes: u32,
    /// Why the lowest rate that failed did: NETSHOOT_TRIAL_LOSS or NETSHOOT_TRIAL_SENDER.
    pub failure: u8,
}

/// What one size of packets gave.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_size_t {
    /// Payload that came, in bits a second.
    pub rate: u64,
    /// Packets with payload that came, in a second: of TCP by arithmetic, as if each were full.
    pub packets_per_second: f64,
    /// Datagrams lost, or segments sent again, as a share of those sent.
    pub loss: f64,
    /// Processor time here.
    pub local_cpu: netshoot_cpu_use_t,
    /// Processor time of the server.
    pub remote_cpu: netshoot_cpu_use_t,
    /// Payload octets of a datagram, or the largest segment asked for.
    pub size: u32,
}

/// What is called with each trial and the caller's own pointer. Another value than 0 ends the search.
pub type netshoot_throughput_trial_callback_t =
    Option<unsafe extern "C" fn(*const netshoot_throughput_trial_t, *mut c_void) -> c_int>;

/// What is called with the result of each size and the caller's own pointer. Another value than 0 ends the sweep.
pub type netshoot_throughput_size_callback_t =
    Option<unsafe extern "C" fn(*const netshoot_throughput_size_t, *mut c_void) -> c_int>;

/// Searches for the highest rate of datagrams that comes without loss, in the direction of the client's options, with any
/// iperf3 server: each trial is a whole test, whose transport, rate and end are the search's. callback, which may be NULL,
/// is called with each trial. The client may search, sweep and then run.
///
/// Returns 0, or -1 if an argument is NULL or makes no sense, a test fails, or the search is ended
/// (NETSHOOT_ERROR_CANCELLED).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_client_search_rate(
    client: *mut netshoot_throughput_client_t,
    options: *const netshoot_throughput_search_options_t,
    callback: netshoot_throughput_trial_callback_t,
    context: *mut c_void,
    out: *mut netshoot_throughput_search_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a client or null, and uses it nowhere else meanwhile.
        let (client, canceller) = unsafe { lent(client) }?;
        // SAFETY: the caller lends a struct or null.
        let search =
            unsafe { options.as_ref() }.map_or_else(|| Ok(SearchOptions::default()), |plain| plain.options())?;
        let found = client.search_rate(search, |trial| {
            // SAFETY: the caller gave the function and its context; the trial lives while it runs.
            if callback.is_some_and(|callback| unsafe { callback(&trial.into(), context) } != 0) {
                canceller.cancel();
            }
        })?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, (&found).into()) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Runs a test for each of count sizes and writes what they gave to as many results: by the length of datagrams or the
/// largest segment of TCP; UDP without a rate of its own is sent as fast as can be. callback, which may be NULL, is called
/// with each result. The client may search, sweep and then run.
///
/// Returns 0, or -1 if an argument is NULL or makes no sense, a test fails, or the sweep is ended
/// (NETSHOOT_ERROR_CANCELLED); the results before are written by then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_client_sweep_sizes(
    client: *mut netshoot_throughput_client_t,
    sizes: *const u32,
    count: usize,
    callback: netshoot_throughput_size_callback_t,
    context: *mut c_void,
    results: *mut netshoot_throughput_size_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a client or null, and uses it nowhere else meanwhile.
        let (client, canceller) = unsafe { lent(client) }?;
        // SAFETY: the caller lends so many numbers, or null.
        let sizes = unsafe { pointer::slice(sizes, count, "sizes") }?;
        if results.is_null() && count > 0 {
            return Err(pointer::null("results"));
        }
        let mut index = 0;
        client.sweep_sizes(sizes, |size| {
            let plain = netshoot_throughput_size_t::from(size);
            // SAFETY: the caller lends room for as many results as there are sizes; each has one.
            unsafe { results.add(index).write(plain) };
            index += 1;
            // SAFETY: the caller gave the function and its context; the result lives while it runs.
            if callback.is_some_and(|callback| unsafe { callback(&plain, context) } != 0) {
                canceller.cancel();
            }
        })?;
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// # Safety
/// `client` is null or lent by the caller, who uses it nowhere else meanwhile.
unsafe fn lent<'a>(client: *mut netshoot_throughput_client_t) -> Result<(&'a Client, &'a Canceller)> {
    // SAFETY: as the caller promises.
    let handle = unsafe { pointer::lent_mut(client, "client") }?;
    Ok((handle.client.as_ref().ok_or_else(ran)?, &handle.canceller))
}

impl netshoot_throughput_search_options_t {
    fn options(&self) -> Result<SearchOptions> {
        let mut search = SearchOptions::default();
        let rate = |given: u64, otherwise| if given == 0 { otherwise } else { BitRate(given) };
        search.lowest = rate(self.lowest, search.lowest);
        search.highest = rate(self.highest, search.highest);
        search.time = given(self.time_ns, "options->time_ns")?.unwrap_or(search.time);
        if self.resolution != 0.0 {
            search.resolution = self.resolution;
        }
        if self.tolerance != 0.0 {
            search.tolerance = self.tolerance.max(0.0);
        }
        if self.repeats != 0 {
            search.repeats = self.repeats;
        }
        Ok(search)
    }
}

impl From<&Trial> for netshoot_throughput_trial_t {
    fn from(trial: &Trial) -> Self {
        let (rate, sent) = (trial.rate.0, trial.sent.0);
        Self { rate, sent, packets: trial.packets, lost: trial.lost, failure: failure(trial.failure) }
    }
}

impl From<&SearchResult> for netshoot_throughput_search_t {
    fn from(found: &SearchResult) -> Self {
        Self {
            rate: found.rate.map_or(0, |rate| rate.0),
            failed: found.failed.map_or(0, |rate| rate.0),
            loss: found.loss,
            loss_at_most: found.loss_at_most,
            trial_count: found.trials.len(),
            passes: found.passes,
            failure: failure(found.failure),
        }
    }
}

impl From<&SizeResult> for netshoot_throughput_size_t {
    fn from(size: &SizeResult) -> Self {
        Self {
            rate: size.rate.0,
            packets_per_second: size.packets_per_second,
            loss: size.loss,
            local_cpu: size.local_cpu.into(),
            remote_cpu: size.remote_cpu.into(),
            size: size.size,
        }
    }
}

fn failure(failure: Option<TrialFailure>) -> u8 {
    match failure {
        None => NETSHOOT_TRIAL_PASSED,
        Some(TrialFailure::Sender) => NETSHOOT_TRIAL_SENDER,
        Some(_) => NETSHOOT_TRIAL_LOSS,
    }
}
