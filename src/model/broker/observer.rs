//! A broker reads the metadata log as an observer of the quorum: one raft fetch in flight, the leader first, any voter
//! when the leader is lost. Source: `KafkaRaftClient` (observer), `RequestManager`.

use super::Broker;
use super::line::Line;
use crate::engine::{Duration, Instant, Stream, mix};
use crate::kafka::config::BrokerConfig;
use crate::kafka::{ErrorCode, MetadataOffset, RaftEpoch, VoterIx};
use crate::model::message::{RaftPeer, Request, Response};
use crate::model::{Channel, Ctx, Outbox, TimerKind};
use crate::observe::fact::Unreachable;
use std::collections::BTreeMap;

/// Longest time that the raft leader parks a fetch (`KafkaRaftClient.MAX_FETCH_WAIT_MS`).
const MAX_WAIT: Duration = Duration::from_millis(500);
/// Reconnect pauses of the raft channel (`RaftManager.buildNetworkClient`).
const RECONNECT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));
/// Size of a raft fetch on the wire, about.
const BYTES: u32 = 120;

/// See the module.
pub struct Observer {
    voters: usize,
    leader: Option<VoterIx>,
    epoch: RaftEpoch,
    end: MetadataOffset,
    end_epoch: RaftEpoch,
    /// Exclusive; what this broker has been told.
    high_watermark: MetadataOffset,
    last_good: Instant,
    /// Whom the next fetch goes to when the leader does not answer.
    other: Option<VoterIx>,
    tries: u64,
    not_before: Instant,
    lines: BTreeMap<VoterIx, Line>,
    draws: Stream,
}

impl Observer {
    /// An observer that has the log up to `end` on its disk and knows no leader.
    pub fn new(voters: usize, draws: Stream, end: MetadataOffset, end_epoch: RaftEpoch) -> Self {
        Observer {
            voters,
            leader: None,
            epoch: RaftEpoch(0),
            end,
            end_epoch,
            high_watermark: MetadataOffset(0),
            last_good: Instant::ZERO,
            other: None,
            tries: 0,
            not_before: Instant::ZERO,
            lines: BTreeMap::new(),
            draws,
        }
    }

    /// Has read everything up to `last` and follows the leader.
    pub fn start_at(&mut self, ctx: &Ctx, last: MetadataOffset) {
        self.leader = ctx.spec.voters.iter().position(|v| v.leads).map(|i| VoterIx(i as u32));
        self.epoch = RaftEpoch(1);
        self.end = last.next();
        self.end_epoch = RaftEpoch(1);
        self.high_watermark = last.next();
        self.last_good = ctx.now;
    }

    /// The controller that this broker would send to.
    pub fn leader(&self) -> Option<VoterIx> {
        self.leader
    }

    /// What is committed as far as this broker knows (exclusive), and on its disk.
    pub fn available(&self) -> MetadataOffset {
        self.high_watermark.min(self.end)
    }

    /// What a combined node's own controller knows.
    pub fn told_by_own_controller(&mut self, leader: Option<VoterIx>, high_watermark: MetadataOffset) {
        self.leader = leader;
        self.end = self.end.max(high_watermark);
        self.high_watermark = self.high_watermark.max(high_watermark);
    }

    /// The one it took for the controller says that it is not: ask the voters again.
    pub fn forget_leader_at(&mut self, now: Instant, config: &BrokerConfig) {
        self.last_good =
            self.last_good.min(Instant::from_nanos(now.as_nanos().saturating_sub(config.controller_quorum_fetch_timeout.as_nanos())));
    }

    fn target(&mut self, now: Instant, fetch_timeout: Duration) -> VoterIx {
        // After a fetch time-out an observer knows no leader any more (`pollFollowerAsObserver`).
        if now.since(self.last_good) >= fetch_timeout {
            self.leader = None;
        }
        if let Some(leader) = self.leader.filter(|_| self.other.is_none()) {
            return leader;
        }
        *self.other.get_or_insert_with(|| {
            self.tries += 1;
            VoterIx(self.draws.at(mix(8, self.tries)).below(self.voters as u64) as u32)
        })
    }
}

