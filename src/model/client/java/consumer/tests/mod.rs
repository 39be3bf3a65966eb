//! Stories of the consumer, on the bench.

mod application;
mod failures;
mod moves;
mod positions;
mod storms;

use crate::engine::Instant;
use crate::kafka::ErrorCode;
use crate::model::client::bench::Bench;
use crate::observe::Fact;
use crate::observe::fact::{Refresh, Unreachable};

fn refreshed(fact: &Fact) -> bool {
    matches!(fact, Fact::Refreshed { what: Refresh::Answered(..), .. })
}

fn gave_up(fact: &Fact) -> bool {
    matches!(fact, Fact::EntryUnreachable { how: Unreachable::TimedOut, .. })
}

fn sent(fact: &Fact) -> bool {
    matches!(fact, Fact::EntrySent { .. })
}

fn fenced(bench: &Bench, from: Instant) -> usize {
    bench.fetch_errors(ErrorCode::FencedLeaderEpoch, from)
}
