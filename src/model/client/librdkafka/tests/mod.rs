//! One client driven by hand, against brokers that the harness plays. `M1` to `M7` are runs of librdkafka 2.15.0 against a mock cluster with
//! one partition, under the same faults.

mod consumer;
mod failures;
mod moves;
mod storms;

use crate::engine::Instant;
use crate::model::client::bench::{Bench, at, ms};
use crate::observe::Fact;
use crate::observe::fact::Refresh;

/// A producer that has been running for long, on a quiet day.
fn warm(profile: &str, leaders: &[u32], config: &[(&str, &str)]) -> Bench {
    warm_seeded(profile, leaders, config, 7)
}

fn warm_seeded(profile: &str, leaders: &[u32], config: &[(&str, &str)], seed: u64) -> Bench {
    let config: Vec<_> = [("topic.metadata.refresh.interval.ms", "-1"), ("linger.ms", "0")].iter().chain(config).copied().collect();
    let mut bench = Bench::seeded(profile, leaders, &config, seed);
    bench.act(|client, ctx, out| client.start_warm(ctx, out));
    bench.run_to(at(10_000));
    bench.facts.clear();
    bench
}

/// Sends a record each `every` milliseconds until the moment given.
fn traffic(bench: &mut Bench, every: u64, until: Instant) {
    while bench.now < until {
        bench.send(0);
        let until = bench.now + ms(every);
        bench.run_to(until);
    }
}

fn asked(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Sent(_), .. })
}

/// A broker answered an entry of this client with an error.
fn refused(fact: &Fact) -> bool {
    matches!(fact, Fact::EntryReturned { error, .. } if !error.is_none())
}

/// How long the longest time between two acknowledgements was, in seconds.
fn longest_silence(bench: &Bench, from: Instant) -> f64 {
    let times = bench.times(from, crate::model::client::bench::acknowledged);
    times.windows(2).map(|w| w[1] - w[0]).fold(0.0, f64::max) / 1000.0
}

/// The same for so many milliseconds.
fn flow(bench: &mut Bench, every: u64, long: u64) {
    let until = bench.now + ms(long);
    traffic(bench, every, until);
}
