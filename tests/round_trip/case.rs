//! One run, there and back: a scenario, the logs of its run, and what `triage` makes of them.

use super::kit::experiment::{self, RunOptions};
use super::kit::logs::Logs;
use super::kit::scenario::{self, Scenario, Source};
use super::kit::triage::record::Verdict;
use super::kit::triage::{Options, Triage};

/// What was there, and what was found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// A name that finds the run again.
    pub name: String,
    /// What the scenario did.
    pub cause: String,
    /// `nothing`, `transient` or `sustained`.
    pub verdict: &'static str,
    /// The first cause; `none` where none was given.
    pub found: String,
    /// All causes with their scores.
    pub all: String,
}

/// Reads a scenario that must be right.
pub fn load(name: &str, text: String) -> Scenario {
    let source = Source { name: name.to_owned(), text };
    scenario::load(&source, &[]).unwrap_or_else(|mistakes| panic!("{name}: {mistakes:?}\n{}", source.text))
}

/// Runs it, has it logged, and asks `triage`, which sees nothing but the files.
pub fn judge(name: &str, cause: &str, scenario: &Scenario) -> Outcome {
    let mut logs = Logs::new(&scenario.spec);
    experiment::run(scenario, &RunOptions::default(), Some(&mut |at, fact| logs.note(at, fact))).expect("no run is cut short");
    let mut triage = Triage::new(Options::default());
    for (file, lines) in logs.finish() {
        triage.begin(&file);
        lines.iter().for_each(|line| triage.line(line, true));
        triage.end();
    }
    for dump in experiment::dumps(scenario) {
        triage.topics(&format!("topics-{}.txt", dump.name), &dump.topics);
        triage.quorum(&format!("quorum-{}.txt", dump.name), &dump.quorum);
    }
    let (record, _) = triage.finish();
    let verdict = match record.verdict {
        Verdict::Nothing => "nothing",
        Verdict::Transient => "transient",
        Verdict::Sustained => "sustained",
    };
    let named = |cause| serde_json::to_value(cause).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let all: Vec<String> = record.causes.iter().map(|c| format!("{} {}", named(c.cause), c.score)).collect();
    let found = record.causes.first().map_or("none".to_owned(), |c| named(c.cause));
    Outcome { name: name.to_owned(), cause: cause.to_owned(), verdict, found, all: all.join(", ") }
}

/// How many kinds of things happen in a scenario: restarts, crashes, cuts and so on, each counted once.
pub fn kinds(scenario: &Scenario) -> usize {
    use super::kit::fault::Fault;
    let kind = |fault: &Fault| match fault {
        // Up to the first number: what is done, and to what sort of thing.
        Fault::At(_, action) => format!("{action:?}").chars().take_while(|c| !c.is_ascii_digit()).collect(),
        Fault::Random(_) => "random".to_owned(),
    };
    scenario.faults.iter().map(kind).collect::<std::collections::BTreeSet<String>>().len()
}
