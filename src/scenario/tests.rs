//! Stories of good and bad scenarios.

mod clients;

use super::*;
use crate::engine::Duration;
use crate::model::message::Acks;
use crate::model::spec::{ArrivalLaw, Partitioning};
use proptest::prelude::*;

const SMALL: &str = r#"
duration = "1m"
faults = ["at 10s kill broker 2 for 25s"]
expect = ["records.lost = 0"]

[[topic]]
name = "orders"
partitions = 6
config = { "min.insync.replicas" = 2 }

[[client]]
name = "app"
profile = "java-3.9"
rate = 18.0
"#;

fn read(text: &str, overrides: &[Override]) -> Result<Scenario, Diagnostics> {
    load(&Source { name: "small.toml".to_owned(), text: text.to_owned() }, overrides)
}

fn set(key: &str, value: &str) -> Override {
    Override::Set { key: key.to_owned(), value: value.to_owned() }
}

/// Every mistake as `line:column message / help`.
fn mistakes(text: &str, overrides: &[Override]) -> Vec<String> {
    let found = read(text, overrides).expect_err("the scenario is wrong");
    found.iter().map(|d| format!("{}:{} {} / {}", d.line, d.column, d.message, d.help)).collect()
}

/// The small scenario with one line replaced by another.
fn with(old: &str, new: &str) -> String {
    assert!(SMALL.contains(old), "{old}");
    SMALL.replace(old, new)
}

#[test]
fn a_small_scenario_becomes_a_whole_cluster() {
    let scenario = read(SMALL, &[]).unwrap_or_else(|d| panic!("{d}"));
    assert_eq!(scenario.name, "small");
    assert_eq!((scenario.count_from, scenario.duration, scenario.seed), (Duration::from_secs(20), Duration::from_secs(60), 1));
    let spec = &scenario.spec;
    assert_eq!(
        spec.nodes.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(),
        ["broker 1", "broker 2", "broker 3", "controller 3000", "app"]
    );
    assert_eq!(spec.partitions.len(), 6);
    assert_eq!(spec.topics[0].config.min_insync_replicas, 2);
    assert_eq!(spec.partitions[1].replicas.iter().map(|b| b.0).collect::<Vec<_>>(), [1, 2, 0]);
    assert_eq!(spec.partitions[1].leader, Some(spec.partitions[1].replicas[0]));
    let client = &spec.clients[0];
    assert_eq!(
        (client.profile.name.as_ref(), client.workload().unwrap().rate, client.workload().unwrap().arrivals),
        ("java-3.9", 18.0, ArrivalLaw::Constant)
    );
    assert_eq!(client.workload().unwrap().partitioning, Partitioning::Sticky);
    assert_eq!(client.bootstrap.len(), 3);
    assert_eq!(scenario.plan.next_at().map(|at| at.since_start()), Some(Duration::from_secs(30)));
    assert_eq!(scenario.repeat, "kafkasim run small.toml --seed 1");
    assert!((2e3..1e5).contains(&scenario.estimated_events()), "{}", scenario.estimated_events());
}

#[test]
fn a_scenario_with_another_seed_is_the_one_that_was_read_with_it() {
    let random = SMALL.replace("faults = [", "faults = [\"random kill,cut of brokers every 5s for 2s\", ");
    let read_with = |seed: u64| read(&random, &[set("acks", "1"), Override::Seed(seed.to_string())]).unwrap();
    assert_eq!(format!("{:?}", read_with(3).with_seed(7)), format!("{:?}", read_with(7)));
    assert_ne!(format!("{:?}", read_with(3).plan), format!("{:?}", read_with(7).plan));
}

#[test]
fn the_canonical_text_gives_the_same_scenario_and_the_digest_knows_a_change_but_not_the_seed() {
    let changes = [set("client.app.rate", "50"), set("acks", "1"), Override::Fault("at 40s heal".to_owned())];
    let scenario = read(SMALL, &changes).unwrap();
    let again = read(&scenario.canonical, &[]).unwrap_or_else(|d| panic!("{d}\n{}", scenario.canonical));
    assert_eq!(again.canonical, scenario.canonical);
    assert_eq!(again.digest, scenario.digest);
    assert_ne!(scenario.digest, read(SMALL, &[]).unwrap().digest);
    assert_eq!(scenario.digest, read(&scenario.canonical, &[Override::Seed("99".to_owned())]).unwrap().digest);
    assert_eq!(scenario.repeat, "kafkasim run small.toml --set client.app.rate=50 --set acks=1 --fault 'at 40s heal' --seed 1");
}

