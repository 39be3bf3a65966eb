//! What each study runs: its parts, each a scenario of the catalogue in several variants. The pages' test reads them too.

use kafkasim::scenario::{Override, Source};
use kafkasim::study::{Proposal, Seeds, Study, Variant, Vary, grid};
use std::fs;
use std::path::Path;

/// The studies, under the names of their pages.
pub const STUDIES: [&str; 5] = ["metadata-age", "session-timeout", "restart-policy", "retries", "loss"];

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

/// How the records of one producer are kept: what it asks for, and what the topic demands.
pub struct Care {
    pub acks: &'static str,
    /// Whether the producer is idempotent; with other acks than all it cannot be.
    pub idempotent: bool,
    pub min_insync: &'static str,
    pub unclean: bool,
}

/// What happens to the leader in a part of the study of loss.
pub struct Harm {
    pub name: &'static str,
    pub faults: &'static str,
    pub kafka: &'static str,
    /// How long is counted: until the last broker is back and has caught up.
    duration: &'static str,
    /// When the producer stops, so that nothing is under way at the end.
    stop: &'static str,
}

/// The leader is broker 1, and the replicas stand in the order 1, 2, 3.
pub const HARMS: [Harm; 11] = [
    harm("restart", r#"["at 3s restart broker 1"]"#, "16s", "14s"),
    harm("kill", r#"["at 3s kill broker 1 for 12s"]"#, "24s", "18s"),
    harm("kill-behind", r#"["at 1s slow broker 2 by 100 for 5s", "at 3s kill broker 1 for 12s"]"#, "24s", "18s"),
    harm("power-off", r#"["at 3s power-off broker 1 for 12s"]"#, "35s", "18s"),
    harm("pause", r#"["at 3s pause broker 1 for 15s"]"#, "28s", "24s"),
    harm("cut", r#"["at 3s cut broker 1 from brokers,controllers for 15s"]"#, "28s", "24s"),
    harm("in-turn", r#"["at 3s power-off broker 1 for 25s", "at 14s power-off broker 2 for 16s"]"#, "50s", "24s"),
    harm("last-killed", r#"["at 2s stop broker 2 for 20s", "at 4s stop broker 3 for 25s", "at 12s kill broker 1 for 46s"]"#, "68s", "24s"),
    harm("last-without-power", LAST_WITHOUT_POWER, "68s", "24s"),
    Harm { kafka: "3.9", ..harm("last-without-power-3.9", LAST_WITHOUT_POWER, "68s", "24s") },
    harm(
        "all",
        r#"["at 10s power-off broker 1 for 5s", "at 10s power-off broker 2 for 5s", "at 10s power-off broker 3 for 5s"]"#,
        "38s",
        "24s",
    ),
];

const LAST_WITHOUT_POWER: &str = r#"["at 2s stop broker 2 for 20s", "at 4s stop broker 3 for 25s", "at 12s power-off broker 1 for 46s"]"#;

const fn harm(name: &'static str, faults: &'static str, duration: &'static str, stop: &'static str) -> Harm {
    Harm { name, faults, kafka: "4.3", duration, stop }
}

/// Every way to keep records, the most careless first. acks=0 promises nothing, and is run with one `min.insync.replicas` only.
pub fn cares() -> Vec<Care> {
    let asked = [("0", false), ("1", false), ("all", false), ("all", true)];
    let demanded = [("1", true), ("1", false), ("2", true), ("2", false)];
    let care = |((acks, idempotent), (min_insync, unclean))| Care { acks, idempotent, min_insync, unclean };
    let all = asked.into_iter().flat_map(|ask| demanded.map(|demand| care((ask, demand))));
    all.filter(|care| care.acks != "0" || care.min_insync == "2").collect()
}

impl Care {
    /// As a variant of the scenario.
    fn variant(&self) -> Variant {
        let idempotence = (self.acks == "all").then(|| ("client.app.enable.idempotence", self.idempotent.to_string()));
        let settings = [("client.app.acks", self.acks.to_owned())].into_iter().chain(idempotence).chain([
            ("topic.orders.min.insync.replicas", self.min_insync.to_owned()),
            ("topic.orders.unclean.leader.election.enable", self.unclean.to_string()),
        ]);
        Variant::of(settings.map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

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
        "loss" => HARMS.map(|harm| Part { name: harm.name, study: loss(&harm, seeds) }).into(),
        other => panic!("there is no study {other}: there are {}", STUDIES.join(", ")),
    }
}

fn loss(harm: &Harm, seeds: u64) -> Study {
    let changes = [set("faults", harm.faults), set("kafka", harm.kafka), set("duration", harm.duration), set("client.app.stop", harm.stop)];
    load("studies/loss", &changes, cares().iter().map(Care::variant).collect(), seeds)
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
