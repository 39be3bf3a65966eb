//! Stories of franz-go clients.

mod consuming;
mod failures;
mod moves;

use crate::model::client::bench::Bench;
use crate::observe::Fact;
use crate::observe::fact::Refresh;

/// A producer that has been running for long, without linger.
fn producer(release: &str, leaders: &[u32], config: &[(&str, &str)]) -> Bench {
    let config: Vec<_> = [("kgo.ProducerLinger", "0")].iter().chain(config).copied().collect();
    Bench::warm(release, leaders, &config)
}

/// A metadata request leaves.
fn asks(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Sent(_), .. })
}
