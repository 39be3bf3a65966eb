//! The controller's one event queue: a FIFO server. An event makes its records when its handling ends; they are replayed into memory
//! at once and handed to raft, and its answer leaves when they are committed. Source: `QuorumController.ControllerWriteEvent`,
//! `KafkaEventQueue`.

use super::Turn;
use super::active::{Answer, Waiting};
use super::brokers::heartbeat_error;
use super::state::Write;
use crate::engine::{Duration, FifoServer, Instant, mix};
use crate::kafka::{BrokerEpoch, ErrorCode, MetadataOffset, PartitionIx};
use crate::model::message::{AdminRequest, Request, Response};
use crate::model::metadata::{Change, Record};
use crate::model::{TimerKind, Token};
use crate::observe::fact::Why;
use std::collections::{BTreeMap, VecDeque};

/// An event that no request of a broker started.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Task {
    /// Look for a session that ran out.
    Fence,
    /// Give leadership back to preferred replicas.
    Balance,
    /// Elect unclean leaders where that is allowed.
    Unclean,
    /// Write a no-op record.
    NoOp,
    /// Do what an operator asks.
    Admin(AdminRequest),
}

/// What waits for the controller's thread.
#[derive(Debug)]
pub(super) struct EventQueue {
    thread: FifoServer,
    /// Brokers' requests: when each was taken, and what its handling costs.
    requests: BTreeMap<Token, Taken>,
    /// Tasks: when the handling ends, when it was put in, which.
    tasks: VecDeque<(Instant, Instant, Task)>,
}

/// When a broker's request came, and what its handling costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    at: Instant,
    cost: Duration,
}

impl EventQueue {
    pub(super) fn new(now: Instant) -> Self {
        let mut thread = FifoServer::new(1);
        thread.serve(now, Duration::ZERO);
        EventQueue { thread, requests: BTreeMap::new(), tasks: VecDeque::new() }
    }

    /// Whether such a task already waits.
    pub(super) fn has(&self, task: &Task) -> bool {
        self.tasks.iter().any(|(_, _, t)| t == task)
    }

    /// The next task whose handling has ended by `now`, and when it was put in.
    fn next_task(&mut self, now: Instant) -> Option<(Instant, Task)> {
        if self.tasks.front()?.0 > now {
            return None;
        }
        self.tasks.pop_front().map(|(_, asked_at, task)| (asked_at, task))
    }

    /// Operators' requests that will not be handled.
    pub(super) fn abandoned_admin(&self) -> Vec<&'static str> {
        let what = |task: &Task| match task {
            Task::Admin(request) => Some(super::admin::what(request)),
            Task::Fence | Task::Balance | Task::Unclean | Task::NoOp => None,
        };
        self.tasks.iter().filter_map(|(_, _, task)| what(task)).collect()
    }
}

impl Turn<'_, '_> {
    /// What handling one event costs.
    fn event_cost(&self, address: u64) -> Duration {
        let draw = self.draws.event.at(address);
        self.voter().costs.controller_event.sample(draw).scale(self.slowness)
    }

    /// A request was taken from its connection.
    pub(super) fn take(&mut self, token: Token, request: Request) {
        match &request {
            Request::BrokerRegistration { .. } | Request::BrokerHeartbeat { .. } | Request::AlterPartition { .. } => {}
            Request::RaftFetch { .. } | Request::Vote { .. } | Request::BeginQuorumEpoch { .. } | Request::EndQuorumEpoch { .. } => {
                return self.take_raft(token, request);
            }
            Request::ApiVersions => return self.out.reply(token, Response::ApiVersions, 64),
            Request::Metadata { .. }
            | Request::InitProducerId
            | Request::Produce { .. }
            | Request::Fetch { .. }
            | Request::ListOffsets { .. }
            | Request::OffsetsForLeaderEpoch { .. }
            | Request::Group { .. }
            | Request::ReplicaFetch { .. } => {
                unreachable!("clients and followers do not talk to the controller")
            }
        }
        self.track_heartbeat(&request);
        let cost = self.event_cost(token.address);
        let now = self.ctx.now;
        let Some(active) = self.active else { return self.not_controller(token, &request) };
        let finish = active.queue.thread.serve(now, cost);
        active.queue.requests.insert(token, Taken { at: now, cost });
        self.out.work(finish, token, request);
    }

