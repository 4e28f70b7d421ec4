//! The crate rtnetlink, in the same thread: its runtime has no other.

use futures_util::{Stream, StreamExt};
use netshoot_core::namespace::Namespace;
use rtnetlink::packet_route::route::RouteMessage;
use rtnetlink::{Error, Handle};
use tokio::runtime::Runtime;

use crate::floor::{Floor, request};
use crate::{RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH, RTM_GETROUTE, medians_of};

/// Lists the same objects; nothing is promised.
pub(crate) fn rtnetlink(namespace: &Namespace, floor: &mut Floor) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let handle = namespace.run(|| connect(&runtime)).unwrap();
    let mut compare = |what: &str, question: Vec<u8>, list: &dyn Fn() -> usize| {
        let [raw, theirs] = medians_of(ROUNDS, [&mut || floor.dump(&question), &mut || list()]);
        let ratio = theirs.as_secs_f64() / raw.as_secs_f64();
        println!("  {what:<24} raw {raw:>10.2?}  theirs {theirs:>8.2?}  {ratio:>5.2} x  (rtnetlink)");
    };
    compare("links", request(RTM_GETLINK, &[0; 16]), &|| count(&runtime, handle.link().get().execute()));
    compare("addresses", request(RTM_GETADDR, &[0; 8]), &|| count(&runtime, handle.address().get().execute()));
    compare("routes", request(RTM_GETROUTE, &[0; 12]), &|| {
        count(&runtime, handle.route().get(RouteMessage::default()).execute())
    });
    compare("neighbors", request(RTM_GETNEIGH, &[0; 12]), &|| count(&runtime, handle.neighbours().get().execute()));
}

fn connect(runtime: &Runtime) -> Handle {
    let _within = runtime.enter();
    let (connection, handle, _) = rtnetlink::new_connection().unwrap();
    runtime.spawn(connection);
    handle
}

fn count<T>(runtime: &Runtime, objects: impl Stream<Item = Result<T, Error>>) -> usize {
    let objects: Vec<_> = runtime.block_on(objects.map(Result::unwrap).collect());
    objects.len()
}

/// Few, as it takes its time.
const ROUNDS: usize = 11;
