//! The controllers elect each other, or none: while nobody leads the quorum, no partition gets a leader.

use super::super::evidence::Controlled;
use super::super::story::Story;
use super::{Case, DECISIVE, FAIR, STRONG, counted};

/// What speaks for it.
pub fn weigh(story: &Story) -> Case {
    let mut case = Case::default();
    let elections = &story.elections;
    if !elections.is_empty() {
        case.summary = format!("{} took over while the logs ran", counted(elections.len(), "controller"));
        let weight = if elections.len() > 1 { DECISIVE } else { STRONG };
        let places = elections.iter().take(3).map(|election| election.place.clone()).collect();
        case.for_it(weight, format!("{} took over", counted(elections.len(), "controller")), places);
    }
    let trouble: Vec<_> = story.evidence.controllers.iter().filter(|noted| noted.what == Controlled::Trouble).collect();
    if let Some(first) = trouble.first() {
        if case.summary.is_empty() {
            case.summary = "controllers stood for election, or gave up".to_owned();
        }
        let text = format!("controllers stood for election, gave up, or knew no leader: {} lines", trouble.len());
        case.for_it(FAIR, text, vec![first.place.clone()]);
    }
    let epochs: Vec<u32> = story.dumps.quorums.iter().map(|(_, _, quorum)| quorum.leader_epoch).collect();
    if let (Some(first), Some(last)) = (epochs.iter().min(), epochs.iter().max())
        && last > first
    {
        if case.summary.is_empty() {
            case.summary = format!("the quorum's leader epoch rose from {first} to {last}");
        }
        case.for_it(STRONG, format!("the quorum's leader epoch rose from {first} to {last} between two statuses"), Vec::new());
    }
    let silent: Vec<_> = story.evidence.heartbeats.iter().filter_map(|(broker, spells)| Some((*broker, spells.iter().next()?))).collect();
    if silent.len() > 1 {
        if case.summary.is_empty() {
            case.summary = format!("{} brokers could not tell the controller that they live", silent.len());
        }
        let text = format!("heartbeats of {} brokers did not reach a controller", silent.len());
        case.for_it(FAIR, text, silent.iter().take(2).map(|(_, spell)| spell.begins.clone()).collect());
    }
    case
}