#[test]
fn a_key_is_set_where_it_belongs() {
    let text = format!("{SMALL}\n[[client]]\nname = \"java-3.6\"\n[[broker]]\nid = 2\nconfig = {{ \"num.io.threads\" = 2 }}\n");
    let changes = [
        set("client.app.rate", "50"),
        set("client.java-3.6.linger.ms", "7"),
        set("client.*.record_bytes", "99"),
        set("acks", "1"),
        set("num.io.threads", "4"),
        set("broker.3.cold", "true"),
        set("min.insync.replicas", "1"),
        set("topic.orders.unclean.leader.election.enable", "true"),
        set("cluster.brokers", "5"),
        set("duration", "30s"),
        set("broker.session.timeout.ms", "18s"),
        set("network.latency", "exponential(1ms)"),
        set("kafka", "3.9"),
        set("costs.produce", "uniform(1ms, 2ms)"),
        Override::Seed("7".to_owned()),
    ];
    let scenario = read(&text, &changes).unwrap_or_else(|d| panic!("{d}"));
    let spec = &scenario.spec;
    assert_eq!((scenario.seed, scenario.duration, spec.release.name()), (7, Duration::from_secs(30), "3.9"));
    assert_eq!((spec.clients[0].workload().unwrap().rate, spec.clients[1].workload().unwrap().record_bytes), (50.0, 99));
    assert_eq!(spec.clients[1].config.get("linger.ms").as_deref(), Some("7"));
    assert!(
        spec.clients
            .iter()
            .all(|c| c.config.get("acks").as_deref() == Some("1") && c.config.get("enable.idempotence").as_deref() == Some("false"))
    );
    assert!(spec.brokers.iter().all(|b| b.config.num_io_threads == 4));
    assert!(spec.brokers.iter().all(|b| b.config.broker_session_timeout == Duration::from_secs(18)));
    assert_eq!(spec.brokers.iter().map(|b| b.cold).collect::<Vec<_>>(), [false, false, true, false, false]);
    assert_eq!(spec.topics[0].config.min_insync_replicas, 1);
    assert!(spec.topics[0].config.unclean_leader_election_enable);
    assert_eq!(spec.brokers[0].costs.name, "typical, changed");
}

#[test]
fn a_wrong_change_from_outside_is_shown_as_it_was_written() {
    let found = read(SMALL, &[Override::Seed("banana".to_owned())]).unwrap_err();
    assert_eq!(
        found.to_string(),
        "error: `seed` takes a whole number, not banana\n  --> --seed:1:8\n  1 | --seed banana\n    |        ^^^^^^\n  help: write a whole number, without quotes\n"
    );
    assert_eq!(
        mistakes(SMALL, &[set("client.app.rat", "5")]),
        ["1:22 `rat` is no key of a scenario, and none of Kafka or a client library that the model reads / did you mean `rate`?"]
    );
    assert_eq!(
        mistakes(SMALL, &[set("lingr.ms", "5")]),
        ["1:16 `lingr.ms` is no key of a scenario, and none of Kafka or a client library that the model reads / did you mean `linger.ms`?"]
    );
    assert_eq!(
        mistakes(SMALL, &[set("client.ap.rate", "5")]),
        ["1:22 `ap.rate` begins with the name of no client / there are app; `*` means all"]
    );
    assert_eq!(mistakes(SMALL, &[set("linger.ms", "-1")]).len(), 1);
    assert_eq!(
        mistakes(SMALL, &[Override::Fault("at 5s kill broker 9".to_owned())]),
        ["1:27 there is no broker 9 / the brokers are 1, 2, 3"]
    );
}

#[test]
fn a_fault_that_names_an_unknown_broker_is_pointed_at() {
    let found = read(&with("broker 2", "broker 4"), &[]).unwrap_err();
    assert_eq!(
        found.to_string(),
        "error: there is no broker 4\n  --> small.toml:3:31\n  3 | faults = [\"at 10s kill broker 4 for 25s\"]\n    |                               ^\n  help: the brokers are 1, 2, 3\n"
    );
}

