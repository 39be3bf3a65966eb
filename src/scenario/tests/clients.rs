//! Stories of clients: whose keys they take, what their library refuses, and profiles of a scenario's own.

use super::*;
use crate::kafka::config::{Key, Kind, counterparts};
use crate::model::client::profile::Library;
use crate::model::client::profiles;
use crate::model::spec::ClientSpec;
use crate::scenario::keys::Scope;

/// The small scenario whose client has these lines too.
fn app(lines: &str) -> String {
    with("rate = 18.0", lines)
}

fn client(text: &str) -> ClientSpec {
    read(text, &[]).unwrap_or_else(|d| panic!("{d}")).spec.clients[0].clone()
}

fn value(client: &ClientSpec, key: &str) -> String {
    client.config.get(key).unwrap_or_else(|| panic!("no {key}"))
}

fn policy(client: &ClientSpec, key: &str) -> String {
    client.profile.policies.iter().find(|p| p.key == key).map(|p| p.value.to_string()).unwrap_or_default()
}

#[track_caller]
fn refused(text: &str, words: &[&str]) {
    let told = mistakes(text, &[]);
    assert_eq!(told.len(), 1, "{told:?}");
    for word in words {
        assert!(told[0].contains(word), "{word:?} is missing in {told:?}");
    }
}

#[test]
fn a_consumer_is_told_by_its_role_or_by_a_key_that_only_consumers_have() {
    let reader =
        app("role = \"consumer\"\nprocessing = \"uniform(1ms, 3ms)\"\nstart = \"5s\"\nconfig = { \"fetch.max.wait.ms\" = \"250ms\" }");
    let reader = client(&reader);
    let consumption = reader.consumption().expect("it reads");
    assert_eq!((reader.workload().is_none(), consumption.from_beginning, consumption.start), (true, false, Duration::from_secs(5)));
    assert_eq!(consumption.processing.mean(), Duration::from_millis(2));
    assert_eq!(value(&reader, "fetch.max.wait.ms"), "250");
    // What its release has by default, and not the table.
    assert_eq!(value(&reader, "metadata.recovery.strategy"), "none");
    assert_eq!(value(&reader, "enable.auto.commit"), "false", "without a group nothing is committed");
    assert!(client(&app("from = \"beginning\"")).consumption().expect("it reads").from_beginning);
}

#[test]
fn a_group_is_refused_where_the_model_has_none_of_the_library() {
    let member = app("role = \"consumer\"\ngroup = \"g\"").replace("java-3.9", "kafkajs-2.2");
    refused(&member, &["the model has no groups of kafkajs", "leave `group` away"]);
}

#[test]
fn a_key_of_the_other_role_is_refused() {
    assert_eq!(
        mistakes(&app("rate = 18.0\nfrom = \"end\"\npartitioning = \"sticky\""), &[]),
        [
            "14:8 client `app` is a consumer, and `rate` is a key of a producer / take `rate` away, or write role = \"producer\"",
            "16:16 client `app` is a consumer, and `partitioning` is a key of a producer / take `partitioning` away, or write role = \"producer\"",
        ]
    );
    refused(
        &app("role = \"producer\"\nprocessing = \"1ms\""),
        &["15:14", "client `app` is a producer, and `processing` is a key of a consumer", "role = \"consumer\""],
    );
    refused(
        &app("role = \"consumer\"\nconfig = { \"max.poll.record\" = 7 }"),
        &["`max.poll.record` is no java consumer key", "did you mean `max.poll.records`"],
    );
    // Java's consumer knows the key and ignores it, as the answer says.
    let scenario = read(&app("role = \"consumer\"\nconfig = { \"linger.ms\" = 5 }"), &[]).unwrap_or_else(|d| panic!("{d}"));
    assert!(scenario.notes.iter().any(|n| n.contains("The java consumer key linger.ms has no effect")), "{:?}", scenario.notes);
}

