//! Simulated time as a wall clock: the run starts when 2026 does, in UTC.

use crate::engine::Instant;

/// The moment at which every run starts (warm-up included), in milliseconds since 1970: 2026-01-01 00:00:00 UTC.
const EPOCH_MS: u64 = 1_767_225_600_000;
const FIRST_YEAR: u64 = 2026;
const DAY_MS: u64 = 86_400_000;
const MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Milliseconds since 1970.
pub fn unix_ms(at: Instant) -> u64 {
    EPOCH_MS + at.since_start().as_millis()
}

/// As Kafka's own layout prints a moment (`%d`): `2026-01-01 00:00:20,125`.
pub fn date(at: Instant) -> String {
    let ms = at.since_start().as_millis();
    format!("{} {}", day(ms / DAY_MS), of_day(ms % DAY_MS, ','))
}

/// As JavaScript prints a moment: `2026-01-01T00:00:20.125Z`.
pub fn iso(at: Instant) -> String {
    let ms = at.since_start().as_millis();
    format!("{}T{}Z", day(ms / DAY_MS), of_day(ms % DAY_MS, '.'))
}

/// As a Go library prints a time of day: `00:00:20.125000`.
pub fn micros(at: Instant) -> String {
    let us = at.as_nanos() / 1000;
    let ms = us / 1000 % DAY_MS;
    format!("{}{:03}", of_day(ms, '.'), us % 1000)
}

fn of_day(ms: u64, point: char) -> String {
    let seconds = ms / 1000;
    format!("{:02}:{:02}:{:02}{point}{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, ms % 1000)
}

fn day(mut days: u64) -> String {
    let mut year = FIRST_YEAR;
    let leap = |year: u64| u64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)));
    while days >= 365 + leap(year) {
        days -= 365 + leap(year);
        year += 1;
    }
    let mut month = 0;
    while days >= MONTHS[month] + if month == 1 { leap(year) } else { 0 } {
        days -= MONTHS[month] + if month == 1 { leap(year) } else { 0 };
        month += 1;
    }
    format!("{year}-{:02}-{:02}", month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Duration;

    #[test]
    fn a_run_starts_with_the_year_and_leap_days_are_counted() {
        assert_eq!(date(Instant::ZERO), "2026-01-01 00:00:00,000");
        assert_eq!(date(Instant::ZERO + Duration::from_millis(20_125)), "2026-01-01 00:00:20,125");
        assert_eq!(micros(Instant::ZERO + Duration::from_micros(61_000_007)), "00:01:01.000007");
        let days = |n: u64| Instant::ZERO + Duration::from_secs(n * 86_400);
        assert_eq!(date(days(58)), "2026-02-28 00:00:00,000");
        assert_eq!(date(days(59)), "2026-03-01 00:00:00,000");
        assert_eq!(iso(days(365 * 2 + 59)), "2028-02-29T00:00:00.000Z");
        assert_eq!(unix_ms(days(1)) - EPOCH_MS, 86_400_000);
    }
}
