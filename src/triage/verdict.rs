//! Nothing, transient or sustained: by rules with limits, each with the number that was found.

use super::burst::QUIET_MS;
use super::clue::{Loss, Party};
use super::dumps::Difference;
use super::record::{RuleRecord, Verdict};
use super::spells::PAUSE_MS;
use super::story::Story;
use std::collections::BTreeMap;

/// So many outages of one broker are no single event. Two may be a restart that was done twice; a third is a pattern.
pub const FLAPS: usize = 3;
/// Outages of one broker that lie farther apart than this are separate events.
pub const FLAP_WINDOW_MS: i64 = 15 * 60_000;
/// So many elections of controllers: one or two happen when the quorum is restarted node by node.
pub const CONTROLLER_CHANGES: usize = 4;
/// So many times one broker's replicas were taken out of the ISR because they lagged.
pub const SHRINKS: usize = 3;
/// Errors that have gone on for this long, and to the end, do not heal by themselves: it is more than three times the longest session
/// (9 s by default) and the longest back-off of any client library, and clients refresh metadata at every such error.
pub const LASTING_MS: i64 = 30_000;
/// Leader changes of one partition, beyond what outages and elections explain.
pub const PING_PONG: u64 = 6;

/// The rules, each with what was found.
pub fn rules(story: &Story) -> Vec<RuleRecord> {
    vec![flapping(story), controllers(story), shrinking(story), lasting(story), leaderless(story), ping_pong(story)]
}

/// The verdict that follows.
pub fn verdict(story: &Story, rules: &[RuleRecord]) -> Verdict {
    if rules.iter().any(|rule| rule.holds) {
        return Verdict::Sustained;
    }
    let described = story.differences.iter().any(|(_, _, what, _)| !matches!(what, Difference::Joined(_)));
    if story.bursts.is_empty() && !described && story.evidence.reassignments.is_empty() { Verdict::Nothing } else { Verdict::Transient }
}

fn rule(text: impl Into<String>, found: u64, limit: u64, which: Option<String>) -> RuleRecord {
    RuleRecord { rule: text.into(), found, limit, holds: found >= limit, which }
}

/// The broker with most outages that lie close together, and how many.
pub fn flaps(story: &Story) -> Option<(u32, usize)> {
    let longest_run = |outages: &[super::outage::Outage]| {
        let (mut best, mut run) = (0, 0);
        let mut before: Option<i64> = None;
        for outage in outages {
            run = if before.is_some_and(|at| outage.from - at <= FLAP_WINDOW_MS) { run + 1 } else { 1 };
            (best, before) = (best.max(run), Some(outage.from));
        }
        best
    };
    let counted = story.outages.iter().map(|(broker, outages)| (*broker, longest_run(outages)));
    counted.max_by_key(|(broker, n)| (*n, std::cmp::Reverse(*broker)))
}

fn flapping(story: &Story) -> RuleRecord {
    let most = flaps(story);
    let which = most.filter(|(_, n)| *n > 0).map(|(broker, _)| format!("broker {broker}"));
    let text = format!("outages of one broker, each less than {} min after the one before", FLAP_WINDOW_MS / 60_000);
    rule(text, most.map_or(0, |(_, n)| n as u64), FLAPS as u64, which)
}

fn controllers(story: &Story) -> RuleRecord {
    let mut best = 0;
    for (i, first) in story.elections.iter().enumerate() {
        best = best.max(story.elections[i..].iter().take_while(|election| election.at - first.at <= FLAP_WINDOW_MS).count());
    }
    let text = format!("controllers elected within {} min", FLAP_WINDOW_MS / 60_000);
    rule(text, best as u64, CONTROLLER_CHANGES as u64, None)
}

fn shrinking(story: &Story) -> RuleRecord {
    let most = story.evidence.shrinks.iter().map(|(broker, spells)| (*broker, spells.iter().count() as u64)).max_by_key(|(_, n)| *n);
    let text = format!("times that one broker's replicas were taken out of the ISR for lagging, at least {} s apart", PAUSE_MS / 1000);
    rule(text, most.map_or(0, |(_, n)| n), SHRINKS as u64, most.map(|(broker, _)| format!("broker {broker}")))
}

/// How long client errors had gone on, in ms, if they reach to the end of the clients' logs.
pub fn open_errors(story: &Story) -> Option<(i64, i64)> {
    let mut spells: Vec<(i64, i64)> =
        story.evidence.refusals.values().flat_map(|spells| spells.iter()).map(|s| (s.first, s.last)).collect();
    let lost =
        story.losses().filter(|lost| lost.by == Party::Client && matches!(lost.loss, Loss::TimedOut | Loss::Unreachable | Loss::Refused));
    spells.extend(lost.map(|lost| (lost.spell.first, lost.spell.last)));
    let (_, end) = story.span()?;
    spells.sort_unstable();
    let mut joined: Option<(i64, i64)> = None;
    for (first, last) in spells {
        joined = match joined {
            Some((from, to)) if first <= to + QUIET_MS => Some((from, to.max(last))),
            Some(_) | None => Some((first, last)),
        };
    }
    let (first, last) = joined.filter(|(_, last)| end - last <= 10_000)?;
    // What follows a new event is of that event.
    let moved = story.changes.iter().map(|change| change.at).chain(story.elections.iter().map(|election| election.at));
    let gone = story.outages.values().flatten().flat_map(|outage| [Some(outage.from), outage.to]).flatten();
    let since = moved.chain(gone).filter(|at| *at <= last).max();
    Some((since.map_or(first, |at| at.max(first)), last))
}

fn lasting(story: &Story) -> RuleRecord {
    let lasted = open_errors(story).map_or(0, |(first, last)| last - first);
    let text = "seconds that clients' errors had gone on after the last event, without a pause of half a minute, when the logs end";
    rule(text, (lasted / 1000) as u64, (LASTING_MS / 1000) as u64, None)
}

fn leaderless(story: &Story) -> RuleRecord {
    let (_, end) = story.span().unwrap_or_default();
    let lasting: Vec<_> = story.leaderless().into_iter().filter(|(_, at, _)| at.is_none_or(|at| end - at >= LASTING_MS)).collect();
    let text = format!("partitions without a leader at the end, for {} s or since an unknown time", LASTING_MS / 1000);
    rule(text, lasting.len() as u64, 1, lasting.first().map(|(partition, _, _)| partition.to_string()))
}

fn ping_pong(story: &Story) -> RuleRecord {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for change in &story.changes {
        *counts.entry(change.partition.to_string()).or_default() += 1;
    }
    let explained = 2 * story.outages.values().map(|outages| outages.len() as u64).sum::<u64>() + story.evidence.preferred.len() as u64;
    let most = counts.into_iter().max_by_key(|(_, n)| *n);
    let found = most.as_ref().map_or(0, |(_, n)| n.saturating_sub(explained));
    rule("leader changes of one partition that neither outages nor elections explain", found, PING_PONG, most.map(|(name, _)| name))
}
