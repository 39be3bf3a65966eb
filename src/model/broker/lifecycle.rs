//! The life of a broker process as its controller sees it: registration, heartbeats, controlled shutdown.
//! Source: `BrokerLifecycleManager`, `NodeToControllerChannelManager` (channel "heartbeat").

use super::line::Line;
use super::{Broker, Ram, half};
use crate::engine::{Duration, Instant, Stream, mix};
use crate::kafka::{BrokerEpoch, ErrorCode, VoterIx};
use crate::model::message::{Request, Response};
use crate::model::metadata::BrokerRegistration;
use crate::model::{Channel, Ctx, Outbox, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{BrokerState, Ending, Unreachable};

/// Before 4.1: first pause after a failed registration or heartbeat; it doubles up to the session time-out, with 2 % jitter
/// (`BrokerLifecycleManager.resendExponentialBackoff`).
const RETRY: Duration = Duration::from_millis(100);
/// Pause before the next heartbeat while the broker waits to be told that it has caught up.
const EAGER: Duration = Duration::from_millis(10);
/// Pause before the second heartbeat of a controlled shutdown.
const SHUTDOWN_HEARTBEAT: Duration = Duration::from_millis(50);
/// How often the channel looks for a controller when none is known (`NodeToControllerRequestThread.doWork`).
const NO_CONTROLLER: Duration = Duration::from_millis(100);
/// Reconnect pause of the controller channels (`NodeToControllerChannelManagerImpl.buildNetworkClient`).
pub(super) const CHANNEL_RECONNECT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(50));
/// Size of a heartbeat or registration on the wire, about.
const BYTES: u32 = 100;

/// See the module.
pub struct Lifecycle {
    state: BrokerState,
    incarnation: u64,
    epoch: Option<BrokerEpoch>,
    listening: bool,
    listen_at: Option<Instant>,
    /// The controller has said that the broker has caught up, which it can only after the logs were loaded and the roles taken.
    ready_to_unfence: bool,
    /// The process ends then.
    exit_at: Option<Instant>,
    next_at: Instant,
    /// A registration or heartbeat waits in the channel since then.
    queued_since: Option<Instant>,
    asked_shutdown: bool,
    got_shutdown_answer: bool,
    /// The epoch of the previous life if that ended cleanly: no log recovery.
    previous_epoch: Option<BrokerEpoch>,
    failures: u32,
    /// Pauses after failures in this life, to address their draws.
    pauses: u64,
    started_at: Instant,
    line: Option<(VoterIx, Line)>,
    draws: Stream,
    line_draws: Stream,
}

impl Lifecycle {
    /// A process that has not begun to register.
    pub fn new(incarnation: u64, previous_epoch: Option<BrokerEpoch>, draws: Stream, line_draws: Stream) -> Self {
        Lifecycle {
            state: BrokerState::Starting,
            incarnation,
            epoch: None,
            listening: false,
            listen_at: None,
            ready_to_unfence: false,
            exit_at: None,
            next_at: Instant::MAX,
            queued_since: None,
            asked_shutdown: false,
            got_shutdown_answer: false,
            previous_epoch,
            failures: 0,
            pauses: 0,
            started_at: Instant::ZERO,
            line: None,
            draws,
            line_draws,
        }
    }

    /// Registers at `at`.
    pub fn begin(&mut self, at: Instant) {
        self.next_at = at;
        self.started_at = at;
    }

    /// Moves what is under way at `now`, its start or its end, to where `rest` says.
    pub(super) fn stretch(&mut self, now: Instant, rest: impl Fn(Instant) -> Instant, out: &mut Outbox) {
        if self.started_at > now {
            self.begin(rest(self.started_at));
            out.timer(TimerKind::Lifecycle, self.started_at);
            out.timer(TimerKind::Raft, self.started_at);
        }
        if let Some(at) = self.exit_at.as_mut().filter(|at| **at > now) {
            *at = rest(*at);
            out.timer(TimerKind::Lifecycle, *at);
        }
    }

    /// When the process has loaded its classes, and begins to register and to fetch metadata.
    pub(super) fn started_at(&self) -> Instant {
        self.started_at
    }

    /// Runs already; the next heartbeat leaves at `at`.
    pub fn run_warm(&mut self, registration: &BrokerRegistration, at: Instant) {
        self.state = BrokerState::Running;
        self.epoch = Some(registration.epoch);
        self.incarnation = registration.incarnation;
        self.listening = true;
        self.ready_to_unfence = true;
        self.next_at = at;
    }

    /// Where the process is in its life.
    pub fn state(&self) -> BrokerState {
        self.state
    }

