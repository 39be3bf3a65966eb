//! What each study runs: its parts, each a scenario of the catalogue in several variants. The pages' test reads them too.

use kafkasim::scenario::{Override, Source};
use kafkasim::study::{Proposal, Seeds, Study, Variant, Vary, grid};
use std::fs;
use std::path::Path;

/// The studies, under the names of their pages.
pub const STUDIES: [&str; 4] = ["metadata-age", "session-timeout", "restart-policy", "retries"];

/// The key of the Java clients and its counterpart of librdkafka, set together.
pub const AGE: &str = "metadata.max.age.ms+topic.metadata.refresh.interval.ms";
/// From where the cost hurts to where nothing is refreshed within a run.
pub const AGES: [&str; 8] = ["1s", "5s", "15s", "30s", "1m", "5m", "15m", "1h"];
/// The faults of the central study, as its scenarios are called.
pub const FAULTS: [&str; 7] = ["rolling-restart", "crash", "reassignment", "cut-whole", "cut-controller", "cut-clients", "wrong-hint"];

/// From one heartbeat (the default is 2 s) to far beyond the default of 9 s.
pub const SESSIONS: [&str; 8] = ["2s", "3s", "4s", "6s", "9s", "12s", "18s", "30s"];
pub const SESSION: &str = "broker.session.timeout.ms";
/// What happens in the parts of the study of the session: name, and the faults. A broker that pauses is alive, one that is killed is not.
const HAPPENS: [(&str, &str); 2] =
    [("pauses", r#"["random pause of brokers every 90s for 3s"]"#), ("kills", r#"["random kill of brokers every 5m for 30s"]"#)];

/// How to restart six brokers of three racks: name, and the faults.
pub const POLICIES: [(&str, &str); 6] = [
    ("URP 0", r#"["at 10s rolling restart wait urp 0 down 10s"]"#),
    ("URP 0, controllers last", r#"["at 10s rolling restart wait urp 0 down 10s controllers last"]"#),
    ("pause 5 s", r#"["at 10s rolling restart pause 5s down 10s"]"#),
    ("pause 30 s", r#"["at 10s rolling restart pause 30s down 10s"]"#),
    ("a rack at once", r#"["at 10s rolling restart brokers 1,2,3 down 10s", "at 10s rolling restart brokers 4,5,6 down 10s"]"#),
    ("two of different racks", r#"["at 10s rolling restart brokers 1,2,3 down 10s", "at 10s rolling restart brokers 5,6,4 down 10s"]"#),
];

/// How long a broker takes to load its logs when it starts, which decides how long it is away: name, and the cost.
const STARTS: [(&str, &str); 2] = [("quick", "0.3s"), ("slow", "30s")];

/// One part of a study.
pub struct Part {
    /// What tells it from the other parts.
    pub name: &'static str,
    /// Its variants and seeds.
    pub study: Study,
}

/// The parts of a study.
///
/// # Panics
/// When there is no study of this name, or a scenario of the catalogue cannot be read.
pub fn parts(study: &str, seeds: u64) -> Vec<Part> {
    let part = |name, scenario: &str, variants| Part { name, study: load(scenario, &[], variants, seeds) };
    match study {
        "metadata-age" => FAULTS.map(|fault| part(fault, &format!("studies/metadata-age/{fault}"), varied(AGE, &AGES))).into(),
        "session-timeout" => HAPPENS
            .map(|(name, faults)| {
                let study = load("studies/session-timeout", &[set("faults", faults)], varied(SESSION, &SESSIONS), seeds);
                Part { name, study }
            })
            .into(),
        "restart-policy" => STARTS
            .map(|(name, recovery)| {
                let policies = POLICIES.map(|(policy, faults)| named(policy, faults)).into();
                Part { name, study: load("studies/restart-policy", &[set("costs.clean_recovery", recovery)], policies, seeds) }
            })
            .into(),
        "retries" => vec![part("crash", "studies/retries", vec![Variant::of(Vec::new())])],
        other => panic!("there is no study {other}: there are {}", STUDIES.join(", ")),
    }
}

fn load(scenario: &str, changes: &[Override], variants: Vec<Variant>, seeds: u64) -> Study {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sims").join(scenario).with_extension("toml");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let source = Source { name: scenario.to_owned(), text };
    let proposal = |variant| Proposal { variant, source: source.clone(), changes: changes.to_vec() };
    let proposals = variants.into_iter().map(proposal).collect();
    Study::load(proposals, Seeds { first: 1, count: seeds })
        .unwrap_or_else(|found| panic!("{scenario}: {:?}", found.iter().map(|d| &d.message).collect::<Vec<_>>()))
}

fn varied(key: &str, values: &[&str]) -> Vec<Variant> {
    let vary = Vary::parse(&format!("{key}={}", values.join(","))).expect("the values are a list");
    grid(&[vary]).expect("the grid is small")
}

fn named(name: &str, faults: &str) -> Variant {
    Variant { name: name.to_owned(), settings: vec![("faults".to_owned(), faults.to_owned())] }
}

fn set(key: &str, value: &str) -> Override {
    Override::Set { key: key.to_owned(), value: value.to_owned() }
}
