//! The answer of a triage, as data: versioned, documented, and the only thing that its report reads.
//! Times are in UTC, as far as the logs' clocks tell; `assumed` says what was taken for granted.

use super::clock::shown;
use super::clue::{Loss, Party};
use super::evidence::Place;
use super::outage::Kind;
use super::story::Story;
use super::{Options, advice, causes, verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of this schema; raised when a field changes its meaning or goes away.
pub const SCHEMA: &str = "kafkasim/triage/1";
/// Most entries of a list that can be long.
const MOST: usize = 200;

/// Everything that a triage found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TriageRecord {
    /// Version of this schema.
    pub schema: String,
    /// Version of kafkasim.
    pub kafkasim: String,
    /// Whether anything is wrong, and whether it passes by itself.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub why: String,
    /// The rules of the verdict, each with its limit and what was found. Any that holds makes it `sustained`.
    pub rules: Vec<RuleRecord>,
    /// The causes that the evidence speaks for, the most likely first.
    pub causes: Vec<CauseRecord>,
    /// Times of trouble.
    pub bursts: Vec<BurstRecord>,
    /// The brokers that were touched: outages, leadership and ISR churn.
    pub brokers: Vec<BrokerRecord>,
    /// The partitions that were touched, the most often first; at most 200.
    pub partitions: Vec<PartitionRecord>,
    /// How many partitions were touched in all.
    pub partitions_touched: u64,
    /// What happened, in the order of time; at most 200 entries, the earliest.
    pub timeline: Vec<Happening>,
    /// How many entries the timeline would have.
    pub happenings: u64,
    /// The share of each file's lines that was understood, blank lines not counted.
    pub understood: BTreeMap<String, f64>,
    /// The files in detail.
    pub files: Vec<FileRecord>,
    /// What tools saw as they were run: who could be reached, who differs, who listens.
    pub observed: Vec<String>,
    /// What was taken for granted.
    pub assumed: Vec<String>,
    /// What is missing, and what it would tell.
    pub missing: Vec<String>,
    /// What to look at next.
    pub next: Vec<Advice>,
    /// What to do.
    pub actions: Vec<Advice>,
}

/// Whether anything is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The files show no trouble.
    Nothing,
    /// Trouble that is over, or passes by itself.
    Transient,
    /// Trouble that comes back, or goes on.
    Sustained,
}

/// A rule of the verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RuleRecord {
    /// What is counted.
    pub rule: String,
    /// What was found.
    pub found: u64,
    /// From which number on it is sustained.
    pub limit: u64,
    /// Whether it holds.
    pub holds: bool,
    /// Of what, where one stands out.
    pub which: Option<String>,
}

/// A suspected cause.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CauseRecord {
    /// Which.
    pub cause: causes::Cause,
    /// How much speaks for it, from 0 to 1: the weight of the evidence for it, in all of the evidence about it and a doubt of one.
    pub score: f64,
    /// In a sentence.
    pub summary: String,
    /// What speaks for it.
    pub evidence: Vec<EvidenceRecord>,
    /// What speaks against it.
    pub against: Vec<EvidenceRecord>,
}

/// Something that speaks for or against a cause, with a line that shows it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceRecord {
    /// What it is.
    pub says: String,
    /// Its weight.
    pub weight: f64,
    /// The file, by the name that it was given by; empty where it is no single line.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What stands there.
    pub text: String,
}

/// A time of trouble.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BurstRecord {
    /// When it began, in UTC.
    pub from: String,
    /// When it was over.
    pub to: String,
    /// How long it lasted, in milliseconds.
    pub lasted_ms: i64,
    /// Requests that clients had refused.
    pub refusals: u64,
    /// Of these, because the broker was not the leader.
    pub not_leader: u64,
    /// Connections that clients could not keep or make.
    pub lost_connections: u64,
    /// Changes of leaders.
    pub leader_changes: u64,
    /// Replicas that left an ISR.
    pub isr_left: u64,
    /// Replicas that joined an ISR.
    pub isr_joined: u64,
    /// What else happened then.
    pub correlates: Vec<String>,
}

/// A broker's part in it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BrokerRecord {
    /// `node.id`.
    pub broker: u32,
    /// Times at which it was away.
    pub outages: Vec<OutageRecord>,
    /// Partitions whose lead it lost, each time counted.
    pub leads_lost: u64,
    /// Partitions whose lead it got.
    pub leads_gained: u64,
    /// Times that a replica of it left an ISR.
    pub isr_left: u64,
    /// Times that a replica of it joined an ISR.
    pub isr_joined: u64,
    /// Connections to it that others lost, by how.
    pub lost_connections: BTreeMap<String, u64>,
}

