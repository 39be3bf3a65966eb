//! Durations as people write them: a number and a unit.

use super::Duration;

/// Units in nanoseconds.
const UNITS: [(&str, u128); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];
/// Nothing that a run can be about lasts longer.
const LONGEST: u128 = 366 * 86_400_000_000_000;
/// Digits after the point that count, which is beyond a nanosecond in every unit.
const FRACTION_DIGITS: usize = 18;

/// Reads `250us`, `1.5ms`, `30s`, `5m`, `2h` or `1d`; `0` needs no unit.
///
/// # Errors
/// In words, with the remedy, when there is no number, no known unit, a minus sign, or more than a year.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.starts_with('-') {
        return Err(format!("`{text}` is negative; a duration is zero or more"));
    }
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..split], text[split..].trim());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() == 0 || fraction.contains('.') {
        return Err(format!("`{text}` is no duration; write a number and a unit, such as \"1.5ms\" or \"30s\""));
    }
    if unit.is_empty() {
        return Err(format!("`{text}` has no unit; write \"{text}ms\" or \"{text}s\""));
    }
    let unit = if unit == "\u{b5}s" || unit == "\u{3bc}s" { "us" } else { unit };
    let Some((_, nanos)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(format!("`{unit}` is no unit of time; known are {}", UNITS.map(|(name, _)| name).join(", ")));
    };
    match exact(whole, fraction, *nanos).filter(|nanos| *nanos <= LONGEST) {
        Some(nanos) => Ok(Duration::from_nanos(nanos as u64)),
        None => Err(format!("`{text}` is longer than a year; check the unit")),
    }
}

/// `whole.fraction` units, rounded to the nearest nanosecond; none when that is beyond all numbers.
fn exact(whole: &str, fraction: &str, unit: u128) -> Option<u128> {
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u128>().ok() };
    let fraction = &fraction[..fraction.len().min(FRACTION_DIGITS)];
    let scale = 10_u128.pow(fraction.len() as u32);
    let part = digits(fraction)?.checked_mul(unit)?.checked_add(scale / 2)? / scale;
    digits(whole)?.checked_mul(unit)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_wrong_is_said_with_the_remedy() {
        assert_eq!(parse_duration("30").unwrap_err(), "`30` has no unit; write \"30ms\" or \"30s\"");
        assert!(parse_duration("-1s").unwrap_err().contains("negative"));
        assert!(parse_duration("900000h").unwrap_err().contains("longer than a year"));
        assert!(parse_duration("5 parsecs").unwrap_err().contains("known are ns, us, ms"));
        assert!(parse_duration("soon").unwrap_err().contains("no duration"));
        assert!(parse_duration("").unwrap_err().contains("no duration"));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(nanos in 0_u64..366 * 86_400_000_000_000) {
            let duration = Duration::from_nanos(nanos);
            prop_assert_eq!(parse_duration(&duration.to_string()), Ok(duration));
        }
    }
}
