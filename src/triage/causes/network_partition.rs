//! Nodes do not reach each other, while their processes live.

use super::super::clue::{Loss, Partition, Party, Refusal};
use super::super::evidence::Place;
use super::super::outage::{Kind, Outage};
use super::super::spells::Spell;
use super::super::story::{Lost, Story};
use super::flapping_broker::against_once;
use super::{Case, DECISIVE, DOUBT, FAIR, STRONG, WEAK};
use std::collections::BTreeSet;

/// A session is some seconds long: what begins a silence lies this long before its end.
const BEFORE_MS: i64 = 20_000;
/// A process that stood still finds its requests timed out as it goes on; one that is cut off finds it before.
const AFTERWARDS_MS: i64 = 2_000;

/// From so many lost requests on it is no slow moment.
const SEVERAL: u64 = 3;

/// What speaks for it.
pub fn weigh(story: &Story) -> Case {
    let mut case = Case::default();
    for outage in story.all_outages() {
        match outage.kind() {
            Kind::Silence | Kind::Gone => silence(story, outage, &mut case),
            Kind::Restart | Kind::Crash | Kind::Started => {}
        }
    }
    between_nodes(story, &mut case);
    if let Some(spell) = story.evidence.alone.iter().next() {
        if case.summary.is_empty() {
            case.summary = "a leader lost all of its followers at once".to_owned();
        }
        case.for_it(STRONG, "a leader took all of its followers out of the ISR at once", vec![spell.begins.clone()]);
    }
    if let Some(place) = answered_alone(story) {
        case.for_it(STRONG, "a leader without followers answered clients that too few replicas are in sync: it was not slow", vec![place]);
    }
    of_clients(story, &mut case);
    against_once(story, &mut case);
    case
}

/// A client was told that too few replicas are in sync, soon after a leader had lost all of its followers.
pub fn answered_alone(story: &Story) -> Option<Place> {
    let alone = |spell: &Spell| story.evidence.alone.within(spell.first - BEFORE_MS, spell.last).next().is_some();
    let mut told: Vec<&Spell> = story.refusals(Refusal::TooFewReplicas).map(|(_, spell)| spell).filter(|spell| alone(spell)).collect();
    told.sort_by_key(|spell| spell.first);
    told.first().map(|spell| spell.begins.clone())
}

/// Whether a loss is of packets and not of a process.
pub fn is_silent(loss: Loss) -> bool {
    match loss {
        Loss::TimedOut | Loss::Unreachable => true,
        Loss::Closed | Loss::Refused => false,
    }
}

/// Answers that a broker gave in that time, which shows that it lived: requests that it could not have copied to followers.
fn answers(story: &Story, outage: &Outage) -> Vec<Place> {
    let (from, to) = (outage.from - BEFORE_MS, outage.to.map_or(i64::MAX, |to| to - AFTERWARDS_MS));
    let led = |partition: &Partition| {
        let mut lost = story.changes.iter().filter(|change| change.partition == *partition && change.from == Some(outage.broker));
        lost.any(|change| story.away(outage.broker, change.at, AFTERWARDS_MS) == Some(outage))
    };
    let all = story.refusals(Refusal::TimedOut).filter(|(_, spell)| spell.last >= from && spell.first <= to);
    all.filter(|(partition, _)| partition.as_ref().is_some_and(led)).map(|(_, spell)| spell.begins.clone()).collect()
}

/// Signs in a broker's own words that it could not reach others while it was away, and lived.
pub fn own_signs(story: &Story, outage: &Outage) -> Vec<Place> {
    let (from, to) = (outage.from - BEFORE_MS, outage.to.map_or(i64::MAX, |to| to - AFTERWARDS_MS));
    let lost = story.losses().filter(|lost| lost.by == Party::Node(outage.broker) && is_silent(lost.loss));
    let mut places: Vec<(i64, Place)> = lost
        .filter(|lost| lost.spell.last >= from && lost.spell.first <= to)
        .map(|lost| (lost.spell.first, lost.spell.begins.clone()))
        .collect();
    let heartbeats = story.evidence.heartbeats.get(&Some(outage.broker)).into_iter().flat_map(|spells| spells.within(from, to));
    places.extend(heartbeats.map(|spell| (spell.first, spell.begins.clone())));
    places.sort();
    places.into_iter().map(|(_, place)| place).collect()
}

