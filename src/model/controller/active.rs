//! Being the active controller: claim, commit, renounce. Source: `QuorumController` (`claim`, `renounce`, `handleCommit`),
//! `OffsetControlManager`.

use super::Turn;
use super::events::EventQueue;
use super::periodic::Tasks;
use super::state::Registrations;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ErrorCode, MetadataOffset};
use crate::model::message::Response;
use crate::model::metadata::Record;
use crate::model::{Broken, Token};
use crate::observe::Fact;
use std::collections::VecDeque;

/// The state machine of the active controller.
#[derive(Debug)]
pub(super) struct Active {
    /// Committed registrations with its own uncommitted records on top.
    pub registrations: Registrations,
    /// What it knows of each broker from heartbeats (`BrokerHeartbeatManager`).
    pub sessions: Vec<Session>,
    /// Answers that leave when their offset is committed.
    pub waiting: VecDeque<Waiting>,
    /// Its one thread.
    pub queue: EventQueue,
    /// What it does by itself.
    pub tasks: Tasks,
    /// The rule that a test has broken.
    pub broken: Option<Broken>,
}

/// A broker's session (`BrokerHeartbeatState`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Session {
    /// When it was last heard of.
    pub last_contact: Instant,
    /// It is over, whenever the broker was heard of last: nothing of Kafka's, see `World::end_session`.
    pub ended: bool,
    /// Somebody was heard of who is not known to be gone: from 4.0 on a session ends only by running out (KAFKA-17793, KAFKA-19130).
    pub alive: bool,
    /// The offset that it last reported as applied.
    pub applied: Option<MetadataOffset>,
    /// The offset that all others must have applied before it may stop; there only in controlled shutdown.
    pub shutdown_offset: Option<MetadataOffset>,
}

impl Session {
    /// Whether it has run out.
    pub fn is_over(&self, now: Instant, timeout: Duration) -> bool {
        self.ended || now >= self.last_contact + timeout
    }
}

/// An answer that waits for its records, or for those before it, to be committed.
#[derive(Debug)]
pub(super) struct Waiting {
    pub until: MetadataOffset,
    pub answer: Answer,
}

/// Whom an event answers.
#[derive(Debug)]
pub(super) enum Answer {
    /// A broker's request.
    Rpc(Token, Response),
    /// An operator's request.
    Admin(&'static str, ErrorCode),
    /// Nobody.
    Nobody,
}

impl Active {
    fn new(registrations: Registrations, now: Instant, tasks: Tasks, broken: Option<Broken>) -> Self {
        Active {
            registrations,
            // ClusterControlManager.activate: all sessions start again.
            sessions: Vec::new(),
            waiting: VecDeque::new(),
            queue: EventQueue::new(now),
            tasks,
            broken,
        }
    }

    /// The next answer that may leave when everything before `reached` is committed.
    fn next_answer(&mut self, reached: MetadataOffset) -> Option<Waiting> {
        if self.waiting.front()?.until > reached {
            return None;
        }
        self.waiting.pop_front()
    }

    /// The broker's session.
    pub fn session(&mut self, broker: BrokerIx, now: Instant) -> &mut Session {
        if self.sessions.len() <= broker.index() {
            self.sessions.resize(
                broker.index() + 1,
                Session { last_contact: now, ended: false, alive: false, applied: None, shutdown_offset: None },
            );
        }
        &mut self.sessions[broker.index()]
    }
}

impl Turn<'_, '_> {
    /// Everything up to the start of this leader's epoch is committed: it becomes active (`QuorumController.claim`).
    pub(super) fn claim(&mut self) {
        let tasks = Tasks::starting(self.ctx.now, self.voters(), &self.voter().config, self.ctx.rules);
        self.activate(Registrations::committed(self.ctx.history), tasks);
    }

    /// At time zero of a run: it has been active for long, so its periodic tasks are anywhere in their periods.
    pub(super) fn claim_warm(&mut self) {
        let registrations = Registrations::committed(self.ctx.history);
        let tasks = Tasks::running(self.ctx.now, self.voters(), &self.voter().config, self.ctx.rules, self.draws.phase, &registrations);
        self.activate(registrations, tasks);
        self.reschedule_fencing();
        self.arm_tasks();
    }

    fn activate(&mut self, registrations: Registrations, tasks: Tasks) {
        let now = self.ctx.now;
        let mut active = Active::new(registrations, now, tasks, self.ctx.spec.broken);
        let last = BrokerIx(self.ctx.spec.brokers.len().saturating_sub(1) as u32);
        active.session(last, now);
        let unfenced: Vec<BrokerIx> = active.registrations.brokers().filter(|(_, r)| !r.fenced).map(|(b, _)| b).collect();
        unfenced.into_iter().for_each(|b| active.session(b, now).alive = true);
        *self.active = Some(Box::new(active));
        self.out.fact(Fact::ControllerActive { voter: self.me, epoch: self.disk.epoch });
        self.schedule_after_write();
    }

