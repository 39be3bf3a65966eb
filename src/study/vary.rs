//! What is varied: a key of the scenario and the values that it takes.

use crate::engine::{Duration, parse_duration};
use std::fmt;

/// Values that a range may be cut into; a line with more points than this is no longer read point by point.
const MOST_STEPS: u32 = 1000;

/// A key of the scenario and its values, as `--vary KEY=V1,V2` or `--vary KEY=1s..5m x8` says them.
#[derive(Clone, PartialEq, Debug)]
pub struct Vary {
    /// A dotted path of the scenario, or a key of Kafka or of a client library.
    pub key: String,
    /// The values that it takes.
    pub values: Values,
}

/// The values that a key takes.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// These, as in a scenario; quotes around text may be left out.
    List(Vec<String>),
    /// From one number to another, evenly on a logarithmic scale.
    Range(Range),
}

/// From one number to another, both above zero.
#[derive(Clone, PartialEq, Debug)]
pub struct Range {
    from: f64,
    to: f64,
    form: Form,
    /// Into how many values a full grid cuts it; a sample draws from the whole range.
    steps: Option<u32>,
}

/// How a value of a range is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// In nanoseconds, written as a duration.
    Duration,
    /// Rounded to a whole number.
    Whole,
    /// As it is.
    Decimal,
}

impl Vary {
    /// Reads `KEY=V1,V2,…` or `KEY=FROM..TO xN`.
    ///
    /// # Errors
    /// What is wrong, and what to write.
    pub fn parse(text: &str) -> Result<Vary, String> {
        let form = "write KEY=V1,V2,… or KEY=FROM..TO xN, such as `metadata.max.age.ms=1s..5m x8`";
        let (key, values) = text.split_once('=').ok_or_else(|| format!("`{text}` varies nothing: {form}"))?;
        let (key, values) = (key.trim(), values.trim());
        if key.is_empty() || values.is_empty() {
            return Err(format!("`{text}` varies nothing: {form}"));
        }
        if key == "seed" {
            return Err("the seed is not varied: every variant is run with every seed (--seeds)".to_owned());
        }
        let values = match values.split_once("..") {
            Some((from, rest)) if !values.contains(',') => Values::Range(Range::parse(from, rest)?),
            _ => Values::List(list(key, values)?),
        };
        Ok(Vary { key: key.to_owned(), values })
    }

    /// All its values, for a full grid.
    ///
    /// # Errors
    /// When it is a range that is not cut into steps, or whose steps fall together.
    pub fn all(&self) -> Result<Vec<String>, String> {
        let range = match &self.values {
            Values::List(values) => return Ok(values.clone()),
            Values::Range(range) => range,
        };
        let steps = range.steps.ok_or_else(|| format!("`{self}` has no number of steps: write `{self} x8`, or draw from it with --sample"))?;
        let last = f64::from(steps.saturating_sub(1).max(1));
        let values: Vec<String> = (0..steps).map(|i| range.at(f64::from(i) / last)).collect();
        match values.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("`{self}` gives {} twice: ask for fewer steps", pair[0])),
            None => Ok(values),
        }
    }

    /// The value at a place between 0 and 1 (excluded), for a sample.
    pub fn at(&self, place: f64) -> String {
        match &self.values {
            Values::List(values) => values[((place * values.len() as f64) as usize).min(values.len() - 1)].clone(),
            Values::Range(range) => range.at(place),
        }
    }
}

impl fmt::Display for Vary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.values {
            Values::List(values) => write!(f, "{}={}", self.key, values.join(",")),
            Values::Range(range) => write!(f, "{}={range}", self.key),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.form.write(self.from), self.form.write(self.to))?;
        self.steps.map_or(Ok(()), |steps| write!(f, " x{steps}"))
    }
}

impl Range {
    /// Into how many values a full grid cuts it.
    pub fn steps(&self) -> Option<u32> {
        self.steps
    }

    fn parse(from: &str, rest: &str) -> Result<Range, String> {
        let (to, steps) = match rest.rsplit_once('x') {
            Some((to, steps)) => (to, Some(count(steps)?)),
            None => (rest, None),
        };
        let ((from, one), (to, other)) = (Form::read(from.trim())?, Form::read(to.trim())?);
        let form = match (one, other) {
            (a, b) if a == b => a,
            (Form::Duration, _) | (_, Form::Duration) => {
                return Err(format!("`{}..{}` mixes a duration and a number: give both the unit", one.write(from), other.write(to)));
            }
            (Form::Whole | Form::Decimal, Form::Whole | Form::Decimal) => Form::Decimal,
        };
        if from <= 0.0 || to <= from {
            return Err(format!("`{}..{}` must begin above zero and rise: its steps are even on a logarithmic scale; or list the values", form.write(from), form.write(to)));
        }
        Ok(Range { from, to, form, steps })
    }

