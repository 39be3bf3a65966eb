//! Answers as an operator would read them, from records made by hand.

use super::document;
use crate::observe::RunRecord;
use crate::observe::record::gauges::Gauges;
use crate::observe::record::{
    Checks, ClientRecord, ClusterRecord, ConsumerRecord, Expectation, Failures, Messages, Move, PartitionSilence, Phase, PhaseSummary,
    Quantiles, Records, Requests, SCHEMA, ScenarioRef, Suspended, Tally, TimelineEntry, Violation, Window,
};
use crate::report::text::{Look, render};
use crate::report::{json, markdown};
use std::collections::BTreeMap;

const LOOK: Look = Look { width: 120, colour: false };

fn counts<const N: usize>(entries: [(&str, u64); N]) -> BTreeMap<String, u64> {
    entries.map(|(key, n)| (key.to_owned(), n)).into()
}

fn quantiles(count: u64, p50: f64, p99: f64, max: f64) -> Quantiles {
    Quantiles { count, open: 0, p50, p99, p999: max, max }
}

fn tally() -> Tally {
    Tally {
        requests: Requests {
            total: 10_812,
            stale: 41,
            overtaken: 6,
            leaderless: 0,
            stale_by_outcome: counts([
                ("rejected: NOT_LEADER_OR_FOLLOWER", 33),
                ("unreachable: reset", 6),
                ("bounced off a leader not yet ready", 2),
            ]),
            stale_by_cause: counts([("never told", 24), ("in flight at the move", 11), ("told by a broker whose own view was old", 6)]),
            to_moved_partitions: 7_208,
            in_windows: 212,
        },
        records: Records { sent: 10_790, acknowledged: 10_790, ..Records::default() },
        messages: Messages { handed_over: 10_790, written: 10_790, ..Messages::default() },
        latency_ms: quantiles(10_790, 3.84, 88.2, 1_412.0),
        recovery_ms: quantiles(16, 212.0, 1_401.0, 1_418.4),
        stale_window_ms: quantiles(16, 118.0, 220.0, 231.0),
        interruption_ms: quantiles(16, 212.0, 1_418.4, 1_418.4),
        longest_waiting_ms: 0.0,
        metadata_requests: 22,
        metadata_bytes: 14_212,
        metadata_broker_ms: 18.3,
        connections_opened: 12,
    }
}

fn phase(name: &str, ms: f64, governed_by: &str) -> Phase {
    Phase { name: name.to_owned(), ms, governed_by: governed_by.to_owned() }
}

fn summary(name: &str, times: u64, p50_ms: f64, max_ms: f64, governed_by: &str) -> PhaseSummary {
    let total_ms = p50_ms * (times - 1) as f64 + max_ms;
    PhaseSummary { name: name.to_owned(), times, total_ms, p50_ms, max_ms, governed_by: vec![governed_by.to_owned()] }
}

fn window(partition: u32, start_ms: f64, waited_ms: f64) -> Window {
    let replication = waited_ms - 142.0;
    Window {
        client: "app".to_owned(),
        topic: "orders".to_owned(),
        partition,
        start_ms,
        committed_ms: Some(start_ms),
        told_ms: Some(start_ms + 118.0),
        recovered_ms: Some(start_ms + waited_ms),
        stale_window_ms: Some(118.0),
        recovery_ms: Some(waited_ms),
        waiting_since_ms: None,
        window_phases: vec![
            phase("propagate", 46.0, "metadata propagation and role changes of brokers"),
            phase("discover", 72.0, "metadata.max.age.ms, retry.backoff.ms, leader hints"),
        ],
        recovery_phases: vec![
            phase("detect", 0.0, "broker.session.timeout.ms"),
            phase("propagate", 46.0, "metadata propagation and role changes of brokers"),
            phase("discover", 72.0, "metadata.max.age.ms, retry.backoff.ms, leader hints"),
            phase("back off", 24.0, "retry.backoff.ms, reconnect.backoff.ms, linger.ms"),
            phase("await replication", replication, "replica.fetch.backoff.ms of a follower that asked too early"),
        ],
    }
}

fn moved(partition: u32, from: u32, to: u32, why: &str, committed_ms: f64) -> Move {
    Move {
        topic: "orders".to_owned(),
        partition,
        from: Some(from),
        to: Some(to),
        epoch: 5,
        why: why.to_owned(),
        unclean: false,
        committed_ms,
        role_taken_ms: Some(committed_ms + 40.0 + f64::from(partition)),
    }
}

