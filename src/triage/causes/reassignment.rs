//! Replicas are moved between brokers (`kafka-reassign-partitions.sh`, Cruise Control), which elects other leaders.

use super::super::dumps::{Difference, Topics};
use super::super::story::Story;
use super::{Case, DECISIVE, FAIR, counted};
use std::collections::BTreeSet;

/// What speaks for it.
pub fn weigh(story: &Story) -> Case {
    let mut case = Case::default();
    let noted = &story.evidence.reassignments;
    let partitions: BTreeSet<_> = noted.iter().filter_map(|noted| noted.what.as_ref()).collect();
    if !noted.is_empty() {
        let which = if partitions.is_empty() { "partitions".to_owned() } else { counted(partitions.len(), "partition") };
        case.summary = format!("replicas of {which} were being moved");
        case.for_it(
            DECISIVE,
            format!("the logs tell of a reassignment of {which}"),
            noted.iter().take(3).map(|noted| noted.place.clone()).collect(),
        );
    }
    let moved: Vec<_> = story.differences.iter().filter(|(_, _, what, _)| *what == Difference::Replicas).collect();
    if !moved.is_empty() {
        let text = format!(
            "{} other replicas in the later of two descriptions",
            if moved.len() == 1 { "a partition has" } else { "partitions have" }
        );
        case.for_it(DECISIVE, text, moved.iter().take(3).map(|(_, _, _, place)| place.clone()).collect());
    }
    let described = story.dumps.topics.iter().flat_map(Topics::partitions).filter(|(_, state)| state.moving);
    let places: Vec<_> = described.map(|(_, state)| state.place).take(3).collect();
    if !places.is_empty() {
        case.for_it(DECISIVE, "a description shows replicas that are being added or removed", places);
    }
    if case.summary.is_empty() && !case.arguments.is_empty() {
        case.summary = "replicas were moved between brokers".to_owned();
    }
    let elected = story.changes.iter().filter(|change| partitions.contains(&change.partition)).count();
    if elected > 0 {
        case.for_it(FAIR, format!("{} of these partitions changed", counted(elected, "leader")), Vec::new());
    }
    case
}