#[test]
fn bad_values_are_each_told_with_place_and_remedy() {
    let bad = |old, new| mistakes(&with(old, new), &[]).join("\n");
    for (old, new, place, message, help) in [
        ("at 10s kill", "at 2m kill", "3:15", "2m is after the end of the run: 1m are counted", "set `duration` above 2m"),
        (
            "partitions = 6",
            "partitions = 6\nreplication_factor = 4",
            "9:22",
            "a replication factor of 4 does not fit 3 brokers",
            "raise `cluster.brokers`",
        ),
        ("partitions = 6", "assignment = [[1, 2, 2]]", "8:15", "broker 2 stands twice in one list", "one replica"),
        ("partitions = 6", "partitions = 0", "8:14", "cannot have 0 partitions", "write 1 to"),
        ("\"1m\"", "\"-1m\"", "2:12", "`-1m` is negative", "duration"),
        ("\"1m\"", "\"99999999h\"", "2:12", "longer than a year", "duration"),
        ("\"1m\"", "60", "2:12", "`60` has no unit", "duration"),
        ("duration =", "durration =", "2:1", "`durration` is no key of a scenario", "did you mean `duration`?"),
        ("rate = 18.0", "rate = -1", "14:8", "a rate of -1 records a second cannot be sent", "from 0"),
        ("rate = 18.0", "rate = \"fast\"", "14:8", "`client.rate` takes a number", "without quotes"),
        ("java-3.9", "java-2", "13:11", "there is no client profile `java-2`", "java-4.3"),
        ("\"min.insync.replicas\" = 2", "\"min.insync.replica\" = 2", "9:12", "is no topic key", "did you mean `min.insync.replicas`?"),
        ("\"min.insync.replicas\" = 2", "\"min.insync.replicas\" = 0", "9:36", "must be 1 or more", "Kafka's default is 1"),
        ("records.lost = 0", "records.lsot = 0", "4:11", "`lsot` is not there", "did you mean `lost`?"),
        ("name = \"orders\"", "nome = \"orders\"", "7:1", "`nome` is no key of [topic]", "did you mean `name`?"),
        (
            "name = \"app\"",
            "name = \"app\"\nconfig = { \"delivery.timeout.ms\" = 1000 }",
            "13:36",
            "linger.ms + request.timeout.ms is 30000",
            "30000 or more",
        ),
        (
            "name = \"app\"",
            "name = \"app\"\nconfig = { \"enable.idempotence\" = true, acks = 1 }",
            "13:35",
            "acks is not all",
            "the java producer refuses",
        ),
        ("[[topic]]", "[cluster]\ncontrollers = 2\n[[topic]]", "7:15", "a quorum of 2 controllers", "1, 3 or 5"),
        (
            "[[topic]]",
            "[config]\n\"replica.lag.time.max.ms\" = 400\n[[topic]]",
            "7:29",
            "replica.fetch.wait.max.ms is 500ms, above replica.lag.time.max.ms of 400ms",
            "refuses to start",
        ),
        ("[[topic]]", "[network]\ntls = \"2.0\"\n[[topic]]", "7:7", "`2.0` is not known here", "1.2 or 1.3"),
        ("[[topic]]", "[costs]\nproduce = \"about 1ms\"\n[[topic]]", "7:11", "no duration", "percentiles("),
        ("[[client]]", "[[client]]\nplace = \"moon\"", "12:9", "there is no place `moon`", "the places are lan"),
    ] {
        let told = bad(old, new);
        assert!(told.contains(message) && told.contains(help) && told.contains(place), "{new}: {told}");
    }
}

#[test]
fn the_same_topic_twice_would_be_the_same_partitions_twice() {
    let twice = format!("{SMALL}\n[[topic]]\nname = \"orders\"\npartitions = 1\n");
    assert_eq!(mistakes(&twice, &[]), ["17:8 there are two topics `orders` / each partition may stand once: join the two or rename one"]);
}

#[test]
fn an_empty_file_is_told_where_to_begin() {
    for empty in ["", "\n# nothing yet\n"] {
        assert_eq!(mistakes(empty, &[]), ["1:1 the scenario is empty / `kafkasim show rolling-restart` prints a scenario to begin with"]);
    }
    assert!(mistakes("name = \"x\"", &[])[0].contains("there is no topic"));
}

#[test]
fn several_mistakes_are_told_at_once_in_their_order() {
    let text = SMALL.replace("\"1m\"", "\"1 fortnight\"").replace("broker 2", "broker 7").replace("rate = 18.0", "rate = -1\nratte = 3");
    let told = mistakes(&text, &[]);
    assert_eq!(told.len(), 4, "{told:#?}");
    for (told, part) in told.iter().zip(["2:12 `fortnight` is no unit", "3:31", "14:8 a rate of -1", "15:1 `ratte` is no key"]) {
        assert!(told.starts_with(part), "{told}");
    }
    let drawn = read(&text, &[]).unwrap_err().render(true);
    assert_eq!((drawn.matches("`fortnight` is no unit").count(), drawn.matches("`ratte` is no key").count()), (1, 1), "{drawn}");
}

