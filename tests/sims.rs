//! Stories of the catalogue: every scenario that comes with the program does what it says.

use kafkasim::experiment::{RunOptions, run};
use kafkasim::observe::RunRecord;
use kafkasim::scenario::{Override, Scenario, Source, catalogue, load};

/// The first is every scenario's own.
const SEEDS: [u64; 3] = [1, 2, 3];

fn scenario(name: &str) -> Scenario {
    let source = Source::catalogue(name).expect("the catalogue has what it lists");
    load(&source, &[]).unwrap_or_else(|found| panic!("{name} cannot be read: {:?}", found.iter().map(|d| &d.message).collect::<Vec<_>>()))
}

fn records(name: &str) -> Vec<RunRecord> {
    let scenario = scenario(name);
    let one = |seed| run(&scenario, &RunOptions { seed: Some(seed), ..RunOptions::default() }, None).expect("a run of the catalogue ends");
    SEEDS.into_iter().map(one).collect()
}

/// What is wrong with a run of a scenario that claims to be a good example.
fn complaints(name: &str, record: &RunRecord) -> Vec<String> {
    let violated = record.checks.violated.iter().map(|v| format!("at {} ms {}: {}", v.at_ms, v.check, v.text));
    let missed = record.expectations.iter().filter(|e| !e.held).map(|e| format!("{} does not hold, found {}", e.text, e.found));
    let idle = (record.total.records.acknowledged == 0).then(|| "nothing was acknowledged".to_owned());
    let unmoved = (record.cluster.timeline.is_empty()).then(|| "nothing happened to the cluster".to_owned());
    violated.chain(missed).chain(idle).chain(unmoved).map(|text| format!("{name}, seed {}: {text}", record.seed)).collect()
}

#[test]
fn every_scenario_says_what_it_shows_and_what_it_expects() {
    for name in catalogue::names() {
        let scenario = scenario(name);
        assert!(scenario.about.split_whitespace().count() >= 10, "{name} does not say what it shows: {:?}", scenario.about);
        assert!(!scenario.expect.is_empty(), "{name} expects nothing");
    }
}

#[test]
fn every_scenario_holds_what_it_expects_whatever_the_seed() {
    let names = catalogue::names();
    assert!(names.len() >= 10, "the catalogue shrank: {names:?}");
    let (left, right): (Vec<_>, Vec<_>) = names.into_iter().enumerate().partition(|(i, _)| i % 2 == 0);
    let judge = |part: Vec<(usize, &'static str)>| -> Vec<String> {
        part.into_iter().flat_map(|(_, name)| records(name).into_iter().flat_map(move |r| complaints(name, &r))).collect()
    };
    let found = std::thread::scope(|scope| {
        let other = scope.spawn(|| judge(right));
        let mut found = judge(left);
        found.extend(other.join().expect("no run panics"));
        found
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_run_is_judged_by_expectations_that_can_fail() {
    let source = Source::catalogue("broker-crash").expect("it is there");
    let text = source.text.replace("records.lost = 0", "records.sent = 0");
    assert_ne!(text, source.text);
    let scenario = load(&Source { text, ..source }, &[]).expect("it is a scenario");
    let record = run(&scenario, &RunOptions::default(), None).expect("it ends");
    let found = complaints("broker-crash", &record);
    assert!(found.len() == 1 && found[0].contains("records.sent = 0 does not hold"), "{found:?}");
}

#[test]
fn a_broker_that_closes_its_logs_for_longer_than_a_heartbeat_interval_still_ends() {
    let source = Source::catalogue("measured/restart").expect("it is there");
    let slow = Override::Set { key: "costs.stop".to_owned(), value: "5s".to_owned() };
    let scenario = load(&source, &[slow]).expect("it is a scenario");
    let record = run(&scenario, &RunOptions::default(), None).expect("it ends");
    let ended = record.cluster.timeline.iter().find(|e| e.text == "broker 102 has stopped").expect("the broker ends");
    assert!((7000.0..7500.0).contains(&ended.at_ms), "two seconds for the controller's word, five for the logs: {}", ended.at_ms);
}
