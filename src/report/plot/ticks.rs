//! Where ticks may stand: for each axis several sets, the densest first, for the ruler to take the first whose texts have room.

use super::axis::Quantity;

/// Steps of time that people count in, in milliseconds, from 1 ms to 1 d.
const STEPS_MS: [f64; 25] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1_800e3,
    3_600e3, 7_200e3, 21_600e3, 43_200e3,
];

/// The rungs of a logarithmic axis of time, dense and sparse, in milliseconds, below a day.
const DENSE_MS: [f64; 22] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1_800e3, 3_600e3, 7_200e3,
    21_600e3,
];
const SPARSE_MS: [f64; 9] = [1.0, 10.0, 100.0, 1e3, 10e3, 60e3, 600e3, 3_600e3, 36_000e3];
const DAY_MS: f64 = 86_400e3;

const MOST: usize = 9;

/// Sets of ticks for a linear axis.
pub fn linear(low: f64, high: f64, quantity: Quantity) -> Vec<Vec<f64>> {
    (2..=MOST).rev().map(|most| multiples(low, high, step((high - low) / most as f64, quantity))).filter(|set| !set.is_empty()).collect()
}

fn step(least: f64, quantity: Quantity) -> f64 {
    match quantity {
        Quantity::DurationMs if (1.0..=DAY_MS / 2.0).contains(&least) => STEPS_MS.into_iter().find(|step| *step >= least).unwrap_or(DAY_MS),
        Quantity::DurationMs if least > DAY_MS / 2.0 => DAY_MS * round_step(least / DAY_MS),
        Quantity::DurationMs | Quantity::Plain | Quantity::Share => round_step(least),
    }
}

/// The least of 1, 2 and 5 times a power of ten that is no less.
fn round_step(least: f64) -> f64 {
    let decade = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|n| n * decade).find(|step| *step >= least * 0.999_999).unwrap_or(10.0 * decade)
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil();
    // A step is at least a ninth of the range, so more than a dozen would be rounding.
    (0..12).map(|i| (first + f64::from(i)) * step).take_while(|tick| *tick <= high + step * 1e-9).collect()
}

/// Sets of ticks for a logarithmic axis; those of a linear one where the range is too short for powers.
pub fn log(low: f64, high: f64, quantity: Quantity) -> Vec<Vec<f64>> {
    let inside = |rungs: Vec<f64>| -> Vec<f64> { rungs.into_iter().filter(|rung| (low..=high).contains(rung)).collect() };
    let mut sets = match quantity {
        Quantity::DurationMs => vec![inside(with_days(&DENSE_MS, &[1.0, 2.0, 5.0])), inside(with_days(&SPARSE_MS, &[1.0]))],
        Quantity::Plain | Quantity::Share => {
            vec![inside(decades(low, high, &[1.0, 2.0, 5.0], 1)), inside(decades(low, high, &[1.0, 3.0], 1))]
        }
    };
    sets.extend([1, 2, 3, 5, 10, 20, 50].map(|every| inside(decades(low, high, &[1.0], every))));
    if sets[0].len() < 3 {
        sets = linear(low, high, quantity);
    }
    sets.retain(|set| set.len() > 1);
    sets
}

fn with_days(below: &[f64], digits: &[f64]) -> Vec<f64> {
    let days = (0..6).flat_map(|power| digits.iter().map(move |digit| DAY_MS * digit * 10_f64.powi(power)));
    let below_one = (-6..0).flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)));
    below_one.chain(below.iter().copied()).chain(days).collect()
}

fn decades(low: f64, high: f64, digits: &[f64], every: i32) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let powers = (first..=last).filter(|power| power % every == 0);
    powers.flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_of_the_units_people_count_in() {
        assert_eq!(linear(0.0, 10.0, Quantity::Plain)[0], [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(linear(0.0, 120e3, Quantity::DurationMs)[0], [0.0, 15e3, 30e3, 45e3, 60e3, 75e3, 90e3, 105e3, 120e3]);
        assert_eq!(log(1e3, 3_600e3, Quantity::DurationMs)[1], [1e3, 10e3, 60e3, 600e3, 3_600e3]);
        assert_eq!(log(1.0, 1000.0, Quantity::Plain)[2], [1.0, 10.0, 100.0, 1000.0]);
    }

    #[test]
    fn every_range_that_can_stand_on_an_axis_has_a_set() {
        for (low, high) in [(0.0, 1e-99), (-1e100, 1e100), (1.0, 1.0 + 1e-9), (3.1, 3.2), (-5e99, 2.0)] {
            for quantity in [Quantity::Plain, Quantity::DurationMs, Quantity::Share] {
                assert!(!linear(low, high, quantity).is_empty(), "{low} to {high}");
            }
        }
        for (low, high) in [(1e-100, 1e100), (2.0, 2.4), (5.0, 60.0), (1e7, 1e9), (3e-9, 1e3)] {
            for quantity in [Quantity::Plain, Quantity::DurationMs, Quantity::Share] {
                assert!(!log(low, high, quantity).is_empty(), "{low} to {high}");
            }
        }
    }
}
