//! Gates: a client that tries again and again is not held up by its own pauses but by what it tries for. Where an attempt had failed
//! because something was not so yet, the attempt that found it so waited for that, and then for the rest of its pause.

use super::{Rules, all};
use crate::explain::graph::{Cause, Point};
use crate::explain::kept::Ix;
use crate::kafka::{BrokerIx, ErrorCode};
use crate::observe::Fact;
use crate::observe::fact::{Api, Refresh};

/// What the client of a window tried for before it came about.
#[derive(Clone, Debug, Default)]
pub(super) struct Gates {
    /// The broker that served the client in the end.
    leader: Option<BrokerIx>,
    /// The broker that told the client knew of the move.
    pub news: Option<Ix>,
    /// The ISR was large enough.
    isr: Option<Ix>,
}

impl Gates {
    pub(super) fn of(rules: &Rules<'_>, end: Ix) -> Gates {
        let kept = rules.kept;
        let entry =
            if let Fact::EntryReturned { entry, .. } | Fact::EntryTaken { entry, .. } = kept.fact(end) { Some(*entry) } else { None };
        let sent = entry.and_then(|entry| kept.last(end, |f| matches!(f, Fact::EntrySent { entry: e, .. } if *e == entry)));
        let Some((sent, leader)) =
            sent.and_then(|ix| if let Fact::EntrySent { broker, .. } = kept.fact(ix) { Some((ix, *broker)) } else { None })
        else {
            return Gates::default();
        };
        let (client, partition) = (rules.target().client, rules.target().partition);
        let belief = rules.recent(sent, |f| {
            matches!(f, Fact::BeliefChanged { client: c, partition: p, leader: l, .. } if (*c, *p, *l) == (client, partition, Some(leader)))
        });
        Gates {
            leader: Some(leader),
            news: belief.and_then(|belief| rules.teller_knew(belief)).filter(|news| kept.at(*news) > rules.start()),
            isr: rules.isr_grown(sent).filter(|grown| rules.short_before(*grown)),
        }
    }
}

impl Rules<'_> {
    /// Whether the client had tried something in vain in the window and before a gate: it was going about in a loop.
    fn tried_in_vain(&self, gate: Ix) -> bool {
        let own = self.target().client;
        // Until the last one, what a consumer fetches of the partition is no news of its leader.
        let fetched = |f: &Fact| matches!(f, Fact::EntryReturned { client, partition, .. } if (*client, *partition) == (own, self.target().partition));
        self.recent(gate, |f| {
            (self.consumes() && fetched(f))
                || matches!(f, Fact::Refreshed { client, what: Refresh::Answered(..) | Refresh::Failed } if *client == own)
                || matches!(f, Fact::EntryReturned { client, error, .. } if *client == own && !error.is_none())
                || matches!(f, Fact::EntryUnreachable { client, .. } | Fact::ConnectionLost { client, .. } if *client == own)
                || matches!(f, Fact::RequestServed { client, api: Api::OffsetsForLeaderEpoch | Api::ListOffsets, .. } if *client == own)
        })
        .is_some()
    }

    /// The ISR grew last at this fact.
    fn isr_grown(&self, before: Ix) -> Option<Ix> {
        let partition = self.target().partition;
        self.recent(
            before,
            |f| matches!(f, Fact::IsrAnswered { partition: p, error, shrink: false, .. } if *p == partition && error.is_none()),
        )
    }

    fn short_before(&self, before: Ix) -> bool {
        let (client, partition) = (self.target().client, self.target().partition);
        let is_short = |error: ErrorCode| matches!(error, ErrorCode::NotEnoughReplicas | ErrorCode::NotEnoughReplicasAfterAppend);
        self.recent(before, |f| {
            matches!(f, Fact::EntryAnswered { client: c, partition: p, error, .. } if (*c, *p) == (client, partition) && is_short(*error))
        })
        .is_some()
    }

    /// A broker came to lead or to follow: from then on it answers otherwise.
    fn role_changed(&self, before: Ix, broker: BrokerIx) -> Option<Ix> {
        let partition = self.target().partition;
        self.recent(before, |f| matches!(f, Fact::LeaderRoleTaken { broker: b, partition: p, .. } | Fact::FollowerRoleTaken { broker: b, partition: p, .. } if (*b, *p) == (broker, partition)))
    }

    /// What an attempt tried for: what it would have failed without.
    fn gate(&self, ix: Ix) -> Option<Ix> {
        let reach = |broker: BrokerIx| self.back(self.start(), ix, broker);
        let fact = self.kept.fact(ix);
        let gates = if let Fact::Refreshed { what: Refresh::Sent(broker), .. } = fact {
            [self.gates.news, reach(*broker), None]
        } else if matches!(fact, Fact::Refreshed { what: Refresh::Wanted | Refresh::Failed, .. }) {
            [self.gates.news, None, None]
        } else if let Fact::ConnectionOpening { broker, .. } | Fact::ConnectionLost { broker, .. } = fact {
            [self.gates.news.filter(|_| self.gates.leader != Some(*broker)), reach(*broker), None]
        } else if let Fact::EntrySent { broker, .. }
        | Fact::RequestServed { broker, api: Api::OffsetsForLeaderEpoch | Api::ListOffsets, .. } = fact
        {
            [self.role_changed(ix, *broker), reach(*broker), self.gates.isr]
        } else {
            return None;
        };
        gates.into_iter().flatten().filter(|gate| *gate < ix && self.tried_in_vain(*gate)).max()
    }

    /// The causes of a fact, with those that lie before a gate replaced by the gate.
    pub(super) fn gated(&self, ix: Ix, causes: Vec<Cause>) -> Vec<Cause> {
        let Some(gate) = self.gate(ix) else { return causes };
        let opened = self.kept.at(gate);
        let (before, mut later): (Vec<Cause>, Vec<Cause>) = causes.into_iter().partition(|cause| self.moment(cause.point) < opened);
        let cut = before.iter().find(|cause| cause.explains).or_else(|| before.iter().max_by_key(|cause| self.moment(cause.point)));
        if let Some(cut) = cut.copied() {
            // What explained the pause explains what was left of it; what did not, does not.
            later.push(Cause { explains: cut.explains, ..all(Point::Fact(gate), cut.wait) });
        }
        later
    }
}
