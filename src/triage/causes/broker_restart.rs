//! A broker was stopped in an orderly way, and started again.

use super::super::clue::{Loss, Party};
use super::super::dumps::Difference;
use super::super::outage::{Kind, Outage};
use super::super::story::Story;
use super::flapping_broker::against_once;
use super::{Case, DECISIVE, DOUBT, FAIR, counted};

/// What speaks for it.
pub fn weigh(story: &Story) -> Case {
    let mut case = Case::default();
    let of_kind = |kind: Kind| -> Vec<&Outage> { story.all_outages().into_iter().filter(|outage| outage.kind() == kind).collect() };
    let (orderly, started) = (of_kind(Kind::Restart), of_kind(Kind::Started));
    if !orderly.is_empty() {
        case.summary = summary(&orderly);
        let places = orderly.iter().filter_map(|outage| outage.place()).take(3).cloned().collect();
        case.for_it(DECISIVE, format!("{} began as a controlled shutdown", counted(orderly.len(), "outage")), places);
        let moved: Vec<_> = story.changes.iter().filter(|c| orderly.iter().any(|o| Some(o.broker) == c.from && near(o, c.at))).collect();
        if let Some(first) = moved.first() {
            case.for_it(
                FAIR,
                format!("it gave the lead of {} away as it left", counted(moved.len(), "partition")),
                vec![first.place.clone()],
            );
        }
    }
    if !started.is_empty() {
        let places = started.iter().filter_map(|outage| outage.place()).take(3).cloned().collect();
        if case.summary.is_empty() {
            case.summary = format!("{} of a broker; how the process before ended is not told", counted(started.len(), "start"));
        }
        case.for_it(FAIR, "a process started; how the one before ended is not told", places);
    }
    if case.arguments.is_empty() {
        unlogged(story, &mut case);
    }
    against_once(story, &mut case);
    case
}

fn near(outage: &Outage, at: i64) -> bool {
    at >= outage.from - 2_000 && outage.to.is_none_or(|to| at <= to + 2_000)
}

fn summary(outages: &[&Outage]) -> String {
    let mut brokers: Vec<u32> = outages.iter().map(|outage| outage.broker).collect();
    brokers.dedup();
    brokers.sort_unstable();
    brokers.dedup();
    let names = brokers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let open = outages.iter().any(|outage| outage.to.is_none());
    let back = if open { "not all are back as the logs end" } else { "all came back" };
    if brokers.len() == 1 && outages.len() == 1 {
        let end = if open { "it is not back as the logs end" } else { "it came back" };
        return format!("broker {names} was stopped in an orderly way; {end}");
    }
    format!("brokers {names} were stopped in an orderly way, {} in all; {back}", counted(outages.len(), "time"))
}

/// Signs that a broker was away where no log says why. They are the same for a crash.
pub fn unlogged(story: &Story, case: &mut Case) {
    if !story.outages.is_empty() {
        return;
    }
    let left = story.differences.iter().find_map(|(_, _, what, place)| match what {
        Difference::Left(broker) => Some((*broker, place.clone())),
        Difference::Leader(..) | Difference::Joined(_) | Difference::Replicas => None,
    });
    if let Some((broker, place)) = left {
        case.summary = format!("broker {broker} left the in-sync replicas between two descriptions; no log says why");
        case.for_it(DOUBT, format!("broker {broker} left the in-sync replicas between two descriptions"), vec![place]);
        return;
    }
    let refused = story.losses().filter(|lost| lost.by == Party::Client && lost.loss == Loss::Refused);
    let mut refused: Vec<_> = refused.filter(|lost| lost.spell.count > 0).collect();
    refused.sort_by_key(|lost| lost.spell.first);
    if let Some(first) = refused.first() {
        let whom = first.to.map_or_else(|| "a broker".to_owned(), |id| format!("broker {id}"));
        case.summary = format!("clients were refused connections to {whom}: its process was away; no broker's log says why");
        case.for_it(DOUBT, format!("connections to {whom} were refused: no process listened"), vec![first.spell.begins.clone()]);
    }
}
