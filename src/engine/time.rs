//! Simulated time: whole nanoseconds in 64 bits, about 584 years.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

/// A span of simulated time, in whole nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(u64);

/// A moment of simulated time, counted from the start of the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// The longest span that can be told.
    pub const MAX: Duration = Duration(u64::MAX);

    /// `n` nanoseconds.
    pub const fn from_nanos(n: u64) -> Self {
        Duration(n)
    }
    /// `n` microseconds, saturating.
    pub const fn from_micros(n: u64) -> Self {
        Duration(n.saturating_mul(1_000))
    }
    /// `n` milliseconds, saturating.
    pub const fn from_millis(n: u64) -> Self {
        Duration(n.saturating_mul(1_000_000))
    }
    /// `n` seconds, saturating.
    pub const fn from_secs(n: u64) -> Self {
        Duration(n.saturating_mul(1_000_000_000))
    }
    /// `ms` milliseconds rounded to the nearest nanosecond; negative and NaN become zero.
    pub fn from_millis_f64(ms: f64) -> Self {
        Duration((ms * 1e6 + 0.5) as u64)
    }
    /// Whole nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
    /// Whole milliseconds, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }
    /// Milliseconds as a float, for text and statistics.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
    /// Seconds as a float, for text and statistics.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// Whether this is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
    /// `self - other`, or zero.
    pub const fn saturating_sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
    /// `self * factor`, rounded to the nearest nanosecond.
    pub fn scale(self, factor: f64) -> Duration {
        Duration((self.0 as f64 * factor + 0.5) as u64)
    }
}

impl Instant {
    /// The start of the run.
    pub const ZERO: Instant = Instant(0);
    /// Never.
    pub const MAX: Instant = Instant(u64::MAX);

    /// The moment `n` nanoseconds into the run.
    pub const fn from_nanos(n: u64) -> Self {
        Instant(n)
    }
    /// Nanoseconds since the start of the run.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
    /// Milliseconds since the start of the run.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
    /// Time since `earlier`, or zero when it is later.
    pub const fn since(self, earlier: Instant) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
    /// Time from the start of the run to this moment.
    pub const fn since_start(self) -> Duration {
        Duration(self.0)
    }
    /// Signed milliseconds from `origin` to this moment.
    pub fn millis_after(self, origin: Instant) -> f64 {
        (self.0 as f64 - origin.0 as f64) / 1e6
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, d: Duration) -> Instant {
        Instant(self.0.saturating_add(d.0))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, d: Duration) -> Duration {
        Duration(self.0.saturating_add(d.0))
    }
}

impl AddAssign for Duration {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Sub for Duration {
    type Output = Duration;
    /// Saturates at zero: spans are never negative.
    fn sub(self, d: Duration) -> Duration {
        self.saturating_sub(d)
    }
}

impl Mul<u64> for Duration {
    type Output = Duration;
    fn mul(self, n: u64) -> Duration {
        Duration(self.0.saturating_mul(n))
    }
}

impl fmt::Display for Duration {
    /// As a person writes it: `250us`, `1.5ms`, `30s`, `5m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ns = self.0;
        match ns {
            0 => f.write_str("0ms"),
            _ if ns.is_multiple_of(60_000_000_000) => write!(f, "{}m", ns / 60_000_000_000),
            _ if ns >= 1_000_000_000 => write!(f, "{}s", decimal(ns, 9)),
            _ if ns >= 1_000_000 => write!(f, "{}ms", decimal(ns, 6)),
            _ if ns >= 1_000 => write!(f, "{}us", decimal(ns, 3)),
            _ => write!(f, "{ns}ns"),
        }
    }
}

/// `n` with so many digits after the point, without zeros at the end: exact, where a float has lost the nanoseconds after a hundred days.
fn decimal(n: u64, digits: usize) -> String {
    let scale = 10_u64.pow(digits as u32);
    let text = format!("{}.{:0digits$}", n / scale, n % scale);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", Duration(self.0))
    }
}
