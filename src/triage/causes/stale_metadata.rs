//! Clients go on asking brokers that no longer lead, long after the lead has settled: their metadata is old.

use super::super::clue::{Partition, Refusal};
use super::super::line::Family;
use super::super::spells::Spell;
use super::super::story::Story;
use super::{Case, DECISIVE, DOUBT, FAIR, STRONG, counted};

/// Every library asks for metadata at such an error, waits seconds at most, and is told. Errors that come later are not that.
const LATE_MS: i64 = 15_000;
/// So many refusals in a row are no client's first request after the move.
const SEVERAL: u64 = 5;

/// What speaks for it.
pub fn weigh(story: &Story) -> Case {
    let mut case = Case::default();
    let (late, soon) = told_apart(story);
    let Some((partition, _, longest)) = late.first() else { return case };
    let which = partition.as_ref().map_or_else(|| "partitions".to_owned(), Partition::to_string);
    let seconds = *longest as f64 / 1000.0;
    case.summary = format!("clients were still refused for {which} {seconds:.0} s after its lead had last changed");
    let n: u64 = late.iter().map(|(_, spell, _)| spell.count).sum();
    let text = format!(
        "{} refused because the broker was not the leader, up to {seconds:.0} s after the last change",
        counted(n as usize, "request")
    );
    let told = story.evidence.has(Family::StateChange);
    let weight = match (told, soon) {
        (true, 0) => DECISIVE,
        (true, _) => STRONG,
        (false, _) => DOUBT,
    };
    case.for_it(weight, text, late.iter().take(3).map(|(_, spell, _)| spell.ends.clone()).collect());
    if told && soon == 0 {
        case.for_it(FAIR, "no client was refused near a change of a leader", Vec::new());
    }
    case
}

/// A spell of refusals of a partition, and how long after the last change.
type Late<'a> = (&'a Option<Partition>, &'a Spell, i64);

/// Refusals that come too late to be of a change, the latest first; and how many spells are near one.
fn told_apart<'a>(story: &'a Story) -> (Vec<Late<'a>>, usize) {
    let (mut late, mut soon) = (Vec::new(), 0);
    for (partition, spell) in story.refusals(Refusal::NotLeader) {
        match lateness(story, partition, spell) {
            Some(after) => late.push((partition, spell, after)),
            None => soon += 1,
        }
    }
    late.sort_by_key(|(_, spell, after)| (std::cmp::Reverse(*after), spell.first));
    (late, soon)
}

/// Whether every refusal that the logs tell came too late to be of a change.
pub fn all_late(story: &Story) -> bool {
    let (late, soon) = told_apart(story);
    !late.is_empty() && soon == 0
}

/// How long after a change of the leader a spell of refusals began or still went on; none when the change explains it.
fn lateness(story: &Story, partition: &Option<Partition>, spell: &Spell) -> Option<i64> {
    let about = |other: &Partition| partition.as_ref().is_none_or(|partition| partition == other);
    let changed = story.changes.iter().filter(|change| about(&change.partition) && change.at <= spell.last).map(|change| change.at).max();
    match changed {
        // A broker that was cut off or stood still learns of the change as it comes back.
        Some(at) if spell.first - at >= LATE_MS && !returned(story, spell) => Some(spell.first - at),
        Some(at) => Some(spell.last - at.max(spell.first)).filter(|late| *late >= LATE_MS && spell.count >= SEVERAL),
        None => Some(spell.last - spell.first).filter(|late| *late >= LATE_MS && spell.count >= SEVERAL),
    }
}

/// Whether a broker came back just then.
fn returned(story: &Story, spell: &Spell) -> bool {
    story.outages.values().flatten().any(|outage| outage.to.is_none_or(|to| (to - spell.first).abs() <= LATE_MS || to >= spell.first))
}