    /// The id of this life.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Whether the process was told to stop and hands over what it leads.
    pub fn is_leaving(&self) -> bool {
        matches!(self.state, BrokerState::PendingControlledShutdown | BrokerState::ShuttingDown)
    }

    /// Whether clients can connect.
    pub fn is_listening(&self) -> bool {
        self.listening
    }

    /// Whether the process has started, and has not closed its metadata publishers yet, the first that an end closes (`BrokerServer.shutdown`).
    pub fn applies_metadata(&self, now: Instant) -> bool {
        self.started_at <= now && self.state != BrokerState::ShuttingDown
    }

    /// The epoch of this life, once registered.
    pub fn epoch(&self) -> Option<BrokerEpoch> {
        self.epoch
    }
}

impl Broker {
    /// Does what is due: registration, heartbeat, listening, the end.
    pub(super) fn lifecycle_turn(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let life = &mut ram.lifecycle;
        if life.exit_at.is_some_and(|at| at <= ctx.now) {
            // Of a process that has not loaded its logs, what the life before it left stands (`LogManager.loadLogs`).
            self.disk.clean_shutdown = life.epoch.or(self.disk.clean_shutdown);
            self.disk.replicas.values_mut().for_each(|log| log.checkpoint(ctx.now));
            out.exit = Some(Ending::Stopped);
            return;
        }
        if life.listen_at.is_some_and(|at| at <= ctx.now) {
            life.listen_at = None;
            life.listening = true;
        }
        self.image_available(ctx, out);
        self.heartbeat_turn(ctx, out);
        self.arm_lifecycle(ctx, out);
    }

    fn arm_lifecycle(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_ref() else { return };
        let life = &ram.lifecycle;
        let busy = life.line.as_ref().is_some_and(|(_, line)| line.is_busy());
        // A broker that closes its logs sends no more heartbeats, however long that takes.
        let silent = life.queued_since.is_some() || life.state == BrokerState::ShuttingDown;
        let heartbeat = (!silent).then_some(life.next_at);
        let line = life.line.as_ref().and_then(|(_, line)| line.next_deadline()).filter(|at| life.queued_since.is_some() && *at > ctx.now);
        let poll = (life.queued_since.is_some() && !busy).then_some(ctx.now + NO_CONTROLLER);
        let next = [heartbeat, line, poll, life.listen_at, life.exit_at].into_iter().flatten().min();
        if let Some(at) = next.filter(|at| *at < Instant::MAX) {
            out.timer(TimerKind::Lifecycle, at.max(ctx.now));
        }
    }

    fn heartbeat_turn(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let give_up = self.heartbeat_patience(ctx);
        let Some(ram) = self.ram.as_mut() else { return };
        let life = &mut ram.lifecycle;
        if life.state == BrokerState::ShuttingDown {
            return;
        }
        if life.epoch.is_none() && life.started_at + self.config.initial_broker_registration_timeout <= ctx.now {
            out.exit = Some(Ending::GaveUp);
            return;
        }
        if life.queued_since.is_none() && life.next_at <= ctx.now {
            life.queued_since = Some(ctx.now);
        }
        let Some(queued) = life.queued_since else { return };
        if let Some((_, line)) = life.line.as_mut() {
            // A request that the network client gives up goes back to the head of the queue.
            line.give_up_if_late(ctx.now, out);
            if line.is_busy() {
                return;
            }
        }
        if queued + give_up <= ctx.now {
            life.queued_since = None;
            out.fact(Fact::HeartbeatGivenUp { broker: self.ix, is_registered: life.epoch.is_some() });
            return self.heartbeat_failed(ctx);
        }
        self.send_to_controller(ctx, out);
    }

    /// How long a registration or heartbeat may wait in the channel, and for its answer (`BrokerServer`, heartbeat channel manager).
    fn heartbeat_patience(&self, ctx: &Ctx) -> Duration {
        if ctx.rules.fixed_heartbeat_retry { self.config.broker_heartbeat_interval } else { half(self.config.broker_session_timeout) }
    }

