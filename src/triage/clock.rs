//! One clock for all logs: milliseconds since 1970 in UTC. What had to be assumed for that is said.

use crate::kafka::text::log_time::{DAY_MS, LogTime};

/// The moments of one file. A log without dates is counted on from the day on which it begins.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// How far clocks without a zone are ahead of UTC.
    pub ahead_ms: i64,
    /// The day on which a log without dates begins, in milliseconds since 1970; none: it is not known.
    pub first_day: Option<i64>,
    pub(super) days: i64,
    pub(super) last_of_day: Option<i64>,
    /// A time without a zone was read.
    pub zoneless: bool,
    /// A time without a date was read.
    pub dateless: bool,
}

impl Clock {
    /// The moment in UTC.
    pub fn utc(&mut self, time: LogTime) -> i64 {
        match time {
            LogTime::Utc(ms) => ms,
            LogTime::Local(ms) => {
                self.zoneless = true;
                ms - self.ahead_ms
            }
            LogTime::TimeOfDay(ms) => {
                (self.zoneless, self.dateless) = (true, true);
                // Lines of several threads may be out of order by moments; half a day back is midnight.
                if self.last_of_day.is_some_and(|last| ms < last - DAY_MS / 2) {
                    self.days += 1;
                }
                if self.last_of_day.is_some_and(|last| ms > last + DAY_MS / 2 && self.days > 0) {
                    self.days -= 1;
                }
                self.last_of_day = Some(ms);
                self.first_day.unwrap_or(0) + self.days * DAY_MS + ms - self.ahead_ms
            }
        }
    }
}

/// The day on which a log that begins at this time of day lies nearest to what the other logs span.
pub fn day_of(of_day: i64, ahead_ms: i64, (first, last): (i64, i64)) -> i64 {
    let middle = first + (last - first) / 2;
    let guess = (middle + ahead_ms).div_euclid(DAY_MS) * DAY_MS;
    let distance = |day: &i64| {
        let at = day + of_day - ahead_ms;
        (first - at).max(at - last).max(0)
    };
    [guess, guess - DAY_MS, guess + DAY_MS].into_iter().min_by_key(distance).unwrap_or(guess)
}

/// `2026-11-22 16:38:54.249`, in UTC; only the time of day in the days after 1970 began, where a log without dates lies by itself.
pub fn shown(at: i64) -> String {
    let (day, of_day) = (at.div_euclid(DAY_MS), at.rem_euclid(DAY_MS));
    let (hours, minutes, seconds, millis) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60, of_day % 1000);
    let time = format!("{hours:02}:{minutes:02}:{seconds:02}.{millis:03}");
    if day.abs() < 365 {
        return if day == 0 { time } else { format!("day {} {time}", day + 1) };
    }
    let (year, month, day) = date(day);
    format!("{year:04}-{month:02}-{day:02} {time}")
}

/// Year, month and day of a number of days since 1970. Counted in years that begin in March, so that the leap day comes last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::text::log_time::log_time;

    #[test]
    fn a_moment_is_shown_as_it_was_read() {
        for text in ["2026-11-22 16:38:54.249", "2024-02-29 00:00:00.000", "1999-12-31 23:59:59.999"] {
            let Some((LogTime::Local(at), _)) = log_time(text) else { panic!("{text}") };
            assert_eq!(shown(at), text);
        }
    }

    #[test]
    fn a_log_without_dates_goes_on_after_midnight_and_begins_on_the_day_of_the_others() {
        let mut clock = Clock { first_day: Some(0), ..Clock::default() };
        let times = ["23:59:59.5", "00:00:01.0", "23:59:59.9", "00:00:02.0"].map(|text| clock.utc(log_time(text).unwrap().0));
        assert_eq!(times, [86_399_500, 86_401_000, 86_399_900, 86_402_000]);
        let night = (10 * DAY_MS - 5_000, 10 * DAY_MS + 5_000);
        assert_eq!(day_of(DAY_MS - 1_000, 0, night), 9 * DAY_MS);
        assert_eq!(day_of(1_000, 0, night), 10 * DAY_MS);
    }
}
