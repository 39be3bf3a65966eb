//! A trace held against the Trace Event Format: the fields of each kind of event, moments, nesting, pairs and arrows.

use crate::explain::{Made, Perfetto, Question};
use crate::scenario::Source;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A trace of the scenario with one explained path.
fn trace(source: &Source) -> Vec<Value> {
    let question = Question { tries: false, slowest: 2, ..Question::default() };
    let made = Made::run(source, &[], &question).unwrap();
    let mut text = String::new();
    let mut sink = |more: &str| text.push_str(more);
    let mut perfetto = Perfetto::begin(&made.spec, &mut sink);
    let record = made.explain(&question, Some(&mut |at, fact| perfetto.see(at, fact))).unwrap();
    perfetto.finish(&made.record, &record.explained);
    let all: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(all["displayTimeUnit"], "ms");
    all["traceEvents"].as_array().unwrap().clone()
}

fn number(event: &Value, key: &str) -> f64 {
    event[key].as_f64().unwrap_or_else(|| panic!("{key} of {event}"))
}

fn kind(event: &Value) -> &str {
    event["ph"].as_str().unwrap()
}

type Track = (u64, u64);

fn track(event: &Value) -> Track {
    (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap())
}

/// Slices by thread: from, to.
fn slices(events: &[Value]) -> BTreeMap<Track, Vec<(f64, f64)>> {
    let mut all: BTreeMap<Track, Vec<(f64, f64)>> = BTreeMap::new();
    for event in events.iter().filter(|e| kind(e) == "X") {
        let (from, length) = (number(event, "ts"), number(event, "dur"));
        assert!(length >= 0.0, "{event}");
        all.entry(track(event)).or_default().push((from, from + length));
    }
    all
}

#[test]
fn every_event_has_the_fields_that_its_kind_needs() {
    let events = trace(&Source::catalogue("broker-crash").unwrap());
    let named: BTreeSet<u64> = events.iter().filter(|e| e["name"] == "process_name").map(|e| e["pid"].as_u64().unwrap()).collect();
    let mut kinds = BTreeSet::new();
    for event in &events {
        kinds.insert(kind(event).to_owned());
        assert!(number(event, "ts") >= 0.0 && event["name"].is_string(), "{event}");
        assert!(named.contains(&track(event).0), "a process without a name: {event}");
        match kind(event) {
            "M" => assert!(event["args"]["name"].is_string() || event["args"]["sort_index"].is_u64(), "{event}"),
            "X" => assert!(event["dur"].is_number(), "{event}"),
            "b" | "e" => assert!(event["cat"].is_string() && event["id"].is_string(), "{event}"),
            "i" => assert!(matches!(event["s"].as_str(), Some("g" | "p" | "t")), "{event}"),
            "C" => assert!(event["args"].as_object().unwrap().values().all(Value::is_number), "{event}"),
            "s" => assert!(event["id"].is_u64() && event["cat"].is_string(), "{event}"),
            "f" => assert!(event["id"].is_u64() && event["cat"].is_string() && event["bp"] == "e", "{event}"),
            other => panic!("{other} is no kind of event that is written: {event}"),
        }
    }
    let all = ["C", "M", "X", "b", "e", "f", "i", "s"].map(str::to_owned);
    assert_eq!(kinds, BTreeSet::from(all));
}

#[test]
fn slices_of_a_thread_nest_and_every_slice_that_begins_ends() {
    for name in ["broker-crash", "controller-failover"] {
        let events = trace(&Source::catalogue(name).unwrap());
        for (track, mut slices) in slices(&events) {
            slices.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
            let mut open: Vec<f64> = Vec::new();
            for (from, to) in slices {
                while open.last().is_some_and(|end| *end <= from) {
                    open.pop();
                }
                assert!(open.last().is_none_or(|end| to <= *end), "slices overlap on {track:?}");
                open.push(to);
            }
        }
        let mut begun: BTreeMap<(String, String), f64> = BTreeMap::new();
        for event in events.iter().filter(|e| matches!(kind(e), "b" | "e")) {
            let key = (event["cat"].to_string(), event["id"].to_string());
            if kind(event) == "b" {
                assert!(begun.insert(key, number(event, "ts")).is_none(), "two begin as one: {event}");
            } else {
                let from = begun.remove(&key).unwrap_or_else(|| panic!("it never began: {event}"));
                assert!(number(event, "ts") >= from, "{event}");
            }
        }
        assert_eq!(begun, BTreeMap::new(), "they never end");
    }
}

#[test]
fn arrows_go_from_slice_to_slice_and_not_back_in_time() {
    let events = trace(&Source::catalogue("broker-crash").unwrap());
    let slices = slices(&events);
    let is_in_a_slice = |event: &Value| slices[&track(event)].iter().any(|(from, to)| (*from..=*to).contains(&number(event, "ts")));
    let arrows: Vec<&Value> = events.iter().filter(|e| matches!(kind(e), "s" | "f")).collect();
    assert!(arrows.len() >= 8, "the path of a crash has more steps than that");
    for pair in arrows.chunks(2) {
        let [leaves, arrives] = pair else { panic!("half an arrow") };
        assert_eq!((kind(leaves), kind(arrives), &leaves["id"]), ("s", "f", &arrives["id"]));
        assert!(number(leaves, "ts") <= number(arrives, "ts"));
        assert!(is_in_a_slice(leaves) && is_in_a_slice(arrives), "{leaves} {arrives}");
    }
}
