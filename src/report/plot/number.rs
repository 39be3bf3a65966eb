//! Numbers on axes and in cells.

use super::axis::Quantity;
use crate::report::quantity;

/// Units of time: (name, milliseconds), the longest first.
const UNITS: [(&str, f64); 5] = [("d", 86_400_000.0), ("h", 3_600_000.0), ("min", 60_000.0), ("s", 1_000.0), ("ms", 1.0)];

/// The texts of ticks that stand on one linear axis: durations share one unit.
pub fn ticks(values: &[f64], quantity: Quantity) -> Vec<String> {
    let greatest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    match quantity {
        Quantity::DurationMs => {
            let short = |length: f64| values.iter().all(|value| is_whole(value / length * 100.0));
            let (unit, length) = UNITS.into_iter().find(|(_, length)| *length <= greatest && short(*length)).unwrap_or(("ms", 1.0));
            values.iter().map(|value| format!("{} {unit}", plain(value / length))).collect()
        }
        Quantity::Plain | Quantity::Share => values.iter().map(|value| tick(*value, quantity)).collect(),
    }
}

/// The text of one tick: a duration in the longest unit that it is a whole number of.
pub fn tick(value: f64, quantity: Quantity) -> String {
    match quantity {
        Quantity::Plain => plain(value),
        Quantity::Share => format!("{} %", plain(value * 100.0)),
        Quantity::DurationMs => {
            let fits = |length: f64| value.abs() >= length && is_whole(value / length);
            let (unit, length) = UNITS.into_iter().find(|(_, length)| fits(*length)).unwrap_or(("ms", 1.0));
            format!("{} {unit}", plain(value / length))
        }
    }
}

/// A measured value to three digits.
pub fn value(value: f64, quantity: Quantity) -> String {
    match quantity {
        Quantity::Plain if value.abs() < 999.5 => plain(rounded(value, 3)),
        Quantity::Plain if value.abs() < 1e7 => plain(value.round()),
        Quantity::Plain => plain(rounded(value, 3)),
        Quantity::Share => quantity::percent(value),
        Quantity::DurationMs => quantity::duration(value),
    }
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6
}

/// A number without the noise of binary fractions, grouped; very large and very small ones as powers of ten.
fn plain(value: f64) -> String {
    let value = rounded(value, 9);
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        return format!("{value:e}").replace('-', "−");
    }
    let text = size.to_string();
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), quantity::count);
    format!("{}{whole}{fraction}", if value < 0.0 { "−" } else { "" })
}

fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_read_as_people_write_them() {
        assert_eq!(ticks(&[0.0, 0.1, 0.2, 0.1 + 0.2], Quantity::Plain), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(ticks(&[0.0, 500.0, 1500.0], Quantity::DurationMs), ["0 s", "0.5 s", "1.5 s"]);
        assert_eq!(ticks(&[0.0, 20_000.0, 80_000.0], Quantity::DurationMs), ["0 s", "20 s", "80 s"]);
        assert_eq!(ticks(&[-0.05, 0.0, 0.1], Quantity::Share), ["−5 %", "0 %", "10 %"]);
        assert_eq!([1.0, 10_000.0, 60_000.0, 3.6e6].map(|ms| tick(ms, Quantity::DurationMs)), ["1 ms", "10 s", "1 min", "1 h"]);
        assert_eq!([1e6, 1e9, 2e-7].map(|n| tick(n, Quantity::Plain)), ["1,000,000", "1e9", "2e−7"]);
        assert_eq!([0.0, 12.3456, 1234.5].map(|n| value(n, Quantity::Plain)), ["0", "12.3", "1,235"]);
    }
}