#[test]
fn what_is_no_toml_is_said_so() {
    let told = mistakes("name = \"x\nduration = \"1m\"", &[]);
    assert!(told[0].starts_with("1:") && told[0].contains("this is no TOML"), "{told:?}");
    assert_eq!(
        mistakes("[topic]\nname = \"x\"\n", &[]),
        ["1:1 `topic` takes a list of tables, not [topic] / write it as [[topic]], with its keys below"]
    );
}

#[test]
fn kafka_keys_need_no_quotes_and_durations_may_have_their_unit() {
    let text = format!("{SMALL}\n[config]\nbroker.session.timeout.ms = \"6s\"\nreplica.lag.time.max.ms = 10000\n");
    let config = &read(&text, &[]).unwrap_or_else(|d| panic!("{d}")).spec.brokers[0].config;
    assert_eq!((config.broker_session_timeout, config.replica_lag_time_max), (Duration::from_secs(6), Duration::from_secs(10)));
}

#[test]
fn a_key_of_kafka_that_the_model_does_not_use_is_told_in_the_answer() {
    let scenario = read(&format!("{SMALL}\n[config]\nlog.retention.hours = 1\n"), &[]).unwrap_or_else(|d| panic!("{d}"));
    assert_eq!(scenario.notes, ["The broker key log.retention.hours has no effect: log storage."]);
}

#[test]
fn what_an_import_writes_is_a_scenario() {
    for text in [
        include_str!("../../tests/data/describe/4.3.1-broker-dead.txt"),
        include_str!("../../tests/data/describe/4.3.1-healthy.txt"),
        include_str!("../../tests/data/describe/4.3.1-killed.txt"),
    ] {
        let topics = import::Input { name: "describe.txt".to_owned(), text: text.to_owned() };
        let imported = import::import(&import::Sources { topics: Some(topics), ..import::Sources::default() }).unwrap();
        let scenario = read(&imported.scenario_toml, &[]).unwrap_or_else(|d| panic!("{d}"));
        assert!(scenario.assumed_rates && !scenario.spec.partitions.is_empty());
    }
}

#[test]
fn places_need_links_and_members_that_exist() {
    let far = format!("{SMALL}\n[[network.place]]\nname = \"far\"\nmembers = [\"client app\", \"client nobody\"]\n");
    let told = mistakes(&far, &[]);
    assert!(told[0].contains("no link leads from place `lan` to place `far`"), "{told:?}");
    assert!(told[1].contains("`client nobody` is nobody here"), "{told:?}");
    let near = far.replace(", \"client nobody\"", "") + "[[network.link]]\nbetween = [\"lan\", \"far\"]\nlatency = \"40ms\"\n";
    let spec = read(&near, &[]).unwrap_or_else(|d| panic!("{d}")).spec;
    let delay: Duration =
        spec.topology.route(spec.clients[0].node, spec.brokers[0].node).fold(Duration::ZERO, |sum, l| sum + l.latency.mean());
    assert_eq!(delay, Duration::from_micros(40_500));
}

#[test]
fn combined_mode_runs_controllers_in_the_brokers() {
    let text = format!("{SMALL}\n[cluster]\nbrokers = 4\ncontrollers = 3\ncombined = true\nracks = [\"a\", \"b\"]\n");
    let spec = read(&text, &[]).unwrap_or_else(|d| panic!("{d}")).spec;
    assert_eq!(spec.nodes.len(), 5);
    assert_eq!(
        spec.voters.iter().map(|v| (v.id, v.node, v.leads)).collect::<Vec<_>>(),
        [(1, spec.brokers[0].node, true), (2, spec.brokers[1].node, false), (3, spec.brokers[2].node, false)]
    );
    assert_eq!(spec.brokers[3].rack.as_deref(), Some("b"));
}

#[test]
fn a_run_that_would_take_too_long_is_refused_with_its_estimate() {
    let scenario = read(SMALL, &[set("client.app.rate", "1e6"), set("duration", "1h")]).unwrap();
    assert!(scenario.estimated_events() > 1e10);
    let told = scenario.check_size(MAX_EVENTS).unwrap_err();
    assert!(told.contains("--max-events") && told.contains("4.3e10"), "{told}");
    assert!(scenario.check_size(1e12).is_ok());
}

