//! The only place where engine meets model: the events, their dispatch, the delivery of messages, and the handles by which faults push on it.

use crate::engine::{Chance, Instant};
use crate::kafka::{BrokerIx, NodeIx, PartitionIx, VoterIx};
use crate::model::message::AdminRequest;
use crate::model::{History, Spec};
use crate::observe::Fact;

/// A cluster in motion.
pub struct World {
    spec: Spec,
}

/// A cut of the network that can be healed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CutId(pub u32);

#[expect(unused_variables, clippy::todo, missing_docs)]
impl World {
    /// Builds the cluster that `spec` describes, warm: roles taken, fetchers running, sessions alive.
    pub fn build(spec: Spec, seed: u64) -> World {
        World { spec }
    }
    pub fn spec(&self) -> &Spec {
        &self.spec
    }
    pub fn now(&self) -> Instant {
        todo!()
    }
    pub fn chance(&self) -> Chance {
        todo!()
    }
    pub fn history(&self) -> &History {
        todo!()
    }
    /// Events processed so far.
    pub fn events(&self) -> u64 {
        todo!()
    }
    /// Processes one event; none are left when this is none.
    pub fn step(&mut self) -> Option<Instant> {
        todo!()
    }
    /// Processes every event up to and including `at`, then stands at `at`.
    pub fn run_until(&mut self, at: Instant) {
        todo!()
    }
    /// Takes the facts that have happened since they were last taken, each with its moment, in order.
    pub fn drain_facts(&mut self, sink: &mut dyn FnMut(Instant, &Fact)) {
        todo!()
    }
    /// SIGKILL: the kernel resets the connections and refuses new ones.
    pub fn kill(&mut self, node: NodeIx) {
        todo!()
    }
    /// SIGTERM: controlled shutdown, then the process ends.
    pub fn stop(&mut self, node: NodeIx) {
        todo!()
    }
    /// Starts a process that has ended.
    pub fn start(&mut self, node: NodeIx) {
        todo!()
    }
    /// The machine loses power: silence, and unflushed data is gone.
    pub fn power_off(&mut self, node: NodeIx) {
        todo!()
    }
    /// SIGSTOP or a long GC pause: silence, the kernel still takes bytes.
    pub fn pause(&mut self, node: NodeIx) {
        todo!()
    }
    pub fn resume(&mut self, node: NodeIx) {
        todo!()
    }
    /// All work of this process takes `factor` times as long from now on.
    pub fn set_slowness(&mut self, node: NodeIx, factor: f64) {
        todo!()
    }
    /// All disk work of this process takes `factor` times as long from now on.
    pub fn set_disk_slowness(&mut self, node: NodeIx, factor: f64) {
        todo!()
    }
    /// Silently drops everything from any of `from` to any of `to` (and back, if `both_ways`).
    pub fn cut(&mut self, from: &[NodeIx], to: &[NodeIx], both_ways: bool) -> CutId {
        todo!()
    }
    pub fn heal(&mut self, cut: CutId) {
        todo!()
    }
    /// Whether the process exists now (running, starting or paused).
    pub fn is_up(&self, node: NodeIx) -> bool {
        todo!()
    }
    /// Whether the broker is registered, unfenced, not shutting down, and listening.
    pub fn is_serving(&self, broker: BrokerIx) -> bool {
        todo!()
    }
    pub fn active_controller(&self) -> Option<VoterIx> {
        todo!()
    }
    /// Partitions whose committed ISR is smaller than their (target) replica set, or that have no leader.
    pub fn under_replicated(&self) -> usize {
        todo!()
    }
    /// Hands an operator's request to the active controller, now or as soon as there is one.
    pub fn admin(&mut self, request: AdminRequest) {
        todo!()
    }
    /// Notes a fault in the facts, in words.
    pub fn note_fault(&mut self, text: String) {
        todo!()
    }
    /// Interns a topic that does not exist yet (for `AdminRequest::CreateTopic` and `GrowTopic`); returns the new partitions.
    pub fn intern_partitions(
        &mut self,
        topic: &str,
        config: crate::kafka::config::TopicConfig,
        replicas: &[crate::kafka::Replicas],
    ) -> (crate::kafka::TopicIx, Vec<PartitionIx>) {
        todo!()
    }
    /// Every batch that stands in the log of each partition's true leader (or, without one, of its first ISR member), with its end offset, and whether it is below the high watermark.
    pub fn audit(&self, sink: &mut dyn FnMut(PartitionIx, crate::observe::fact::BatchId, bool)) {
        todo!()
    }
}
