//! Stories of sarama clients on the bench.

mod applications;
mod consumers;
mod failures;
mod moves;
mod numbers;
mod storms;

use crate::model::client::bench::Bench;
use crate::observe::Fact;
use crate::observe::fact::Refresh;

/// The release that was measured.
const MEASURED: &str = "sarama-1.61";

fn asked(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Sent(_), .. })
}

/// A record to partition 0 every 20 ms for so long, in milliseconds.
fn steady(bench: &mut Bench, lasting: u64) {
    let start = bench.now;
    for i in 0..lasting / 20 {
        bench.run_to(start + crate::model::client::bench::ms(20 * i));
        bench.send(0);
    }
    bench.run_to(start + crate::model::client::bench::ms(lasting));
}

/// The record of an acknowledgement.
fn done(fact: &Fact) -> Option<u64> {
    match fact {
        Fact::RecordDone { record, error, .. } if error.is_none() => Some(*record),
        _ => None,
    }
}
