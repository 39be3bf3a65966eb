//! Variants of an experiment meet the same chance (common random numbers): records come when they came, requests take as long on the way,
//! random faults strike when and whom they struck, whatever else was changed.

use super::cluster::{self, client};
use super::facts::{self, Told};
use kafkasim::engine::{Duration, Instant};
use kafkasim::kafka::{BrokerIx, ClientIx};
use kafkasim::model::Spec;
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{EntryId, RecordId, Refresh};
use kafkasim::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};

/// A cluster in which all that can be drawn is drawn, with these lines of faults and these sections.
fn scenario(faults: &[&str], sections: &[String]) -> Scenario {
    let faults: Vec<String> = faults.iter().map(|line| format!("  \"{line}\",\n")).collect();
    cluster::scenario(&format!(
        "seed = 3\ncount_from = \"0s\"\nduration = \"60s\"\nfaults = [\n{}]\n[cluster]\nbrokers = 3\n[config]\n\
         \"broker.session.timeout.ms\" = 6000\n[network]\nlatency = \"uniform(100us, 1ms)\"\n[[topic]]\nname = \"t\"\npartitions = 6\n{}",
        faults.concat(),
        sections.concat()
    ))
}

fn producer(name: &str, rest: &str) -> String {
    client(name, "java-4.3", &format!("rate = 10\narrivals = \"poisson\"\npartitioning = \"keyed(20)\"\n{rest}"))
}

/// When every record of every client came, by the client's name.
fn arrivals(scenario: &Scenario) -> BTreeMap<String, Vec<Instant>> {
    let mut arrivals: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
    for (at, fact) in facts::of(scenario) {
        if let Fact::RecordCreated { client, .. } = fact {
            arrivals.entry(scenario.spec.clients[client.index()].name.clone()).or_default().push(at);
        }
    }
    arrivals
}

/// When which process was killed.
fn kills(scenario: &Scenario) -> Vec<(Instant, String)> {
    let told = facts::of(scenario).into_iter().filter_map(|(at, fact)| match fact {
        Fact::ProcessEnded { node, .. } => Some((at, scenario.spec.nodes[node.index()].name.clone())),
        _ => None,
    });
    told.collect()
}

/// What a produce request is about: whose, of which record, which attempt, to which broker.
type Errand = (String, RecordId, u32, BrokerIx);

/// How long each produce request took to its broker, and its answer back; of those that found nothing else on their connection.
fn delays(spec: &Spec, facts: &[Told]) -> BTreeMap<Errand, (Option<Duration>, Option<Duration>)> {
    // The first record of each batch: those told of later stand before it.
    let done = facts.iter().rev().filter_map(|(_, fact)| match fact {
        Fact::RecordDone { record, batch, .. } => Some(((*batch)?, *record)),
        _ => None,
    });
    let record_of: BTreeMap<_, RecordId> = done.collect();
    let mut sent: BTreeMap<EntryId, (Errand, Instant)> = BTreeMap::new();
    let mut busy: BTreeMap<(ClientIx, BrokerIx), BTreeSet<Option<EntryId>>> = BTreeMap::new();
    let mut answered: BTreeMap<EntryId, Instant> = BTreeMap::new();
    let mut delays: BTreeMap<Errand, (Option<Duration>, Option<Duration>)> = BTreeMap::new();
    for (at, fact) in facts {
        match fact {
            Fact::Refreshed { client, what: Refresh::Sent(broker) } => {
                busy.entry((*client, *broker)).or_default().insert(None);
            }
            Fact::Refreshed { client, what: Refresh::Answered(broker, _) } => {
                busy.entry((*client, *broker)).or_default().remove(&None);
            }
            Fact::EntrySent { client, broker, entry, batch: Some(batch), attempt, .. } => {
                let others = busy.entry((*client, *broker)).or_default();
                let alone = others.is_empty();
                others.insert(Some(*entry));
                let Some(record) = record_of.get(batch).filter(|_| alone) else { continue };
                let errand = (spec.clients[client.index()].name.clone(), *record, *attempt, *broker);
                sent.insert(*entry, (errand, *at));
            }
            Fact::EntryTaken { entry, .. } => {
                let Some((errand, left)) = sent.get(entry) else { continue };
                delays.entry(errand.clone()).or_default().0 = Some(at.since(*left));
            }
            Fact::EntryAnswered { entry, .. } => {
                answered.insert(*entry, *at);
            }
            Fact::EntryUnreachable { client, broker, .. } => {
                busy.remove(&(*client, *broker));
            }
            Fact::EntryReturned { client, entry, .. } => {
                busy.iter_mut().filter(|((c, _), _)| c == client).for_each(|(_, entries)| {
                    entries.remove(&Some(*entry));
                });
                let (Some((errand, _)), Some(left)) = (sent.get(entry), answered.get(entry)) else { continue };
                delays.entry(errand.clone()).or_default().1 = Some(at.since(*left));
            }
            _ => {}
        }
    }
    delays
}