    fn send_to_controller(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let timeout = self.heartbeat_patience(ctx).min(self.config.controller_socket_timeout);
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(target) = ram.observer.leader() else { return };
        if ram.lifecycle.line.as_ref().is_none_or(|(voter, _)| *voter != target) {
            if let Some((_, line)) = ram.lifecycle.line.as_mut() {
                line.close(out);
            }
            let channel = Channel::Heartbeat(target);
            let stream = ram.lifecycle.line_draws.part(ctx.spec.channel_key(channel).bits());
            let line = Line::new(self.ix, channel, ctx.spec.voters[target.index()].node, CHANNEL_RECONNECT, stream).polled_every(timeout);
            ram.lifecycle.line = Some((target, line));
        }
        let request = heartbeat_request(self.ix, ram);
        let Some((_, line)) = ram.lifecycle.line.as_mut() else { return };
        if line.ready(ctx.now, out) {
            if let Request::BrokerHeartbeat { want_shutdown, .. } = &request {
                ram.lifecycle.asked_shutdown = *want_shutdown;
            }
            line.send(request, BYTES, timeout, ctx.now, out);
        }
    }

    fn heartbeat_failed(&mut self, ctx: &mut Ctx) {
        let cap = self.config.broker_session_timeout;
        let interval = self.config.broker_heartbeat_interval;
        let Some(ram) = self.ram.as_mut() else { return };
        let life = &mut ram.lifecycle;
        if ctx.rules.fixed_heartbeat_retry {
            life.next_at = ctx.now + interval;
            return;
        }
        let pause = (RETRY * (1 << life.failures.min(20))).min(cap);
        let jitter = 0.98 + 0.04 * life.draws.at(mix(4, mix(life.incarnation, life.pauses))).unit();
        life.failures += 1;
        life.pauses += 1;
        life.next_at = ctx.now + pause.scale(jitter);
    }

    pub(super) fn heartbeat_connected(&mut self, channel: Channel, ctx: &mut Ctx, out: &mut Outbox) {
        if let Some((_, line)) = self.ram.as_mut().and_then(|ram| ram.lifecycle.line.as_mut()).filter(|(_, l)| l.channel() == channel) {
            line.connected();
        }
        self.lifecycle_turn(ctx, out);
    }

    pub(super) fn heartbeat_lost(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx, out: &mut Outbox) {
        if let Some((_, line)) = self.ram.as_mut().and_then(|ram| ram.lifecycle.line.as_mut()).filter(|(_, l)| l.channel() == channel) {
            line.lost(how, ctx.now, out);
        }
        self.lifecycle_turn(ctx, out);
    }

    pub(super) fn heartbeat_answered(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let waited = ram.lifecycle.line.as_mut().filter(|(_, l)| l.channel() == channel).is_some_and(|(_, l)| l.answered(correlation));
        if !waited {
            return;
        }
        match response {
            Response::BrokerRegistration { error, epoch } => self.registration_answered(error, epoch, ctx, out),
            Response::BrokerHeartbeat { error, is_caught_up, is_fenced, should_shut_down } => {
                self.heartbeat_result(error, is_caught_up, is_fenced, should_shut_down, ctx, out);
            }
            Response::ApiVersions
            | Response::Metadata { .. }
            | Response::InitProducerId { .. }
            | Response::Produce { .. }
            | Response::Fetch { .. }
            | Response::ListOffsets { .. }
            | Response::OffsetsForLeaderEpoch { .. }
            | Response::Group(_)
            | Response::ReplicaFetch { .. }
            | Response::AlterPartition { .. }
            | Response::RaftFetch { .. }
            | Response::Vote { .. }
            | Response::BeginQuorumEpoch { .. }
            | Response::EndQuorumEpoch { .. } => {}
        }
        self.lifecycle_turn(ctx, out);
    }

    fn registration_answered(&mut self, error: ErrorCode, epoch: BrokerEpoch, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        match error {
            ErrorCode::None => {
                let life = &mut ram.lifecycle;
                life.queued_since = None;
                life.epoch = Some(epoch);
                life.failures = 0;
                life.next_at = ctx.now;
                self.disturb_fetchers(out);
                // What its leaders proposed meanwhile had no broker epoch (STALE_BROKER_EPOCH).
                self.alter_partition_turn(ctx, out);
            }
            ErrorCode::NotController => self.not_the_controller(ctx, out),
            refused => {
                ram.lifecycle.queued_since = None;
                out.fact(Fact::RegistrationRefused { broker: self.ix, error: refused });
                self.heartbeat_failed(ctx);
            }
        }
    }

    /// The channel closes the connection, looks for the controller again, which may still be this one to its knowledge, and repeats the request
    /// (`NodeToControllerRequestThread.handleResponse`, `NetworkClient.disconnect`).
    fn not_the_controller(&mut self, ctx: &Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        if let Some((_, line)) = ram.lifecycle.line.as_mut() {
            line.turn_away(ctx.now, out);
        }
        ram.observer.forget_leader_at(ctx.now, &self.config);
    }