    /// It leads no longer: what was not committed is forgotten, and all who wait are told (`QuorumController.renounce`).
    pub(super) fn renounce(&mut self) {
        let Some(active) = self.active.take() else { return };
        self.out.fact(Fact::ControllerResigned { voter: self.me, epoch: self.disk.epoch });
        for waiting in active.waiting {
            self.answer(waiting.answer.failed(ErrorCode::NotController));
        }
        for what in active.queue.abandoned_admin() {
            self.answer(Answer::Admin(what, ErrorCode::NotController));
        }
    }

    /// Commits to the history what the high watermark covers now and the history does not have yet.
    pub(super) fn commit(&mut self) {
        let from = self.ctx.history.end();
        let to = self.raft.high_watermark;
        let batches: Vec<_> = self.disk.log.read(from).to_vec();
        for batch in batches {
            for (i, record) in batch.records.iter().enumerate() {
                let offset = MetadataOffset(batch.base.0 + i as u64);
                if offset >= from && offset < to {
                    self.commit_record(record);
                }
            }
        }
    }

    fn commit_record(&mut self, record: &Record) {
        let before = self.ctx.history.last();
        let old_leader = match record {
            Record::Partition(partition, ..) => self.ctx.history.partition(*partition, before).and_then(|p| p.leader),
            Record::Topic(..) | Record::Broker(..) | Record::Nothing => None,
        };
        let offset = self.ctx.history.commit(record);
        match record {
            Record::Topic(topic, value) if value.exists => self.out.fact(Fact::TopicCommitted { topic: *topic }),
            Record::Topic(topic, value) => self.out.fact(Fact::TopicRemoved { topic: *topic, partitions: value.partitions.clone() }),
            Record::Partition(partition, value, change) => self.out.fact(Fact::PartitionCommitted {
                partition: *partition,
                old_leader,
                leader: value.leader,
                leader_epoch: value.leader_epoch,
                partition_epoch: value.partition_epoch,
                replicas: value.replicas.clone(),
                isr: value.isr.clone(),
                unclean: change.unclean,
                why: change.why,
                asked_at: change.asked_at,
                decided_at: change.decided_at,
                offset,
            }),
            Record::Broker(broker, value) => self.out.fact(Fact::BrokerCommitted {
                broker: *broker,
                epoch: value.epoch,
                fenced: value.fenced,
                in_controlled_shutdown: value.in_controlled_shutdown,
                offset,
            }),
            Record::Nothing => {}
        }
    }

    /// The high watermark has moved: answers leave whose records it covers (`OffsetControlManager`, `DeferredEventQueue`).
    pub(super) fn after_commit(&mut self) {
        let reached = self.raft.high_watermark;
        while let Some(waiting) = self.active.as_mut().and_then(|a| a.next_answer(reached)) {
            self.answer(waiting.answer);
        }
    }

    /// Sends an answer.
    pub(super) fn answer(&mut self, answer: Answer) {
        match answer {
            Answer::Rpc(token, response) => self.out.reply(token, response, 128),
            Answer::Admin(what, error) => self.out.fact(Fact::AdminDone { what, error }),
            Answer::Nobody => {}
        }
    }
}

impl Answer {
    /// The same answer as a failure.
    pub fn failed(self, error: ErrorCode) -> Self {
        match self {
            Answer::Rpc(token, response) => Answer::Rpc(token, failure(&response, error)),
            Answer::Admin(what, _) => Answer::Admin(what, error),
            Answer::Nobody => Answer::Nobody,
        }
    }
}

/// The answer of the same kind that says only `error`.
fn failure(like: &Response, error: ErrorCode) -> Response {
    match like {
        Response::BrokerRegistration { epoch, .. } => Response::BrokerRegistration { error, epoch: *epoch },
        Response::BrokerHeartbeat { .. } => super::brokers::heartbeat_error(error),
        Response::AlterPartition { .. } => Response::AlterPartition { error, results: Vec::new() },
        Response::ApiVersions
        | Response::Metadata { .. }
        | Response::InitProducerId { .. }
        | Response::Produce { .. }
        | Response::Fetch { .. }
        | Response::ListOffsets { .. }
        | Response::OffsetsForLeaderEpoch { .. }
        | Response::Group(_)
        | Response::ReplicaFetch { .. }
        | Response::RaftFetch { .. }
        | Response::Vote { .. }
        | Response::BeginQuorumEpoch { .. }
        | Response::EndQuorumEpoch { .. } => unreachable!("the controller parks only answers to brokers"),
    }
}
