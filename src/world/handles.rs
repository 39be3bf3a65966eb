//! The handles by which faults push on the world from outside.

use super::World;
use super::event::Event;
use crate::engine::{Duration, Instant};
use crate::kafka::config::TopicConfig;
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, NodeIx, PartitionEpoch, PartitionIx, Replicas, TopicIx, VoterIx};
use crate::model::Spec;
use crate::model::broker::Pace;
use crate::model::message::AdminRequest;
use crate::model::network::cuts::CutId;
use crate::model::spec::{PartitionSpec, Role, TopicSpec};
use crate::observe::Fact;
use crate::observe::fact::{Ending, RecordId};

/// How often an operator's request is offered while there is no active controller.
const ADMIN_RETRY: Duration = Duration::from_millis(100);
/// After how long an operator's request is given up (`default.api.timeout.ms` of the admin client).
const ADMIN_TIMEOUT: Duration = Duration::from_secs(60);

impl World {
    /// SIGKILL: the kernel resets the connections and refuses new ones. A process that does not exist stays so.
    pub fn kill(&mut self, node: NodeIx) {
        if self.nodes[node.index()].up {
            self.end_process(node, Ending::Killed);
        }
    }

    /// SIGTERM: controlled shutdown, then the process ends. A paused process sees the signal when it goes on.
    pub fn stop(&mut self, node: NodeIx) {
        let process = &mut self.nodes[node.index()];
        if !process.up || process.stopping {
            return;
        }
        process.stopping = true;
        process.stop_pending = process.paused;
        if !process.paused {
            self.terminate(node);
        }
    }

    fn terminate(&mut self, node: NodeIx) {
        self.input(node, |n, ctx, out| match (&mut n.broker, &mut n.controller) {
            (Some(broker), _) => broker.stop(ctx, out),
            (None, Some(controller)) => controller.stop(ctx, out),
            (None, None) => out.exit = Some(Ending::Stopped),
        });
    }

    /// Starts a process that has ended, with what is on its disk. A process that exists stays as it is.
    pub fn start(&mut self, node: NodeIx) {
        let process = &mut self.nodes[node.index()];
        if process.up {
            return;
        }
        process.up = true;
        process.stopping = false;
        process.incarnation += 1;
        process.armed.fill(Instant::MAX);
        self.cuts.set_dark(node, false);
        self.note(Fact::ProcessStarted { node });
        self.wake_held();
        self.input(node, |n, ctx, out| n.start(ctx, out));
    }

    /// The machine loses power: silence, and data that was not written back is gone.
    pub fn power_off(&mut self, node: NodeIx) {
        if !self.nodes[node.index()].up {
            return;
        }
        self.end_process(node, Ending::PoweredOff);
    }

    pub(super) fn end_process(&mut self, node: NodeIx, how: Ending) {
        self.end_lulls_of(node);
        let now = self.now;
        let process = &mut self.nodes[node.index()];
        process.up = false;
        process.stopping = false;
        process.stop_pending = false;
        self.paused -= u32::from(std::mem::take(&mut process.paused));
        process.incarnation += 1;
        let deferred = std::mem::take(&mut process.deferred);
        let mut out = self.outboxes.pop().unwrap_or_default();
        if let Some(controller) = &mut process.controller {
            controller.crash();
        }
        if let Some(broker) = &mut process.broker {
            if how == Ending::PoweredOff { broker.lose_power(now, &mut out) } else { broker.crash() }
        }
        self.note(Fact::ProcessEnded { node, how });
        self.facts.extend(out.facts.drain(..).map(|fact| (now, fact)));
        self.outboxes.push(out);
        if how == Ending::PoweredOff {
            self.cuts.set_dark(node, true);
        }
        self.close_all(node, how != Ending::PoweredOff);
        // What waited for the process is seen by its kernel, if there is one.
        self.queue_deferred(deferred);
    }

    /// SIGSTOP, or a long GC pause: silence, the kernel still takes bytes.
    pub fn pause(&mut self, node: NodeIx) {
        if self.nodes[node.index()].up && !self.nodes[node.index()].paused {
            self.end_lulls_of(node);
            self.nodes[node.index()].paused = true;
            self.paused += 1;
            self.note(Fact::Paused { node });
        }
    }

