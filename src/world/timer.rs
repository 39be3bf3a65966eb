//! One timer of a process: when it is due, and which events of it are pending. An event that comes before the timer is due waits for it anew, so that
//! a time-out which is put off again and again costs an event in a while and not one each time.

use crate::engine::Instant;
use smallvec::SmallVec;

/// See the module.
#[derive(Clone)]
pub(super) struct Timer {
    due: Instant,
    queued: SmallVec<[Instant; 2]>,
}

impl Default for Timer {
    /// Not armed.
    fn default() -> Self {
        Timer { due: Instant::MAX, queued: SmallVec::new() }
    }
}

impl Timer {
    /// Is due at `at`, if it was not due before that; says when an event has to come for it.
    pub fn arm(&mut self, at: Instant) -> Option<Instant> {
        self.due = self.due.min(at);
        self.wanted()
    }

    /// An event of it has come; says whether it fires. Otherwise [`Timer::wanted`] says what is wanted for it.
    pub fn fires(&mut self, now: Instant) -> bool {
        self.queued.retain(|at| *at > now);
        let fires = self.due <= now;
        if fires {
            self.due = Instant::MAX;
        }
        fires
    }

    /// When an event has to come that is not pending yet.
    pub fn wanted(&mut self) -> Option<Instant> {
        let is_missing = self.due < Instant::MAX && self.queued.iter().all(|at| *at > self.due);
        is_missing.then(|| {
            self.queued.push(self.due);
            self.due
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Duration;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn a_time_out_that_is_put_off_again_and_again_costs_one_event() {
        let mut timer = Timer::default();
        assert_eq!(timer.arm(at(30)), Some(at(30)));
        for second in 1..30 {
            assert_eq!(timer.arm(at(second)), Some(at(second)), "what comes first");
            assert!(timer.fires(at(second)));
            assert_eq!(timer.arm(at(second + 30)), None, "one is pending that comes before");
        }
        assert!(!timer.fires(at(30)));
        assert_eq!(timer.wanted(), Some(at(59)));
        assert!(timer.fires(at(59)));
        assert_eq!(timer.wanted(), None);
    }

    #[test]
    fn it_fires_once_however_many_events_of_it_come() {
        let mut timer = Timer::default();
        timer.arm(at(5));
        timer.arm(at(3));
        assert!(timer.fires(at(3)));
        assert!(!timer.fires(at(5)));
        assert_eq!(timer.wanted(), None);
    }
}
