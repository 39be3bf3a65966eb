//! Why a client asked the wrong broker.

use super::clients::{Client, Wish};
use super::fact::Told;
use super::pairs::Pair;
use super::truth::{PartitionTruth, Truth};
use crate::kafka::BrokerIx;

/// Why a stale request went where it went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cause {
    /// Nobody had told the client since the move, and it had not asked.
    NeverTold,
    /// A metadata answer given after the move came from an image older than the move.
    ToldByOldView,
    /// The leader hint that the client followed was older than the truth.
    HintOlderThanTruth,
    /// The target was right when the request was sent.
    InFlightAtTheMove,
    /// The client was right, but earlier than the leader: it sent to the true leader before that broker had taken the role.
    AheadOfTheLeader,
    /// The client wanted metadata and had not yet got it.
    RefreshPending,
    /// Its metadata request stood behind other requests, or before a broker that does not run or cannot be reached.
    RefreshBlocked,
    /// Its wish for metadata was erased by an answer that was under way.
    RefreshSwallowed,
}

impl Cause {
    /// As reports name it.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::NeverTold => "never told",
            Cause::ToldByOldView => "told by a broker whose own view was old",
            Cause::HintOlderThanTruth => "hint older than truth",
            Cause::InFlightAtTheMove => "in flight at the move",
            Cause::AheadOfTheLeader => "ahead of the leader",
            Cause::RefreshPending => "refresh pending",
            Cause::RefreshBlocked => "refresh blocked",
            Cause::RefreshSwallowed => "refresh swallowed",
        }
    }
}

/// The cause that an entry sent now to `broker` will have, should it prove stale. Judged when it is sent, because that is when the client chose.
pub fn at_send(broker: BrokerIx, pair: &Pair, client: &Client, partition: &PartitionTruth, truth: &Truth) -> Cause {
    // Right when sent, or nobody was right: only a later commit can make it stale.
    let Some(leader) = partition.leader else { return Cause::InFlightAtTheMove };
    if leader == broker {
        return if partition.is_ready(broker) { Cause::InFlightAtTheMove } else { Cause::AheadOfTheLeader };
    }
    // The cache is right already: the request was chosen before, and has only now left.
    if pair.believed_leader() == Some(leader) {
        return Cause::InFlightAtTheMove;
    }
    let moved = partition.moved_at;
    if let Some(belief) = pair.belief.filter(|b| b.since >= moved) {
        match belief.told {
            Told::Metadata(..) => return Cause::ToldByOldView,
            Told::Hint(_) => return Cause::HintOlderThanTruth,
            Told::Forgot => {}
        }
    }
    match client.wish {
        Wish::Wanted => return Cause::RefreshPending,
        Wish::Sent { broker, behind, .. } => {
            let waits = behind && client.links[broker.index()].outstanding > 0;
            let unreachable = !truth.is_running(broker) || truth.is_cut_from_client(broker, pair.client);
            return if waits || unreachable { Cause::RefreshBlocked } else { Cause::RefreshPending };
        }
        Wish::None => {}
    }
    if client.swallowed.is_some_and(|at| at >= moved) {
        return Cause::RefreshSwallowed;
    }
    if client.answered.is_some_and(|(at, offset)| at >= moved && offset < partition.moved_offset) {
        return Cause::ToldByOldView;
    }
    Cause::NeverTold
}