#[test]
fn a_client_in_front_a_fleet_of_one_more_and_another_topic_leave_all_arrivals_alike() {
    let before = [producer("fleet", "count = 5"), producer("app", "")];
    let after = [
        "[[topic]]\nname = \"another\"\npartitions = 3\n".to_owned(),
        producer("newcomer", ""),
        producer("fleet", "count = 6"),
        producer("app", ""),
    ];
    let (before, mut after) = (arrivals(&scenario(&[], &before)), arrivals(&scenario(&[], &after)));
    assert_eq!(before.keys().map(String::as_str).collect::<Vec<_>>(), ["app", "fleet-1", "fleet-2", "fleet-3", "fleet-4", "fleet-5"]);
    let new = [after.remove("newcomer").expect("it sends"), after.remove("fleet-6").expect("it sends")];
    assert_eq!(before, after);
    assert!(new.iter().all(|new| before.values().all(|old| old != new)), "who is new has arrivals of its own");
}

#[test]
fn younger_metadata_changes_neither_arrivals_nor_faults_nor_how_long_a_request_is_on_its_way() {
    let faults = ["random kill of brokers every 15s for 3s", "at 20s reassign t-0 to 3,1,2"];
    // In milliseconds, and in Go's own words.
    let (ms, go) = (["300000", "4000"], ["\"5m\"", "\"5s\""]);
    let libraries = [
        ("java-4.3", "\"metadata.max.age.ms\"", ms),
        ("librdkafka-2.16", "\"topic.metadata.refresh.interval.ms\"", ms),
        ("kafka-python-3.0", "metadata_max_age_ms", ms),
        ("kafkajs-2.2", "metadataMaxAge", ms),
        ("franz-go-1.22", "\"kgo.MetadataMaxAge\"", go),
        ("sarama-1.61", "\"Metadata.RefreshFrequency\"", go),
        ("kafka-go-0.4", "\"Transport.MetadataTTL\"", go),
    ];
    for (profile, key, ages) in libraries {
        let with = |age: &str| {
            let rest = format!("rate = 10\narrivals = \"poisson\"\npartitioning = \"keyed(20)\"\nconfig = {{ {key} = {age} }}");
            scenario(&faults, &[client("app", profile, &rest), producer("other", "")])
        };
        let [old, young] = ages.map(with);
        assert_eq!(arrivals(&old), arrivals(&young), "{profile}");
        assert_eq!(kills(&old), kills(&young), "{profile}");
        assert!(kills(&old).len() > 1, "{profile}");
        let (told, told_young) = (facts::of(&old), facts::of(&young));
        assert!(refreshes(&told_young) > refreshes(&told), "{profile}: the change was felt");
        let (slow, fast) = (delays(&old.spec, &told), delays(&young.spec, &told_young));
        let both: Vec<_> = slow.iter().filter_map(|(errand, delay)| Some((errand, delay, fast.get(errand)?))).collect();
        assert!(both.len() > 400, "{profile}: {} requests in both", both.len());
        let changed: Vec<_> = both.into_iter().filter(|(_, one, other)| one != other).collect();
        assert!(changed.is_empty(), "{profile}: {changed:?}");
    }
}

fn refreshes(facts: &[Told]) -> usize {
    facts.iter().filter(|(_, fact)| matches!(fact, Fact::Refreshed { .. })).count()
}

#[test]
fn random_faults_strike_alike_whatever_stands_beside_them() {
    const KILLS: &str = "random kill of brokers every 10s for 2s";
    let alone = scenario(&[KILLS], &[producer("app", "")]);
    let topic = "[[topic]]\nname = \"another\"\npartitions = 3\n".to_owned();
    let beside = scenario(
        &["random cut of controllers every 20s for 1s", "at 5s pause broker 2 for 1s", KILLS],
        &[topic, producer("newcomer", ""), producer("app", "")],
    );
    let struck = kills(&alone);
    assert!(struck.len() > 2, "{struck:?}");
    assert_eq!(kills(&beside), struck);
    assert_eq!(kills(&beside.with_seed(8)), kills(&alone.with_seed(8)), "with another seed too");
    assert_ne!(kills(&alone.with_seed(8)), struck, "which draws others");
}
