//! What a plot is given: axes with the meaning of their numbers, and series of points with intervals.

/// One axis: what it measures, how its values are spread, and how they are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What the axis measures, with its unit where the tick texts do not carry one: `stale requests per run`.
    pub label: String,
    /// How values are spread over the axis.
    pub scale: Scale,
    /// How values are written.
    pub quantity: Quantity,
}

/// How values are spread over an axis.
#[derive(Debug, Clone, PartialEq)]
pub enum Scale {
    /// Equal distances are equal differences.
    Linear,
    /// Equal distances are equal ratios; values of zero and below are left out.
    Log,
    /// Categories: the value 0 is the first name, 1 the second.
    Named(Vec<String>),
}

/// How the values of an axis are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Numbers as they are: `1,200`.
    Plain,
    /// Milliseconds, written in the unit that fits: `10 s`, `5 min`.
    DurationMs,
    /// Ratios of 0 to 1, written in per cent.
    Share,
}

/// A named row of points, drawn in the order given.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// Its points.
    pub points: Vec<Point>,
}

/// One estimate with its interval, if it has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The place on the x axis.
    pub x: f64,
    /// The estimate.
    pub y: f64,
    /// The lower end of the interval.
    pub low: Option<f64>,
    /// The upper end of the interval.
    pub high: Option<f64>,
}

/// Beyond this no measurement lies, and sums of such numbers overflow.
const GREATEST: f64 = 1e100;

impl Axis {
    /// A value as it can stand on this axis, none where it cannot: not a number, beyond 1e100, or not positive on a logarithmic axis.
    pub(super) fn drawable(&self, value: f64) -> Option<f64> {
        if !value.is_finite() || value.abs() > GREATEST {
            return None;
        }
        match &self.scale {
            Scale::Linear if value.abs() < 1.0 / GREATEST => Some(0.0),
            Scale::Linear => Some(value),
            Scale::Log => (value >= 1.0 / GREATEST).then_some(value),
            Scale::Named(names) => (value >= 0.0 && value < names.len() as f64).then_some(value),
        }
    }
}

impl Point {
    /// The interval, where both ends can stand on the axis of y. An end that is zero on a logarithmic axis goes to the axis' end.
    pub(super) fn interval(&self, y: &Axis) -> Option<(f64, f64)> {
        let (low, high) = (self.low?, self.high?);
        let high = y.drawable(high)?;
        match y.scale {
            Scale::Log if low <= 0.0 => Some((0.0, high)),
            Scale::Log | Scale::Linear | Scale::Named(_) => Some((y.drawable(low)?, high)),
        }
    }
}
