//! What would have been: runs with something changed, and the same recovery in them.

use super::Watch;
use super::chain::Chain;
use super::choose;
use super::kept::Kept;
use super::record::Try;
use super::remedy::{Change, Ill, Treatment};
use super::watch::{self, Deed};
use crate::engine::{Duration, Instant};
use crate::experiment::{RunOptions, Stopped};
use crate::fault::{Action, Fault, Plan};
use crate::model::Spec;
use crate::observe::record::Window;
use crate::observe::{Fact, RunRecord};
use crate::scenario::{self, Override, Scenario, Source};
use crate::world::World;
use std::collections::BTreeMap;

/// Makes runs of a scenario with changes, each once.
pub struct Tries<'a> {
    source: &'a Source,
    overrides: &'a [Override],
    options: RunOptions,
    /// When a fault found nothing to do in the run that is explained.
    idle: Vec<Instant>,
    done: BTreeMap<String, Result<Outcome, String>>,
}

/// A run with a change.
struct Outcome {
    scenario: Scenario,
    /// What brokers and controllers are from a moment on.
    retuned: Vec<(Instant, Spec)>,
    /// What the cluster was made of in the end.
    spec: Spec,
    record: RunRecord,
}

impl<'a> Tries<'a> {
    /// Runs of this scenario with these overrides. A fault that found nothing to do in the run that is explained, at one of the moments
    /// `idle`, does nothing where something was brought about earlier than it was.
    pub fn new(source: &'a Source, overrides: &'a [Override], options: RunOptions, idle: Vec<Instant>) -> Tries<'a> {
        Tries { source, overrides, options, idle, done: BTreeMap::new() }
    }

    /// How many runs were made.
    pub fn made(&self) -> u64 {
        self.done.values().filter(|run| run.is_ok()).count() as u64
    }

    /// Tries a change, and looks for a window's recovery in what comes of it.
    pub fn one(&mut self, change: &Change, window: &Window) -> Try {
        let (recovery_ms, waited_ms, refused) = match self.outcome(change) {
            Err(why) => (None, None, Some(why.clone())),
            Ok(outcome) => match nearest(&outcome.record, window) {
                None => (Some(0.0), Some(0.0), None),
                Some(then) => (then.recovery_ms, then.recovery_ms.map(|_| choose::felt(then)), None),
            },
        };
        Try { change: change.text.clone(), removes: change.removes, recovery_ms, waited_ms, refused }
    }

    fn outcome(&mut self, change: &Change) -> &Result<Outcome, String> {
        let address = format!("{:?}", (&change.sets, &change.retunes, &change.pushes, &change.spared));
        if !self.done.contains_key(&address) {
            let run = self.run(change);
            self.done.insert(address.clone(), run);
        }
        &self.done[&address]
    }

    fn run(&self, change: &Change) -> Result<Outcome, String> {
        let mut sets = change.sets.clone();
        let mut scenario = self.load(&sets)?;
        if !change.pushes.is_empty() || !change.retunes.is_empty() {
            self.leave_out_idle(&mut scenario);
        }
        change.spared.iter().for_each(|at| scenario.plan.leave_out(*at));
        let mut retuned = Vec::new();
        for retune in &change.retunes {
            sets.extend(retune.sets.iter().cloned());
            retuned.push((retune.at, self.load(&sets)?.spec));
        }
        let run = run(&scenario, &self.options, change, &retuned, &mut |_, _| {});
        let (record, spec) = run.map_err(|stopped| stopped.to_string())?;
        Ok(Outcome { scenario, retuned, spec, record })
    }

    fn load(&self, sets: &[(String, String)]) -> Result<Scenario, String> {
        let sets = sets.iter().map(|(key, value)| Override::Set { key: key.clone(), value: value.clone() });
        let overrides: Vec<Override> = self.overrides.iter().cloned().chain(sets).collect();
        scenario::load(self.source, &overrides)
            .map_err(|found| found.iter().next().map_or_else(|| "it is refused".to_owned(), |mistake| mistake.message.clone()))
    }

    fn leave_out_idle(&self, scenario: &mut Scenario) {
        let origin = Instant::ZERO + scenario.count_from;
        let is_idle = |fault: &Fault| match fault {
            Fault::At(at, Action::Take { .. } | Action::Restart { .. }) => self.idle.contains(&(origin + *at)),
            Fault::At(..) | Fault::Random(_) => false,
        };
        let faults: Vec<Fault> = scenario.faults.iter().filter(|fault| !is_idle(fault)).cloned().collect();
        if faults.len() < scenario.faults.len() {
            scenario.plan = Plan::new(&faults, scenario.seed, scenario.count_from, scenario.duration, &scenario.spec);
        }
    }

    /// Which step took the place of those that a change took away: the run with the change is watched in its turn, and of the kinds of steps
    /// of the same recovery there it is that which took so much longer than in the recovery that is explained, of which `were` are the steps.
    pub fn instead(&mut self, change: &Change, gone: &[Treatment], were: &[Ill<'_>], window: &Window) -> Option<Treatment> {
        let options = self.options;
        let Outcome { scenario, retuned, spec, record } = self.outcome(change).as_ref().ok()?;
        let target = choose::target(scenario, spec, nearest(record, window)?)?;
        let mut kept = Kept::new(target);
        run(scenario, &options, change, retuned, &mut |at, fact| kept.see(at, fact)).ok()?;
        let chain = Chain::of(spec, &kept)?;
        let stays = |ill: &Ill<'_>| !gone.iter().any(|treatment| treatment.takes_away(ill));
        let are: Vec<Ill<'_>> = chain.path.iter().map(|link| chain.ill(scenario, link)).filter(stays).collect();
        let were: Vec<Ill<'_>> = were.iter().copied().filter(stays).collect();
        let more = |of: &Ill<'_>| together(&are, of) - together(&were, of);
        let others = are.iter().filter(|ill| !more(ill).is_zero());
        others.max_by_key(|ill| (more(ill), ill.length())).map(|ill| Treatment { length: together(&are, ill), ..Treatment::of(ill) })
    }
}

