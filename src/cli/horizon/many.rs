//! Many horizons: the same scenario with one seed after the other, side by side.

use super::super::api;
use super::super::arguments;
use super::super::crew::{Crew, Done};
use super::super::exit::{self, Failure};
use super::super::output::Output;
use super::super::progress::Line;
use super::super::repeat::shell_words;
use super::Arguments;
use crate::horizon::record::{Horizon, HorizonRecord};
use crate::horizon::{gather, play};
use crate::report;
use crate::scenario::Scenario;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Plays all horizons, and writes what they come to.
///
/// # Errors
/// When the input is wrong, a horizon cannot be played, or the output cannot be written.
pub(super) fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut answer = Output::open(arguments.output.as_deref())?;
    let scenario = api::load(&arguments::scenario_text(&arguments.scenario)?, &arguments.changes)?;
    if scenario.seed.checked_add(arguments.seeds).is_none() {
        return Err(Failure::new(format!(
            "--seeds {} beginning with seed {} go beyond the largest seed; name a smaller --seed",
            arguments.seeds, scenario.seed
        )));
    }
    let mut work = Work { first_seed: scenario.seed, played: BTreeMap::new(), refused: BTreeMap::new(), panicked: BTreeMap::new() };
    work.play(arguments, &scenario)?;
    if let Some((seed, why)) = work.refused.pop_first() {
        return Err(Failure::new(format!("with seed {seed}: {why}")));
    }
    if let Some((seed, panic)) = work.panicked.pop_first() {
        return Ok(exit::panicked(&panic, &super::repeat(arguments, seed)));
    }
    let Some(first) = work.played.first_key_value().map(|(_, record)| record.clone()) else {
        return Err(Failure::new("no horizon was played to its end before Ctrl-C"));
    };
    let mut record = gather(&first, work.played.values().map(Horizon::of).collect(), arguments.seeds);
    record.repeat =
        shell_words(&[super::words(arguments, work.first_seed), vec!["--seeds".to_owned(), arguments.seeds.to_string()]].concat());
    let (document, json) = (|| report::horizon::many(&record), || report::json(&record));
    answer.write(&arguments.format.render(document, json, arguments.output.as_deref()))?;
    answer.finish()?;
    let broken = record.horizons.iter().find(|horizon| horizon.violated > 0);
    Ok(broken.map_or(ExitCode::SUCCESS, |horizon| exit::violated(&horizon.repeat)))
}

/// What has become of each seed so far.
struct Work {
    first_seed: u64,
    /// Those that were played to their end.
    played: BTreeMap<u64, HorizonRecord>,
    /// Those that cannot be played, and why.
    refused: BTreeMap<u64, String>,
    /// Those that panicked, and what they said.
    panicked: BTreeMap<u64, String>,
}

impl Work {
    /// Plays until all are played, an end is asked for, or one cannot be played.
    fn play(&mut self, arguments: &Arguments, scenario: &Scenario) -> Result<(), Failure> {
        let crew = Crew::new(arguments.threads)?;
        let mut line = Line::new(arguments.quiet);
        let first = self.first_seed;
        let seeds = first..first + arguments.seeds;
        let one = |seed| play(&scenario.with_seed(seed), &mut |_| {}).map(|played| played.record);
        crew.work(seeds, one, |heard| {
            if let Some(done) = heard {
                self.take(arguments, done);
            }
            if !self.refused.is_empty() || !self.panicked.is_empty() {
                crew.stop.ask();
            }
            line.draw(|| format!("{} of {} horizons", self.played.len(), arguments.seeds));
            Ok(())
        })?;
        without_gaps(first, &mut self.played);
        Ok(())
    }

    fn take(&mut self, arguments: &Arguments, Done { number: seed, result, .. }: Done<Result<HorizonRecord, String>>) {
        match result {
            Ok(Ok(record)) => _ = self.played.insert(seed, HorizonRecord { repeat: super::repeat(arguments, seed), ..record }),
            Ok(Err(why)) => _ = self.refused.insert(seed, why),
            Err(panic) => _ = self.panicked.insert(seed, panic),
        }
    }
}

/// Horizons with few faults are done sooner: one whose elder is missing when all was ended would make them too many.
fn without_gaps<T>(first: u64, played: &mut BTreeMap<u64, T>) {
    let whole = (first..).zip(played.keys()).take_while(|(due, seed)| due == *seed).count() as u64;
    played.retain(|seed, _| *seed < first + whole);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_ctrl_c_only_the_horizons_before_the_first_missing_one_are_told() {
        let left = |seeds: &[u64]| {
            let mut played: BTreeMap<u64, ()> = seeds.iter().map(|seed| (*seed, ())).collect();
            without_gaps(7, &mut played);
            played.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(left(&[7, 8, 10, 11]), [7, 8]);
        assert_eq!(left(&[7, 8, 9]), [7, 8, 9]);
        assert!(left(&[8, 9]).is_empty());
    }
}
