//! Distributions as text.

use crate::engine::{Distribution, Duration, parse_duration};

/// The forms that there are, for the help of a diagnostic.
pub(super) const HELP: &str = "write a duration such as \"0.5ms\", or uniform(1ms, 5ms), exponential(2ms), \
     lognormal(median 1ms, p99 5ms), percentiles(p5 0.3ms, p50 0.9ms, p95 3.6ms, max 53.1ms)";
/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

/// Reads a distribution.
///
/// # Errors
/// In words, when the form is unknown, a duration is malformed, or values do not ascend.
pub fn parse(text: &str) -> Result<Distribution, String> {
    let text = text.trim();
    let Some((form, rest)) = text.split_once('(') else { return parse_duration(text).map(Distribution::Constant) };
    let Some(inside) = rest.trim_end().strip_suffix(')') else { return Err(format!("`{text}` lacks its closing bracket")) };
    let arguments: Vec<&str> = inside.split(',').map(str::trim).collect();
    match (form.trim(), arguments.as_slice()) {
        ("uniform", [low, high]) => uniform(parse_duration(low)?, parse_duration(high)?),
        ("exponential", [mean]) => parse_duration(mean).map(Distribution::Exponential),
        ("lognormal", [median, p99]) => lognormal(labelled(median, "median")?, labelled(p99, "p99")?),
        ("percentiles", points) => percentiles(points),
        ("uniform" | "exponential" | "lognormal", _) => Err(format!("`{text}` has the wrong number of values")),
        (other, _) => Err(format!("`{other}` is no distribution")),
    }
}

fn labelled(argument: &str, label: &str) -> Result<Duration, String> {
    let value = argument.strip_prefix(label).filter(|rest| rest.starts_with(char::is_whitespace));
    value.ok_or_else(|| format!("`{argument}` stands where `{label}` and a duration should")).and_then(parse_duration)
}

fn uniform(low: Duration, high: Duration) -> Result<Distribution, String> {
    if low <= high { Ok(Distribution::Uniform(low, high)) } else { Err(format!("{low} is above {high}: the lower bound comes first")) }
}

fn lognormal(median: Duration, p99: Duration) -> Result<Distribution, String> {
    if median.is_zero() || p99 < median {
        return Err(format!("a p99 of {p99} does not fit a median of {median}: 0 < median <= p99"));
    }
    let sigma = libm::log(p99.as_nanos() as f64 / median.as_nanos() as f64) / Z99;
    Ok(Distribution::LogNormal { median, sigma })
}

fn percentiles(arguments: &[&str]) -> Result<Distribution, String> {
    let mut points: Vec<(f64, Duration)> = Vec::new();
    for argument in arguments {
        let (label, value) =
            argument.split_once(char::is_whitespace).ok_or_else(|| format!("`{argument}` is no percentile; write `p50 1ms`"))?;
        let point = (probability(label)?, parse_duration(value)?);
        if let Some(last) = points.last()
            && (point.0 <= last.0 || point.1 < last.1)
        {
            return Err(format!("`{argument}` does not ascend from the percentile before it"));
        }
        points.push(point);
    }
    // The lowest value that is given holds down to p0, the highest up to the maximum.
    if let (Some(&(low, first)), Some(&(high, last))) = (points.first(), points.last()) {
        if low > 0.0 {
            points.insert(0, (0.0, first));
        }
        if high < 1.0 {
            points.push((1.0, last));
        }
    }
    Ok(Distribution::Empirical(points.into()))
}

fn probability(label: &str) -> Result<f64, String> {
    match label {
        "min" => Ok(0.0),
        "max" => Ok(1.0),
        _ => match label.strip_prefix('p').and_then(|p| p.parse::<f64>().ok()) {
            Some(p) if (0.0..=100.0).contains(&p) => Ok(p / 100.0),
            _ => Err(format!("`{label}` is no percentile; write min, p0 to p100, or max")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Draw;

    fn at(distribution: &Distribution, u: f64) -> f64 {
        distribution.sample(Draw::from_bits((u * 2f64.powi(64)) as u64)).as_millis_f64()
    }

    #[test]
    fn each_form_gives_what_it_says() {
        assert_eq!(parse("0.5ms"), Ok(Distribution::constant_ms(0.5)));
        assert_eq!(parse("uniform(1ms, 5ms)"), Ok(Distribution::Uniform(Duration::from_millis(1), Duration::from_millis(5))));
        assert_eq!(parse("exponential(2ms)"), Ok(Distribution::Exponential(Duration::from_millis(2))));
        let lognormal = parse("lognormal(median 1ms, p99 5ms)").unwrap();
        assert!((at(&lognormal, 0.5) - 1.0).abs() < 1e-3);
        assert!((at(&lognormal, 0.99) - 5.0).abs() < 1e-3);
        let measured = parse("percentiles(p5 0.3ms, p50 0.9ms, p95 3.6ms, max 53.1ms)").unwrap();
        for (u, ms) in [(0.0, 0.3), (0.05, 0.3), (0.5, 0.9), (0.95, 3.6)] {
            assert!((at(&measured, u) - ms).abs() < 1e-3, "{u}");
        }
        assert!(at(&measured, 0.999_999) > 53.0);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("uniform(5ms, 1ms)", "lower bound comes first"),
            ("uniform(5ms)", "wrong number"),
            ("gamma(1ms)", "`gamma` is no distribution"),
            ("percentiles(p50 2ms, p5 3ms)", "does not ascend"),
            ("percentiles(p50 2ms, p95 1ms)", "does not ascend"),
            ("percentiles(p500 2ms)", "no percentile"),
            ("lognormal(median 5ms, p99 1ms)", "does not fit"),
            ("exponential(2)", "has no unit"),
            ("uniform(1ms, 2ms", "closing bracket"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
