//! A broker whose process is gone is fenced when its session has run out. Sources: `BrokerHeartbeatManager`,
//! `ClusterControlManager.maybeFenceStaleBroker` (from 4.0 on looked at every eighth of a session, KAFKA-17793).
//!
//! Only time in which the quorum is well counts: a majority of voters runs, nothing is cut, and the active controller is the same.

use super::Findings;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, NodeIx};
use crate::model::Spec;
use crate::observe::fact::Fact;
use std::collections::{BTreeMap, BTreeSet};

/// What the look for stale sessions and the commit may take beyond the session itself.
const SLACK: Duration = Duration::from_secs(5);

/// The check.
#[derive(Clone, Debug)]
pub struct DeadBrokers {
    pub(super) findings: Findings,
    patience: Duration,
    brokers: BTreeMap<NodeIx, BrokerIx>,
    /// Whether each voter's process runs and is scheduled.
    voters: BTreeMap<NodeIx, bool>,
    cuts: BTreeSet<u32>,
    /// The process of the active controller, as far as it has not ended.
    controller: Option<NodeIx>,
    nodes: Vec<NodeIx>,
    /// Since when nothing happened to the quorum.
    quiet_since: Instant,
    fenced: BTreeSet<BrokerIx>,
    gone: BTreeMap<BrokerIx, Instant>,
    due: Option<Instant>,
}

impl DeadBrokers {
    pub(super) fn new(spec: &Spec) -> Self {
        let mut findings = Findings::of("dead brokers are fenced");
        if !spec.release.rules().periodic_fencing_check {
            findings.suspend("before 4.0 only the heartbeats of others make the controller look");
        }
        let session = spec.voters.iter().map(|v| v.config.broker_session_timeout).max().unwrap_or(Duration::ZERO);
        let down = spec.brokers.iter().enumerate().filter(|(_, b)| !b.up);
        DeadBrokers {
            findings,
            patience: session.scale(1.25) + SLACK,
            brokers: spec.brokers.iter().enumerate().map(|(i, b)| (b.node, BrokerIx(i as u32))).collect(),
            voters: spec.voters.iter().map(|v| (v.node, true)).collect(),
            cuts: BTreeSet::new(),
            controller: spec.voters.iter().find(|v| v.leads).map(|v| v.node),
            nodes: spec.voters.iter().map(|v| v.node).collect(),
            quiet_since: Instant::ZERO,
            fenced: down.map(|(i, _)| BrokerIx(i as u32)).collect(),
            gone: BTreeMap::new(),
            due: None,
        }
    }

    /// Whatever happens, time has passed.
    pub(super) fn passed(&mut self, at: Instant) {
        if self.due.is_none_or(|due| at <= due) || self.findings.is_suspended() {
            return;
        }
        let overdue: Vec<BrokerIx> = self.gone.iter().filter(|(_, since)| at > self.deadline(**since)).map(|(b, _)| *b).collect();
        for broker in overdue {
            self.findings.violated(at, format!("the process of {broker:?} has been gone for more than its session, and it is not fenced"));
            self.gone.remove(&broker);
        }
        self.arm();
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::BrokerCommitted { broker, fenced, .. } = fact {
            self.registered(*broker, *fenced);
        }
        if let Fact::ProcessEnded { node, .. } = fact
            && let Some(broker) = self.brokers.get(node).filter(|b| !self.fenced.contains(b))
        {
            self.gone.insert(*broker, at);
        }
        if let Fact::ProcessStarted { node } = fact
            && let Some(broker) = self.brokers.get(node)
        {
            self.gone.remove(broker);
        }
        if let Fact::ProcessEnded { node, .. } | Fact::Paused { node } = fact {
            self.voter(at, *node, false);
        }
        if let Fact::ProcessStarted { node } | Fact::Resumed { node } = fact {
            self.voter(at, *node, true);
        }
        if let Fact::LinksCut { cut, .. } = fact {
            self.cuts.insert(*cut);
        }
        if let Fact::LinksHealed { cut } = fact {
            self.cuts.remove(cut);
        }
        if let Fact::ControllerActive { voter, .. } = fact {
            self.controller = self.nodes.get(voter.index()).copied();
        }
        let resigned = |n: NodeIx| matches!(fact, Fact::ControllerResigned { voter, .. } if self.nodes.get(voter.index()) == Some(&n));
        let ended = |n: NodeIx| matches!(fact, Fact::ProcessEnded { node, .. } if *node == n);
        self.controller = self.controller.filter(|node| !resigned(*node) && !ended(*node));
        if let Fact::LinksCut { .. } | Fact::LinksHealed { .. } | Fact::ControllerActive { .. } | Fact::ControllerResigned { .. } = fact {
            self.quiet_since = at;
        }
        self.arm();
    }

    fn registered(&mut self, broker: BrokerIx, fenced: bool) {
        if fenced {
            self.fenced.insert(broker);
            self.gone.remove(&broker);
        } else {
            self.fenced.remove(&broker);
        }
    }

    fn voter(&mut self, at: Instant, node: NodeIx, runs: bool) {
        if let Some(voter) = self.voters.get_mut(&node) {
            *voter = runs;
            self.quiet_since = at;
        }
    }

    fn deadline(&self, gone_since: Instant) -> Instant {
        gone_since.max(self.quiet_since) + self.patience
    }

    fn arm(&mut self) {
        let running = self.voters.values().filter(|runs| **runs).count();
        let controlled = self.controller.is_some_and(|node| self.voters.get(&node) == Some(&true));
        let well = controlled && self.cuts.is_empty() && running > self.voters.len() / 2;
        self.due = self.gone.values().map(|since| self.deadline(*since)).min().filter(|_| well);
    }
}
