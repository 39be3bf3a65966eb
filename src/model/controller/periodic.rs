//! What the active controller does by itself, and when: fencing checks, preferred leaders, unclean elections, no-op records.
//! Source: before 4.0 the deferred events of `QuorumController`; since then `PeriodicTaskControlManager` (KAFKA-17793).

use super::Turn;
use super::events::Task;
use super::raft::Role;
use crate::engine::{Duration, Instant, Stream};
use crate::kafka::Rules;
use crate::kafka::config::BrokerConfig;
use crate::model::TimerKind;
use crate::model::metadata::Record;

/// Pause before a task that left work over runs again (`QuorumController`, `PeriodicTask.immediatePeriodNs`).
const AGAIN: Duration = Duration::from_millis(10);
/// How long a reader that asks no more is still thought of as one who should be told.
const READER_FORGOTTEN: Duration = Duration::from_secs(10);

/// When each task runs next; none is not scheduled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tasks {
    fence: Option<Instant>,
    balance: Option<Instant>,
    unclean: Option<Instant>,
    /// Any moment of the no-op timer's free-running grid.
    no_op_phase: Instant,
}

/// The periods of tasks that run on a grid of their own, and not only when something is to do.
struct Periods {
    fence: Option<Duration>,
    balance: Option<Duration>,
    unclean: Option<Duration>,
}

fn periods(config: &BrokerConfig, rules: Rules) -> Periods {
    let periodic = rules.periodic_fencing_check;
    Periods {
        // QuorumController.registerMaybeFenceStaleBroker: eight looks in one session.
        fence: periodic.then(|| config.broker_session_timeout.scale(0.125).max(Duration::from_millis(1))),
        balance: (periodic && config.auto_leader_rebalance_enable).then_some(config.leader_imbalance_check_interval),
        unclean: periodic.then_some(config.unclean_leader_election_interval),
    }
}

impl Tasks {
    /// A controller that becomes active now: all timers start from zero.
    pub(super) fn starting(now: Instant, config: &BrokerConfig, rules: Rules) -> Self {
        let p = periods(config, rules);
        let first = |period: Option<Duration>| period.map(|period| now + period);
        Tasks { fence: first(p.fence), balance: first(p.balance), unclean: first(p.unclean), no_op_phase: now }
    }

    /// A controller that has been active for long: every timer is anywhere in its period.
    pub(super) fn running(now: Instant, config: &BrokerConfig, rules: Rules, phase: Stream) -> Self {
        let p = periods(config, rules);
        let somewhere = |period: Duration, which: u64| now + Duration::from_nanos(phase.at(which).below(period.as_nanos()));
        Tasks {
            fence: p.fence.map(|period| somewhere(period, 0)),
            balance: p.balance.map(|period| somewhere(period, 1)),
            unclean: p.unclean.map(|period| somewhere(period, 2)),
            no_op_phase: somewhere(config.metadata_max_idle_interval, 3),
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
            TimerKind::NoOp => self.enqueue_no_op(),
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
            | TimerKind::Checkpoint => {}
        }
    }

    fn due(&self, task: &Task) -> Option<Instant> {
        let active = self.active.as_ref()?;
        match task {
            Task::Fence => active.tasks.fence,
            Task::Balance => active.tasks.balance,
            Task::Unclean => active.tasks.unclean,
            Task::NoOp | Task::Admin(_) => None,
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
        let p = periods(&self.voter().config, self.ctx.rules);
        let Some(active) = self.active else { return };
        let next = |period: Option<Duration>| if again { Some(now + AGAIN) } else { period.map(|period| now + period) };
        match task {
            Task::Fence => active.tasks.fence = next(p.fence),
            Task::Balance => active.tasks.balance = next(p.balance),
            Task::Unclean => active.tasks.unclean = next(p.unclean),
            Task::NoOp | Task::Admin(_) => {}
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
        for (task, kind) in [(Task::Fence, TimerKind::Sessions), (Task::Balance, TimerKind::Balance), (Task::Unclean, TimerKind::Unclean)] {
            let waits = self.active.as_ref().is_some_and(|a| a.queue.has(&task));
            if let Some(at) = self.due(&task).filter(|_| !waits) {
                self.out.timer(kind, at.max(self.ctx.now));
            }
        }
    }

    /// Whether somebody who reads the log has not been told of the last record that says something. Nobody else needs the append of a
    /// no-op record, so only then it is written, at the moments of its free-running timer.
    fn somebody_waits(&self) -> bool {
        let Some(active) = &*self.active else { return false };
        let Role::Leader(leading) = &self.raft.role else { return false };
        let recently = |asked: Instant| self.ctx.now.since(asked) < READER_FORGOTTEN;
        leading.told.values().any(|(told, asked)| *told < active.content_end && recently(*asked))
    }

    /// Arms the no-op timer for its next moment, if it is needed (`maybeScheduleNextWriteNoOpRecord`).
    pub(super) fn schedule_no_op(&mut self) {
        let period = self.voter().config.metadata_max_idle_interval;
        if period.is_zero() || self.ctx.rules.high_watermark_wakes_fetch || !self.somebody_waits() {
            return;
        }
        let Some(active) = self.active else { return };
        let now = self.ctx.now;
        let passed = now.since(active.tasks.no_op_phase).as_nanos() / period.as_nanos();
        let next = active.tasks.no_op_phase + period * (passed + 1);
        let at = if now < active.tasks.no_op_phase { active.tasks.no_op_phase } else { next };
        self.out.timer(TimerKind::NoOp, at);
    }

    fn enqueue_no_op(&mut self) {
        if self.somebody_waits() {
            self.enqueue(Task::NoOp);
        }
    }

    /// Writes a no-op record, whose append carries the current high watermark to every parked reader.
    pub(super) fn write_no_op(&mut self) {
        let mut write = self.begin_write();
        write.records.push(Record::Nothing);
        self.finish_write(write, super::active::Answer::Nobody);
        self.schedule_no_op();
    }
}
