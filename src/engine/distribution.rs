//! Distributions of durations, sampled by inversion from one addressed draw, with portable mathematics.

use super::{Draw, Duration};
use std::sync::Arc;

/// A distribution of durations. One draw gives one sample; a larger draw never gives a smaller sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(Duration),
    /// Uniform between the two, both included up to rounding.
    Uniform(Duration, Duration),
    /// Exponential with this mean.
    Exponential(Duration),
    /// Log-normal with this median and standard deviation of the logarithm.
    LogNormal { median: Duration, sigma: f64 },
    /// Piecewise linear between measured quantiles (probability in 0..=1, value), ascending in both.
    Empirical(Arc<[(f64, Duration)]>),
}

impl Distribution {
    /// No time at all.
    pub const ZERO: Distribution = Distribution::Constant(Duration::ZERO);

    /// A constant of `ms` milliseconds.
    pub fn constant_ms(ms: f64) -> Self {
        Distribution::Constant(Duration::from_millis_f64(ms))
    }

    /// An empirical distribution from (probability, milliseconds) pairs, which must ascend in both.
    pub fn empirical_ms(points: &[(f64, f64)]) -> Self {
        Distribution::Empirical(points.iter().map(|&(p, ms)| (p, Duration::from_millis_f64(ms))).collect())
    }

    /// The value at this draw.
    pub fn sample(&self, draw: Draw) -> Duration {
        match self {
            Distribution::Constant(d) => *d,
            Distribution::Uniform(low, high) => *low + Duration::from_nanos(draw.below((*high - *low).as_nanos().saturating_add(1))),
            Distribution::Exponential(mean) => mean.scale(-libm::log(1.0 - draw.unit())),
            Distribution::LogNormal { median, sigma } => median.scale(libm::exp(sigma * normal_quantile(draw.unit()))),
            Distribution::Empirical(points) => quantile(points, draw.unit()),
        }
    }

    /// The mean, for estimates before a run.
    pub fn mean(&self) -> Duration {
        match self {
            Distribution::Constant(d) | Distribution::Exponential(d) => *d,
            Distribution::Uniform(low, high) => Duration::from_nanos(low.as_nanos() / 2 + high.as_nanos() / 2),
            Distribution::LogNormal { median, sigma } => median.scale(libm::exp(sigma * sigma / 2.0)),
            Distribution::Empirical(points) => points.windows(2).fold(Duration::ZERO, |sum, w| {
                sum + Duration::from_nanos(w[0].1.as_nanos() / 2 + w[1].1.as_nanos() / 2).scale(w[1].0 - w[0].0)
            }),
        }
    }
}

fn quantile(points: &[(f64, Duration)], u: f64) -> Duration {
    let Some(&(_, last)) = points.last() else { return Duration::ZERO };
    let above = points.partition_point(|&(p, _)| p <= u);
    if above == 0 {
        return points[0].1;
    }
    let Some(&(p1, v1)) = points.get(above) else { return last };
    let (p0, v0) = points[above - 1];
    v0 + (v1 - v0).scale((u - p0) / (p1 - p0))
}

/// The standard normal quantile: Acklam's rational approximation, relative error below 1.2e-9.
fn normal_quantile(u: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] =
        [-5.447_609_879_822_406e1, 1.615_858_368_580_409e2, -1.556_989_798_598_866e2, 6.680_131_188_771_972e1, -1.328_068_155_288_572e1];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    let u = u.clamp(1e-12, 1.0 - 1e-12);
    let tail = |q: f64| {
        (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5]) / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    if u < 0.02425 {
        return tail(libm::sqrt(-2.0 * libm::log(u)));
    }
    if u > 1.0 - 0.02425 {
        return -tail(libm::sqrt(-2.0 * libm::log(1.0 - u)));
    }
    let q = u - 0.5;
    let r = q * q;
    (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q
        / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
}