    /// Its handling ends.
    pub(super) fn handle(&mut self, token: Token, request: Request) {
        let Some(active) = self.active else { return self.not_controller(token, &request) };
        let Some(taken) = active.queue.requests.remove(&token) else { return self.not_controller(token, &request) };
        match request {
            Request::BrokerRegistration { broker, incarnation, previous_epoch } => {
                self.register_broker(token, taken.at, broker, incarnation, previous_epoch);
            }
            Request::BrokerHeartbeat { .. } => {
                let waited = self.ctx.now.since(taken.at) - taken.cost;
                self.heartbeat(token, taken.at, waited, request);
            }
            Request::AlterPartition { broker, epoch, entries } => self.alter_partition(token, taken.at, broker, epoch, entries),
            Request::ApiVersions
            | Request::Metadata { .. }
            | Request::InitProducerId
            | Request::Produce { .. }
            | Request::Fetch { .. }
            | Request::ListOffsets { .. }
            | Request::OffsetsForLeaderEpoch { .. }
            | Request::Group { .. }
            | Request::ReplicaFetch { .. }
            | Request::RaftFetch { .. }
            | Request::Vote { .. }
            | Request::BeginQuorumEpoch { .. }
            | Request::EndQuorumEpoch { .. } => unreachable!("only brokers' requests go through the event queue"),
        }
        self.schedule_after_write();
    }

    fn not_controller(&mut self, token: Token, request: &Request) {
        let error = ErrorCode::NotController;
        let response = match request {
            Request::BrokerRegistration { .. } => Response::BrokerRegistration { error, epoch: BrokerEpoch(0) },
            Request::BrokerHeartbeat { .. } => heartbeat_error(error),
            Request::AlterPartition { .. } => Response::AlterPartition { error, results: Vec::new() },
            Request::ApiVersions
            | Request::Metadata { .. }
            | Request::InitProducerId
            | Request::Produce { .. }
            | Request::Fetch { .. }
            | Request::ListOffsets { .. }
            | Request::OffsetsForLeaderEpoch { .. }
            | Request::Group { .. }
            | Request::ReplicaFetch { .. }
            | Request::RaftFetch { .. }
            | Request::Vote { .. }
            | Request::BeginQuorumEpoch { .. }
            | Request::EndQuorumEpoch { .. } => unreachable!("only brokers' requests are refused so"),
        };
        self.out.reply(token, response, 64);
    }

    /// Puts a task into the queue.
    pub(super) fn enqueue(&mut self, task: Task) {
        let now = self.ctx.now;
        let kind = match &task {
            Task::Fence => 11,
            Task::Balance => 12,
            Task::Unclean => 13,
            Task::NoOp => 14,
            Task::Admin(_) => 15,
        };
        let address = mix(kind, self.done.next(kind));
        let cost = self.event_cost(address);
        let Some(active) = self.active else { return };
        let finish = active.queue.thread.serve(now, cost);
        active.queue.tasks.push_back((finish, now, task));
        self.out.timer(TimerKind::Events, finish);
    }

    /// Handles the tasks whose time has come.
    pub(super) fn run_tasks(&mut self) {
        let now = self.ctx.now;
        while let Some((asked_at, task)) = self.active.as_mut().and_then(|a| a.queue.next_task(now)) {
            match task {
                Task::Fence => self.fence_one_stale_broker(asked_at),
                Task::Balance => self.balance_leaders(asked_at),
                Task::Unclean => self.elect_unclean_leaders(asked_at),
                Task::NoOp => self.write_no_op(),
                Task::Admin(request) => self.run_admin(request, asked_at),
            }
            self.schedule_after_write();
        }
        let next = self.active.as_ref().and_then(|a| a.queue.tasks.front()).map(|(at, _, _)| *at);
        if let Some(at) = next {
            self.out.timer(TimerKind::Events, at);
        }
    }

    /// An empty write at the next offset.
    pub(super) fn begin_write(&self) -> Write {
        Write { base: self.next_offset(), records: Vec::new() }
    }

    /// Replays the records, hands them to raft, and lets the answer wait for their commit; with no records it waits for what was
    /// written before it.
    pub(super) fn finish_write(&mut self, write: Write, answer: Answer) {
        if let Some(active) = self.active {
            for record in &write.records {
                active.registrations.replay(record);
            }
        }
        let until = if write.records.is_empty() { self.next_offset() } else { self.propose(write.records) };
        self.answer_at(until, answer);
    }

    fn answer_at(&mut self, until: MetadataOffset, answer: Answer) {
        let committed = self.raft.high_watermark;
        match self.active {
            Some(active) if until > committed => active.waiting.push_back(Waiting { until, answer }),
            Some(_) | None => self.answer(answer),
        }
    }

    /// A partition's record.
    pub(super) fn partition_record(&self, partition: PartitionIx, change: super::PartitionChange, why: Why, asked_at: Instant) -> Record {
        let note = Change { why, unclean: change.unclean, asked_at, decided_at: self.ctx.now };
        Record::Partition(partition, change.registration, note)
    }
}
