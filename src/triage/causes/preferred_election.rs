//! Leadership was given to preferred leaders: by `kafka-leader-election.sh`, or by `auto.leader.rebalance.enable`.

use super::super::churn::Change;
use super::super::dumps::Difference;
use super::super::evidence::Place;
use super::super::story::Story;
use super::stale_metadata;
use super::{Case, DECISIVE, DOUBT, FAIR, STRONG, counted};

/// How long after a broker is back an election that serves it is its consequence. The controller looks every 5 min by default.
const CONSEQUENCE_MS: i64 = 10 * 60_000;
/// An election's record stands this near to the changes that it makes.
const NEAR_MS: i64 = 5_000;

/// What speaks for it.
pub fn weigh(story: &Story) -> Case {
    let mut case = Case::default();
    let living = |change: &&Change| change.from.is_some_and(|from| story.away(from, change.at, 1_000).is_none());
    let preferred = |change: &&Change| change.to.is_some() && story.preferred(&change.partition) == change.to;
    let all: Vec<&Change> = story.changes.iter().filter(living).filter(preferred).collect();
    let serves = |change: &Change| {
        change.to.and_then(|to| story.outage_before(to, change.at + 1_000)).is_some_and(|o| change.at - o.to.unwrap_or(0) <= CONSEQUENCE_MS)
    };
    let (after, alone): (Vec<&Change>, Vec<&Change>) = all.into_iter().partition(|change| serves(change));
    if !alone.is_empty() {
        case.summary = format!("the lead of {} went to preferred leaders while the old ones lived", counted(alone.len(), "partition"));
        let text = format!("{} changed to the preferred leader, and the old leader was not away", counted(alone.len(), "leader"));
        case.for_it(STRONG, text, places(&alone));
    } else if !after.is_empty() {
        case.summary = "preferred leaders got back what they had lost".to_owned();
        case.for_it(FAIR, format!("{} changed to the preferred leader", counted(after.len(), "leader")), places(&after));
    }
    logged(story, &mut case);
    if alone.is_empty() {
        guessed(story, &mut case);
        described(story, &mut case);
    }
    if !after.is_empty() && alone.is_empty() {
        let outage = after[0].to.and_then(|to| story.outage_before(to, after[0].at + 1_000));
        let place = outage.and_then(|outage| outage.place().cloned());
        let text =
            format!("broker {} had been away before: the election only gives back what it lost then", after[0].to.unwrap_or_default());
        case.against(DECISIVE, text, place.into_iter().collect());
    }
    if case.weights().0 > 0.0 && stale_metadata::all_late(story) {
        case.against(DECISIVE, "no client was refused near the election: what they met came long after it", Vec::new());
    }
    if case.weights().0 > 0.0 && !story.evidence.reassignments.is_empty() {
        case.against(
            STRONG,
            "a reassignment was under way, which elects leaders, too",
            vec![story.evidence.reassignments[0].place.clone()],
        );
    }
    case
}

fn places(changes: &[&Change]) -> Vec<Place> {
    changes.iter().take(3).map(|change| change.place.clone()).collect()
}

/// What the controller says of it.
fn logged(story: &Story, case: &mut Case) {
    let near = |at: i64| story.changes.iter().any(|change| (change.at - at).abs() <= NEAR_MS);
    let told: Vec<_> = story.evidence.preferred.iter().filter(|noted| near(noted.at) || story.changes.is_empty()).collect();
    if let Some(first) = told.first() {
        let n: u64 = told.iter().map(|noted| noted.what).sum();
        if case.summary.is_empty() {
            case.summary = format!("the controller elected preferred leaders of {n} partitions");
        }
        case.for_it(STRONG, format!("the controller says that it elected preferred leaders of {n} partitions"), vec![first.place.clone()]);
    }
}

/// Several leads go to one broker at once, and the old leaders live. Which leader is preferred is not told.
fn guessed(story: &Story, case: &mut Case) {
    let unknown = |change: &&Change| {
        let living = change.from.is_some_and(|from| story.away(from, change.at, 1_000).is_none());
        living && change.to.is_some() && story.preferred(&change.partition).is_none()
    };
    let all: Vec<&Change> = story.changes.iter().filter(unknown).collect();
    if let Some(first) = all.first() {
        if case.summary.is_empty() {
            case.summary = "leaders changed although the old ones lived".to_owned();
        }
        let text =
            format!("{} changed although the old leader was not away; which leader is preferred is not told", counted(all.len(), "leader"));
        let weight = if all.len() > 1 { FAIR } else { DOUBT };
        case.for_it(weight, text, vec![first.place.clone()]);
    }
}

/// Two descriptions differ by it, where no log tells.
fn described(story: &Story, case: &mut Case) {
    if !story.changes.is_empty() {
        return;
    }
    let mut moved: Vec<Place> = Vec::new();
    let mut joined = false;
    for (_, _, what, place) in &story.differences {
        match what {
            Difference::Leader(Some(_), Some(_), true, true) => moved.push(place.clone()),
            Difference::Joined(_) => joined = true,
            Difference::Leader(..) | Difference::Left(_) | Difference::Replicas => {}
        }
    }
    if moved.is_empty() {
        return;
    }
    case.summary = format!(
        "between two descriptions the lead of {} went to preferred leaders; the old ones are still in sync",
        counted(moved.len(), "partition")
    );
    let text =
        format!("{} went to the preferred leader between two descriptions, and the old leader is in sync", counted(moved.len(), "lead"));
    case.for_it(STRONG, text, moved);
    if joined {
        case.against(
            FAIR,
            "replicas joined in-sync replicas in the same time: a broker may have come back, which the descriptions do not tell",
            Vec::new(),
        );
    }
}
