//! How one number goes through a run: its steps, its extremes, and when scrapes would have seen it off rest.

use super::metric::Alarm;
use crate::engine::{Duration, Instant};
use crate::observe::record::gauges as record;

/// How often a metric is read: what Prometheus' documentation and example files set (its built-in default is a minute).
pub const SCRAPE: Duration = Duration::from_secs(15);
/// Scrapes may begin at any moment of their interval; so many of these moments are tried, evenly spread.
const PHASES: usize = 15;
/// Steps that are kept.
pub const STEPS: usize = 2_000;

/// One number over time; none while nobody shows it.
#[derive(Clone, Debug)]
pub struct Course {
    from: Instant,
    alarm: Alarm,
    open: (Instant, Option<u64>),
    /// The value of the last step that took any time.
    shown: Option<u64>,
    last: Option<Option<u64>>,
    rest: Option<u64>,
    record: record::Course,
    /// Since when it has been off rest.
    off: Option<Instant>,
    rang: Option<Instant>,
    seen: [Option<Instant>; PHASES],
    steps: Vec<(Instant, Option<u64>)>,
    spacing: Duration,
    keeps_steps: bool,
}

impl Course {
    /// A number that nobody shows yet, of a run that counts from `from` on.
    pub fn new(from: Instant, alarm: Alarm, keeps_steps: bool) -> Self {
        Course {
            from,
            alarm,
            open: (Instant::ZERO, None),
            shown: None,
            last: None,
            rest: None,
            record: record::Course::default(),
            off: None,
            rang: None,
            seen: [None; PHASES],
            steps: Vec::new(),
            spacing: Duration::ZERO,
            keeps_steps,
        }
    }

    /// From now on it is this. Of several values at one moment only the last was ever to be seen.
    pub fn set(&mut self, at: Instant, value: Option<u64>) {
        if self.open.1 == value {
            return;
        }
        if at > self.open.0 {
            self.close(at);
            self.open.0 = at;
        }
        self.open.1 = value;
    }

    /// What it is now.
    pub fn now(&self) -> Option<u64> {
        self.open.1
    }

    fn close(&mut self, end: Instant) {
        let (start, value) = self.open;
        if end > self.from {
            self.account(start.max(self.from), end, value);
        }
    }

    fn account(&mut self, start: Instant, end: Instant, value: Option<u64>) {
        if self.last.is_none() {
            self.record.at_start = value;
        }
        if self.last != Some(value) {
            self.keep(start, value);
        }
        self.last = Some(value);
        let Some(value) = value else {
            self.record.gap_ms += end.since(start).as_millis_f64();
            return;
        };
        self.record.changes += u64::from(self.shown.is_some_and(|before| before != value));
        self.shown = Some(value);
        let at_ms = start.millis_after(self.from);
        if self.record.least.is_none_or(|least| value < least) {
            (self.record.least, self.record.least_at_ms) = (Some(value), Some(at_ms));
        }
        if self.record.most.is_none_or(|most| value > most) {
            (self.record.most, self.record.most_at_ms) = (Some(value), Some(at_ms));
        }
        let rest = *self.rest.get_or_insert(value);
        if self.alarm.rings(value, rest) {
            self.rang.get_or_insert(start);
            self.scrape(start, end);
        }
        if value == rest {
            self.rests(start);
            return;
        }
        self.record.moved_ms.get_or_insert(at_ms);
        self.record.back_ms = None;
        self.off.get_or_insert(start);
    }

    /// It is at rest from now on.
    fn rests(&mut self, at: Instant) {
        let Some(off) = self.off.take() else { return };
        self.record.back_ms = Some(at.millis_after(self.from));
        self.record.longest_off_ms = self.record.longest_off_ms.max(at.since(off).as_millis_f64());
    }

    /// It calls for a page from `start` to `end`: which scrapes see that?
    fn scrape(&mut self, start: Instant, end: Instant) {
        let every = SCRAPE.as_nanos();
        for (i, seen) in self.seen.iter_mut().enumerate().filter(|(_, seen)| seen.is_none()) {
            let phase = every / PHASES as u64 * i as u64;
            let since = start.since(self.from).as_nanos();
            let rounds = since.saturating_sub(phase).div_ceil(every);
            let at = self.from + Duration::from_nanos(phase + rounds * every);
            *seen = (at < end).then_some(at);
        }
    }

    fn keep(&mut self, at: Instant, value: Option<u64>) {
        if !self.keeps_steps {
            return;
        }
        match self.steps.last_mut() {
            Some(last) if at.since(last.0) < self.spacing => last.1 = value,
            Some(_) | None => self.steps.push((at, value)),
        }
        while self.steps.len() > STEPS {
            self.spacing = Duration::from_nanos(self.spacing.as_nanos() * 2).max(Duration::from_millis(1));
            self.thin();
        }
    }

    /// Steps closer together than the spacing become one, which stands where the first stood and is what the last was.
    fn thin(&mut self) {
        let mut kept: Vec<(Instant, Option<u64>)> = Vec::with_capacity(STEPS);
        for step in std::mem::take(&mut self.steps) {
            match kept.last_mut() {
                Some(last) if step.0.since(last.0) < self.spacing => last.1 = step.1,
                Some(_) | None => kept.push(step),
            }
        }
        self.steps = kept;
    }

