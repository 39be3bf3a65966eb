//! A broker leaves and comes back again and again.

use super::super::outage::Outage;
use super::super::story::Story;
use super::super::verdict::{FLAP_WINDOW_MS, FLAPS, flaps};
use super::{Case, DECISIVE, FAIR, STRONG};

/// What speaks for it.
pub fn weigh(story: &Story) -> Case {
    let mut case = Case::default();
    let Some((broker, n)) = flaps(story).filter(|(_, n)| *n >= 2) else { return case };
    let outages = &story.outages[&broker];
    let places = outages.iter().filter_map(Outage::place).take(3).cloned().collect();
    case.summary = format!("broker {broker} was away {n} times, each less than {} min after the one before", FLAP_WINDOW_MS / 60_000);
    if n < FLAPS {
        case.for_it(FAIR, format!("broker {broker} was away twice"), places);
        return case;
    }
    case.for_it(DECISIVE + STRONG, format!("broker {broker} was away {n} times"), places);
    let moved = story.changes.iter().filter(|change| change.from == Some(broker) || change.to == Some(broker));
    let left = story.memberships.iter().filter(|m| m.broker == broker);
    let churn: Vec<_> = moved.map(|change| change.place.clone()).chain(left.map(|m| m.place.clone())).collect();
    if !churn.is_empty() {
        case.for_it(
            FAIR,
            format!("{} changes of leaders and in-sync replicas are about it", churn.len()),
            churn.into_iter().take(2).collect(),
        );
    }
    case
}

/// Against any cause that happens once: the same broker was away as often as makes a pattern.
pub fn against_once(story: &Story, case: &mut Case) {
    if case.weights().0 == 0.0 {
        return;
    }
    if let Some((broker, n)) = flaps(story).filter(|(_, n)| *n >= FLAPS) {
        case.against(DECISIVE, format!("it happened to broker {broker} {n} times: one such event does not explain that"), Vec::new());
    }
}
