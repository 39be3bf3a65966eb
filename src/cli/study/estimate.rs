//! How long the rest of a study takes, by the runs of it that have been timed.

/// Spreads to each side within which the truth is said to be: about 95 of 100 times.
const SPREADS: f64 = 2.0;
const SECONDS_A_MINUTE: f64 = 60.0;
const SECONDS_AN_HOUR: f64 = 3600.0;

/// The runs of each variant that are done and those that are left: variants may cost differently.
pub struct Estimate {
    threads: usize,
    variants: Vec<Seen>,
}

/// The runs of one variant.
#[derive(Clone, Default)]
struct Seen {
    left: u64,
    done: f64,
    seconds: f64,
    squares: f64,
}

impl Seen {
    fn add(&mut self, seconds: f64) {
        self.left = self.left.saturating_sub(1);
        self.done += 1.0;
        self.seconds += seconds;
        self.squares += seconds * seconds;
    }

    fn mean(&self) -> f64 {
        self.seconds / self.done
    }

    /// The sum of the squared distances from the mean.
    fn scatter(&self) -> f64 {
        (self.squares - self.seconds * self.mean()).max(0.0)
    }
}

impl Estimate {
    /// So many runs are left of each variant, and so many go on side by side.
    pub fn new(left: &[u64], threads: usize) -> Estimate {
        Estimate { threads, variants: left.iter().map(|left| Seen { left: *left, ..Seen::default() }).collect() }
    }

    /// A run of a variant took so long.
    pub fn add(&mut self, variant: usize, seconds: f64) {
        self.variants[variant].add(seconds);
    }

    /// How long the rest takes, in words; none before a run is done.
    pub fn words(&self) -> Option<String> {
        let (least, most) = self.seconds()?;
        let (unit, length) = match most {
            most if most < 1.5 * SECONDS_A_MINUTE => ("s", 1.0),
            most if most < 1.5 * SECONDS_AN_HOUR => ("min", SECONDS_A_MINUTE),
            _ => ("h", SECONDS_AN_HOUR),
        };
        let (least, most) = ((least / length).floor(), (most / length).ceil());
        Some(match least {
            0.0 => format!("at most {most} {unit} left"),
            _ if least == most => format!("about {most} {unit} left"),
            _ => format!("{least} to {most} {unit} left"),
        })
    }

    /// The least and the most that the rest takes by what has been seen.
    fn seconds(&self) -> Option<(f64, f64)> {
        let mut all = Seen::default();
        let mut within = Seen::default();
        let mut seen = 0.0;
        for variant in self.variants.iter().filter(|variant| variant.done > 0.0) {
            seen += 1.0;
            within.squares += variant.scatter();
            all = Seen {
                left: 0,
                done: all.done + variant.done,
                seconds: all.seconds + variant.seconds,
                squares: all.squares + variant.squares,
            };
        }
        if all.done == 0.0 {
            return None;
        }
        // Of one run nothing is known of the spread: it is taken for as long as the run itself.
        let variance = |scatter: f64, freedom: f64| if freedom > 0.0 { scatter / freedom } else { all.mean() * all.mean() };
        let of_all = variance(all.scatter(), all.done - 1.0);
        let of_a_run = if all.done > seen { variance(within.squares, all.done - seen) } else { of_all };
        let (mut sum, mut spread) = (0.0, 0.0);
        for variant in &self.variants {
            let left = variant.left as f64;
            // The mean of what was seen is itself known only so well; of a variant that was not seen, only as well as variants differ.
            let (mean, of_mean) = if variant.done > 0.0 { (variant.mean(), of_a_run / variant.done) } else { (all.mean(), of_all) };
            sum += left * mean;
            spread += left * of_a_run + left * left * of_mean;
        }
        let margin = SPREADS * spread.sqrt();
        let threads = self.threads as f64;
        Some(((sum - margin).max(0.0) / threads, (sum + margin) / threads))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_before_anything_is_known() {
        assert_eq!(Estimate::new(&[10], 2).words(), None);
    }

    #[test]
    fn a_single_run_tells_little_and_many_alike_tell_much() {
        let mut estimate = Estimate::new(&[401], 2);
        estimate.add(0, 0.6);
        assert_eq!(estimate.words().unwrap(), "at most 7 min left");
        let mut estimate = Estimate::new(&[500], 2);
        (0..100).for_each(|i| estimate.add(0, 0.6 + f64::from(i % 3 - 1) * 0.01));
        assert_eq!(estimate.words().unwrap(), "1 to 3 min left");
    }

    #[test]
    fn variants_that_cost_differently_are_told_apart() {
        let mut estimate = Estimate::new(&[30, 110], 1);
        for _ in 0..10 {
            estimate.add(0, 60.0);
            estimate.add(1, 0.1);
        }
        // 20 of a minute and 100 of a tenth of a second: by their mean alone it would be an hour.
        let (least, most) = estimate.seconds().unwrap();
        assert!((least - 1210.0).abs() < 0.001 && (most - 1210.0).abs() < 0.001, "{least} to {most}");
        assert_eq!(estimate.words().unwrap(), "20 to 21 min left");
    }
}
