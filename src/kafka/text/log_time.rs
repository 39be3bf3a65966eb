//! The time at the head of a line of a log, in the layouts that brokers are set up with.
//! Source: `[%d] %p %m (%c)%n` in Kafka's `config/log4j.properties` and `config/log4j2.yaml`; `%d{ISO8601}` and `%d{UNIX_MILLIS}` of log4j2.

/// A day in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// When a line was logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogTime {
    /// Milliseconds since 1970 in UTC: the layout prints a zone, or Unix time.
    Utc(i64),
    /// Milliseconds since 1970 on the machine's own clock, whose zone the layout does not print. Kafka's own layout.
    Local(i64),
    /// Milliseconds since midnight: the layout prints no date.
    TimeOfDay(i64),
}

/// The time that a line begins with, and what follows it; none when it begins with no time.
pub fn log_time(line: &str) -> Option<(LogTime, &str)> {
    let text = line.strip_prefix('[').unwrap_or(line);
    let (time, rest) = unix_millis(text).or_else(|| dated(text)).or_else(|| {
        let (of_day, rest) = time_of_day(text)?;
        Some((LogTime::TimeOfDay(of_day), rest))
    })?;
    Some((time, rest.strip_prefix(']').unwrap_or(rest).trim_start()))
}

fn unix_millis(text: &str) -> Option<(LogTime, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let millis = (end == 13).then(|| text[..end].parse().ok())??;
    Some((LogTime::Utc(millis), &text[end..]))
}

fn dated(text: &str) -> Option<(LogTime, &str)> {
    let (year, text) = number(text, 4)?;
    let (month, text) = number(text.strip_prefix('-')?, 2)?;
    let (day, text) = number(text.strip_prefix('-')?, 2)?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (of_day, rest) = time_of_day(text.strip_prefix([' ', 'T'])?)?;
    let millis = days_since_1970(year, month, day) * DAY_MS + of_day;
    Some(match zone(rest) {
        Some((offset, rest)) => (LogTime::Utc(millis - offset), rest),
        None => (LogTime::Local(millis), rest),
    })
}

/// `HH:MM:SS` and a fraction of a second after a comma or a point.
fn time_of_day(text: &str) -> Option<(i64, &str)> {
    let (hours, text) = number(text, 2)?;
    let (minutes, text) = number(text.strip_prefix(':')?, 2)?;
    let (seconds, text) = number(text.strip_prefix(':')?, 2)?;
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let whole = ((hours * 60 + minutes) * 60 + seconds) * 1000;
    let Some(fraction) = text.strip_prefix([',', '.']) else { return Some((whole, text)) };
    let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
    let millis = fraction[..end].chars().chain("000".chars()).take(3).collect::<String>().parse::<i64>().ok()?;
    Some((whole + millis, &fraction[end..]))
}

/// `Z`, `+02:00` or `+0200`, in milliseconds east of UTC.
fn zone(text: &str) -> Option<(i64, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((0, rest));
    }
    let sign = if text.starts_with('+') { 1 } else { -1 };
    let (hours, rest) = number(text.strip_prefix(['+', '-'])?, 2)?;
    let (minutes, rest) = number(rest.strip_prefix(':').unwrap_or(rest), 2)?;
    Some((sign * (hours * 60 + minutes) * 60_000, rest))
}

/// Milliseconds east of UTC of `Z`, `+02:00` or `-0330`; none when it is no offset.
pub fn utc_offset(text: &str) -> Option<i64> {
    let (offset, rest) = zone(text)?;
    (rest.is_empty() && offset.abs() <= DAY_MS).then_some(offset)
}

fn number(text: &str, digits: usize) -> Option<(i64, &str)> {
    let head = text.get(..digits).filter(|head| head.bytes().all(|b| b.is_ascii_digit()))?;
    Some((head.parse().ok()?, &text[digits..]))
}

/// Days from 1970-01-01 to a day of the Gregorian calendar. Counted in years that begin in March, so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_tells_the_same_moment() {
        let utc = 1_795_365_534_249;
        for (line, time) in [
            ("[2026-11-22 16:38:54,249] INFO x", LogTime::Local(utc)),
            ("2026-11-22T16:38:54,249 INFO x", LogTime::Local(utc)),
            ("2026-11-22 16:38:54.249123 INFO x", LogTime::Local(utc)),
            ("[2026-11-22T18:38:54.249+02:00] INFO x", LogTime::Utc(utc)),
            ("2026-11-22T16:38:54.249Z INFO x", LogTime::Utc(utc)),
            ("1795365534249 INFO x", LogTime::Utc(utc)),
            ("16:38:54,249 INFO x", LogTime::TimeOfDay(utc % DAY_MS)),
        ] {
            assert_eq!(log_time(line), Some((time, "INFO x")), "{line}");
        }
        assert_eq!(log_time("2024-02-29 00:00:00 x"), Some((LogTime::Local(1_709_164_800_000), "x")));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for line in
            ["", "[", "\tat kafka.server", "java.io.IOException: x", "2026-13-01 00:00:00,000 x", "25:00:00 x", "2026-11-22", "größe"]
        {
            assert_eq!(log_time(line), None, "{line}");
        }
        assert_eq!((utc_offset("+02:00"), utc_offset("-0330"), utc_offset("CET")), (Some(7_200_000), Some(-12_600_000), None));
    }
}
