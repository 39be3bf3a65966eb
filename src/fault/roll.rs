//! A rolling restart as a pure state machine: what it sees goes in, what it wants done comes out.

use super::action::Pace;
use crate::engine::Duration;
use crate::kafka::NodeIx;
use std::collections::VecDeque;

/// How often the end of a process is looked for.
pub(super) const LOOK_FOR_END: Duration = Duration::from_millis(1);
/// How often the tool looks whether partitions are under-replicated.
const LOOK_FOR_SYNC: Duration = Duration::from_millis(100);

/// What the roll sees of the process that it is at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// It exists.
    pub up: bool,
    /// It serves again, and no partition is under-replicated.
    pub in_sync: bool,
}

/// What the roll wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Want {
    /// A clean stop.
    Stop(NodeIx),
    /// A start.
    Start(NodeIx),
    /// To be asked again after this long.
    Wait(Duration),
    /// Nothing any more.
    Done,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Next,
    Ending,
    Down,
    Back,
}

/// A rolling restart on its way.
#[derive(Clone, Debug)]
pub(super) struct Roll {
    queue: VecDeque<NodeIx>,
    pace: Pace,
    down: Duration,
    phase: Phase,
}

impl Roll {
    pub fn new(order: impl IntoIterator<Item = NodeIx>, pace: Pace, down: Duration) -> Self {
        Roll { queue: order.into_iter().collect(), pace, down, phase: Phase::Next }
    }

    /// The process that it is at.
    pub fn at(&self) -> Option<NodeIx> {
        self.queue.front().copied()
    }

    /// The next thing to do, given what is seen of the process at [`Roll::at`].
    pub fn step(&mut self, seen: Seen) -> Want {
        let Some(node) = self.at() else { return Want::Done };
        match self.phase {
            Phase::Next => {
                self.phase = Phase::Ending;
                if seen.up { Want::Stop(node) } else { Want::Wait(Duration::ZERO) }
            }
            Phase::Ending if seen.up => Want::Wait(LOOK_FOR_END),
            Phase::Ending => {
                self.phase = Phase::Down;
                Want::Wait(self.down)
            }
            Phase::Down => {
                self.phase = Phase::Back;
                Want::Start(node)
            }
            Phase::Back => self.settle(seen),
        }
    }

    fn settle(&mut self, seen: Seen) -> Want {
        let waited = match self.pace {
            Pace::UnderReplicatedZero if !seen.in_sync => return Want::Wait(LOOK_FOR_SYNC),
            Pace::UnderReplicatedZero => Duration::ZERO,
            Pace::Pause(pause) => pause,
        };
        self.queue.pop_front();
        self.phase = Phase::Next;
        if self.queue.is_empty() { Want::Done } else { Want::Wait(waited) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Seen = Seen { up: true, in_sync: true };
    const LAGGING: Seen = Seen { up: true, in_sync: false };
    const GONE: Seen = Seen { up: false, in_sync: false };

    #[test]
    fn the_next_broker_is_not_touched_before_all_replicas_are_in_sync() {
        let (first, second) = (NodeIx(1), NodeIx(2));
        let down = Duration::from_secs(5);
        let mut roll = Roll::new([first, second], Pace::UnderReplicatedZero, down);
        assert_eq!(roll.step(UP), Want::Stop(first));
        assert_eq!(roll.step(LAGGING), Want::Wait(LOOK_FOR_END));
        assert_eq!(roll.step(GONE), Want::Wait(down));
        assert_eq!(roll.step(GONE), Want::Start(first));
        for _ in 0..50 {
            assert_eq!(roll.step(LAGGING), Want::Wait(LOOK_FOR_SYNC));
            assert_eq!(roll.at(), Some(first));
        }
        assert_eq!(roll.step(UP), Want::Wait(Duration::ZERO));
        assert_eq!(roll.step(UP), Want::Stop(second));
        assert_eq!(roll.step(GONE), Want::Wait(down));
        assert_eq!(roll.step(GONE), Want::Start(second));
        assert_eq!(roll.step(UP), Want::Done);
        assert_eq!(roll.step(UP), Want::Done);
    }

    #[test]
    fn with_a_fixed_pause_nobody_looks_at_the_replicas() {
        let pause = Duration::from_secs(30);
        let mut roll = Roll::new([NodeIx(1), NodeIx(2)], Pace::Pause(pause), Duration::ZERO);
        assert_eq!(roll.step(UP), Want::Stop(NodeIx(1)));
        assert_eq!(roll.step(GONE), Want::Wait(Duration::ZERO));
        assert_eq!(roll.step(GONE), Want::Start(NodeIx(1)));
        assert_eq!(roll.step(LAGGING), Want::Wait(pause));
        assert_eq!(roll.step(LAGGING), Want::Stop(NodeIx(2)));
    }

    #[test]
    fn a_broker_that_is_down_already_is_started() {
        let mut roll = Roll::new([NodeIx(1)], Pace::UnderReplicatedZero, Duration::ZERO);
        assert_eq!(roll.step(GONE), Want::Wait(Duration::ZERO));
        assert_eq!(roll.step(GONE), Want::Wait(Duration::ZERO));
        assert_eq!(roll.step(GONE), Want::Start(NodeIx(1)));
    }
}
