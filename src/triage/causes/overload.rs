//! A machine is too slow or stands still: replicas lag, sessions run out although the process lives and the network works.

use super::super::clue::{Loss, Party, Refusal, Sign};
use super::super::outage::Kind;
use super::super::story::Story;
use super::super::verdict::SHRINKS;
use super::flapping_broker::against_once;
use super::network_partition::{answered_alone, is_silent, own_signs};
use super::{Case, DECISIVE, DOUBT, FAIR, STRONG};
use std::collections::BTreeSet;

/// What speaks for it.
pub fn weigh(story: &Story) -> Case {
    let mut case = Case::default();
    stood_still(story, &mut case);
    lagging(story, &mut case);
    for (sign, spells) in &story.evidence.signs {
        let says = match sign {
            Sign::ControllerQueue => "the controller's queue was too long for heartbeats to be counted",
            Sign::SlowControllerEvent => "events of the controller took seconds",
            Sign::Stall => "a process or its clock stood still",
            Sign::Disk => "a log directory failed or could not be written",
        };
        if case.summary.is_empty() {
            case.summary = says.to_owned();
        }
        let places = spells.iter().take(3).map(|spell| spell.begins.clone()).collect();
        case.for_it(STRONG, format!("{says}: {} lines", spells.count()), places);
    }
    slow_answers(story, &mut case);
    if let Some(place) = answered_alone(story).filter(|_| case.weights().0 > 0.0) {
        case.against(FAIR, "a leader without followers answered clients at once: it was not slow", vec![place]);
    }
    against_once(story, &mut case);
    case
}

/// A session ran out, the same process came back, and its own log tells of no lost connection in between.
fn stood_still(story: &Story, case: &mut Case) {
    for outage in story.all_outages().into_iter().filter(|outage| outage.kind() == Kind::Silence) {
        let broker = outage.broker;
        let logged = story.evidence.files.iter().any(|file| file.owner() == Some(broker));
        if case.summary.is_empty() {
            case.summary = format!("broker {broker} gave no sign of life for its session, and went on: it may have stood still");
        }
        let place: Vec<_> = outage.place().cloned().into_iter().collect();
        case.for_it(FAIR, format!("broker {broker}'s session ran out, and the same process came back without a start"), place);
        let own = own_signs(story, outage);
        if let Some(first) = own.first() {
            case.against(STRONG, format!("broker {broker} worked on in that time, and could not reach others"), vec![first.clone()]);
        } else if logged {
            // Only a log that tells of lost connections at all says something by telling of none.
            let telling = story.losses().any(|lost| lost.by == Party::Node(broker));
            let weight = if telling { STRONG } else { FAIR };
            case.for_it(weight, format!("broker {broker}'s own log tells of no failed request while it was away"), Vec::new());
        }
    }
}

/// Replicas that were taken out of the ISR by their leaders because they lagged.
fn lagging(story: &Story, case: &mut Case) {
    for (broker, spells) in &story.evidence.shrinks {
        let mut spells: Vec<_> = spells.iter().collect();
        spells.retain(|spell| story.away(*broker, spell.first, 20_000).is_none());
        let Some(first) = spells.first() else { continue };
        let cut = story.losses().find(|lost| {
            let about = lost.to == Some(*broker) || lost.by == Party::Node(*broker);
            about && lost.by != Party::Client && is_silent(lost.loss) && (lost.spell.first - first.first).abs() < 60_000
        });
        if case.summary.is_empty() {
            case.summary = format!("broker {broker}'s replicas lagged and were taken out of the ISR");
        }
        let text = format!("broker {broker}'s replicas were taken out of the ISR for lagging, {} times", spells.len());
        let places = spells.iter().take(3).map(|spell| spell.begins.clone()).collect();
        case.for_it(if spells.len() >= SHRINKS { DECISIVE } else { STRONG }, text, places);
        if let Some(cut) = cut {
            case.against(STRONG, format!("requests from or to broker {broker} timed out then"), vec![cut.spell.begins.clone()]);
        }
    }
}

/// Requests that were answered too late or not at all by brokers that were there.
fn slow_answers(story: &Story, case: &mut Case) {
    let mut late: Vec<_> = story.refusals(Refusal::TimedOut).map(|(_, spell)| spell.clone()).collect();
    let lost = story.losses().filter(|lost| lost.by == Party::Client && lost.loss == Loss::TimedOut);
    late.extend(
        lost.filter(|lost| lost.to.is_none_or(|to| story.away(to, lost.spell.first, 20_000).is_none())).map(|lost| lost.spell.clone()),
    );
    late.sort_by_key(|spell| spell.first);
    let Some(first) = late.first() else { return };
    if case.summary.is_empty() {
        case.summary = "brokers that were there answered too late".to_owned();
    }
    let n: u64 = late.iter().map(|spell| spell.count).sum();
    let weight = if story.outages.is_empty() { FAIR } else { DOUBT / 2.0 };
    let nodes: BTreeSet<u32> =
        story.losses().filter(|lost| lost.by == Party::Client && lost.loss == Loss::TimedOut).filter_map(|lost| lost.to).collect();
    if nodes.len() > 1 && story.outages.is_empty() {
        case.for_it(FAIR, "several brokers answered too late at once: their leaders may wait for one slow replica", Vec::new());
    }
    case.for_it(weight, format!("{n} requests of clients were not answered in time"), vec![first.begins.clone()]);
}
