//! A broker's process ended without a word: killed, out of memory, power lost.

use super::super::clue::{Loss, Party, Step};
use super::super::outage::{Kind, Outage};
use super::super::story::Story;
use super::broker_restart::unlogged;
use super::flapping_broker::against_once;
use super::{Case, DECISIVE, FAIR, STRONG, counted};

/// What speaks for it.
pub fn weigh(story: &Story) -> Case {
    let mut case = Case::default();
    let crashes: Vec<&Outage> = story.all_outages().into_iter().filter(|outage| outage.kind() == Kind::Crash).collect();
    if let Some(first) = crashes.first() {
        case.summary = summary(&crashes);
        case.for_it(
            DECISIVE,
            says(first),
            first.steps.iter().filter(|noted| telling(noted.what)).take(3).map(|noted| noted.place.clone()).collect(),
        );
        for outage in crashes.iter().skip(1).take(3) {
            case.for_it(FAIR, says(outage), outage.place().cloned().into_iter().collect());
        }
        refused(story, first, FAIR, &mut case);
    }
    for outage in story.all_outages().into_iter().filter(|outage| outage.kind() == Kind::Gone) {
        gone(story, outage, &mut case);
    }
    if case.arguments.is_empty() {
        unlogged(story, &mut case);
    }
    against_once(story, &mut case);
    case
}

fn telling(step: Step) -> bool {
    matches!(step, Step::SessionLost | Step::NewIncarnation | Step::UncleanLogs | Step::Killed | Step::Refused)
}

fn summary(crashes: &[&Outage]) -> String {
    let first = crashes[0];
    if crashes.len() > 1 {
        return format!("{} of brokers without an orderly end, that of broker {} first", counted(crashes.len(), "end"), first.broker);
    }
    let back = if first.to.is_some() { "a new process came back" } else { "it is not back as the logs end" };
    format!("broker {}'s process ended without a controlled shutdown; {back}", first.broker)
}

fn says(outage: &Outage) -> String {
    let broker = outage.broker;
    match outage {
        _ if outage.has(Step::Killed) => format!("the system killed broker {broker}'s process"),
        _ if outage.has(Step::SessionLost) => {
            format!("broker {broker}'s session ran out, no controlled shutdown was asked for, and a new process registered")
        }
        _ if outage.has(Step::UncleanLogs) => format!("broker {broker} started from logs that were not closed"),
        _ => format!("broker {broker} came back while the session of its last process still ran"),
    }
}

/// A session that ran out, and nothing more yet.
fn gone(story: &Story, outage: &Outage, case: &mut Case) {
    if case.summary.is_empty() {
        case.summary = format!("broker {}'s session ran out, and it is not back as the logs end", outage.broker);
    }
    case.for_it(
        FAIR,
        format!("broker {}'s session ran out, and it is not back", outage.broker),
        outage.place().cloned().into_iter().collect(),
    );
    refused(story, outage, STRONG, case);
}

/// Connections that were refused: the machine is there, and nobody listens.
fn refused(story: &Story, outage: &Outage, weight: f64, case: &mut Case) {
    let to = outage.to.unwrap_or(i64::MAX);
    let all: Vec<_> = story
        .losses()
        .filter(|lost| lost.to == Some(outage.broker) && lost.by != Party::Node(outage.broker) && lost.loss == Loss::Refused)
        .filter(|lost| lost.spell.last >= outage.from - 15_000 && lost.spell.first <= to)
        .collect();
    if let Some(first) = all.iter().min_by_key(|lost| lost.spell.first) {
        let n: u64 = all.iter().map(|lost| lost.spell.count).sum();
        case.for_it(
            weight,
            format!("{n} connections to broker {} were refused: no process listened", outage.broker),
            vec![first.spell.begins.clone()],
        );
    }
}
