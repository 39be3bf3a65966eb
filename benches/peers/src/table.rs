//! What is printed.

use crate::engine::Engine;
use crate::measure::{Measured, Spread};

/// The head of the table.
pub fn head() -> String {
    row("work", "engine", "requests/s (min to max)", "a request takes", "kafkasim is ahead by (min to max)", "by wall time")
}

/// The lines of one piece of work.
pub fn lines(title: &str, measured: &[Measured]) -> String {
    let lines = measured.iter().enumerate().map(|(i, one)| {
        let title = if i == 0 { title } else { "" };
        let ratio = |of| if one.engine == Engine::Kafkasim { String::new() } else { spread(of, digits) };
        let (rates, each) = (spread(one.rates, rate), span(1e9 / one.rates.median));
        row(title, one.engine.title(), &rates, &each, &ratio(one.behind), &ratio(one.behind_wall))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn row(work: &str, engine: &str, rates: &str, each: &str, ahead: &str, by_wall: &str) -> String {
    format!("{work:<34} {engine:<15} {rates:>31} {each:>16} {ahead:>34} {by_wall:>22}").trim_end().to_owned()
}

fn spread(of: Spread, show: fn(f64) -> String) -> String {
    format!("{} ({} to {})", show(of.median), show(of.min), show(of.max))
}

fn rate(per_second: f64) -> String {
    match per_second {
        1e6.. => format!("{} M", digits(per_second / 1e6)),
        _ => format!("{} k", digits(per_second / 1e3)),
    }
}

fn span(ns: f64) -> String {
    match ns {
        1e3.. => format!("{} us", digits(ns / 1e3)),
        _ => format!("{} ns", digits(ns)),
    }
}

/// About two digits.
fn digits(value: f64) -> String {
    match value {
        10.0.. => format!("{value:.0}"),
        1.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_they_deserve() {
        assert_eq!([rate(26_840_000.0), rate(964_000.0), rate(5_250.0)], ["27 M", "964 k", "5.2 k"]);
        assert_eq!([span(37.26), span(1_320.0)], ["37 ns", "1.3 us"]);
        assert_eq!([digits(0.951), digits(1.24), digits(131.7)], ["0.95", "1.2", "132"]);
    }
}
