//! All engines do the same work.

use crate::engine::Engine;
use crate::simpy::{Server, versions};
use crate::work::Work;

const WORKS: [Work; 4] = [Work::Hold { pending: 10 }, Work::Hold { pending: 3_000 }, Work::Network, Work::Ring];

fn agrees(engine: Engine, work: Work, requests: u64) {
    let horizon = work.horizon_ns(requests);
    let ours = Engine::Kafkasim.run(work, horizon).unwrap().outcome;
    let theirs = engine.run(work, horizon).unwrap().outcome;
    assert_eq!(theirs, ours, "{} on {work:?}", engine.title());
    assert!(ours.requests.abs_diff(requests) < requests / 5, "{work:?}: {} requests, not about {requests}", ours.requests);
}

#[test]
fn the_binary_heap_and_nexosim_do_the_work_of_kafkasim() {
    for work in WORKS {
        agrees(Engine::BinaryHeap, work, 5_000);
        agrees(Engine::Nexosim, work, 5_000);
    }
}

/// Nothing to see where SimPy is not installed.
#[test]
fn simpy_does_the_work_of_kafkasim() {
    if let Err(why) = versions() {
        return eprintln!("not tested: {why}");
    }
    for work in WORKS {
        agrees(Engine::Simpy(Server::Solved), work, 5_000);
        agrees(Engine::Simpy(Server::Resource), work, 5_000);
    }
}

#[test]
fn longer_is_other_work() {
    let outcome = |requests| Engine::Kafkasim.run(Work::Ring, Work::Ring.horizon_ns(requests)).unwrap().outcome;
    assert_ne!(outcome(5_000).checksum, outcome(6_000).checksum);
}