    /// The run ends.
    pub fn finish(&mut self, end: Instant) {
        self.close(end);
        if let Some(off) = self.off {
            self.record.longest_off_ms = self.record.longest_off_ms.max(end.since(off).as_millis_f64());
        }
        self.record.at_end = self.open.1;
    }

    /// How it went, when it is finished.
    pub fn record(&self) -> record::Course {
        self.record.clone()
    }

    /// Its steps, and what they were thinned to.
    pub fn steps(&self) -> (Vec<record::Step>, Option<f64>) {
        let step = |(at, value): &(Instant, Option<u64>)| record::Step { at_ms: at.millis_after(self.from), value: *value };
        (self.steps.iter().map(step).collect(), (!self.spacing.is_zero()).then(|| self.spacing.as_millis_f64()))
    }

    /// When a page on it would have come, against the first error that a client heard of.
    pub fn page(&self, first_error_ms: Option<f64>) -> record::Page {
        let mut seen: Vec<f64> = self.seen.iter().flatten().map(|at| at.millis_after(self.from)).collect();
        seen.sort_by(f64::total_cmp);
        let scraped_ms = seen.get(PHASES / 2).copied();
        let ideal_ms = self.rang.map(|at| at.millis_after(self.from));
        let lead = |page: Option<f64>| Some(first_error_ms? - page?);
        record::Page {
            ideal_ms,
            scraped_ms,
            scraped_share: seen.len() as f64 / PHASES as f64,
            ideal_lead_ms: lead(ideal_ms),
            scraped_lead_ms: lead(scraped_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Instant {
        Instant::from_nanos(n * 1_000_000)
    }

    /// Counts from 1000 ms on.
    fn course(alarm: Alarm, steps: &[(u64, Option<u64>)], end: u64) -> Course {
        let mut course = Course::new(ms(1000), alarm, true);
        steps.iter().for_each(|(at, value)| course.set(ms(*at), *value));
        course.finish(ms(end));
        course
    }

    #[test]
    fn a_number_is_told_with_its_extremes_its_absence_and_its_gaps() {
        let steps = [(0, Some(9)), (500, Some(2)), (3000, Some(5)), (4000, None), (6000, Some(1)), (7000, Some(2))];
        let found = course(Alarm::Above, &steps, 9000).record();
        assert_eq!((found.at_start, found.at_end, found.changes), (Some(2), Some(2), 3), "what came before counting is nobody's");
        assert_eq!((found.least, found.least_at_ms, found.most, found.most_at_ms), (Some(1), Some(5000.0), Some(5), Some(2000.0)));
        assert_eq!((found.moved_ms, found.back_ms, found.gap_ms), (Some(2000.0), Some(6000.0), 2000.0));
        assert_eq!(found.longest_off_ms, 4000.0, "nothing says that it was back in the gap");
    }

    #[test]
    fn what_lasted_no_time_was_never_shown() {
        let found =
            course(Alarm::Above, &[(0, Some(2)), (3000, Some(7)), (3000, Some(2)), (4000, Some(0)), (4000, Some(2))], 9000).record();
        assert_eq!((found.changes, found.moved_ms, found.most, found.least), (0, None, Some(2), Some(2)));
    }

    #[test]
    fn scrapes_see_what_lasts_from_one_of_them_to_the_next() {
        // 15 phases, a second apart. From 20 s to 27.5 s after counting began come those of the phases 5 to 12.
        let some = course(Alarm::Above, &[(0, Some(0)), (21_000, Some(1)), (28_500, Some(0))], 61_000).page(Some(26_000.0));
        assert_eq!((some.ideal_ms, some.ideal_lead_ms), (Some(20_000.0), Some(6_000.0)));
        assert_eq!((some.scraped_share, some.scraped_ms, some.scraped_lead_ms), (8.0 / 15.0, Some(27_000.0), Some(-1_000.0)));
        let all = course(Alarm::Above, &[(0, Some(0)), (21_000, Some(1))], 61_000).page(None);
        assert_eq!((all.scraped_share, all.scraped_ms, all.scraped_lead_ms), (1.0, Some(27_000.0), None));
        let few = course(Alarm::Above, &[(0, Some(0)), (21_000, Some(1)), (22_000, Some(0))], 61_000).page(None);
        assert_eq!((few.scraped_share, few.scraped_ms), (1.0 / 15.0, None));
    }

    #[test]
    fn a_page_waits_on_one_side() {
        let less = course(Alarm::Above, &[(0, Some(3)), (3000, Some(2))], 61_000);
        assert_eq!((less.record().moved_ms, less.page(None).ideal_ms), (Some(2000.0), None));
        let either = course(Alarm::Either, &[(0, Some(3)), (3000, Some(2))], 61_000);
        assert_eq!(either.page(None).ideal_ms, Some(2000.0));
    }

    #[test]
    fn many_steps_are_thinned_and_say_so() {
        let steps: Vec<(u64, Option<u64>)> = (0..10_000).map(|i| (1000 + i, Some(i % 2))).collect();
        let many = course(Alarm::Above, &steps, 12_000);
        let (kept, thinned_to_ms) = many.steps();
        assert!(kept.len() <= STEPS && kept.len() > STEPS / 4);
        assert_eq!(thinned_to_ms, Some(8.0));
        assert_eq!(many.record().changes, 9_999, "of the numbers nothing is lost");
        assert_eq!(course(Alarm::Above, &steps[..100], 12_000).steps().1, None);
    }
}
