//! A ruler: an axis laid over a stretch of the canvas, from values to places, with the ticks whose texts have room.

use super::axis::{Axis, Scale};
use super::{number, text, ticks};

/// The least distance between the texts of two ticks.
const GAP: i32 = text::TICK;

/// An axis between two places of the canvas.
pub struct Ruler {
    is_log: bool,
    low: f64,
    high: f64,
    start: i32,
    end: i32,
    /// The ticks: their place and their text.
    pub ticks: Vec<(i32, String)>,
    /// Whether the texts must be turned to have room.
    pub turned: bool,
}

/// The values that an axis spans.
#[derive(Clone, Copy)]
pub struct Span(f64, f64);

impl Span {
    /// A span that holds all values, with some air. `from_zero` begins it at zero where the values reach near enough to zero for that.
    pub fn over(axis: &Axis, values: impl IntoIterator<Item = f64>, from_zero: bool) -> Self {
        if let Scale::Named(names) = &axis.scale {
            return Self(-0.5, names.len().max(1) as f64 - 0.5);
        }
        let drawable: Vec<f64> = values.into_iter().filter_map(|value| axis.drawable(value)).collect();
        let ends = drawable.iter().copied().min_by(f64::total_cmp).zip(drawable.iter().copied().max_by(f64::total_cmp));
        match (ends, &axis.scale) {
            (None, Scale::Log) => Self(1.0, 10.0),
            (None, Scale::Linear | Scale::Named(_)) => Self(0.0, 1.0),
            (Some((low, high)), Scale::Log) => Self::powers(low, high),
            (Some((low, high)), Scale::Linear | Scale::Named(_)) => Self::differences(low, high, from_zero),
        }
    }

    fn powers(low: f64, high: f64) -> Self {
        let air = if high / low < 1.01 { 2.0 } else { (high / low).powf(0.04) };
        Self(low / air, high * air)
    }

    fn differences(low: f64, high: f64, from_zero: bool) -> Self {
        let size = low.abs().max(high.abs());
        if size == 0.0 {
            return Self(0.0, 1.0);
        }
        if from_zero && low >= 0.0 && low < high / 2.0 {
            return Self(0.0, high * 1.06);
        }
        let air = if high - low < size * 1e-6 { size * 0.1 } else { (high - low) * 0.05 };
        Self(low - air, high + air)
    }
}

impl Ruler {
    /// A ruler from left to right.
    pub fn across(axis: &Axis, span: Span, left: i32, right: i32) -> Self {
        Self::laid(axis, span, left, right, |words| text::width(words, text::TICK) + GAP)
    }

    /// A ruler from the bottom up.
    pub fn up(axis: &Axis, span: Span, bottom: i32, top: i32) -> Self {
        Self::laid(axis, span, bottom, top, |_| 2 * text::TICK)
    }

    /// `room` tells how much of the ruler a tick's text takes.
    fn laid(axis: &Axis, span: Span, start: i32, end: i32, room: impl Fn(&str) -> i32) -> Self {
        let mut ruler = Self { is_log: axis.scale == Scale::Log, low: span.0, high: span.1, start, end, ticks: Vec::new(), turned: false };
        let sets: Vec<Vec<(i32, String)>> = match &axis.scale {
            Scale::Linear => ticks::linear(span.0, span.1, axis.quantity).into_iter().map(|set| ruler.with_texts(&set, axis)).collect(),
            Scale::Log => ticks::log(span.0, span.1, axis.quantity).into_iter().map(|set| ruler.with_texts(&set, axis)).collect(),
            Scale::Named(names) => {
                ruler.turned = !have_room(&ruler.named(names, 1), &room);
                [1, 2, 5, 10, 20, 50, 100].map(|every| ruler.named(names, every)).into()
            }
        };
        let line = |_: &str| 2 * text::TICK;
        let fits = |set: &Vec<(i32, String)>| if ruler.turned { have_room(set, &line) } else { have_room(set, &room) };
        ruler.ticks = sets.iter().find(|set| fits(set)).or(sets.last()).cloned().unwrap_or_default();
        ruler
    }

    fn with_texts(&self, values: &[f64], axis: &Axis) -> Vec<(i32, String)> {
        let texts = if self.is_log {
            values.iter().map(|value| number::tick(*value, axis.quantity)).collect()
        } else {
            number::ticks(values, axis.quantity)
        };
        values.iter().map(|value| self.at(*value)).zip(texts).collect()
    }

    fn named(&self, names: &[String], every: usize) -> Vec<(i32, String)> {
        names.iter().enumerate().step_by(every).map(|(i, name)| (self.at(i as f64), name.clone())).collect()
    }

    /// The place of a value; values outside lie on the ruler's ends.
    pub fn at(&self, value: f64) -> i32 {
        let of = |value: f64| if self.is_log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        let part = ((of(value) - of(self.low)) / (of(self.high) - of(self.low))).clamp(0.0, 1.0);
        self.start + (part * f64::from(self.end - self.start)).round() as i32
    }

    /// The place that many tenths of a pixel further, still on the ruler.
    pub fn beside(&self, value: f64, tenths: i32) -> i32 {
        (self.at(value) + tenths).clamp(self.start.min(self.end), self.start.max(self.end))
    }

    /// The width of the widest text.
    pub fn text_width(&self) -> i32 {
        text::widest(self.ticks.iter().map(|(_, words)| words.as_str()), text::TICK)
    }

    /// The two ends.
    pub fn ends(&self) -> (i32, i32) {
        (self.start, self.end)
    }
}

fn have_room(ticks: &[(i32, String)], room: &impl Fn(&str) -> i32) -> bool {
    ticks.windows(2).all(|pair| 2 * (pair[1].0 - pair[0].0).abs() >= room(&pair[0].1) + room(&pair[1].1))
}
