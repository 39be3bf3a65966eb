//! How long something lasts where some of it had not ended when the run did: the product-limit estimate of Kaplan and Meier (Journal
//! of the American Statistical Association 53, 1958).
//!
//! A window still open at the end is censored: it lasted at least so long. Dropping it, or taking it for ended, would make the longest
//! windows look short.

use super::bootstrap;
use super::estimate::Confidence;
use super::quantile::Quantile;

/// One thing that lasted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lifetime {
    /// How long it was seen, in any unit, not negative.
    pub length: f64,
    /// False where it was still going on when the run ended.
    pub ended: bool,
    /// The run it belongs to. Lifetimes of one run are not independent.
    pub run: usize,
}

/// A step of the curve, at a time where at least one ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step {
    /// When.
    pub time: f64,
    /// How many were known to last until then.
    pub at_risk: usize,
    /// How many of those ended then.
    pub ended: usize,
    /// The estimated share that lasts longer.
    pub surviving: f64,
}

/// The curve, step by step. Empty without lifetimes, or where a length is negative or not a number.
pub fn curve(lifetimes: &[Lifetime]) -> Vec<Step> {
    Sample::new(lifetimes).map(|sample| sample.steps(&vec![1; sample.runs]).collect()).unwrap_or_default()
}

/// The time within which the share `q` of all ends; none where the curve does not reach it: too many were still going on.
pub fn quantile(lifetimes: &[Lifetime], q: f64) -> Option<f64> {
    let sample = Sample::new(lifetimes)?;
    sample.quantile(q, &vec![1; sample.runs])
}

/// As [`quantile`], with the interval that resampling of whole runs gives. A bound is none with one run, or where as many resamples as
/// lie beyond the bound do not reach the share.
pub fn bounded_quantile(lifetimes: &[Lifetime], q: f64, confidence: Confidence) -> Option<Quantile> {
    let sample = Sample::new(lifetimes)?;
    let value = sample.quantile(q, &vec![1; sample.runs])?;
    let (low, high) = bootstrap::bounds(sample.runs, confidence, |drawn| {
        let mut times_drawn = vec![0; sample.runs];
        drawn.iter().for_each(|&run| times_drawn[run] += 1);
        Some(sample.quantile(q, &times_drawn).unwrap_or(f64::INFINITY))
    });
    Some(Quantile { value, low, high })
}

/// Lifetimes from the shortest to the longest, their runs numbered from 0 to `runs`.
struct Sample {
    lifetimes: Vec<Lifetime>,
    runs: usize,
}

impl Sample {
    /// None where a length is negative or not a number.
    fn new(lifetimes: &[Lifetime]) -> Option<Self> {
        if !lifetimes.iter().all(|lifetime| lifetime.length.is_finite() && lifetime.length >= 0.0) {
            return None;
        }
        let mut runs: Vec<usize> = lifetimes.iter().map(|lifetime| lifetime.run).collect();
        runs.sort_unstable();
        runs.dedup();
        let numbered = |lifetime: &Lifetime| Lifetime { run: runs.partition_point(|&run| run < lifetime.run), ..*lifetime };
        let mut lifetimes: Vec<Lifetime> = lifetimes.iter().map(numbered).collect();
        lifetimes.sort_by(|a, b| a.length.total_cmp(&b.length));
        Some(Sample { lifetimes, runs: runs.len() })
    }

    /// The curve where each run counts as often as it was drawn.
    fn steps<'a>(&'a self, times_drawn: &'a [usize]) -> Steps<'a> {
        let at_risk = self.lifetimes.iter().map(|lifetime| times_drawn[lifetime.run]).sum();
        Steps { rest: &self.lifetimes, times_drawn, at_risk, surviving: 1.0 }
    }

    fn quantile(&self, q: f64, times_drawn: &[usize]) -> Option<f64> {
        if !(q > 0.0 && q < 1.0) {
            return None;
        }
        // The share is a product: 1/2 may come out a bit above 1/2.
        self.steps(times_drawn).find(|step| step.surviving <= 1.0 - q + 1e-12).map(|step| step.time)
    }
}

