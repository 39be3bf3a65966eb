//! Stories of franz-go clients.

mod consuming;
mod failures;
mod moves;

use crate::model::client::bench::Bench;
use crate::observe::Fact;
use crate::observe::fact::Refresh;

/// A producer that has been running for long, without linger.
fn producer(release: &str, leaders: &[u32], config: &[(&str, &str)]) -> Bench {
    seeded_producer(release, leaders, config, 7)
}

fn seeded_producer(release: &str, leaders: &[u32], config: &[(&str, &str)], seed: u64) -> Bench {
    let config: Vec<_> = [("kgo.ProducerLinger", "0")].iter().chain(config).copied().collect();
    Bench::warm_seeded(release, leaders, &config, seed)
}

/// A metadata request leaves.
fn asks(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Sent(_), .. })
}
