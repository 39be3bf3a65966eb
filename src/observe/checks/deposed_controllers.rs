//! A controller that another one has replaced gives up: no majority fetches from it any more.
//! Source: `KafkaRaftClient.maybeTransition`, `LeaderState.timeUntilCheckQuorumExpires` (KAFKA-15489).

use super::Findings;
use crate::engine::{Duration, Instant};
use crate::kafka::{NodeIx, RaftEpoch, VoterIx};
use crate::model::Spec;
use crate::observe::fact::Fact;
use std::collections::BTreeMap;

/// What it may take beyond the check of the quorum.
const SLACK: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
struct Term {
    epoch: RaftEpoch,
    /// Since when it has been active, and scheduled.
    since: Instant,
    paused: bool,
}

/// The check.
#[derive(Clone, Debug)]
pub struct DeposedControllers {
    pub(super) findings: Findings,
    patience: Duration,
    voters: BTreeMap<NodeIx, VoterIx>,
    active: BTreeMap<VoterIx, Term>,
}

impl DeposedControllers {
    pub(super) fn new(spec: &Spec) -> Self {
        let timeout = spec.voters.iter().map(|v| v.config.controller_quorum_fetch_timeout).max().unwrap_or(Duration::ZERO);
        DeposedControllers {
            findings: Findings::of("deposed controllers give up"),
            patience: timeout.scale(1.5) + SLACK,
            voters: spec.voters.iter().enumerate().map(|(i, v)| (v.node, VoterIx(i as u32))).collect(),
            active: BTreeMap::new(),
        }
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::ControllerActive { voter, epoch } = fact {
            self.judge(at);
            self.active.insert(*voter, Term { epoch: *epoch, since: at, paused: false });
        }
        if let Fact::ControllerResigned { voter, .. } = fact {
            self.active.remove(voter);
        }
        if let Fact::ProcessEnded { node, .. } = fact
            && let Some(voter) = self.voters.get(node)
        {
            self.active.remove(voter);
        }
        if let Fact::Paused { node } | Fact::Resumed { node } = fact
            && let Some(term) = self.voters.get(node).and_then(|v| self.active.get_mut(v))
        {
            (term.since, term.paused) = (at, matches!(fact, Fact::Paused { .. }));
        }
    }

    /// The run is over.
    pub(super) fn finish(&mut self, end: Instant) {
        self.judge(end);
    }

    fn judge(&mut self, at: Instant) {
        let Some(newest) = self.active.values().max_by_key(|t| t.epoch).copied() else { return };
        let late = |t: &Term| t.epoch < newest.epoch && !t.paused && t.since.max(newest.since) + self.patience < at;
        let Some((voter, term)) = self.active.iter().find(|(_, t)| late(t)) else { return };
        let text = format!("{voter:?} is still the active controller of raft epoch {}, and epoch {} has one", term.epoch, newest.epoch);
        self.findings.violated(at, text);
    }
}