fn client() -> ClientRecord {
    ClientRecord {
        profile: "java-4.3".to_owned(),
        role: "producer".to_owned(),
        consumer: None,
        members: 1,
        spread: None,
        tally: tally(),
        errors: counts([("produce:NOT_LEADER_OR_FOLLOWER", 35), ("produce:UNKNOWN_LEADER_EPOCH", 1)]),
        failures: Failures::default(),
        longest_wait_ms: 1_412.0,
        partitions: vec![
            PartitionSilence { topic: "orders".to_owned(), partition: 1, longest_silence_ms: 2_073.0, silence_end_ms: 1_428.0 },
            PartitionSilence { topic: "orders".to_owned(), partition: 4, longest_silence_ms: 1_904.0, silence_end_ms: 31_300.0 },
            PartitionSilence { topic: "orders".to_owned(), partition: 0, longest_silence_ms: 741.0, silence_end_ms: 112_000.0 },
        ],
    }
}

/// A rolling restart that went well.
fn rolling_restart() -> RunRecord {
    let timeline = [
        (0.0, "rolling restart of brokers 101, 102, 103 begins"),
        (0.0, "broker 101 is told to stop"),
        (21.4, "broker 101 in controlled shutdown"),
        (2_661.0, "broker 101 process ended"),
        (7_661.0, "broker 101 process started"),
        (12_480.0, "broker 101 unfenced"),
    ];
    RunRecord {
        schema: SCHEMA.to_owned(),
        kafkasim: "0.1.0".to_owned(),
        scenario: ScenarioRef { name: "rolling-restart".to_owned(), digest: "5f3c".to_owned(), assumed_rates: false },
        kafka: "4.3".to_owned(),
        costs: "typical".to_owned(),
        seed: 1,
        digest: "9be1f00dcafe0001".to_owned(),
        simulated_ms: 300_000.0,
        warmup_ms: 20_000.0,
        events: 1_204_331,
        total: tally(),
        clients: BTreeMap::from([("app".to_owned(), client())]),
        moves: vec![
            moved(1, 101, 102, "controlled shutdown", 21.4),
            moved(4, 101, 103, "controlled shutdown", 21.4),
            moved(7, 101, 102, "controlled shutdown", 21.4),
            moved(1, 102, 101, "auto rebalance", 300_021.0),
        ],
        windows: (0..16).map(|i| window(i % 8, 21.4, 212.0 + if i == 3 { 1_206.4 } else { 0.0 })).collect(),
        recovery_phases: vec![
            summary("propagate", 16, 46.0, 46.0, "metadata propagation and role changes of brokers"),
            summary("discover", 16, 72.0, 72.0, "metadata.max.age.ms, retry.backoff.ms, leader hints"),
            summary("back off", 16, 24.0, 24.0, "retry.backoff.ms, reconnect.backoff.ms, linger.ms"),
            summary("await replication", 16, 70.0, 1_276.4, "replica.fetch.backoff.ms of a follower that asked too early"),
        ],
        window_phases: vec![
            summary("propagate", 16, 46.0, 46.0, "metadata propagation and role changes of brokers"),
            summary("discover", 16, 72.0, 72.0, "metadata.max.age.ms, retry.backoff.ms, leader hints"),
        ],
        groups: BTreeMap::new(),
        checks: Checks {
            held: vec!["one leader per epoch".to_owned(), "leader in ISR".to_owned(), "monotone epochs".to_owned()],
            suspended: vec![Suspended {
                check: "no acknowledged record is lost".to_owned(),
                reason: "a client sends with acks=1".to_owned(),
            }],
            violated: Vec::new(),
        },
        cluster: ClusterRecord {
            timeline: timeline.map(|(at_ms, text)| TimelineEntry { at_ms, text: text.to_owned() }).into(),
            isr_shrinks: 0,
            isr_expands: 24,
            replica_fetch_errors: counts([("NOT_LEADER_OR_FOLLOWER", 9), ("UNKNOWN_LEADER_EPOCH", 4)]),
            controller_elections: 0,
            under_replicated_max: 12,
            under_replicated_at_end: 0,
            leaderless_at_end: 0,
        },
        gauges: Gauges::default(),
        expectations: vec![Expectation { text: "requests.stale <= 60".to_owned(), found: 41.0, held: true }],
        not_modelled: vec!["Transactions are not modelled.".to_owned()],
        repeat: "kafkasim run rolling-restart --seed 1".to_owned(),
    }
}

/// Everything that can go wrong did, at an assumed rate.
fn disaster() -> RunRecord {
    let mut record = rolling_restart();
    record.scenario = ScenarioRef { name: "describe.txt".to_owned(), digest: "77".to_owned(), assumed_rates: true };
    record.kafka = "3.9".to_owned();
    record.total.records =
        Records { sent: 10_790, acknowledged: 10_700, failed: 80, unfinished: 10, lost: 14, duplicated: 3, failed_but_written: 2 };
    record.total.recovery_ms.open = 2;
    record.total.interruption_ms.count = 14;
    record.total.interruption_ms.open = 2;
    record.total.longest_waiting_ms = 200_000.0;
    for (window, since) in record.windows.iter_mut().zip([100_000.0, 200_000.0]) {
        *window =
            Window { recovered_ms: None, recovery_ms: None, waiting_since_ms: Some(since), recovery_phases: Vec::new(), ..window.clone() };
    }
    record.checks.violated =
        vec![Violation { check: "leader in ISR".to_owned(), at_ms: 31.0, text: "orders-1: leader 103, ISR [101, 102]".to_owned() }];
    record.expectations = vec![Expectation { text: "records.lost = 0".to_owned(), found: 14.0, held: false }];
    record.moves[0].unclean = true;
    record.moves[1].to = None;
    record.moves[1].role_taken_ms = None;
    let app = record.clients.get_mut("app").expect("it is there");
    app.tally = record.total.clone();
    app.failures = Failures { count: 80, first_ms: Some(121_000.0), last_ms: Some(123_500.0), by_error: counts([("TIMEOUT", 80)]) };
    record
}