/// A time at which a broker was away.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OutageRecord {
    /// When it began, as far as the logs tell, in UTC.
    pub from: String,
    /// When it was over; none when the logs end before.
    pub to: Option<String>,
    /// `restart`, `crash`, `silence` (the same process came back), `gone` (not known yet) or `started` (how it ended is not known).
    pub kind: String,
}

/// A partition's part in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PartitionRecord {
    /// Its name.
    pub partition: String,
    /// Its leaders in order, `none` where there was none; at most 12, the last ones.
    pub leaders: Vec<String>,
    /// Changes of its leader.
    pub leader_changes: u64,
    /// Requests to it that were refused to clients whose logs name the partition.
    pub refusals: u64,
}

/// An entry of the timeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Happening {
    /// When, in UTC.
    pub at: String,
    /// Which broker, where it is about one.
    pub broker: Option<u32>,
    /// What.
    pub what: String,
    /// The file.
    pub file: String,
    /// The line.
    pub line: u64,
}

/// A file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FileRecord {
    /// Its name.
    pub file: String,
    /// What it holds.
    pub holds: Vec<String>,
    /// Lines that are not blank.
    pub lines: u64,
    /// Those that were understood.
    pub understood: u64,
    /// Its first moment, in UTC.
    pub from: Option<String>,
    /// Its last moment.
    pub to: Option<String>,
    /// What else is to be said.
    pub notes: Vec<String>,
}

/// Something to look at or to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// Why, or what.
    pub what: String,
    /// The command, where there is one.
    pub command: Option<String>,
}

/// The record of a story.
pub fn of(story: &Story, options: &Options) -> TriageRecord {
    let rules = verdict::rules(story);
    let verdict = verdict::verdict(story, &rules);
    let causes = if verdict == Verdict::Nothing { Vec::new() } else { causes::ranked(story) };
    let (timeline, happenings) = timeline(story);
    let (partitions, partitions_touched) = partitions(story);
    let files: Vec<FileRecord> = story.evidence.files.iter().map(file).collect();
    TriageRecord {
        schema: SCHEMA.to_owned(),
        kafkasim: env!("CARGO_PKG_VERSION").to_owned(),
        verdict,
        why: why(story, verdict, &rules),
        bursts: story.bursts.iter().map(|burst| burst_record(story, burst)).collect(),
        brokers: brokers(story),
        partitions,
        partitions_touched,
        timeline,
        happenings,
        understood: understood(&files),
        files,
        observed: advice::observed(story),
        assumed: advice::assumed(story, options),
        missing: advice::missing(story),
        next: advice::next(story, &causes),
        actions: advice::actions(story, &causes),
        rules,
        causes,
    }
}

fn why(story: &Story, verdict: Verdict, rules: &[RuleRecord]) -> String {
    match verdict {
        Verdict::Nothing => "no leader changed, no replica left an ISR, no broker was away, and no client was refused".to_owned(),
        Verdict::Sustained => {
            let held = rules.iter().filter(|rule| rule.holds);
            let each = held.map(|rule| {
                let which = rule.which.as_ref().map(|which| format!(" ({which})")).unwrap_or_default();
                format!("{}: {}{which}, {} or more is sustained", rule.rule, rule.found, rule.limit)
            });
            each.collect::<Vec<_>>().join("; ")
        }
        Verdict::Transient => {
            let longest = story.bursts.iter().map(|burst| burst.to - burst.from).max().unwrap_or(0);
            let n = story.bursts.len();
            let times = if n == 1 { "1 burst".to_owned() } else { format!("{n} bursts") };
            format!("{times} of trouble, the longest of {:.1} s, and none of the rules for a sustained one holds", longest as f64 / 1000.0)
        }
    }
}

fn understood(files: &[FileRecord]) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for file in files {
        let sum = sums.entry(file.file.clone()).or_default();
        (sum.0, sum.1) = (sum.0 + file.understood, sum.1 + file.lines);
    }
    let share = |(good, all): (u64, u64)| if all == 0 { 1.0 } else { (good as f64 / all as f64 * 1e4).round() / 1e4 };
    sums.into_iter().map(|(name, sum)| (name, share(sum))).collect()
}

fn file(file: &super::evidence::File) -> FileRecord {
    let mut notes = file.notes.clone();
    if file.lines == 0 {
        notes.push("it is empty".to_owned());
    }
    if let Some((line, text)) = &file.first_foreign {
        notes.push(format!("the first line that was not understood is line {line}: {text}"));
    }
    if file.outside > 0 {
        notes.push(format!("{} lines lie outside of the time that was asked for", file.outside));
    }
    FileRecord {
        file: file.name.clone(),
        holds: file.families.keys().map(|family| family.name().to_owned()).collect(),
        lines: file.lines,
        understood: file.understood,
        from: file.span.map(|(first, _)| shown(first)),
        to: file.span.map(|(_, last)| shown(last)),
        notes,
    }
}

