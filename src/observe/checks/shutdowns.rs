//! A broker in a controlled shutdown stops only when those who lead in its place know it. Source: `BrokerHeartbeatManager`
//! (`calculateNextBrokerState`, `lowestActiveOffset`).
//!
//! What a controller knew of a shutdown is gone with it, and a broker that was fenced meanwhile may stop at once: then nothing is promised.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, MetadataOffset, PartitionIx};
use crate::observe::fact::{BrokerState, Fact, Why};
use crate::observe::truth::Truth;
use std::collections::BTreeMap;

/// Who leads what in the place of a broker that wants to stop, and the offset of that change.
type Heirs = Vec<(PartitionIx, BrokerIx, MetadataOffset)>;

/// The check.
#[derive(Clone, Debug)]
pub struct Shutdowns {
    pub(super) findings: Findings,
    pending: BTreeMap<BrokerIx, Heirs>,
}

impl Shutdowns {
    pub(super) const fn new() -> Self {
        Shutdowns { findings: Findings::of("controlled shutdown waits"), pending: BTreeMap::new() }
    }

    /// A broker enters a state.
    pub(super) fn state(&mut self, at: Instant, broker: BrokerIx, state: BrokerState, truth: &Truth) {
        if state == BrokerState::PendingControlledShutdown {
            self.pending.insert(broker, Vec::new());
            return;
        }
        let Some(heirs) = self.pending.remove(&broker).filter(|_| state == BrokerState::ShuttingDown) else { return };
        let knows = |heir: BrokerIx, offset| !truth.is_running(heir) || truth.image_reached(heir, offset).is_some();
        if let Some((partition, heir, _)) = heirs.iter().find(|(_, heir, offset)| !knows(*heir, *offset)) {
            let text = format!("partition {partition}: {broker:?} stops, and {heir:?}, which leads instead, does not know it yet");
            self.findings.violated(at, text);
        }
    }

    pub(super) fn on_fact(&mut self, fact: &Fact, truth: &Truth) {
        if let Fact::PartitionCommitted { partition, old_leader: Some(old), leader: Some(heir), why, offset, .. } = fact
            && *why == Why::ControlledShutdown
            && let Some(heirs) = self.pending.get_mut(old)
        {
            heirs.push((*partition, *heir, *offset));
        }
        if let Fact::SessionExpired { broker, .. } = fact {
            self.pending.remove(broker);
        }
        // Nor is anybody waited for who is not active.
        if let Fact::BrokerCommitted { broker, fenced, in_controlled_shutdown, .. } = fact
            && (*fenced || *in_controlled_shutdown)
        {
            self.forget_heir(*broker);
        }
        if let Fact::ControllerActive { .. } = fact {
            self.pending.clear();
        }
        if let Fact::ProcessEnded { node, .. } = fact
            && let Some(broker) = truth.broker_of(*node)
        {
            self.pending.remove(&broker);
            self.forget_heir(broker);
        }
    }

    fn forget_heir(&mut self, broker: BrokerIx) {
        self.pending.values_mut().for_each(|heirs| heirs.retain(|(_, heir, _)| *heir != broker));
    }
}
