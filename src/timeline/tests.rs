//! A timeline tells the same run as its record does.

use super::record::{Kind, Timeline};
use super::{Recorder, record};
use crate::engine::Instant;
use crate::experiment::{RunOptions, run};
use crate::observe::RunRecord;
use crate::scenario::{Override, Scenario, Source, load};
use std::collections::BTreeMap;

/// A scenario of the catalogue with other settings.
pub fn scenario(name: &str, set: &[(&str, &str)]) -> Scenario {
    let set: Vec<Override> = set.iter().map(|(key, value)| Override::Set { key: (*key).to_owned(), value: (*value).to_owned() }).collect();
    load(&Source::catalogue(name).unwrap(), &set).unwrap_or_else(|found| panic!("{}", found.render(false)))
}

/// A run with its timeline.
pub fn told(scenario: &Scenario) -> (RunRecord, Timeline) {
    let count_from = Instant::ZERO + scenario.count_from;
    let mut recorder = Recorder::new(&scenario.spec, count_from, count_from + scenario.duration);
    let record = run(scenario, &RunOptions::default(), Some(&mut |at, fact| recorder.on_fact(at, fact))).unwrap();
    (record, recorder.finish())
}

fn by(words: &[String], places: impl Iterator<Item = u32>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    places.for_each(|place| *counts.entry(words[place as usize].clone()).or_default() += 1);
    counts
}

#[test]
fn every_scenario_of_the_catalogue_has_the_same_stale_requests_moves_and_windows_in_its_timeline_as_in_its_record() {
    for name in ["broker-crash", "controller-failover", "network-cut", "preferred-election", "reassignment", "rolling-restart"] {
        let (record, timeline) = told(&scenario(name, &[]));
        let requests = &record.total.requests;
        let counts = &timeline.counts;
        assert_eq!(
            (counts.requests, counts.stale, counts.overtaken, counts.leaderless),
            (requests.total, requests.stale, requests.overtaken, requests.leaderless),
            "{name}"
        );
        let stale = || timeline.requests.iter().filter(|r| r.kind == Kind::Stale);
        assert_eq!(by(&timeline.outcomes, stale().map(|r| r.outcome)), requests.stale_by_outcome, "{name}");
        assert_eq!(by(&timeline.causes, stale().filter_map(|r| r.cause)), requests.stale_by_cause, "{name}");
        assert!(stale().all(|r| r.path.len() >= 3), "{name}");

        let moves: Vec<_> = timeline.moves.iter().filter(|m| m.at >= 0).collect();
        assert_eq!(moves.len(), record.moves.len(), "{name}");
        for (told, counted) in moves.iter().zip(&record.moves) {
            assert_eq!(timeline.names[told.partition as usize], format!("{}-{}", counted.topic, counted.partition), "{name}");
            assert!((told.at as f64 / 1e3 - counted.committed_ms).abs() < 0.001, "{name}");
            let id = |broker: Option<u32>| broker.map(|b| timeline.brokers[b as usize].id);
            assert_eq!((id(told.from), id(told.to), told.epoch), (counted.from, counted.to, counted.epoch), "{name}");
            assert_eq!(told.ready.is_some(), counted.role_taken_ms.is_some(), "{name}");
        }
        assert_eq!(windows_of_the_record(&record), windows_of_the_timeline(&timeline), "{name}");
    }
}

/// Windows in which the client was wrong for a while: (client, partition, since, until), in microseconds. Windows of one (client, partition)
/// that end together are one, as one answer ended them.
fn windows_of_the_record(record: &RunRecord) -> Vec<(String, String, i64, Option<i64>)> {
    let us = |ms: f64| (ms * 1e3).floor() as i64;
    let mut first: BTreeMap<(String, String, Option<i64>), i64> = BTreeMap::new();
    for window in &record.windows {
        let Some(committed) = window.committed_ms else { continue };
        let key = (window.client.clone(), format!("{}-{}", window.topic, window.partition), window.told_ms.map(us));
        let since = first.entry(key).or_insert(i64::MAX);
        *since = (*since).min(us(committed));
    }
    let mut all: Vec<_> = first.into_iter().map(|((client, partition, until), since)| (client, partition, since, until)).collect();
    all.retain(|window| window.3 != Some(window.2));
    all.sort();
    all
}

fn windows_of_the_timeline(timeline: &Timeline) -> Vec<(String, String, i64, Option<i64>)> {
    let of = |client: &record::Client| -> Vec<(String, String, i64, Option<i64>)> {
        let window = |w: &record::Stale| (client.name.clone(), timeline.names[w.partition as usize].clone(), w.span.0, w.span.1);
        client.stale.iter().map(window).collect()
    };
    let mut all: Vec<_> = timeline.clients.iter().flat_map(of).filter(|w| w.2 >= 0).collect();
    all.sort();
    all
}

/// So many partitions on six brokers; a broker is restarted, so that a sixth of them move.
fn many_partitions(partitions: &str, clients: &str) -> Scenario {
    let set = [
        ("client.shop.count", clients),
        ("cluster.brokers", "6"),
        ("topic.orders.partitions", partitions),
        ("faults", "[\"at 2s restart broker 3 down 2s\"]"),
        ("duration", "8s"),
        ("count_from", "1s"),
        ("expect", "[]"),
    ];
    scenario("preferred-election", &set)
}

