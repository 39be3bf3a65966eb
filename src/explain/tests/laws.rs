//! What holds of every explanation, on clusters and faults that were drawn.

use super::*;
use crate::swarm;

/// The scenario of a number of the swarm, none if it is larger than these tests want.
fn drawn(number: u64) -> Source {
    let flight = swarm::fly(number, &swarm::Options { max_events: 2_000_000 });
    Source { name: format!("swarm-{number}"), text: flight.toml }
}

const fn asked(slowest: usize, tries: bool) -> Question {
    Question { client: None, partition: None, slowest, tries, max_events: 4_000_000 }
}

/// Nanoseconds of milliseconds of a record, which are told exactly.
fn nanos(ms: f64) -> i64 {
    (ms * 1e6).round() as i64
}

/// The run that is watched and the one that is not have the same digest: `explain` itself asserts it.
#[test]
fn the_steps_of_every_recovery_add_up_to_its_length_to_the_nanosecond() {
    let mut seen = 0;
    for number in [2, 3, 5, 9, 11, 18, 20, 22, 23, 26] {
        let Ok(answer) = explain(&drawn(number), &[], &asked(20, false)) else { continue };
        for recovery in &answer.explained {
            seen += 1;
            let whole: i64 = recovery.steps.iter().map(|step| nanos(step.ms)).sum();
            assert_eq!(whole, nanos(recovery.recovery_ms), "swarm {number}, {recovery:?}");
            let mut at = nanos(recovery.start_ms);
            for step in &recovery.steps {
                at += nanos(step.ms);
                assert_eq!(nanos(step.at_ms), at, "each step ends where the next begins: swarm {number}, {step:?}");
            }
            let shares: f64 = recovery.steps.iter().map(|step| step.share).sum();
            assert!(recovery.recovery_ms == 0.0 || (shares - 1.0).abs() < 1e-9);
        }
    }
    assert!(seen > 30, "{seen}");
}