/// Runs a scenario with what a change does to the run.
fn run(
    scenario: &Scenario,
    options: &RunOptions,
    change: &Change,
    retuned: &[(Instant, Spec)],
    watch: Watch<'_>,
) -> Result<(RunRecord, Spec), Stopped> {
    let retunes: Vec<_> = retuned.iter().map(|(at, spec)| (*at, |world: &mut World| world.retune(spec))).collect();
    let pushes: Vec<_> = change.pushes.iter().map(|push| (push.at, |world: &mut World| push.what.perform(world))).collect();
    let retunes = retunes.iter().map(|(at, deed)| -> Deed<'_> { (*at, deed) });
    let mut deeds: Vec<Deed<'_>> = retunes.chain(pushes.iter().map(|(at, deed)| -> Deed<'_> { (*at, deed) })).collect();
    deeds.sort_by_key(|(at, _)| *at);
    watch::run(scenario, options, &deeds, watch)
}

/// How long all steps of a kind took.
fn together(steps: &[Ill<'_>], of: &Ill<'_>) -> Duration {
    steps.iter().filter(|ill| ill.is_alike(of)).fold(Duration::ZERO, |sum, ill| sum + ill.length())
}

/// Whether a fault says that it found nothing to do.
pub fn is_idle(fact: &Fact) -> bool {
    matches!(fact, Fact::FaultApplied { text } if text.ends_with("did nothing"))
}

/// How far two moments of the same window of two runs may be apart.
const SAME_WINDOW: Duration = Duration::from_secs(5);

/// The same window in another run, if there still was one.
fn nearest<'r>(record: &'r RunRecord, window: &Window) -> Option<&'r Window> {
    let same = |w: &&Window| (&w.client, &w.topic, w.partition) == (&window.client, &window.topic, window.partition);
    let apart = |w: &Window| (w.start_ms - window.start_ms).abs();
    let within = SAME_WINDOW.as_millis_f64();
    record.windows.iter().filter(same).filter(|w| apart(w) <= within).min_by(|a, b| apart(a).total_cmp(&apart(b)))
}