#[test]
fn what_the_library_refuses_is_refused_by_its_own_rule_in_its_own_release() {
    refused(
        &app("config = { \"delivery.timeout.ms\" = \"20s\" }"),
        &["14:36", "`delivery.timeout.ms` is 20000 but linger.ms + request.timeout.ms is 30000", "the java producer refuses this"],
    );
    assert_eq!(value(&client(&app("config = { \"request.timeout.ms\" = \"3m\" }")), "delivery.timeout.ms"), "180000", "raised by default");
    refused(&app("config = { \"enable.idempotence\" = true, acks = 1 }"), &["acks is not all"]);
    assert_eq!(value(&client(&app("config = { acks = 1 }")), "enable.idempotence"), "false", "silently off where it is the default");
    refused(
        &app("config = { \"buffer.memory\" = 10000 }"),
        &["`batch.size` is 16384 but `buffer.memory` is 10000", "every send() fails", "well below"],
    );
    refused(
        &app("config = { \"kgo.RecordDeliveryTimeout\" = \"3 * time.Millisecond\" }").replace("java-3.9", "franz-go-1.22"),
        &["`kgo.RecordDeliveryTimeout` is 3 ms", "1000 ms or more, or to 0"],
    );
    // More in flight: off in 3.x, refused in 4.x.
    let many = app("config = { \"max.in.flight.requests.per.connection\" = 6 }");
    assert_eq!(value(&client(&many), "enable.idempotence"), "false");
    refused(
        &many.replace("java-3.9", "java-4.0"),
        &["14:54", "`max.in.flight.requests.per.connection` is 6 with idempotence", "5 or less"],
    );
    refused(
        &app("role = \"consumer\"\nconfig = { \"heartbeat.interval.ms\" = 50000 }"),
        &["`heartbeat.interval.ms` is 50000 and `session.timeout.ms` is 45000", "a third"],
    );
    refused(&app("role = \"consumer\"\nconfig = { \"enable.auto.commit\" = true }"), &["in no group", "give the client a `group`"]);
}

#[test]
fn a_broker_key_in_a_client_is_told_where_it_belongs() {
    refused(&app("config = { \"num.io.threads\" = 4 }"), &["`num.io.threads` is a key of broker", "it is a broker key: set it there"]);
    refused(&app("config = { \"max.poll.recordss\" = 4 }"), &["is no java producer key"]);
}

/// The small scenario with these sections above its client, which is of the profile `ours`.
fn ours(sections: &str) -> String {
    with("profile = \"java-3.9\"", "profile = \"ours\"").replace("[[client]]", &format!("{sections}\n[[client]]"))
}

const OURS: &str = "[[profile]]\nname = \"ours\"\nbase = \"java-4.3\"\n[profile.policies]\n\"metadata.leader-hints\" = false\n\
    [profile.defaults]\n\"linger.ms\" = \"20ms\"\n\"fetch.max.wait.ms\" = 100\n";

#[test]
fn a_profile_of_its_own_starts_from_a_built_in_one() {
    let app = client(&ours(OURS));
    assert_eq!((app.profile.name.as_ref(), policy(&app, "metadata.leader-hints").as_str()), ("ours", "false"));
    assert_eq!((policy(&app, "metadata.rebootstrap").as_str(), value(&app, "linger.ms").as_str()), ("no-node-or-trigger", "20"));
    let reader = client(&ours(OURS).replace("rate = 18.0", "role = \"consumer\""));
    assert_eq!(value(&reader, "fetch.max.wait.ms"), "100", "each role takes the defaults that it has");
    let own = client(&ours(OURS).replace("rate = 18.0", "config = { \"linger.ms\" = 7 }\npolicies = { \"metadata.leader-hints\" = true }"));
    assert_eq!(
        (value(&own, "linger.ms").as_str(), policy(&own, "metadata.leader-hints").as_str()),
        ("7", "true"),
        "the client's own count"
    );

    let scenario = read(&ours(OURS), &[]).unwrap();
    assert!(scenario.notes.iter().any(|n| n == "Profile ours is java-4.3 with metadata.leader-hints = false."), "{:?}", scenario.notes);
    let again = read(&scenario.canonical, &[]).unwrap_or_else(|d| panic!("{d}\n{}", scenario.canonical));
    assert_eq!((again.canonical, again.digest), (scenario.canonical, scenario.digest));
}

#[test]
fn a_profile_can_stand_on_another_one_of_the_scenario() {
    let above = format!("[[profile]]\nname = \"theirs\"\nbase = \"ours\"\npolicies = {{ \"retry.exponential\" = false }}\n{OURS}");
    let app = client(&ours(&above).replace("profile = \"ours\"", "profile = \"theirs\""));
    assert_eq!(policy(&app, "metadata.leader-hints") + &policy(&app, "retry.exponential"), "falsefalse");
    assert_eq!((app.profile.name.as_ref(), value(&app, "linger.ms").as_str()), ("theirs", "20"));
}