impl Broker {
    /// Sends the next raft fetch when none is in flight.
    pub(super) fn observer_turn(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        if self.combined {
            return;
        }
        let config = &self.config;
        let disk_end = self.disk.metadata_end;
        let Some(ram) = self.ram.as_mut() else { return };
        let now = ctx.now;
        if ram.lifecycle.started_at() > now {
            return out.timer(TimerKind::Raft, ram.lifecycle.started_at());
        }
        let observer = &mut ram.observer;
        for line in observer.lines.values_mut() {
            if line.give_up_if_late(now, out) {
                observer.other = None;
                observer.not_before = now + config.controller_quorum_retry_backoff;
            }
        }
        debug_assert!(observer.end >= disk_end || observer.high_watermark <= disk_end);
        let in_flight = observer.lines.values().any(Line::is_busy);
        if !in_flight && now >= observer.not_before {
            let target = observer.target(now, config.controller_quorum_fetch_timeout);
            let channel = Channel::Raft(target);
            let stream = observer.draws.part(ctx.spec.channel_key(channel).bits());
            let line = observer.lines.entry(target).or_insert_with(|| {
                let node = ctx.spec.voters[target.index()].node;
                Line::new(self.ix, channel, node, RECONNECT, stream).polled_every(config.controller_quorum_request_timeout)
            });
            if line.ready(now, out) {
                let request = Request::RaftFetch {
                    peer: RaftPeer::Broker(self.ix),
                    epoch: observer.epoch,
                    from: observer.end,
                    last_epoch: observer.end_epoch,
                    high_watermark: observer.high_watermark,
                    max_wait: MAX_WAIT,
                };
                // When its time is up the raft thread repeats the fetch, which wakes the network thread at that very millisecond; that finds
                // nothing that is *older* than the time-out (`InFlightRequests.hasExpiredRequest`), and sleeps for as long again.
                line.send(request, BYTES, config.controller_quorum_request_timeout * 2, now, out);
            }
        }
        let lines = observer.lines.values().filter_map(Line::next_deadline).filter(|at| *at > now).min();
        let pause = (observer.not_before > now).then_some(observer.not_before);
        if let Some(at) = [lines, pause].into_iter().flatten().min() {
            out.timer(TimerKind::Raft, at);
        }
    }

    pub(super) fn observer_connected(&mut self, voter: VoterIx, ctx: &mut Ctx, out: &mut Outbox) {
        if let Some(line) = self.ram.as_mut().and_then(|ram| ram.observer.lines.get_mut(&voter)) {
            line.connected();
        }
        self.observer_turn(ctx, out);
    }

    pub(super) fn observer_lost(&mut self, voter: VoterIx, how: Unreachable, ctx: &mut Ctx, out: &mut Outbox) {
        let backoff = self.config.controller_quorum_retry_backoff;
        let Some(ram) = self.ram.as_mut() else { return };
        let observer = &mut ram.observer;
        if let Some(line) = observer.lines.get_mut(&voter) {
            line.lost(how, ctx.now, out);
        }
        // The next fetch goes to any voter: a leader whose connection failed is passed over until somebody names it again.
        observer.other = None;
        if observer.leader == Some(voter) && observer.voters > 1 {
            observer.leader = None;
        }
        observer.not_before = ctx.now + backoff;
        self.observer_turn(ctx, out);
    }

    pub(super) fn observer_answered(&mut self, voter: VoterIx, correlation: u32, response: Response, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let observer = &mut ram.observer;
        if !observer.lines.get_mut(&voter).is_some_and(|line| line.answered(correlation)) {
            return;
        }
        let Response::RaftFetch { error, epoch, leader, end, high_watermark, diverging, .. } = response else { return };
        observer.other = None;
        if epoch >= observer.epoch {
            if epoch > observer.epoch || leader.is_some() {
                observer.leader = leader;
            }
            observer.epoch = epoch;
        }
        match error {
            ErrorCode::None => {
                observer.last_good = ctx.now;
                if let Some(back_to) = diverging {
                    observer.end = observer.end.min(back_to);
                } else {
                    observer.end = end.max(observer.end);
                    observer.end_epoch = epoch;
                    observer.high_watermark = observer.high_watermark.max(high_watermark);
                }
                self.disk.metadata_end = observer.end;
                self.disk.metadata_epoch = observer.end_epoch;
            }
            // Somebody who is not the leader: his word on who is has been taken; asking again runs at the speed of the network,
            // but a voter that knows nobody is not asked without pause.
            _not_leader => {
                if leader.is_none() {
                    observer.not_before = ctx.now + self.config.controller_quorum_retry_backoff;
                } else {
                    observer.last_good = ctx.now;
                }
            }
        }
        self.observer_turn(ctx, out);
        self.image_available(ctx, out);
    }

    /// A combined node's own controller has moved on.
    pub fn own_controller_moved(&mut self, leader: Option<VoterIx>, high_watermark: MetadataOffset, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut().filter(|_| self.combined) else { return };
        ram.observer.told_by_own_controller(leader, high_watermark);
        self.disk.metadata_end = ram.observer.end;
        self.image_available(ctx, out);
    }
}