fn silence(story: &Story, outage: &Outage, case: &mut Case) {
    let broker = outage.broker;
    let (from, to) = (outage.from - BEFORE_MS, outage.to.unwrap_or(i64::MAX));
    let towards = |by_client: bool, wanted: fn(Loss) -> bool| {
        let all =
            story.losses().filter(move |lost| lost.to == Some(broker) && (lost.by == Party::Client) == by_client && wanted(lost.loss));
        let mut all: Vec<Lost> =
            all.filter(|lost| lost.by != Party::Node(broker) && lost.spell.last >= from && lost.spell.first <= to).collect();
        all.sort_by_key(|lost| lost.spell.first);
        all
    };
    if case.summary.is_empty() {
        case.summary = match outage.to {
            Some(_) => format!("the controller heard nothing of broker {broker} for its session, and the same process came back"),
            None => format!("the controller heard nothing of broker {broker} for its session"),
        };
    }
    if outage.kind() == Kind::Silence {
        let text = format!("broker {broker}'s session ran out, and the same process came back without a start");
        case.for_it(FAIR, text, outage.place().cloned().into_iter().collect());
    }
    let own = own_signs(story, outage);
    if !own.is_empty() {
        case.for_it(DECISIVE, format!("broker {broker} lived and could not reach others"), own.into_iter().take(3).collect());
    }
    let answers = answers(story, outage);
    if !answers.is_empty() {
        case.for_it(STRONG, format!("broker {broker} answered requests while the controller heard nothing of it"), answers);
    }
    let first = |lost: &[Lost]| lost.first().map(|lost| lost.spell.begins.clone()).into_iter().collect::<Vec<_>>();
    let peers = towards(false, is_silent);
    if !peers.is_empty() {
        case.for_it(STRONG, format!("other nodes' requests to broker {broker} timed out"), first(&peers));
    }
    let unreached = towards(true, |loss| loss == Loss::Unreachable);
    if !unreached.is_empty() {
        case.for_it(STRONG, format!("clients could not set up connections to broker {broker}"), first(&unreached));
    }
    let clients = towards(true, |loss| loss == Loss::TimedOut);
    if !clients.is_empty() {
        case.for_it(FAIR, format!("clients' requests to broker {broker} timed out"), first(&clients));
    }
    let refused = |loss: Loss| loss == Loss::Refused;
    let refusals: Vec<Lost> = [towards(false, refused), towards(true, refused)].concat();
    if !refusals.is_empty() {
        case.against(
            STRONG,
            format!("connections to broker {broker} were refused: it could be reached, and no process listened"),
            first(&refusals),
        );
    }
}

/// Nodes that lose each other although nobody's session runs out.
fn between_nodes(story: &Story, case: &mut Case) {
    let away = |id: u32, spell: &Spell| story.away(id, spell.first, BEFORE_MS).is_some() || story.away(id, spell.last, BEFORE_MS).is_some();
    let mut pairs: Vec<(i64, u32, u32, Place)> = Vec::new();
    let mut times = 0;
    for lost in story.losses().filter(|lost| is_silent(lost.loss)) {
        if let (Party::Node(by), Some(to)) = (lost.by, lost.to)
            && by != to
            && !away(by, lost.spell)
            && !away(to, lost.spell)
        {
            times += lost.spell.count;
            pairs.push((lost.spell.first, by, to, lost.spell.begins.clone()));
        }
    }
    pairs.sort();
    let Some((_, by, to, _)) = pairs.first() else { return };
    if case.summary.is_empty() {
        case.summary = format!("requests of node {by} to node {to} timed out while both lived");
    }
    let text = format!("requests of node {by} to node {to} timed out, and neither was away");
    // A slow moment makes one request late; what is cut loses several.
    case.for_it(if times >= SEVERAL { STRONG } else { WEAK }, text, pairs.iter().take(3).map(|(_, _, _, place)| place.clone()).collect());
}

/// Only clients tell of it.
fn of_clients(story: &Story, case: &mut Case) {
    let mut lost: Vec<Lost> = story.losses().filter(|lost| lost.by == Party::Client && is_silent(lost.loss)).collect();
    lost.retain(|lost| lost.to.is_none_or(|to| story.away(to, lost.spell.first, BEFORE_MS).is_none()));
    lost.sort_by_key(|lost| (lost.spell.first, lost.file));
    let Some(first) = lost.first() else { return };
    let whom = first.to.map_or_else(|| "a broker".to_owned(), |id| format!("broker {id}"));
    if case.summary.is_empty() {
        case.summary = format!("clients' requests to {whom} timed out: it could not be reached, stood still, or was too slow");
    }
    if let Some(unreached) = lost.iter().find(|lost| lost.loss == Loss::Unreachable) {
        case.for_it(STRONG, "clients could not set up connections, and were not refused", vec![unreached.spell.begins.clone()]);
    }
    let clients: BTreeSet<usize> = lost.iter().filter(|lost| lost.to == first.to).map(|lost| lost.file).collect();
    let nodes: BTreeSet<Option<u32>> = lost.iter().map(|lost| lost.to).collect();
    if clients.len() > 1 && nodes.len() == 1 {
        let text = format!("{} clients lost {whom} alone, and no other broker", clients.len());
        case.for_it(FAIR + DOUBT, text, vec![first.spell.begins.clone()]);
        return;
    }
    case.for_it(DOUBT, format!("clients' requests to {whom} timed out"), vec![first.spell.begins.clone()]);
}
