//! A second opinion: the replication and leadership of every partition, worked out again by a reference that was written from the KIPs
//! without a look at the model, and held against it fact by fact, over random histories and over some that are told on purpose.
//!
//! `KAFKASIM_REFERENCE_FIRST` and `KAFKASIM_REFERENCE_COUNT` choose other random clusters than the usual few, for a campaign;
//! `KAFKASIM_REFERENCE_THREADS` says how many run side by side. A failure prints both opinions, the partition's last facts, the scenario, and
//! the command that repeats it.

#[path = "reference/draw.rs"]
mod draw;
#[path = "reference/mod.rs"]
mod reference;

use reference::history;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The scenario of a number, as TOML: it ends in a calm that heals everything.
fn cluster(number: u64) -> String {
    draw::scenario(number)
}

/// What the two do not agree about in one random cluster, if anything.
fn compare(number: u64, compared: &AtomicU64) -> Option<String> {
    let text = cluster(number);
    let judged = catch_unwind(AssertUnwindSafe(|| history::judge(&format!("cluster-{number}"), &text)));
    let judged = judged.unwrap_or_else(|_| Err("it panicked, see above".to_owned()));
    let (complaints, facts) = judged.unwrap_or_else(|broken| (vec![broken], 0));
    compared.fetch_add(facts, Ordering::Relaxed);
    (!complaints.is_empty()).then(|| {
        format!(
            "### cluster {number}\n{}\n--- save as cluster-{number}.toml, then: kafkasim run cluster-{number}.toml --seed {number}\n{text}",
            complaints.join("\n")
        )
    })
}

#[test]
fn the_reference_agrees_with_every_step_of_random_histories() {
    let first = setting("KAFKASIM_REFERENCE_FIRST", 1);
    let end = first + setting("KAFKASIM_REFERENCE_COUNT", 60);
    let (next, compared) = (AtomicU64::new(first), AtomicU64::new(0));
    let mut differences: Vec<String> = std::thread::scope(|scope| {
        let one = || {
            let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed)).take_while(|n| *n < end);
            numbers.filter_map(|n| compare(n, &compared)).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..setting("KAFKASIM_REFERENCE_THREADS", 2)).map(|_| scope.spawn(one)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a panic is caught where it happens")).collect()
    });
    differences.sort();
    let compared = compared.into_inner();
    println!("{} histories, {compared} facts compared", end - first);
    assert!(compared > 1000 * (end - first), "histories without facts");
    assert!(differences.is_empty(), "{} of {} differ\n{}", differences.len(), end - first, differences.join("\n"));
}
