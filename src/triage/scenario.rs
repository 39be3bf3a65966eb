//! The scenario that reproduces the suspected cause on the described cluster, so that a fix can be tried before it is applied.

use super::causes::Cause;
use super::clue::{Partition, Step};
use super::dumps::Difference;
use super::outage::{Kind, Outage};
use super::record::TriageRecord;
use super::story::Story;
use crate::scenario::import::{self, Input, Sources};
use std::fmt::Write;

/// When the first fault of the scenario comes: clients have sent for a while by then.
const FIRST_MS: i64 = 10_000;
/// Longest outage and distance that a scenario takes over from the logs, so that it stays cheap.
const LONGEST_MS: i64 = 120_000;
/// Most faults of a scenario.
const MOST_FAULTS: usize = 20;

/// What a scenario is written from.
#[derive(Clone, Debug, Default)]
pub struct Reproduction {
    sources: Sources,
    faults: Vec<String>,
    why: String,
    last_ms: i64,
}

impl Reproduction {
    /// From what was found.
    pub(super) fn of(story: &Story, record: &TriageRecord) -> Reproduction {
        let sources = Sources {
            topics: story.dumps.topics.first().map(|topics| Input { name: topics.name.clone(), text: topics.text.clone() }),
            brokers: story.dumps.properties.iter().map(|(name, text, _)| Input { name: name.clone(), text: text.clone() }).collect(),
            quorum: story
                .dumps
                .quorums
                .first()
                .map(|(file, text, _)| Input { name: story.evidence.files[*file].name.clone(), text: text.clone() }),
            ..Sources::default()
        };
        let Some(first) = record.causes.first() else {
            return Reproduction { sources, why: "nothing was found that could be reproduced".to_owned(), ..Reproduction::default() };
        };
        let (faults, last_ms) = faults(story, first.cause);
        let name = serde_json::to_value(first.cause).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
        let why = format!("suspected cause: {name} (score {}): {}", first.score, first.summary);
        Reproduction { sources, faults, why, last_ms }
    }

    /// The scenario as TOML, and what was assumed for it.
    ///
    /// # Errors
    /// In words: no description of topics, no cause that can be reproduced, or mistakes in the files.
    pub fn toml(&self) -> Result<(String, Vec<String>), String> {
        if self.sources.topics.is_none() {
            return Err("a scenario needs the cluster: give --topics FILE, the output of `kafka-topics.sh --describe`".to_owned());
        }
        if self.faults.is_empty() {
            return Err(format!("no scenario can be written: {}", self.why));
        }
        let imported = import::import(&self.sources).map_err(|mistakes| {
            let shown = mistakes.iter().map(|(name, error)| format!("{name}:{}: {}; {}", error.line, error.message, error.help));
            shown.collect::<Vec<_>>().join("\n")
        })?;
        let mut faults = String::from("faults = [\n");
        for fault in &self.faults {
            let _ = writeln!(faults, "  \"{fault}\",");
        }
        faults.push(']');
        let seconds = (self.last_ms + 60_000) / 1000;
        let head = format!("# Written by `kafkasim triage`; {}\nduration = \"{seconds}s\"\n", self.why.replace('\n', " "));
        Ok((head + &imported.scenario_toml.replacen("\nfaults = []\n", &format!("\n{faults}\n"), 1), imported.assumed))
    }
}

/// The faults, and when the last is over.
fn faults(story: &Story, cause: Cause) -> (Vec<String>, i64) {
    match cause {
        Cause::FlappingBroker => outages(story, &[Kind::Restart, Kind::Crash, Kind::Silence, Kind::Gone, Kind::Started]),
        Cause::BrokerCrash => outages(story, &[Kind::Crash, Kind::Gone]),
        Cause::BrokerRestart => outages(story, &[Kind::Restart, Kind::Started]),
        Cause::NetworkPartition | Cause::Overload => silences(story, cause),
        Cause::PreferredElection => elected(story),
        Cause::Reassignment => reassigned(story),
        Cause::ControllerInstability => controllers(story),
        Cause::StaleMetadata | Cause::Unknown => (Vec::new(), 0),
    }
}