    /// SIGCONT: what waited is seen now, in order.
    pub fn resume(&mut self, node: NodeIx) {
        if !std::mem::take(&mut self.nodes[node.index()].paused) {
            return;
        }
        self.paused -= 1;
        self.note(Fact::Resumed { node });
        let deferred = std::mem::take(&mut self.nodes[node.index()].deferred);
        self.queue_deferred(deferred);
        if std::mem::take(&mut self.nodes[node.index()].stop_pending) {
            self.terminate(node);
        }
    }

    /// All work of this process takes `factor` times as long from now on.
    pub fn set_slowness(&mut self, node: NodeIx, factor: f64) {
        self.nodes[node.index()].controller.iter_mut().for_each(|c| c.slowness = factor);
        self.pace(node, |broker| Pace { work: factor, ..broker });
    }

    /// All disk work of this process takes `factor` times as long from now on.
    pub fn set_disk_slowness(&mut self, node: NodeIx, factor: f64) {
        self.nodes[node.index()].controller.iter_mut().for_each(|c| c.disk_slowness = factor);
        self.pace(node, |broker| Pace { disk: factor, ..broker });
    }

    /// A machine works at a pace whether its process is up or not.
    fn pace(&mut self, node: NodeIx, change: impl FnOnce(Pace) -> Pace) {
        self.end_lulls_of(node);
        let Some(broker) = &mut self.nodes[node.index()].broker else { return };
        let pace = change(broker.pace());
        let before = std::mem::replace(broker.pace_mut(), pace);
        self.input(node, |n, ctx, out| {
            if let Some(broker) = &mut n.broker {
                broker.pace_changed(before, ctx.now, out);
            }
        });
    }

    /// Silently drops everything from any of `from` to any of `to` (and back, if `both_ways`).
    pub fn cut(&mut self, from: &[NodeIx], to: &[NodeIx], both_ways: bool) -> CutId {
        self.end_lulls();
        let cut = self.cuts.cut(from, to, both_ways);
        self.note(Fact::LinksCut { cut: cut.0, from: from.to_vec(), to: to.to_vec(), both_ways });
        cut
    }

    /// Ends a cut: what was held is sent again at TCP's next attempts.
    pub fn heal(&mut self, cut: CutId) {
        self.cuts.heal(cut);
        self.note(Fact::LinksHealed { cut: cut.0 });
        self.wake_held();
    }

    /// As if the session of a broker had run out by now: the active controller has heard nothing of it for long enough.
    /// No fault of a scenario does this; it answers what would have been without that wait.
    pub fn end_session(&mut self, broker: BrokerIx) {
        let awake = |v: &VoterIx| !self.nodes[self.spec.voters[v.index()].node.index()].paused;
        let Some(voter) = self.active_controller().filter(awake) else { return };
        let node = self.spec.voters[voter.index()].node;
        self.input(node, |n, ctx, out| {
            if let Some(controller) = &mut n.controller {
                controller.end_session(broker, ctx, out);
            }
            n.tell_own_broker(ctx, out);
        });
    }

    /// From now on brokers, controllers and clients have the settings and costs that they have in `other`, which describes the same cluster. No
    /// fault of a scenario does this; it answers what would have been had a wait been shorter, in a run that is the same until then.
    pub fn retune(&mut self, other: &Spec) {
        self.end_lulls();
        for (mine, theirs) in self.spec.voters.iter_mut().zip(&other.voters) {
            (mine.config, mine.costs) = (theirs.config.clone(), theirs.costs.clone());
        }
        for (mine, theirs) in self.spec.brokers.iter_mut().zip(&other.brokers) {
            (mine.config, mine.costs) = (theirs.config.clone(), theirs.costs.clone());
            if let Some(broker) = &mut self.nodes[mine.node.index()].broker {
                broker.retune(theirs);
            }
        }
        for (mine, theirs) in self.spec.clients.iter_mut().zip(&other.clients) {
            if let (Role::Consumer(mine), Role::Consumer(theirs)) = (&mut mine.role, &theirs.role) {
                mine.processing = theirs.processing.clone();
            }
            if mine.config == theirs.config {
                continue;
            }
            mine.config = theirs.config.clone();
            if let Some(client) = &mut self.nodes[mine.node.index()].client {
                client.retune(other);
            }
        }
    }