/// Nothing happened and nobody sent anything.
fn silence() -> RunRecord {
    let mut record = rolling_restart();
    record.total = Tally::default();
    record.clients = BTreeMap::from([(
        "idle\u{1b}[2J".to_owned(),
        ClientRecord { tally: Tally::default(), errors: BTreeMap::new(), longest_wait_ms: 0.0, partitions: Vec::new(), ..client() },
    )]);
    record.moves.clear();
    record.windows.clear();
    record.recovery_phases.clear();
    record.window_phases.clear();
    record.cluster = ClusterRecord::default();
    record.expectations.clear();
    record
}

fn consumer() -> ClientRecord {
    let given = ConsumerRecord {
        delivered: 10_700,
        delivered_again: 12,
        skipped: 3,
        wait_ms: quantiles(10_688, 6.2, 120.4, 1_398.0),
        lag_max: 184,
        lag_at_end: 2,
        position_resets: 1,
        ..ConsumerRecord::default()
    };
    let tally = Tally { records: Records::default(), latency_ms: Quantiles::default(), ..tally() };
    let errors = counts([("fetch:FENCED_LEADER_EPOCH", 24)]);
    ClientRecord { role: "consumer".to_owned(), consumer: Some(given), tally, errors, ..client() }
}

#[test]
fn consumers_have_their_own_table() {
    let mut record = rolling_restart();
    record.clients.insert("billing".to_owned(), consumer());
    insta::assert_snapshot!(render(&document(&record), LOOK));
}

#[test]
fn a_rolling_restart_that_went_well() {
    insta::assert_snapshot!(render(&document(&rolling_restart()), LOOK));
}

#[test]
fn a_rolling_restart_on_a_narrow_terminal() {
    insta::assert_snapshot!(render(&document(&rolling_restart()), Look { width: 80, colour: false }));
}

#[test]
fn a_disaster_is_told_first_and_in_full() {
    insta::assert_snapshot!(render(&document(&disaster()), LOOK));
}

#[test]
fn records_that_wait_for_good_and_partitions_without_a_leader_are_told_in_the_first_lines() {
    let mut record = rolling_restart();
    record.cluster.leaderless_at_end = 1;
    let app = record.clients.get_mut("app").expect("it is there");
    app.tally.records.unfinished = 737;
    app.longest_wait_ms = app.tally.latency_ms.max + 1.0;
    let verdict = super::verdict::verdict(&record);
    assert!(verdict.text.contains("737 of 10,790 records (6.8 %) were still without an answer when the run ended"), "{}", verdict.text);
    assert!(verdict.text.contains("1 partition had no leader when the run ended"), "{}", verdict.text);
    assert!(!verdict.good);
}

#[test]
fn where_nothing_was_measured_the_answer_says_none() {
    let text = render(&document(&silence()), LOOK);
    assert!(!text.contains("NaN") && !text.contains('\u{1b}'), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn markdown_says_the_same() {
    insta::assert_snapshot!(markdown::render(&document(&rolling_restart())));
}

#[test]
fn json_reads_back_as_the_same_record() {
    for record in [rolling_restart(), disaster(), silence()] {
        let back: RunRecord = serde_json::from_str(&json(&record)).expect("it is JSON of this schema");
        assert_eq!(back, record);
    }
}

#[test]
fn long_lists_are_cut_and_say_so() {
    let mut record = rolling_restart();
    record.moves = (0..100).map(|i| moved(i % 12, i, i + 1, "fenced", f64::from(i) * 2_000.0)).collect();
    record.cluster.timeline = (0..500).map(|i| TimelineEntry { at_ms: f64::from(i), text: format!("entry {i}") }).collect();
    record.clients = (0..300).map(|i| (format!("client-{i}"), ClientRecord { longest_wait_ms: f64::from(i), ..client() })).collect();
    let text = render(&document(&record), LOOK);
    assert!(text.lines().count() < 320, "{} lines", text.lines().count());
    assert!(text.contains("80 more rows are in the JSON answer"), "{text}");
    assert!(text.contains("280 more clients are in the JSON answer"), "{text}");
    assert!(text.contains("468 more, in the JSON answer"), "{text}");
    assert!(text.contains(" client-299 ") && !text.contains(" client-2 "), "the clients that waited longest are shown");
}