#[test]
fn a_profile_that_cannot_be_is_told_once() {
    let own = |name: &str, base: &str| format!("[[profile]]\nname = \"{name}\"\nbase = \"{base}\"\n");
    refused(&ours(&own("ours", "ours")), &["13:8", "profile `ours` is its own base", "base = \"java-4.3\""]);
    refused(&ours(&(own("ours", "a") + &own("a", "b") + &own("b", "ours"))), &["profile `ours` is its own base, through a, b"]);
    refused(&ours(&own("ours", "java-2.8")), &["13:8", "there is no client profile `java-2.8`", "java-3.6.0", "java-4.3 (4.0 to 4.3)"]);
    refused(&ours(&own("ours", "jova-4.3")), &["13:8", "did you mean `java-4.3`?"]);
    refused(&ours(&(own("ours", "java-4.3") + &own("java-3.9", "java-4.3"))), &["there is a built-in profile `java-3.9`"]);
    refused(&ours(&(own("ours", "java-4.3") + &own("ours", "java-3.9"))), &["there are two profiles `ours`"]);
    refused(
        &ours(&(own("ours", "java-4.3") + "[profile.policies]\n\"metadata.leader-hint\" = false\n")),
        &["`metadata.leader-hint` is no behaviour of java", "did you mean `metadata.leader-hints`?"],
    );
    refused(
        &ours(&(own("ours", "java-4.3") + "[profile.policies]\n\"metadata.rebootstrap\" = \"sometimes\"\n")),
        &["`metadata.rebootstrap` takes one of never, no-node, no-node-or-trigger, not `sometimes`"],
    );
    refused(&ours(&(own("ours", "java-4.3") + "[profile.defaults]\n\"linger.ms\" = -1\n")), &["`linger.ms` must be 0 or more"]);
}

#[test]
fn a_behaviour_of_one_client_is_switched_and_told() {
    let scenario = read(&app("policies = { \"metadata.leader-hints\" = \"false\" }"), &[]).unwrap_or_else(|d| panic!("{d}"));
    let app = &scenario.spec.clients[0];
    assert_eq!((app.profile.name.as_ref(), policy(app, "metadata.leader-hints").as_str()), ("java-3.9, changed", "false"));
    assert!(scenario.notes.iter().any(|n| n == "Client app is java-3.9 with metadata.leader-hints = false."), "{:?}", scenario.notes);
    let same = client(&super::with("rate = 18.0", "policies = { \"metadata.leader-hints\" = true }"));
    assert_eq!(same.profile.name, "java-3.9", "what it does anyhow is no change");
}

#[test]
fn a_change_from_outside_reaches_profiles_behaviours_and_the_clients_that_have_the_key() {
    let text = format!("{}\n[[client]]\nname = \"reader\"\nrole = \"consumer\"\n", ours(OURS));
    let changes = [
        set("profile.ours.defaults.linger.ms", "9"),
        set("profile.ours.policies.retry.exponential", "false"),
        set("client.reader.policies.metadata.leader-hints", "false"),
        set("acks", "1"),
        set("request.timeout.ms", "5s"),
        set("fetch.min.bytes", "7"),
    ];
    let scenario = read(&text, &changes).unwrap_or_else(|d| panic!("{d}"));
    let [app, reader] = scenario.spec.clients.as_slice() else { panic!("two clients") };
    assert_eq!((value(app, "linger.ms").as_str(), policy(app, "retry.exponential").as_str()), ("9", "false"));
    assert_eq!((value(app, "acks").as_str(), value(reader, "fetch.min.bytes").as_str()), ("1", "7"));
    assert_eq!((value(app, "request.timeout.ms"), value(reader, "request.timeout.ms")), ("5000".to_owned(), "5000".to_owned()));
    assert_eq!(policy(reader, "metadata.leader-hints"), "false");
    assert!(scenario.notes.iter().all(|n| !n.contains("no effect")), "{:?}", scenario.notes);
    let none = mistakes(SMALL, &[set("fetch.min.bytes", "7")]);
    assert!(none[0].contains("`fetch.min.bytes` is a key of java consumer") && none[0].contains("no such client"), "{none:?}");
}

/// One client of a profile with this configuration, beside a producer.
fn one(profile: &str, consumer: bool, config: &str) -> String {
    let role = if consumer { "consumer" } else { "producer" };
    format!(
        "duration = \"1m\"\n[[topic]]\nname = \"t\"\npartitions = 1\n[[client]]\nname = \"app\"\nprofile = \"{profile}\"\nrole = \"{role}\"\n[client.config]\n{config}"
    )
}

#[test]
fn every_key_of_every_library_can_be_written_at_its_default() {
    for profile in profiles::all() {
        for consumer in [false, true] {
            let Some(config) = profile.config(consumer) else { continue };
            let scope = Scope::Client { library: profile.library, consumer };
            let unit = |key: &Key| if scope.writes_units() && key.kind == Kind::Millis { "ms" } else { "" };
            let line = |key: &Key| format!("\"{}\" = \"{}{}\"\n", key.name, config.get(key.name).unwrap(), unit(key));
            // Java refuses it without a group.
            let keys = || scope.keys().filter(|key| key.name != "enable.auto.commit");
            let client = client(&one(&profile.name, consumer, &keys().map(line).collect::<String>()));
            for key in keys() {
                assert_eq!(client.config.get(key.name), config.get(key.name), "{} {}", profile.name, key.name);
            }
        }
    }
}