/// Walks over the lifetimes; lifetimes that end and lifetimes that are censored at the same time count as at risk together.
struct Steps<'a> {
    rest: &'a [Lifetime],
    times_drawn: &'a [usize],
    at_risk: usize,
    surviving: f64,
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let time = self.rest.first()?.length;
            let (now, later) = self.rest.split_at(self.rest.iter().take_while(|lifetime| lifetime.length <= time).count());
            let drawn = |lifetime: &Lifetime| self.times_drawn[lifetime.run];
            let leaving: usize = now.iter().map(drawn).sum();
            let ended: usize = now.iter().filter(|lifetime| lifetime.ended).map(drawn).sum();
            let at_risk = self.at_risk;
            self.rest = later;
            self.at_risk -= leaving;
            if ended > 0 {
                self.surviving *= (at_risk - ended) as f64 / at_risk as f64;
                return Some(Step { time, at_risk, ended, surviving: self.surviving });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draws::Draws;
    use super::*;

    /// Weeks of remission of leukaemia under 6-MP; those after the bar were still in remission (Freireich et al., Blood 21, 1963).
    fn remissions() -> Vec<Lifetime> {
        let ended = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|weeks| (weeks, true));
        let going_on = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|weeks| (weeks, false));
        let all = ended.into_iter().chain(going_on).enumerate();
        all.map(|(run, (weeks, ended))| Lifetime { length: f64::from(weeks), ended, run }).collect()
    }

    #[test]
    fn the_curve_of_the_leukaemia_remissions_is_the_published_one() {
        // Kalbfleisch and Prentice; Collett; and every textbook since.
        let published = [
            (6.0, 21, 3, 0.8571),
            (7.0, 17, 1, 0.8067),
            (10.0, 15, 1, 0.7529),
            (13.0, 12, 1, 0.6902),
            (16.0, 11, 1, 0.6275),
            (22.0, 7, 1, 0.5378),
            (23.0, 6, 1, 0.4482),
        ];
        let found = curve(&remissions());
        assert_eq!(found.len(), published.len());
        for (step, (time, at_risk, ended, surviving)) in found.iter().zip(published) {
            assert_eq!((step.time, step.at_risk, step.ended), (time, at_risk, ended));
            assert!((step.surviving - surviving).abs() < 0.00005, "{step:?}");
        }
    }

    #[test]
    fn the_median_remission_is_23_weeks_and_three_quarters_are_never_seen_to_end() {
        assert_eq!(quantile(&remissions(), 0.5), Some(23.0));
        assert_eq!(quantile(&remissions(), 0.75), None);
        // Each patient is a run of its own. Half of the remissions end surely no sooner than in the 13th week; how late is not known.
        let median = bounded_quantile(&remissions(), 0.5, Confidence::default()).unwrap();
        assert_eq!((median.value, median.low, median.high), (23.0, Some(13.0), None));
    }

    #[test]
    fn without_censoring_it_is_the_share_that_lasts_longer() {
        let lifetimes: Vec<Lifetime> = (1..=8).map(|i| Lifetime { length: f64::from(i), ended: true, run: 0 }).collect();
        let shares: Vec<f64> = curve(&lifetimes).iter().map(|step| step.surviving).collect();
        assert!(shares.iter().enumerate().all(|(i, share)| (share - (7 - i) as f64 / 8.0).abs() < 1e-12), "{shares:?}");
        assert_eq!(quantile(&lifetimes, 0.5), Some(4.0));
        assert_eq!(bounded_quantile(&lifetimes, 0.5, Confidence::default()), Some(Quantile { value: 4.0, low: None, high: None }));
    }

    /// Exponential windows with mean 1, cut off by runs that end at random; those of one run are the same window seen `copies` times.
    fn windows(draws: &mut Draws, runs: usize, copies: usize) -> Vec<Lifetime> {
        let mut all = Vec::new();
        for run in 0..runs {
            let (length, end) = (draws.exponential(), 2.0 * draws.exponential());
            all.extend(vec![Lifetime { length: length.min(end), ended: length <= end, run }; copies]);
        }
        all
    }

    #[test]
    fn the_interval_holds_the_known_median_as_often_as_it_says() {
        let (truth, mut draws) = (2.0_f64.ln(), Draws::new(3));
        let intervals = (0..80).filter_map(|_| bounded_quantile(&windows(&mut draws, 30, 1), 0.5, Confidence::default()));
        let held = intervals.filter(|found| found.low.is_some_and(|low| low <= truth) && found.high.is_none_or(|high| truth <= high));
        let held = held.count();
        assert!((70..=79).contains(&held), "{held} of 80");
    }

    #[test]
    fn five_windows_of_a_run_that_are_one_say_no_more_than_one() {
        let interval = |copies: usize| bounded_quantile(&windows(&mut Draws::new(8), 30, copies), 0.5, Confidence::default());
        assert!(interval(1).is_some_and(|found| found.low < Some(found.value)));
        assert_eq!(interval(1), interval(5));
    }

    #[test]
    fn nothing_that_ended_is_a_curve_without_steps() {
        let open = [Lifetime { length: 4.0, ended: false, run: 0 }];
        assert_eq!((curve(&open), quantile(&open, 0.5)), (vec![], None));
        assert_eq!((curve(&[]), quantile(&[], 0.5), bounded_quantile(&[], 0.5, Confidence::default())), (vec![], None, None));
        for length in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(curve(&[Lifetime { length, ended: true, run: 0 }]), vec![]);
        }
        let instant = [Lifetime { length: 0.0, ended: true, run: 9 }];
        assert_eq!((quantile(&instant, 0.5), quantile(&instant, f64::NAN), quantile(&instant, 0.0)), (Some(0.0), None, None));
    }
}
