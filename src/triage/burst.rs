//! Bursts: times of trouble, told apart by quiet between them, and what else happened then.

use super::clue::{Loss, Party, Refusal};
use super::story::Story;

/// Quiet that ends a burst.
pub const QUIET_MS: i64 = 30_000;

/// A time of trouble.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Burst {
    /// When it began.
    pub from: i64,
    /// When it was over.
    pub to: i64,
    /// Requests that clients had refused, of all kinds.
    pub refusals: u64,
    /// Of these, because the broker was not the leader.
    pub not_leader: u64,
    /// Connections that clients lost.
    pub lost: u64,
    /// Changes of leaders.
    pub changes: u64,
    /// Replicas that left an ISR.
    pub left: u64,
    /// Replicas that joined an ISR.
    pub joined: u64,
    /// Outages that lie in it.
    pub outages: u64,
    /// Elections of controllers.
    pub elections: u64,
}

/// What one thing adds to a burst.
type Adds = fn(&mut Burst, u64);

/// All bursts in the order of time.
pub fn bursts(story: &Story) -> Vec<Burst> {
    let mut parts: Vec<(i64, i64, u64, Adds)> = Vec::new();
    for ((refusal, _), spells) in &story.evidence.refusals {
        let adds: Adds = match refusal {
            Refusal::NotLeader => |burst, n| {
                burst.refusals += n;
                burst.not_leader += n;
            },
            Refusal::NoLeader
            | Refusal::TooFewReplicas
            | Refusal::TimedOut
            | Refusal::Unanswered
            | Refusal::GivenUp
            | Refusal::UnknownPartition => |burst, n| burst.refusals += n,
        };
        parts.extend(spells.iter().map(|spell| (spell.first, spell.last, spell.count, adds)));
    }
    for lost in story.losses().filter(|lost| lost.by == Party::Client && lost.loss != Loss::Closed) {
        parts.push((lost.spell.first, lost.spell.last, lost.spell.count, |burst, n| burst.lost += n));
    }
    parts.extend(story.changes.iter().map(|change| (change.at, change.at, 1, (|burst, n| burst.changes += n) as Adds)));
    for membership in &story.memberships {
        let adds: Adds = if membership.joined { |burst, n| burst.joined += n } else { |burst, n| burst.left += n };
        parts.push((membership.at, membership.at, 1, adds));
    }
    let last = story.span().map_or(0, |(_, last)| last);
    for outage in story.outages.values().flatten() {
        // A broker that stays away is no trouble for longer than it takes to elect others.
        let to = outage.to.unwrap_or(outage.from).min(last);
        parts.push((outage.from, to.max(outage.from), 1, |burst, n| burst.outages += n));
    }
    parts.extend(story.elections.iter().map(|election| (election.at, election.at, 1, (|burst, n| burst.elections += n) as Adds)));
    for spells in story.evidence.shrinks.values() {
        parts.extend(spells.iter().map(|spell| (spell.first, spell.last, 0, (|_, _| {}) as Adds)));
    }
    join(parts)
}

fn join(mut parts: Vec<(i64, i64, u64, Adds)>) -> Vec<Burst> {
    parts.sort_by_key(|(from, to, _, _)| (*from, *to));
    let mut bursts: Vec<Burst> = Vec::new();
    for (from, to, n, adds) in parts {
        if bursts.last().is_none_or(|burst| from > burst.to + QUIET_MS) {
            bursts.push(Burst { from, to, ..Burst::default() });
        }
        if let Some(burst) = bursts.last_mut() {
            burst.to = burst.to.max(to);
            adds(burst, n);
        }
    }
    bursts
}