    fn heartbeat_result(&mut self, error: ErrorCode, caught_up: bool, fenced: bool, shut_down: bool, ctx: &mut Ctx, out: &mut Outbox) {
        let interval = self.config.broker_heartbeat_interval;
        let Some(ram) = self.ram.as_mut() else { return };
        let life = &mut ram.lifecycle;
        if error == ErrorCode::NotController {
            return self.not_the_controller(ctx, out);
        }
        life.queued_since = None;
        if !error.is_none() {
            return self.heartbeat_failed(ctx);
        }
        life.failures = 0;
        life.next_at = ctx.now + interval;
        match life.state {
            BrokerState::Starting if caught_up => {
                life.state = BrokerState::Recovery;
                // `BrokerServer.startup` has waited for the first image before, and asks to be unfenced at once (`setReadyToUnfence`).
                life.ready_to_unfence = true;
                life.next_at = ctx.now;
                out.fact(Fact::BrokerStateChanged { broker: self.ix, state: BrokerState::Recovery });
            }
            BrokerState::Starting => life.next_at = ctx.now + EAGER,
            BrokerState::Recovery if !fenced => {
                life.state = BrokerState::Running;
                let listen = self.costs.listen.sample(life.draws.at(mix(life.incarnation, 5))).scale(self.pace.work);
                life.listen_at = Some(ctx.now + listen);
                out.fact(Fact::BrokerStateChanged { broker: self.ix, state: BrokerState::Running });
            }
            BrokerState::PendingControlledShutdown if shut_down => self.shut_down(ctx, out),
            BrokerState::PendingControlledShutdown if !life.asked_shutdown => life.next_at = ctx.now,
            BrokerState::PendingControlledShutdown => {
                // The first answer is followed soon, later ones at the usual pace (`gotControlledShutdownResponse`).
                if !life.got_shutdown_answer {
                    life.got_shutdown_answer = true;
                    life.next_at = ctx.now + SHUTDOWN_HEARTBEAT;
                }
            }
            // A running broker ignores that it is fenced: there is no lease.
            BrokerState::Running | BrokerState::Recovery | BrokerState::NotRunning | BrokerState::ShuttingDown => {}
        }
    }

    /// Loads the logs, and gives what that takes. The clean-shutdown file is gone then (`LogManager.loadLogs`).
    pub(super) fn load_logs(&mut self) -> Duration {
        self.disk.clean_shutdown = None;
        let Some(life) = self.ram.as_ref().map(|ram| &ram.lifecycle) else { return Duration::ZERO };
        let costs = if life.previous_epoch.is_some() { &self.costs.clean_recovery } else { &self.costs.unclean_recovery };
        costs.sample(life.draws.at(mix(life.incarnation, 6))).scale(self.pace.work * self.pace.disk)
    }

    /// SIGTERM: asks for a controlled shutdown where there is something to hand over.
    pub(super) fn begin_shutdown(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        if ram.lifecycle.state != BrokerState::Running || !self.config.controlled_shutdown_enable {
            return self.shut_down(ctx, out);
        }
        ram.lifecycle.state = BrokerState::PendingControlledShutdown;
        ram.lifecycle.next_at = ctx.now;
        out.fact(Fact::BrokerStateChanged { broker: self.ix, state: BrokerState::PendingControlledShutdown });
        self.lifecycle_turn(ctx, out);
    }

    /// The sockets close now, the process ends when its logs are closed.
    fn shut_down(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        if ram.lifecycle.state == BrokerState::ShuttingDown {
            return;
        }
        let life = &mut ram.lifecycle;
        life.state = BrokerState::ShuttingDown;
        life.listening = false;
        life.listen_at = None;
        let time = self.costs.stop.sample(life.draws.at(mix(life.incarnation, 7))).scale(self.pace.work);
        life.exit_at = Some(ctx.now + time);
        out.fact(Fact::BrokerStateChanged { broker: self.ix, state: BrokerState::ShuttingDown });
        out.timer(TimerKind::Lifecycle, ctx.now + time);
        self.stop_fetchers(out);
    }
}

fn heartbeat_request(ix: crate::kafka::BrokerIx, ram: &Ram) -> Request {
    let life = &ram.lifecycle;
    match life.epoch {
        None => Request::BrokerRegistration { broker: ix, incarnation: life.incarnation, previous_epoch: life.previous_epoch },
        Some(epoch) => Request::BrokerHeartbeat {
            broker: ix,
            epoch,
            applied: ram.image.reported(),
            want_fence: !life.ready_to_unfence,
            want_shutdown: life.state == BrokerState::PendingControlledShutdown,
        },
    }
}