#[test]
fn every_scenario_of_the_catalogue_is_good_and_says_what_it_shows() {
    let names = catalogue::names();
    for wanted in ["rolling-restart", "broker-crash", "measured/kill", "measured/reassign"] {
        assert!(names.contains(&wanted), "{wanted}");
    }
    for name in names {
        let text = catalogue::find(name).expect("a listed scenario is there").to_owned();
        let scenario = load(&Source { name: name.to_owned(), text }, &[]).unwrap_or_else(|d| panic!("{d}"));
        assert!(scenario.about.len() > 40, "{name}");
        assert!(scenario.plan.next_at().is_some(), "{name}");
        assert!(scenario.check_size(1e8).is_ok(), "{name}: {}", scenario.estimated_events());
    }
}

#[test]
fn the_measured_cases_are_set_up_as_they_were() {
    for name in ["elect", "restart", "kill", "cut", "reassign"] {
        let path = format!("measured/{name}");
        let text = catalogue::find(&path).expect("a measured case").to_owned();
        let spec = load(&Source { name: path, text }, &[]).unwrap_or_else(|d| panic!("{d}")).spec;
        let led = |id| {
            let broker = spec.broker_by_id(id).expect("a broker");
            spec.partitions.iter().filter(|p| p.leader == Some(broker)).map(|p| p.index).collect::<Vec<_>>()
        };
        let broker = &spec.brokers[1];
        assert_eq!((broker.id, broker.cold), (102, name == "elect"), "{name}");
        assert_eq!(led(102), if name == "elect" { vec![] } else { vec![1, 4, 7, 10] }, "{name}");
        assert_eq!(spec.broker_by_id(104).is_some(), name == "reassign");
        assert_eq!(broker.config.auto_leader_rebalance_enable, name == "restart");
        assert!(spec.partitions.iter().all(|p| p.replicas.len() == 3 && p.isr.len() == 3));
        assert!(spec.clients.iter().all(|c| c.workload().unwrap().rate == 18.0 && c.acks() == Some(Acks::All)));
        assert_eq!((spec.clients.len(), spec.voters[0].id, spec.topics[0].config.min_insync_replicas), (8, 1, 2));
        assert!(broker.costs.name.starts_with("measured"));
    }
}

#[test]
fn every_variant_of_a_seed_meets_the_same_random_faults() {
    let text = with("at 10s kill broker 2 for 25s", "random kill,pause of brokers every 5s for 2s");
    let plan = |changes: &[Override]| format!("{:?}", read(&text, changes).unwrap_or_else(|d| panic!("{d}")).plan);
    let seed = Override::Seed("7".to_owned());
    assert_eq!(plan(std::slice::from_ref(&seed)), plan(&[seed.clone(), set("linger.ms", "0"), set("client.app.rate", "99")]));
    assert_ne!(plan(&[seed]), plan(&[Override::Seed("8".to_owned())]));
}

#[test]
fn the_manual_explains_every_key_of_the_schema() {
    fn keys(schema: &serde_json::Value, all: &mut Vec<String>) {
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            all.push(name.clone());
            keys(inner, all);
            keys(&inner["items"], all);
        }
    }
    let mut all = Vec::new();
    keys(&schema(), &mut all);
    let manual = include_str!("../../docs/SCENARIOS.md");
    let missing: Vec<&String> = all.iter().filter(|key| !manual.contains(&format!("`{key}`"))).collect();
    assert!(all.len() > 60 && missing.is_empty(), "{missing:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_damage_to_a_file_makes_its_reader_fall_over(
        which in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 0_usize..30,
        put in "[-a-z0-9\"\\[\\]{}=.,#\n ]{0,6}|-1|0|99999999999999999999|1e308|true|\"\"|\\[\\]",
    ) {
        let names = catalogue::names();
        let text: Vec<char> = catalogue::find(names[which.index(names.len())]).expect("it is listed").chars().collect();
        let from = from.index(text.len());
        let end = (from + length).min(text.len());
        let damaged: String = text[..from].iter().copied().chain(put.chars()).chain(text[end..].iter().copied()).collect();
        match read(&damaged, &[]) {
            Ok(scenario) => prop_assert!(read(&scenario.canonical, &[]).is_ok(), "{}", scenario.canonical),
            Err(found) => prop_assert!(found.iter().all(|d| !d.message.is_empty() && !d.help.is_empty() && !found.to_string().is_empty())),
        }
    }
}