/// A moment or a length as a scenario has it.
fn seconds(ms: i64) -> String {
    if ms % 1000 == 0 { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}

/// Moments of the logs as moments of the scenario: from ten seconds on, with pauses cut short.
fn at(story_at: i64, first: i64) -> i64 {
    FIRST_MS + (story_at - first).max(0)
}

fn outages(story: &Story, kinds: &[Kind]) -> (Vec<String>, i64) {
    let all: Vec<&Outage> = story.all_outages().into_iter().filter(|outage| kinds.contains(&outage.kind())).take(MOST_FAULTS).collect();
    let Some(first) = all.first().map(|outage| outage.from) else { return (Vec::new(), 0) };
    let mut last = 0;
    let mut moment = FIRST_MS;
    let mut before = first;
    let fault = |outage: &&Outage| {
        moment += (outage.from - before).min(LONGEST_MS);
        before = outage.from;
        let back = outage.step(Step::Starting).map(|noted| noted.at).filter(|at| *at > outage.from).or(outage.to);
        let away = back.map_or(LONGEST_MS, |back| (back - outage.from).clamp(1_000, LONGEST_MS));
        last = moment + away;
        let what = match outage.kind() {
            Kind::Restart | Kind::Started => format!("restart broker {} down 5s", outage.broker),
            Kind::Crash | Kind::Gone => format!("kill broker {} for {}", outage.broker, seconds(away)),
            Kind::Silence => format!("pause broker {} for {}", outage.broker, seconds(away + 9_000)),
        };
        format!("at {} {what}", seconds(moment))
    };
    (all.iter().map(fault).collect(), last)
}

fn silences(story: &Story, cause: Cause) -> (Vec<String>, i64) {
    let silent = |outage: &&Outage| matches!(outage.kind(), Kind::Silence | Kind::Gone);
    let mut all = Vec::new();
    let mut last = FIRST_MS;
    for outage in story.all_outages().into_iter().filter(silent).take(MOST_FAULTS) {
        // The session, 9 s by default, ran out at the end of what was silent before.
        let away = outage.to.map_or(LONGEST_MS, |to| (to - outage.from).clamp(1_000, LONGEST_MS)) + 9_000;
        let what = if cause == Cause::Overload {
            format!("pause broker {} for {}", outage.broker, seconds(away))
        } else {
            format!("cut broker {} from everything for {}", outage.broker, seconds(away))
        };
        all.push(format!("at {} {what}", seconds(last)));
        last += away + 10_000;
    }
    if all.is_empty()
        && cause == Cause::Overload
        && let Some((broker, _)) = story.evidence.shrinks.iter().next()
    {
        all.push(format!("at 10s slow broker {broker} by 1000 for 60s"));
        last += 60_000;
    }
    (all, last)
}

/// Who leads otherwise than preferred as it begins is elected; if nobody does, the broker that got the leads is restarted before.
fn elected(story: &Story) -> (Vec<String>, i64) {
    let mut gained: Vec<u32> = story.changes.iter().filter_map(|change| change.to).collect();
    gained.extend(story.differences.iter().filter_map(|(_, _, what, _)| match what {
        Difference::Leader(_, to, _, _) => *to,
        Difference::Left(_) | Difference::Joined(_) | Difference::Replicas => None,
    }));
    gained.sort_unstable();
    gained.dedup();
    let balanced =
        story.dumps.topics.first().is_some_and(|topics| topics.partitions().values().all(|p| p.leader == p.replicas.first().copied()));
    let mut faults = Vec::new();
    if balanced && let Some(broker) = gained.first() {
        faults.push(format!("at 0s restart broker {broker} down 5s"));
    }
    faults.push("at 40s elect preferred all".to_owned());
    (faults, 40_000)
}

fn reassigned(story: &Story) -> (Vec<String>, i64) {
    let states: Vec<_> = story.dumps.topics.iter().map(super::dumps::Topics::partitions).collect();
    let Some(first) = states.first() else { return (Vec::new(), 0) };
    let target = |partition: &Partition| {
        let described = states.iter().rev().find_map(|state| state.get(partition)).map(|p| p.replicas.clone());
        let before = &first.get(partition)?.replicas;
        let logged = story.evidence.replicas.get(partition).cloned();
        [described, logged].into_iter().flatten().find(|replicas| replicas != before)
    };
    let moves: Vec<String> = first
        .keys()
        .filter_map(|partition| {
            let ids = target(partition)?.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            Some(format!("{partition} to {ids}"))
        })
        .take(200)
        .collect();
    if moves.is_empty() { (Vec::new(), 0) } else { (vec![format!("at 10s reassign {}", moves.join("; "))], 30_000) }
}

fn controllers(story: &Story) -> (Vec<String>, i64) {
    let Some(first) = story.elections.first() else { return (Vec::new(), 0) };
    let all = story.elections.iter().take(MOST_FAULTS);
    let moments: Vec<i64> = all.map(|election| at(election.at, first.at)).collect();
    let last = moments.last().copied().unwrap_or(FIRST_MS);
    (moments.into_iter().map(|moment| format!("at {} kill controller leader for 10s", seconds(moment))).collect(), last)
}