fn burst_record(story: &Story, burst: &super::burst::Burst) -> BurstRecord {
    BurstRecord {
        from: shown(burst.from),
        to: shown(burst.to),
        lasted_ms: burst.to - burst.from,
        refusals: burst.refusals,
        not_leader: burst.not_leader,
        lost_connections: burst.lost,
        leader_changes: burst.changes,
        isr_left: burst.left,
        isr_joined: burst.joined,
        correlates: correlates(story, burst.from, burst.to),
    }
}

/// What else happened in a time of trouble.
fn correlates(story: &Story, from: i64, to: i64) -> Vec<String> {
    let within = |at: i64| at >= from - 10_000 && at <= to;
    let mut all = Vec::new();
    for outage in story.all_outages().into_iter().filter(|outage| outage.from <= to && outage.to.unwrap_or(to) >= from) {
        all.push(format!("broker {} {} at {}", outage.broker, words(outage.kind()), shown(outage.from)));
    }
    for noted in story.evidence.preferred.iter().filter(|noted| within(noted.at)) {
        all.push(format!("preferred leaders were elected for {} partitions at {}", noted.what, shown(noted.at)));
    }
    for election in story.elections.iter().filter(|election| within(election.at)) {
        let node = election.node.map_or_else(|| "a controller".to_owned(), |node| format!("controller {node}"));
        all.push(format!("{node} took over in epoch {} at {}", election.epoch, shown(election.at)));
    }
    if let Some(first) = story.evidence.reassignments.iter().find(|noted| within(noted.at)) {
        all.push(format!("a reassignment was under way at {}", shown(first.at)));
    }
    if let Some(first) = story.evidence.unclean.iter().find(|noted| within(noted.at)) {
        all.push(format!("a leader was elected uncleanly at {}", shown(first.at)));
    }
    all.truncate(12);
    all
}

/// What became of a broker.
fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Restart => "was stopped in an orderly way",
        Kind::Crash => "ended without a word",
        Kind::Silence => "fell silent, and the same process came back,",
        Kind::Gone => "lost its session",
        Kind::Started => "was started",
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Restart => "restart",
        Kind::Crash => "crash",
        Kind::Silence => "silence",
        Kind::Gone => "gone",
        Kind::Started => "started",
    }
}

fn loss_name(loss: Loss) -> &'static str {
    match loss {
        Loss::Closed => "closed",
        Loss::Refused => "refused",
        Loss::TimedOut => "timed out",
        Loss::Unreachable => "not reached",
    }
}

fn brokers(story: &Story) -> Vec<BrokerRecord> {
    let record = |broker: u32| {
        let outage = |outage: &super::outage::Outage| OutageRecord {
            from: shown(outage.from),
            to: outage.to.map(shown),
            kind: kind_name(outage.kind()).to_owned(),
        };
        let mut lost_connections: BTreeMap<String, u64> = BTreeMap::new();
        for lost in story.losses().filter(|lost| lost.to == Some(broker) && lost.by != Party::Node(broker)) {
            *lost_connections.entry(loss_name(lost.loss).to_owned()).or_default() += lost.spell.count;
        }
        let members = |joined: bool| story.memberships.iter().filter(|m| m.broker == broker && m.joined == joined).count() as u64;
        BrokerRecord {
            broker,
            outages: story.outages.get(&broker).into_iter().flatten().map(outage).collect(),
            leads_lost: story.changes.iter().filter(|change| change.from == Some(broker)).count() as u64,
            leads_gained: story.changes.iter().filter(|change| change.to == Some(broker)).count() as u64,
            isr_left: members(false),
            isr_joined: members(true),
            lost_connections,
        }
    };
    let touched = |record: &BrokerRecord| {
        !record.outages.is_empty()
            || record.leads_lost + record.leads_gained + record.isr_left + record.isr_joined > 0
            || !record.lost_connections.is_empty()
    };
    story.brokers().into_iter().map(record).filter(touched).collect()
}

