//! The KRaft controller process: one voter of the metadata quorum, and the active controller while it leads.
//!
//! `raft/` is the quorum (`KafkaRaftClient`): elections, replication, resignation. The other files are the state machine on top of it
//! (`QuorumController`): one event queue, registrations, and the decisions about partitions. All of it works on a [`Turn`]: one input
//! at one moment.

mod active;
mod admin;
mod alter_partition;
mod brokers;
mod election;
mod events;
mod partition_change;
mod periodic;
mod raft;
mod reassignment;
mod state;
mod topics;

#[cfg(test)]
mod tests;

pub use partition_change::{Election, PartitionAsk, PartitionChange, partition_change};

use super::message::{AdminRequest, Request, Response};
use super::{Channel, Ctx, Outbox, TimerKind, Token};
use crate::engine::{Chance, Stream, Tally};
use crate::kafka::{BrokerIx, MetadataOffset, RaftEpoch, VoterIx};
use crate::model::spec::VoterSpec;
use crate::observe::fact::Unreachable;
use active::Active;
use raft::{Disk, Raft, Role};

/// One KRaft voter process.
#[derive(Debug)]
pub struct Controller {
    me: VoterIx,
    /// Its event costs are multiplied by this: a slow controller.
    pub slowness: f64,
    /// Its flushes are multiplied by this: a slow disk.
    pub disk_slowness: f64,
    disk: Disk,
    /// What it has done so far, in all its lives, to address draws.
    done: Tally,
    ram: Option<Ram>,
}

/// What a process has only while it lives.
#[derive(Debug)]
struct Ram {
    draws: Draws,
    raft: Raft,
    /// The state machine of the active controller: there from claim to renounce.
    active: Option<Box<Active>>,
}

/// The voter's streams of chance, one for each purpose.
#[derive(Clone, Copy, Debug)]
struct Draws {
    election: Stream,
    backoff: Stream,
    flush: Stream,
    event: Stream,
    phase: Stream,
    reconnect: Stream,
}

impl Draws {
    fn of(chance: Chance) -> Self {
        let stream = |purpose| chance.stream(purpose);
        Draws {
            election: stream("raft election"),
            backoff: stream("raft election backoff"),
            flush: stream("raft flush"),
            event: stream("controller event"),
            phase: stream("controller phase"),
            reconnect: stream("raft reconnect"),
        }
    }
}

/// One input to a living controller at one moment, with all that its handling may touch.
struct Turn<'a, 'c> {
    me: VoterIx,
    slowness: f64,
    disk_slowness: f64,
    disk: &'a mut Disk,
    done: &'a mut Tally,
    raft: &'a mut Raft,
    active: &'a mut Option<Box<Active>>,
    draws: Draws,
    ctx: &'a mut Ctx<'c>,
    out: &'a mut Outbox,
}

impl<'c> Turn<'_, 'c> {
    /// This voter's part of the specification.
    fn voter(&self) -> &'c VoterSpec {
        let spec = self.ctx.spec;
        &spec.voters[self.me.index()]
    }
    /// How many voters there are.
    fn voters(&self) -> usize {
        self.ctx.spec.voters.len()
    }
}

impl Controller {
    /// A voter that has not been started.
    pub fn new(me: VoterIx) -> Self {
        Controller { me, slowness: 1.0, disk_slowness: 1.0, disk: Disk::default(), done: Tally::default(), ram: None }
    }

    fn turn<'a, 'c>(&'a mut self, ctx: &'a mut Ctx<'c>, out: &'a mut Outbox) -> Option<Turn<'a, 'c>> {
        let Ram { draws, raft, active } = self.ram.as_mut()?;
        Some(Turn {
            me: self.me,
            slowness: self.slowness,
            disk_slowness: self.disk_slowness,
            disk: &mut self.disk,
            done: &mut self.done,
            raft,
            active,
            draws: *draws,
            ctx,
            out,
        })
    }

    fn with(&mut self, ctx: &mut Ctx, out: &mut Outbox, act: impl FnOnce(&mut Turn)) {
        let Some(mut turn) = self.turn(ctx, out) else { return };
        act(&mut turn);
        turn.poll();
    }

    /// The process starts with what its disk holds.
    pub fn start(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let draws = Draws::of(ctx.chance.of(ctx.spec.voter_key(self.me)));
        let raft = Raft::new(ctx.spec.voters.len());
        self.ram = Some(Ram { draws, raft, active: None });
        self.with(ctx, out, |turn| turn.initialize());
    }

