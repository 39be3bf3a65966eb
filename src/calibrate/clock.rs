//! Times of several machines' logs on one scale, and the part of them that counts.

use crate::kafka::text::log_time::{DAY_MS, LogTime};

/// A moment in milliseconds: since 1970 in UTC, or since the first midnight of a log without dates.
pub type Moment = i64;

/// How the clocks of the logs are to be read.
#[derive(Clone, Copy, Default, Debug)]
pub struct Zone {
    /// How far the logs' own clock is ahead of UTC, in milliseconds.
    pub ahead_ms: i64,
}

/// Reads the times of one log, line after line.
#[derive(Default, Debug)]
pub struct Clock {
    zone: Zone,
    last_of_day: Option<i64>,
    midnights: i64,
    /// A time without a date was read.
    pub undated: bool,
}

impl Clock {
    /// A clock at the head of a log.
    pub fn new(zone: Zone) -> Self {
        Clock { zone, ..Clock::default() }
    }

    /// The moment of a line.
    pub fn read(&mut self, time: LogTime) -> Moment {
        match time {
            LogTime::Utc(ms) => ms,
            LogTime::Local(ms) => ms - self.zone.ahead_ms,
            LogTime::TimeOfDay(ms) => {
                self.undated = true;
                // Threads log a little out of order; half a day back is a midnight.
                if self.last_of_day.is_some_and(|last| ms + DAY_MS / 2 < last) {
                    self.midnights += 1;
                }
                self.last_of_day = Some(ms);
                self.midnights * DAY_MS + ms
            }
        }
    }
}

/// The part of the logs that counts: from one moment to another, each open if none.
#[derive(Clone, Copy, Default, Debug)]
pub struct Window {
    /// What is earlier does not count.
    pub from: Option<LogTime>,
    /// What is later does not count.
    pub to: Option<LogTime>,
}

impl Window {
    /// Whether a line of this time counts.
    pub fn holds(&self, time: LogTime, zone: Zone) -> bool {
        let at = |time| Clock::new(zone).read(time);
        self.from.is_none_or(|from| at(from) <= at(time)) && self.to.is_none_or(|to| at(time) <= at(to))
    }

    /// Whether it can be held against times of a log without dates, or of one with dates.
    pub fn fits(&self, undated: bool) -> bool {
        [self.from, self.to].into_iter().flatten().all(|end| matches!(end, LogTime::TimeOfDay(_)) == undated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_without_dates_runs_over_midnight() {
        let mut clock = Clock::new(Zone::default());
        let read: Vec<i64> =
            [DAY_MS - 10, DAY_MS - 20, 5, 1, DAY_MS - 1, 0].into_iter().map(|ms| clock.read(LogTime::TimeOfDay(ms))).collect();
        assert_eq!(read, [DAY_MS - 10, DAY_MS - 20, DAY_MS + 5, DAY_MS + 1, 2 * DAY_MS - 1, 2 * DAY_MS]);
        assert!(clock.undated);
    }

    #[test]
    fn a_local_clock_is_brought_to_utc() {
        let zone = Zone { ahead_ms: 7_200_000 };
        assert_eq!(Clock::new(zone).read(LogTime::Local(7_200_500)), 500);
        assert_eq!(Clock::new(zone).read(LogTime::Utc(500)), 500);
        let window = Window { from: Some(LogTime::Local(7_200_000)), to: Some(LogTime::Local(7_201_000)) };
        assert!(window.holds(LogTime::Utc(500), zone) && !window.holds(LogTime::Local(7_201_001), zone) && !window.fits(true));
    }
}