#[test]
fn partitions_beyond_the_lanes_are_grouped_and_none_is_forgotten() {
    let (record, timeline) = told(&many_partitions("2000", "1"));
    assert_eq!(timeline.partitions.len(), super::limits::PARTITION_LANES);
    let all = |group: &record::Group| group.leaders.iter().all(|step| step.1.iter().sum::<u32>() == group.partitions);
    assert!(timeline.groups.iter().all(all), "every partition has a leader, or nobody, at every moment");
    let grouped: u32 = timeline.groups.iter().map(|group| group.partitions).sum();
    assert_eq!(timeline.partitions.len() as u64 + u64::from(grouped), timeline.counts.partitions);
    assert_eq!(timeline.counts.moves, record.moves.len() as u64);
    assert!(timeline.partitions.iter().any(|partition| partition.leaders.len() > 1), "those that moved come first");
}

#[test]
fn a_timeline_stays_small_however_many_partitions_and_clients_there_are() {
    let (_, timeline) = told(&many_partitions("2000", "5"));
    let size = serde_json::to_string(&timeline).unwrap().len();
    assert!(size < 2_000_000, "{size}");
    let most = |topic| timeline.events.iter().filter(|e| e.topic == topic).count();
    assert!(
        [record::Topic::Move, record::Topic::Belief, record::Topic::Role].into_iter().all(|t| most(t) <= super::limits::EVENTS_OF_A_KIND)
    );
}

#[test]
fn every_path_tells_who_was_believed_the_move_the_request_and_what_came_of_it_in_order() {
    let (_, timeline) = told(&scenario("preferred-election", &[]));
    let stale = timeline.requests.iter().filter(|r| r.kind == Kind::Stale);
    for request in stale {
        let steps: Vec<&record::Step> = request.path.iter().map(|place| &timeline.steps[*place as usize]).collect();
        assert!(steps.is_sorted_by_key(|step| step.at));
        for told in ["comes to believe", "committed:", "sends a", "takes the request", "answers", "believes that", "served again"] {
            assert!(steps.iter().any(|step| step.text.contains(told)), "{told}: {steps:#?}");
        }
    }
}

#[test]
fn a_fleet_shares_a_lane() {
    let (record, timeline) = told(&scenario("preferred-election", &[("client.shop.count", "5")]));
    let lane = &timeline.clients[0];
    assert_eq!((timeline.clients.len(), lane.members, lane.beliefs.len()), (1, 5, 0));
    assert_eq!(timeline.counts.stale, record.total.requests.stale);
    assert!(timeline.requests.iter().all(|request| request.member.is_some()));
    assert!(lane.stale_count.iter().any(|step| step.1 > 0));
}

#[test]
fn the_sentences_of_a_run_are_as_they_are_known() {
    let (_, timeline) = told(&scenario("preferred-election", &[]));
    let around = |event: &&record::Event| event.at >= 0 && event.at < 60_000_000;
    let story: Vec<String> = timeline.events.iter().filter(around).map(|e| format!("{:>12} {}", e.at, e.text)).collect();
    insta::assert_snapshot!(story.join("\n"));
}

#[test]
fn a_broker_that_is_killed_runs_no_longer_from_that_moment_until_it_runs_again() {
    let (_, timeline) = told(&scenario("broker-crash", &[]));
    let killed = timeline.events.iter().find(|e| e.at >= 0 && e.text.ends_with("is killed")).expect("a broker is killed");
    let id: u32 = killed.text.split_whitespace().find_map(|word| word.parse().ok()).expect("it is named");
    let broker = timeline.brokers.iter().find(|b| b.id == id).unwrap();
    let state = |at| broker.states.iter().rfind(|s| s.0 <= at).map(|s| s.1.as_str());
    assert_eq!((state(killed.at - 1), state(killed.at)), (Some("running"), Some("not running")));
    assert_eq!(broker.states.last().map(|s| s.1.as_str()), Some("running"), "it was started again");
}

#[test]
fn random_clusters_under_random_faults_have_the_same_requests_moves_and_windows_in_their_timeline_as_in_their_record() {
    const EVENTS: u64 = 1_000_000;
    let mut compared = 0;
    for number in 0..24 {
        let text = crate::swarm::fly(number, &crate::swarm::Options { max_events: EVENTS }).toml;
        let scenario: Scenario = text.parse().unwrap();
        let count_from = Instant::ZERO + scenario.count_from;
        let mut recorder = Recorder::new(&scenario.spec, count_from, count_from + scenario.duration);
        let options = RunOptions { max_events: EVENTS, ..RunOptions::default() };
        let Ok(record) = run(&scenario, &options, Some(&mut |at, fact| recorder.on_fact(at, fact))) else { continue };
        let timeline = recorder.finish();
        compared += 1;
        let (counted, told) = (&record.total.requests, &timeline.counts);
        assert_eq!(
            (told.requests, told.stale, told.overtaken, told.leaderless, told.moves),
            (counted.total, counted.stale, counted.overtaken, counted.leaderless, record.moves.len() as u64),
            "{number}"
        );
        if timeline.left_out.iter().any(|left_out| left_out.contains("one by one")) {
            continue;
        }
        let stale = || timeline.requests.iter().filter(|r| r.kind == Kind::Stale);
        assert_eq!(by(&timeline.outcomes, stale().map(|r| r.outcome)), counted.stale_by_outcome, "{number}");
        assert_eq!(by(&timeline.causes, stale().filter_map(|r| r.cause)), counted.stale_by_cause, "{number}");
        // The record has no windows of fleets, and knows the names of partitions that were made during the run.
        let unnamed = timeline.left_out.iter().any(|left_out| left_out.contains("made during the run"));
        if !unnamed && timeline.clients.iter().all(|client| client.members == 1) {
            assert_eq!(windows_of_the_timeline(&timeline), windows_of_the_record(&record), "{number}");
        }
    }
    assert!(compared > 12, "most of them end in time: {compared}");
}