    /// At time zero of a run, as if the quorum had been running for long: the voter that `VoterSpec::leads` names is the
    /// active controller of epoch 1, all others follow it, and all logs hold what the history holds.
    pub fn start_warm(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        self.disk = Disk::warm(ctx.history.end());
        let draws = Draws::of(ctx.chance.of(ctx.spec.voter_key(self.me)));
        let raft = Raft::new(ctx.spec.voters.len());
        self.ram = Some(Ram { draws, raft, active: None });
        self.with(ctx, out, |turn| turn.start_warm());
    }

    /// The process is gone: memory is lost, the disk stays.
    pub fn crash(&mut self) {
        self.ram = None;
    }

    /// SIGTERM: a leader resigns in order and hands over before the process ends by itself (`KafkaRaftClient.shutdown`).
    pub fn stop(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        self.with(ctx, out, |turn| turn.begin_shutdown());
    }

    /// A timer fired, perhaps early or late.
    pub fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx, out: &mut Outbox) {
        self.with(ctx, out, |turn| turn.timer(kind));
    }

    /// A connection that this voter opened is up.
    pub fn connected(&mut self, channel: Channel, ctx: &mut Ctx, out: &mut Outbox) {
        let Channel::Raft(voter) = channel else { return };
        self.with(ctx, out, |turn| turn.raft.links[voter.index()].connected());
    }

    /// A connection that this voter opened was refused, reset or closed.
    pub fn disconnected(&mut self, channel: Channel, _how: Unreachable, ctx: &mut Ctx, out: &mut Outbox) {
        let Channel::Raft(voter) = channel else { return };
        self.with(ctx, out, |turn| turn.link_lost(voter));
    }

    /// The answer to a request that this voter sent.
    pub fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx, out: &mut Outbox) {
        let Channel::Raft(voter) = channel else { return };
        self.with(ctx, out, |turn| turn.raft_response(voter, correlation, response));
    }

    /// A request was taken from its connection. Raft requests are answered or parked at once; a broker's requests go through the
    /// controller's event queue and come back through `handle`.
    pub fn take(&mut self, token: Token, request: Request, ctx: &mut Ctx, out: &mut Outbox) {
        self.with(ctx, out, |turn| turn.take(token, request));
    }

    /// A broker's request has reached the head of the event queue and its handling ends now.
    pub fn handle(&mut self, token: Token, request: Request, ctx: &mut Ctx, out: &mut Outbox) {
        self.with(ctx, out, |turn| turn.handle(token, request));
    }

    /// Hands an operator's request to the event queue. False when this voter is not the active controller.
    pub fn admin(&mut self, request: AdminRequest, ctx: &mut Ctx, out: &mut Outbox) -> bool {
        let active = self.is_active();
        if active {
            self.with(ctx, out, |turn| turn.enqueue_admin(request));
        }
        active
    }

    /// As if the session of a broker had run out by now, however short its silence is. Nothing when this voter is not the active controller.
    pub fn end_session(&mut self, broker: BrokerIx, ctx: &mut Ctx, out: &mut Outbox) {
        self.with(ctx, out, |turn| turn.end_session(broker));
    }

    /// Whether it is the active controller: raft leader, and it has claimed.
    pub fn is_active(&self) -> bool {
        self.ram.as_ref().is_some_and(|ram| ram.active.is_some())
    }

    /// The raft epoch that it knows.
    pub fn epoch(&self) -> RaftEpoch {
        self.disk.epoch
    }

    /// Whether it leads the quorum, claimed or not.
    pub fn speaks_as_leader(&self) -> bool {
        self.ram.as_ref().is_some_and(|ram| matches!(ram.raft.role, Role::Leader(_)))
    }

    /// The raft leader that it knows of. A leader that resigned goes on naming itself until somebody is elected (`ResignedState`).
    pub fn known_leader(&self) -> Option<VoterIx> {
        self.ram.as_ref().and(self.disk.leader)
    }

    /// The offset after the last record that it knows to be committed.
    pub fn high_watermark(&self) -> MetadataOffset {
        self.ram.as_ref().map_or(MetadataOffset(0), |ram| ram.raft.high_watermark)
    }
}
