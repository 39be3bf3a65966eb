//! What the active controller does by itself, and when: fencing checks, preferred leaders, unclean elections, no-op records.
//! Source: before 4.0 the deferred events of `QuorumController`; since then `PeriodicTaskControlManager` (KAFKA-17793).

use super::Turn;
use super::events::Task;
use super::state::Registrations;
use crate::engine::{Duration, Instant, Stream};
use crate::kafka::Rules;
use crate::kafka::config::BrokerConfig;
use crate::model::TimerKind;
use crate::model::metadata::Record;

/// Pause before a task that left work over runs again (`QuorumController`, `PeriodicTask.immediatePeriodNs`).
const AGAIN: Duration = Duration::from_millis(10);

/// When each task runs next; none is not scheduled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tasks {
    fence: Option<Instant>,
    balance: Option<Instant>,
    unclean: Option<Instant>,
    no_op: Option<Instant>,
}

/// The periods of tasks that run on a grid of their own, and not only when something is to do.
struct Periods {
    fence: Option<Duration>,
    balance: Option<Duration>,
    unclean: Option<Duration>,
    /// With one voter the high watermark moves at every append, so that a no-op tells nobody anything: none are written then.
    no_op: Option<Duration>,
}

fn periods(voters: usize, config: &BrokerConfig, rules: Rules) -> Periods {
    let periodic = rules.periodic_fencing_check;
    Periods {
        // QuorumController.registerMaybeFenceStaleBroker: eight looks in one session.
        fence: periodic.then(|| config.broker_session_timeout.scale(0.125).max(Duration::from_millis(1))),
        balance: (periodic && config.auto_leader_rebalance_enable).then_some(config.leader_imbalance_check_interval),
        unclean: periodic.then_some(config.unclean_leader_election_interval),
        no_op: Some(config.metadata_max_idle_interval).filter(|period| !period.is_zero() && voters > 1),
    }
}

impl Tasks {
    /// A controller that becomes active now: all timers start from zero.
    pub(super) fn starting(now: Instant, voters: usize, config: &BrokerConfig, rules: Rules) -> Self {
        let p = periods(voters, config, rules);
        let first = |period: Option<Duration>| period.map(|period| now + period);
        Tasks { fence: first(p.fence), balance: first(p.balance), unclean: first(p.unclean), no_op: first(p.no_op) }
    }

    /// The next look at the sessions is due.
    pub(super) fn look_at_sessions(&mut self, now: Instant) {
        self.fence = Some(now);
    }

    /// A controller that has been active for long: every timer that runs is anywhere in its period.
    pub(super) fn running(
        now: Instant,
        voters: usize,
        config: &BrokerConfig,
        rules: Rules,
        phase: Stream,
        registrations: &Registrations,
    ) -> Self {
        let p = periods(voters, config, rules);
        let somewhere = |period: Duration, which: u64| now + Duration::from_nanos(phase.at(which).below(period.as_nanos()));
        let periodic = rules.periodic_fencing_check;
        let balances = config.auto_leader_rebalance_enable && (periodic || registrations.any_imbalanced());
        let elects = periodic || registrations.any_leaderless();
        Tasks {
            fence: p.fence.map(|period| somewhere(period, 0)),
            balance: balances.then(|| somewhere(config.leader_imbalance_check_interval, 1)),
            unclean: elects.then(|| somewhere(config.unclean_leader_election_interval, 2)),
            no_op: p.no_op.map(|period| somewhere(period, 3)),
        }
    }
}

impl Turn<'_, '_> {
    /// A timer of this process fired.
    pub(super) fn timer(&mut self, kind: TimerKind) {
        match kind {
            TimerKind::Sessions => self.enqueue_due(Task::Fence),
            TimerKind::Balance => self.enqueue_due(Task::Balance),
            TimerKind::Unclean => self.enqueue_due(Task::Unclean),
            TimerKind::NoOp => self.enqueue_due(Task::NoOp),
            TimerKind::Events => self.run_tasks(),
            // What of raft falls due is looked at after every input.
            TimerKind::Raft | TimerKind::Linger => {}
            TimerKind::Client
            | TimerKind::Workload
            | TimerKind::Lifecycle
            | TimerKind::Apply
            | TimerKind::Fetchers
            | TimerKind::Purgatory
            | TimerKind::IsrCheck
            | TimerKind::AlterPartition
            | TimerKind::Checkpoint
            | TimerKind::Coordinator => {}
        }
    }