    /// Hands an operator's request to the active controller, now or as soon as there is one.
    pub fn admin(&mut self, request: AdminRequest) {
        self.admin.push_back((self.now + ADMIN_TIMEOUT, request));
        self.offer_admin();
    }

    pub(super) fn offer_admin(&mut self) {
        while let Some((deadline, request)) = self.admin.pop_front() {
            let awake = |v: &VoterIx| !self.nodes[self.spec.voters[v.index()].node.index()].paused;
            let Some(voter) = self.active_controller().filter(awake) else {
                if deadline <= self.now {
                    self.note(Fact::AdminDone { what: "no controller", error: crate::kafka::ErrorCode::RequestTimedOut });
                    continue;
                }
                self.admin.push_front((deadline, request));
                return self.queue_event(self.now + ADMIN_RETRY, Event::AdminRetry);
            };
            self.hand_to_controller(voter, request);
        }
    }

    fn hand_to_controller(&mut self, voter: VoterIx, request: AdminRequest) {
        let node = self.spec.voters[voter.index()].node;
        self.input(node, |n, ctx, out| {
            if let Some(controller) = &mut n.controller {
                controller.admin(request, ctx, out);
            }
            n.tell_own_broker(ctx, out);
        });
    }

    /// Hands a record of `bytes` bytes to a client, as an application does with `KafkaProducer.send`; without a partition the client's own
    /// partitioner chooses one of `topic`. Its fate comes as a [`Fact::RecordDone`] that names it.
    ///
    /// # Panics
    /// When the client's process does not run or is paused, or is a consumer: nobody is there who could send.
    pub fn send(&mut self, client: ClientIx, topic: TopicIx, partition: Option<PartitionIx>, bytes: u32) -> RecordId {
        let node = self.spec.clients[client.index()].node;
        let process = &self.nodes[node.index()];
        assert!(process.up && !process.paused, "only a client that runs can send");
        let mut record = None;
        self.input(node, |n, ctx, out| {
            if let Some(c) = &mut n.client {
                record = c.send(topic, partition, bytes, ctx, out);
            }
        });
        record.expect("only a producer can send")
    }

    /// Notes a fault in the facts, in words.
    pub fn note_fault(&mut self, text: String) {
        self.note(Fact::FaultApplied { text });
    }

    /// Interns partitions that do not exist yet, of a new topic or of one that grows (for `AdminRequest::CreateTopic` and `GrowTopic`).
    pub fn intern_partitions(&mut self, topic: &str, config: TopicConfig, replicas: &[Replicas]) -> (TopicIx, Vec<PartitionIx>) {
        let known = self.spec.topics.iter().rposition(|t| t.name == topic && self.topic_exists(t));
        let index = known.unwrap_or_else(|| {
            self.spec.topics.push(TopicSpec { name: topic.to_owned(), config, partitions: Vec::new(), exists: false });
            self.spec.topics.len() - 1
        });
        let ix = TopicIx(index as u32);
        // What was asked for before and refused is no partition.
        let existing = self.history.topic(ix, self.history.last()).map_or(0, |t| t.partitions.len() as u32);
        let mut made = Vec::new();
        for list in replicas {
            let partition = PartitionIx(self.spec.partitions.len() as u32);
            self.spec.partitions.push(PartitionSpec {
                topic: ix,
                index: existing + made.len() as u32,
                replicas: list.clone(),
                isr: list.clone(),
                elr: Replicas::new(),
                last_known_leader: None,
                leader: list.first().copied(),
                leader_epoch: LeaderEpoch(0),
                partition_epoch: PartitionEpoch(0),
            });
            self.spec.topics[index].partitions.push(partition);
            made.push(partition);
        }
        (ix, made)
    }

    fn topic_exists(&self, topic: &TopicSpec) -> bool {
        let Some(first) = topic.partitions.first() else { return false };
        let ix = self.spec.partitions[first.index()].topic;
        self.history.topic(ix, self.history.last()).is_some()
    }
}