fn partitions(story: &Story) -> (Vec<PartitionRecord>, u64) {
    let mut all: BTreeMap<&super::clue::Partition, PartitionRecord> = BTreeMap::new();
    let fresh = |partition: &super::clue::Partition| PartitionRecord {
        partition: partition.to_string(),
        leaders: Vec::new(),
        leader_changes: 0,
        refusals: 0,
    };
    let name = |leader: Option<u32>| leader.map_or_else(|| "none".to_owned(), |id| id.to_string());
    for change in &story.changes {
        let record = all.entry(&change.partition).or_insert_with(|| fresh(&change.partition));
        if record.leaders.is_empty() {
            record.leaders.push(name(change.from));
        }
        record.leaders.push(name(change.to));
        record.leader_changes += 1;
    }
    for ((_, partition), spells) in &story.evidence.refusals {
        let Some(partition) = partition else { continue };
        all.entry(partition).or_insert_with(|| fresh(partition)).refusals += spells.count();
    }
    let touched = all.len() as u64;
    let mut all: Vec<PartitionRecord> = all.into_values().collect();
    for record in &mut all {
        let from = record.leaders.len().saturating_sub(12);
        record.leaders.drain(..from);
    }
    all.sort_by(|a, b| (b.leader_changes, b.refusals, &a.partition).cmp(&(a.leader_changes, a.refusals, &b.partition)));
    all.truncate(MOST);
    (all, touched)
}

/// What happened, changes of a moment together.
fn timeline(story: &Story) -> (Vec<Happening>, u64) {
    let mut all: Vec<(i64, Option<u32>, String, Place)> = Vec::new();
    for outage in story.all_outages() {
        let place = outage.place().cloned().unwrap_or_default();
        all.push((outage.from, Some(outage.broker), format!("broker {} {}", outage.broker, words(outage.kind())), place));
        if let Some(to) = outage.to {
            let last = outage.steps.iter().find(|noted| noted.at == to).or(outage.steps.last()).map(|noted| noted.place.clone());
            all.push((to, Some(outage.broker), format!("broker {} serves again", outage.broker), last.unwrap_or_default()));
        }
    }
    let name = |leader: Option<u32>| leader.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
    for change in grouped(&story.changes, |change| change.at, |change| (change.from, change.to)) {
        let (first, n) = (change[0], change.len());
        let what = format!("the lead of {} went from {} to {}", several(n, &first.partition.to_string()), name(first.from), name(first.to));
        all.push((first.at, first.to, what, first.place.clone()));
    }
    for group in grouped(&story.memberships, |m| m.at, |m| (m.broker, m.joined)) {
        let (first, n) = (group[0], group.len());
        let verb = if first.joined { "joined" } else { "left" };
        let what = format!("broker {} {verb} the ISR of {}", first.broker, several(n, &first.partition.to_string()));
        all.push((first.at, Some(first.broker), what, first.place.clone()));
    }
    for election in &story.elections {
        let node = election.node.map_or_else(|| "a controller".to_owned(), |node| format!("controller {node}"));
        all.push((election.at, None, format!("{node} took over in epoch {}", election.epoch), election.place.clone()));
    }
    for noted in &story.evidence.preferred {
        all.push((noted.at, None, format!("preferred leaders were elected for {} partitions", noted.what), noted.place.clone()));
    }
    for noted in &story.evidence.unclean {
        all.push((noted.at, None, "an unclean election".to_owned(), noted.place.clone()));
    }
    for group in grouped(&story.evidence.reassignments, |noted| noted.at, |_| ()) {
        all.push((group[0].at, None, "a reassignment is under way".to_owned(), group[0].place.clone()));
    }
    for ((refusal, _), spells) in &story.evidence.refusals {
        for spell in spells.iter() {
            let what =
                format!("clients are refused ({}), {} times until {}", causes::refusal_name(*refusal), spell.count, shown(spell.last));
            all.push((spell.first, None, what, spell.begins.clone()));
        }
    }
    all.sort_by(|a, b| (a.0, &a.3, &a.2).cmp(&(b.0, &b.3, &b.2)));
    let n = all.len() as u64;
    let happening = |(at, broker, what, place): (i64, Option<u32>, String, Place)| Happening {
        at: shown(at),
        broker,
        what,
        file: story.file(&place).to_owned(),
        line: place.line,
    };
    (all.into_iter().take(MOST).map(happening).collect(), n)
}

fn several(n: usize, first: &str) -> String {
    if n == 1 { first.to_owned() } else { format!("{n} partitions, {first} first,") }
}

/// Things of the same kind that follow each other within a second, together. They are in the order of time.
fn grouped<T, K: PartialEq>(all: &[T], at: impl Fn(&T) -> i64, key: impl Fn(&T) -> K) -> Vec<Vec<&T>> {
    let mut groups: Vec<Vec<&T>> = Vec::new();
    for item in all {
        let near = |group: &Vec<&T>| at(item) - at(group[0]) <= 1_000 && key(group[0]) == key(item);
        let recent = groups.len().saturating_sub(16);
        match groups[recent..].iter().rposition(near) {
            Some(i) => groups[recent + i].push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}