#[test]
fn a_key_of_another_library_is_refused_with_the_right_one() {
    for (mine, theirs) in Library::ALL.into_iter().flat_map(|a| Library::ALL.map(|b| (a, b))).filter(|(a, b)| a != b) {
        let age = |library: Library| counterparts::concept("java", "metadata.max.age.ms").and_then(|c| c.of(library.names().0)).unwrap();
        let profile = profiles::all().iter().find(|p| p.library == mine).expect("every library has a profile");
        let scope = Scope::Client { library: mine, consumer: false };
        assert!(scope.key(age(mine)).is_some(), "{mine:?} models the age of metadata");
        let told = match read(&one(&profile.name, false, &format!("\"{}\" = \"5m\"\n", age(theirs))), &[]) {
            Err(found) => found.to_string(),
            // librdkafka has a key of Java's name, which means something else.
            Ok(_) => continue,
        };
        assert!(told.contains(&format!("`{}` is a key of ", age(theirs))), "{told}");
        assert!(told.contains(theirs.names().0) && told.contains(&format!("write `{}`", age(mine))), "{told}");
    }
}

#[test]
fn one_setting_has_several_names_in_librdkafka_and_others_follow_it() {
    let app = client(&one(
        "librdkafka-2.16",
        false,
        "\"queue.buffering.max.ms\" = 20\n\"retry.backoff.ms\" = 50\n\"enable.idempotence\" = true\n",
    ));
    let values =
        ["linger.ms", "topic.metadata.refresh.fast.interval.ms", "max.in.flight.requests.per.connection"].map(|key| value(&app, key));
    assert_eq!(values, ["20", "50", "5"], "what nobody set follows what somebody did");
    let age = client(&one("librdkafka-2.16", true, "\"topic.metadata.refresh.interval.ms\" = \"1m\"\n"));
    assert_eq!(value(&age, "metadata.max.age.ms"), "180000");
    let twice = one("librdkafka-2.16", false, "\"queue.buffering.max.ms\" = 20\n\"linger.ms\" = 5\n");
    refused(&twice, &["are two names of one setting", "set it once"]);
    let text = one("librdkafka-2.16", false, "\"queue.buffering.max.ms\" = 20\n");
    let changed = read(&text, &[set("linger.ms", "7")]).unwrap_or_else(|d| panic!("{d}"));
    assert_eq!(value(&changed.spec.clients[0], "linger.ms"), "7", "a change takes the place of every name");
    refused(&one("librdkafka-2.16", false, "\"enable.idempotence\" = true\nacks = 1\n"), &["`acks` is 1 with `enable.idempotence`"]);
    refused(&one("librdkafka-2.16", false, "\"message.timeout.ms\" = 10\n\"linger.ms\" = 20\n"), &["`message.timeout.ms` is 10"]);
    let reader = read(&one("librdkafka-2.16", true, "\"linger.ms\" = 7\n"), &[]).unwrap_or_else(|d| panic!("{d}"));
    assert!(reader.notes.iter().any(|n| n.contains("The librdkafka consumer key linger.ms has no effect")), "{:?}", reader.notes);
}

#[test]
fn a_go_time_needs_its_unit_and_sarama_sets_nothing_along_with_idempotence() {
    let profile = profiles::all().iter().rfind(|p| p.library.names().0 == "sarama").expect("there is sarama").name.as_ref();
    let app = client(&one(profile, false, "\"Net.DialTimeout\" = \"5 * time.Second\"\n\"Metadata.Timeout\" = 0\n"));
    assert_eq!((value(&app, "Net.DialTimeout").as_str(), value(&app, "Metadata.Timeout").as_str()), ("5000", "0"));
    refused(&one(profile, false, "\"Net.DialTimeout\" = 5000\n"), &["is a time.Duration", "write its unit"]);
    let found = mistakes(&one(profile, false, "\"Producer.Idempotent\" = true\n"), &[]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.iter().any(|m| m.contains("`Producer.RequiredAcks` is WaitForLocal"))
            && found.iter().any(|m| m.contains("Net.MaxOpenRequests"))
    );
    client(&one(
        profile,
        false,
        "\"Producer.Idempotent\" = true\n\"Producer.RequiredAcks\" = \"WaitForAll\"\n\"Net.MaxOpenRequests\" = 1\n",
    ));
}