    fn due(&self, task: &Task) -> Option<Instant> {
        let active = self.active.as_ref()?;
        match task {
            Task::Fence => active.tasks.fence,
            Task::Balance => active.tasks.balance,
            Task::Unclean => active.tasks.unclean,
            Task::NoOp => active.tasks.no_op,
            Task::Admin(_) => None,
        }
    }

    fn enqueue_due(&mut self, task: Task) {
        let waits = self.active.as_ref().is_some_and(|a| a.queue.has(&task));
        match self.due(&task) {
            Some(at) if self.ctx.now >= at && !waits => self.enqueue(task),
            Some(_) | None => self.arm_tasks(),
        }
    }

    /// A periodic task has run: when it runs again, at once if it left work over.
    pub(super) fn task_done(&mut self, task: &Task, again: bool) {
        let now = self.ctx.now;
        let p = periods(self.voters(), &self.voter().config, self.ctx.rules);
        let Some(active) = self.active else { return };
        let next = |period: Option<Duration>| if again { Some(now + AGAIN) } else { period.map(|period| now + period) };
        match task {
            Task::Fence => active.tasks.fence = next(p.fence),
            Task::Balance => active.tasks.balance = next(p.balance),
            Task::Unclean => active.tasks.unclean = next(p.unclean),
            Task::NoOp => active.tasks.no_op = next(p.no_op),
            Task::Admin(_) => {}
        }
    }

    /// Before 4.0, sessions are looked at when the next one runs out. Only heartbeats and registrations schedule that, and the look
    /// itself: a new controller fences nobody before it has heard of somebody (`rescheduleMaybeFenceStaleBrokers`).
    pub(super) fn reschedule_fencing(&mut self) {
        if self.ctx.rules.periodic_fencing_check {
            return;
        }
        let expiry = self.next_expiry();
        if let Some(active) = self.active {
            active.tasks.fence = expiry;
        }
    }

    /// After every event: before 4.0, the other tasks are scheduled when there is something for them to do
    /// (`maybeScheduleNextBalancePartitionLeaders`, `maybeScheduleNextElectUncleanLeaders`).
    pub(super) fn schedule_after_write(&mut self) {
        if !self.ctx.rules.periodic_fencing_check {
            let now = self.ctx.now;
            let config = &self.voter().config;
            if let Some(active) = self.active {
                if config.auto_leader_rebalance_enable && active.registrations.any_imbalanced() {
                    active.tasks.balance.get_or_insert(now + config.leader_imbalance_check_interval);
                }
                if active.registrations.any_leaderless() {
                    active.tasks.unclean.get_or_insert(now + config.unclean_leader_election_interval);
                }
            }
        }
        self.arm_tasks();
    }

    /// Arms the timers of all tasks that are scheduled and not yet waiting for the thread.
    pub(super) fn arm_tasks(&mut self) {
        let kinds = [
            (Task::Fence, TimerKind::Sessions),
            (Task::Balance, TimerKind::Balance),
            (Task::Unclean, TimerKind::Unclean),
            (Task::NoOp, TimerKind::NoOp),
        ];
        for (task, kind) in kinds {
            let waits = self.active.as_ref().is_some_and(|a| a.queue.has(&task));
            if let Some(at) = self.due(&task).filter(|_| !waits) {
                self.out.timer(kind, at.max(self.ctx.now));
            }
        }
    }

    /// Writes a no-op record, whose append carries the current high watermark to every parked reader (`writeNoOpRecord`).
    pub(super) fn write_no_op(&mut self) {
        let mut write = self.begin_write();
        write.records.push(Record::Nothing);
        self.finish_write(write, super::active::Answer::Nobody);
        self.task_done(&Task::NoOp, false);
    }
}
