//! Numbers as people read them: with units, grouped digits, and `none` where nothing was measured.

use crate::observe::record::Quantiles;

/// What stands where nothing was measured.
pub const NONE: &str = "none";

/// A count with grouped digits: `10,812`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number that need not be whole, such as a mean of counts, to three digits or so: `0.0031`, `12.1`, `2,310`.
pub fn decimal(n: f64) -> String {
    if n < 0.0 {
        return format!("-{}", decimal(-n));
    }
    let text = match n {
        _ if !n.is_finite() => return NONE.to_owned(),
        _ if n == 0.0 => return "0".to_owned(),
        _ if n < 0.0001 => return "below 0.0001".to_owned(),
        _ if n < 0.01 => format!("{n:.4}"),
        _ if n < 0.1 => format!("{n:.3}"),
        _ if n < 10.0 => format!("{n:.2}"),
        _ if n < 99.95 => format!("{n:.1}"),
        _ => return count(n.round() as u64),
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An estimate with its bounds, the unit said once where all share one: `12.1 (11.4 to 12.8)`, `1.40 s (1.31 to 1.52)`.
pub fn interval(value: f64, low: f64, high: f64, text: impl Fn(f64) -> String) -> String {
    let texts = [value, low, high].map(text);
    let [value, mut low, mut high] = texts.each_ref().map(String::as_str);
    if let [Some((_, one)), Some((from, two)), Some((to, three))] = [value, low, high].map(number_and_unit)
        && [one, two] == [two, three]
    {
        (low, high) = (from, to);
    }
    format!("{value} ({low} to {high})")
}

/// `1.40 s` is a number and its unit; `2 min 5 s` is more than that.
fn number_and_unit(text: &str) -> Option<(&str, &str)> {
    text.split_once(' ').filter(|(_, unit)| !unit.contains(' '))
}

/// A difference with its sign: `+3.2`, `-412 ms`, `0`.
pub fn signed(difference: f64, text: impl Fn(f64) -> String) -> String {
    if difference > 0.0 { format!("+{}", text(difference)) } else { text(difference) }
}

/// A count with its noun: `1 request`, `12 requests`. The noun is given in the singular and takes an s.
pub fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", count(n)) }
}

/// A duration in milliseconds, in the unit that fits it: `0.42 ms`, `412 ms`, `8.83 s`, `4 min 5 s`.
pub fn duration(ms: f64) -> String {
    if !ms.is_finite() {
        return NONE.to_owned();
    }
    if ms < 0.0 {
        return format!("-{}", duration(-ms));
    }
    match ms {
        _ if ms == 0.0 => "0 ms".to_owned(),
        _ if (1e3..60e3).contains(&ms) && ms % 1e3 == 0.0 => format!("{:.0} s", ms / 1e3),
        _ if ms < 0.995 => format!("{} ms", significant(ms)),
        _ if ms < 9.95 => format!("{ms:.1} ms"),
        _ if ms < 999.5 => format!("{ms:.0} ms"),
        _ if ms < 9_995.0 => format!("{:.2} s", ms / 1e3),
        _ if ms < 59_950.0 => format!("{:.1} s", ms / 1e3),
        _ if ms < 3_599_500.0 => two_units(ms / 1e3, "min", "s"),
        _ => two_units(ms / 60e3, "h", "min"),
    }
}

fn significant(below_one: f64) -> String {
    if below_one < 0.01 { "below 0.01".to_owned() } else { format!("{below_one:.2}") }
}

fn two_units(small: f64, large_name: &str, small_name: &str) -> String {
    let small = small.round() as u64;
    match (small / 60, small % 60) {
        (large, 0) => format!("{} {large_name}", count(large)),
        (large, rest) => format!("{} {large_name} {rest} {small_name}", count(large)),
    }
}

/// A moment, in seconds from when counting began: `30.021 s`, or `-1.500 s` before it.
pub fn moment(ms: f64) -> String {
    if ms.is_finite() { format!("{:.3} s", ms / 1e3) } else { NONE.to_owned() }
}

/// A duration that may be missing.
pub fn maybe(ms: Option<f64>) -> String {
    ms.map_or_else(|| NONE.to_owned(), duration)
}

/// A share in per cent, `none` of nothing.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NONE.to_owned();
    }
    percent(part as f64 / whole as f64)
}

