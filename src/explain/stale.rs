//! Why one request went to the wrong broker: what the client believed, since when and by whom, when the leader moved, and what its
//! requests for metadata did in between.

use super::remedy;
use super::step::Step;
use super::wait::Wait;
use super::words::{Whose, Words, whose};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, PartitionIx};
use crate::model::Spec;
use crate::observe::Fact;
use crate::observe::fact::{EntryId, Refresh};

/// Steps about refreshes that are told at most; of more, the last ones.
const MOST_REFRESHES: usize = 8;

/// A request as it was sent.
#[derive(Clone, Copy)]
struct Sent {
    ix: usize,
    client: ClientIx,
    broker: BrokerIx,
    partition: PartitionIx,
}

/// The chain that led to the entry being sent to a broker that did not lead, and what became of it, in the order of time: the belief that
/// the client acted on, the leader changes that were committed since, the client's refreshes since the last of them, the request, its end.
///
/// `facts` are the facts of the run (or of a part that begins before the belief), in their order; moments of the steps are milliseconds
/// after `origin`. None when the entry was not sent among them, or went to the leader of committed metadata: that was not stale.
pub fn stale(spec: &Spec, facts: &[(Instant, Fact)], origin: Instant, entry: EntryId) -> Option<Vec<Step>> {
    let sent = find(facts, entry)?;
    let before = &facts[..sent.ix];
    let belief = before.iter().rposition(
        |(_, f)| matches!(f, Fact::BeliefChanged { client, partition, .. } if (*client, *partition) == (sent.client, sent.partition)),
    );
    let moves: Vec<usize> = (belief.unwrap_or(0)..sent.ix).filter(|ix| is_move(&facts[*ix].1, sent.partition)).collect();
    let last_move = moves.last().copied().or_else(|| before.iter().rposition(|(_, f)| is_move(f, sent.partition)));
    let leader = if let Some(Fact::PartitionCommitted { leader, .. }) = last_move.map(|ix| &facts[ix].1) {
        *leader
    } else {
        spec.partitions.get(sent.partition.index())?.leader
    };
    if leader == Some(sent.broker) {
        return None;
    }
    let mut told: Vec<(usize, Wait)> = belief.into_iter().map(|ix| (ix, Wait::Untold)).collect();
    // What the client was told after the move was old already: then the move comes before the belief.
    told.extend(last_move.filter(|_| moves.is_empty()).map(|ix| (ix, Wait::Untold)));
    told.extend(moves.into_iter().map(|ix| (ix, Wait::LaterEvent)));
    told.extend(refreshes(facts, &sent, last_move.unwrap_or(0)));
    told.push((sent.ix, Wait::ClientLoop));
    told.extend(ends(facts, &sent, entry));
    told.sort_unstable_by_key(|(ix, _)| *ix);
    Some(steps(spec, facts, origin, sent.client, &told))
}

fn find(facts: &[(Instant, Fact)], entry: EntryId) -> Option<Sent> {
    facts.iter().enumerate().rev().find_map(|(ix, (_, fact))| {
        if let Fact::EntrySent { client, broker, partition, entry: e, .. } = fact
            && *e == entry
        {
            Some(Sent { ix, client: *client, broker: *broker, partition: *partition })
        } else {
            None
        }
    })
}

fn is_move(fact: &Fact, of: PartitionIx) -> bool {
    matches!(fact, Fact::PartitionCommitted { partition, leader, old_leader, .. } if *partition == of && leader != old_leader)
}

/// The client's refreshes since the last move, and until the request was sent.
fn refreshes(facts: &[(Instant, Fact)], sent: &Sent, since: usize) -> Vec<(usize, Wait)> {
    let wait = |what: Refresh| match what {
        Refresh::Wanted => Wait::MetadataAge,
        Refresh::Sent(_) => Wait::RefreshBackoff,
        Refresh::Answered(..) | Refresh::Failed => Wait::MetadataRequest,
        Refresh::Swallowed => Wait::ClientLoop,
    };
    let all: Vec<(usize, Wait)> = (since..sent.ix)
        .filter_map(|ix| {
            if let Fact::Refreshed { client, what } = &facts[ix].1
                && *client == sent.client
            {
                Some((ix, wait(*what)))
            } else {
                None
            }
        })
        .collect();
    all[all.len().saturating_sub(MOST_REFRESHES)..].to_vec()
}

/// What became of the request.
fn ends(facts: &[(Instant, Fact)], sent: &Sent, entry: EntryId) -> Vec<(usize, Wait)> {
    let mut ends = Vec::new();
    for (ix, (_, fact)) in facts.iter().enumerate().skip(sent.ix + 1) {
        if matches!(fact, Fact::EntryTaken { entry: e, .. } if *e == entry) {
            ends.push((ix, Wait::Network));
        }
        if matches!(fact, Fact::EntryAnswered { entry: e, .. } if *e == entry) {
            ends.push((ix, Wait::Handler));
        }
        if matches!(fact, Fact::EntryReturned { entry: e, .. } if *e == entry) {
            ends.push((ix, Wait::Network));
            break;
        }
        if matches!(fact, Fact::EntryUnreachable { entry: e, .. } if *e == entry) {
            ends.push((ix, Wait::RequestTimeout));
            break;
        }
    }
    ends
}

fn steps(spec: &Spec, facts: &[(Instant, Fact)], origin: Instant, client: ClientIx, told: &[(usize, Wait)]) -> Vec<Step> {
    let words = Words::new(spec, client);
    let mut last = told.first().map_or(origin, |(ix, _)| facts[*ix].0);
    told.iter()
        .map(|(ix, wait)| {
            let (at, fact) = &facts[*ix];
            let took = at.since(std::mem::replace(&mut last, *at));
            Step {
                at_ms: at.millis_after(origin),
                ms: took.as_millis_f64(),
                share: 0.0,
                what: words.fact(fact),
                process: process(spec, fact),
                waited_for: wait.words().to_owned(),
                setting: remedy::setting(spec, client, *wait),
            }
        })
        .collect()
}

fn process(spec: &Spec, fact: &Fact) -> Option<String> {
    let node = match whose(fact) {
        Whose::Node(node) => node,
        Whose::Broker(broker) => spec.brokers.get(broker.index())?.node,
        Whose::Client(client) => spec.clients.get(client.index())?.node,
        Whose::Voter(voter) => spec.voters.get(voter.index())?.node,
        Whose::Controller | Whose::Nobody => return None,
    };
    Some(spec.nodes.get(node.index())?.name.clone())
}