    /// The value at a place between 0 and 1.
    fn at(&self, place: f64) -> String {
        if place <= 0.0 || place >= 1.0 {
            return self.form.write(if place <= 0.0 { self.from } else { self.to });
        }
        self.form.write(self.form.round(self.from * libm::pow(self.to / self.from, place)))
    }
}

impl Form {
    fn read(text: &str) -> Result<(f64, Form), String> {
        if let Ok(number) = text.parse::<f64>() {
            let form = if text.parse::<u64>().is_ok() { Form::Whole } else { Form::Decimal };
            return if number.is_finite() { Ok((number, form)) } else { Err(format!("`{text}` is no end of a range")) };
        }
        let duration = parse_duration(text).map_err(|why| format!("`{text}` is no end of a range: {why}"))?;
        Ok((duration.as_nanos() as f64, Form::Duration))
    }

    /// Three digits are enough for a point within a range, and can be said aloud.
    fn round(self, number: f64) -> f64 {
        let digits = libm::pow(10.0, libm::floor(libm::log10(number)) - 2.0);
        let rounded = libm::round(number / digits) * digits;
        match self {
            // Kafka's own keys are in whole milliseconds.
            Form::Duration if number >= 1e6 => libm::round(rounded / 1e6).max(1.0) * 1e6,
            Form::Duration => libm::round(rounded),
            Form::Whole => libm::round(number),
            Form::Decimal => rounded,
        }
    }

    fn write(self, number: f64) -> String {
        match self {
            Form::Duration => Duration::from_nanos(number as u64).to_string(),
            Form::Whole | Form::Decimal => number.to_string(),
        }
    }
}

fn count(text: &str) -> Result<u32, String> {
    let steps = text.trim().parse().ok().filter(|steps| (2..=MOST_STEPS).contains(steps));
    steps.ok_or_else(|| format!("`x{}` is no number of steps from 2 to {MOST_STEPS}", text.trim()))
}

/// Values between commas; what stands in quotes or brackets is one.
fn list(key: &str, text: &str) -> Result<Vec<String>, String> {
    let (mut values, mut value, mut depth, mut quote) = (Vec::new(), String::new(), 0_i32, None);
    for c in text.chars() {
        match (quote, c) {
            (None, ',') if depth == 0 => {
                values.push(std::mem::take(&mut value));
                continue;
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (Some(_) | None, _) => {}
        }
        value.push(c);
    }
    values.push(value);
    let values: Vec<String> = values.iter().map(|value| value.trim().to_owned()).collect();
    if values.iter().any(String::is_empty) {
        return Err(format!("a value of `{key}` is empty: values stand between commas"));
    }
    match values.iter().enumerate().find(|(i, value)| values[..*i].contains(value)) {
        Some((_, twice)) => Err(format!("`{key}` is given {twice} twice")),
        None => Ok(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Vary::parse(text).unwrap().all().unwrap()
    }

    #[test]
    fn values_stand_between_commas_and_a_range_is_even_on_a_logarithmic_scale() {
        assert_eq!(values("metadata.max.age.ms=1s, 30s,5m"), ["1s", "30s", "5m"]);
        assert_eq!(values("metadata.max.age.ms=1s..5m x4"), ["1s", "6.69s", "44.8s", "5m"]);
        assert_eq!(values("client.app.rate=1..1000 x4"), ["1", "10", "100", "1000"]);
        assert_eq!(values("client.app.rate=0.5..2 x3"), ["0.5", "1", "2"]);
        assert_eq!(values("topic.orders.replicas=[[1,2],[2,3]],[[1,3],[2,1]]"), ["[[1,2],[2,3]]", "[[1,3],[2,1]]"]);
    }

    #[test]
    fn a_sample_draws_from_the_whole_range() {
        let age = Vary::parse("metadata.max.age.ms=1s..100s").unwrap();
        assert_eq!((age.at(0.0), age.at(0.5)), ("1s".to_owned(), "10s".to_owned()));
        let kafka = Vary::parse("kafka=3.9,4.1").unwrap();
        assert_eq!((kafka.at(0.49), kafka.at(0.51)), ("3.9".to_owned(), "4.1".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_write() {
        let wrong = |text: &str| Vary::parse(text).and_then(|vary| vary.all()).unwrap_err();
        assert!(wrong("metadata.max.age.ms").contains("KEY=V1,V2"));
        assert!(wrong("linger.ms=0..5 x3").contains("above zero"));
        assert!(wrong("linger.ms=5ms..1s").contains("x8"));
        assert!(wrong("linger.ms=5ms..9 x3").contains("give both the unit"));
        assert!(wrong("batch.size=1..3 x9").contains("fewer steps"));
        assert!(wrong("linger.ms=1s..5m x1").contains("from 2 to 1000"));
        assert!(wrong("linger.ms=0,5,0").contains("given 0 twice"));
        assert!(wrong("linger.ms=0,,5").contains("is empty"));
        assert!(wrong("seed=1,2").contains("--seeds"));
        assert!(wrong("linger.ms=soon..5s x3").contains("no end of a range"));
    }
}