/// A ratio of 0 to 1 in per cent.
pub fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    match percent {
        _ if !percent.is_finite() => NONE.to_owned(),
        _ if percent == 0.0 || percent == 100.0 => format!("{percent:.0} %"),
        _ if percent < 0.01 => "below 0.01 %".to_owned(),
        _ if percent < 0.995 => format!("{percent:.2} %"),
        _ if percent > 99.94 => "above 99.9 %".to_owned(),
        _ if (9.95..=99.0).contains(&percent) => format!("{percent:.0} %"),
        _ => format!("{percent:.1} %"),
    }
}

/// `41 of 10,812 (0.38 %)`.
pub fn part_of(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NONE.to_owned();
    }
    format!("{} of {} ({})", count(part), count(whole), share(part, whole))
}

/// Bytes in the unit that fits: `812 bytes`, `14.2 KB`, `3.1 MB` (powers of ten).
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => counted(n, "byte"),
        1_000..999_950 => format!("{:.1} KB", n as f64 / 1e3),
        999_950..999_950_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// One figure of a summary, or `none` when the summary has no samples.
pub fn of(quantiles: &Quantiles, figure: impl Fn(&Quantiles) -> f64) -> String {
    if quantiles.count == 0 { NONE.to_owned() } else { duration(figure(quantiles)) }
}

/// The value that a share `q` of the values do not exceed (nearest rank), none without values. The values need no order.
pub fn quantile(mut values: Vec<f64>, q: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * q).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied()
}

/// The greatest of the values, none without values.
pub fn greatest(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    values.into_iter().max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([count(0), count(999), count(1_000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        let durations = [0.0, 20_000.0, 0.0004, 0.42, 1.5, 42.4, 999.7, 8_834.0, 59_960.0, 125_000.0, 7_500_000.0].map(duration);
        assert_eq!(
            durations,
            ["0 ms", "20 s", "below 0.01 ms", "0.42 ms", "1.5 ms", "42 ms", "1.00 s", "8.83 s", "1 min", "2 min 5 s", "2 h 5 min"]
        );
        assert_eq!([share(41, 10_812), share(0, 5), share(5, 5), share(1, 1_000_000)], ["0.38 %", "0 %", "100 %", "below 0.01 %"]);
        assert_eq!(share(99_999, 100_000), "above 99.9 %");
        assert_eq!([bytes(1), bytes(812), bytes(14_200), bytes(3_100_000)], ["1 byte", "812 bytes", "14.2 KB", "3.1 MB"]);
    }

    #[test]
    fn estimates_stand_with_their_bounds_and_differences_with_their_sign() {
        assert_eq!(
            [0.0, 0.00001, 0.0031, 0.0242, 5.0, 12.13, 99.96, 2_310.4, -27.9].map(decimal),
            ["0", "below 0.0001", "0.0031", "0.024", "5", "12.1", "100", "2,310", "-27.9"]
        );
        assert_eq!(interval(12.1, 11.4, 12.8, decimal), "12.1 (11.4 to 12.8)");
        assert_eq!(interval(1_400.0, 1_310.0, 1_520.0, duration), "1.40 s (1.31 to 1.52)");
        assert_eq!(interval(1_020.0, 988.0, 1_100.0, duration), "1.02 s (988 ms to 1.10 s)");
        assert_eq!(interval(245_000.0, 241_000.0, 248_000.0, duration), "4 min 5 s (4 min 1 s to 4 min 8 s)");
        assert_eq!([3.2, -3.2, 0.0].map(|n| signed(n, decimal)), ["+3.2", "-3.2", "0"]);
    }

    #[test]
    fn what_was_not_measured_is_none_and_never_zero_or_nan() {
        assert_eq!(share(0, 0), NONE);
        assert_eq!(duration(f64::NAN), NONE);
        assert_eq!(moment(f64::INFINITY), NONE);
        assert_eq!(of(&Quantiles::default(), |q| q.p99), NONE);
        assert_eq!(quantile(Vec::new(), 0.5), None);
        assert_eq!([0.0, 0.5, 0.99].map(|q| quantile(vec![3.0, 1.0, 2.0, 4.0], q)), [Some(1.0), Some(2.0), Some(4.0)]);
    }
}
