use super::*;
use toml::{Table, Value};

const HEALTHY: &str = include_str!("../../../tests/data/describe/4.3.1-healthy.txt");
const DEAD: &str = include_str!("../../../tests/data/describe/4.3.1-broker-dead.txt");
const QUORUM: &str = include_str!("../../../tests/data/quorum/4.3.1.txt");

fn input(name: &str, text: &str) -> Input {
    Input { name: name.to_owned(), text: text.to_owned() }
}

fn described(text: &str) -> Sources {
    Sources { topics: Some(input("topics.txt", text)), ..Sources::default() }
}

fn client(text: &str) -> Sources {
    Sources { clients: vec![("app".to_owned(), input("app.properties", text))], ..described(HEALTHY) }
}

fn good(sources: &Sources) -> (Imported, Table) {
    let imported = import(sources).unwrap();
    let table = imported.scenario_toml.parse::<Table>().unwrap_or_else(|e| panic!("{e}\n{}", imported.scenario_toml));
    // What was written is what the scenario's own reader takes, and it starts from a legal state.
    let source = crate::scenario::Source { name: "imported.toml".to_owned(), text: imported.scenario_toml.clone() };
    let scenario = crate::scenario::load(&source, &[]).unwrap_or_else(|e| panic!("{}\n{}", e.render(false), imported.scenario_toml));
    assert!(scenario.spec.partitions.iter().all(|p| p.leader.is_none_or(|l| p.isr.contains(&l) && scenario.spec.brokers[l.index()].up)));
    (imported, table)
}

fn ints(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|v| v.as_integer().unwrap()).collect()
}

fn says(sentences: &[String], part: &str) -> bool {
    sentences.iter().any(|s| s.contains(part))
}

#[test]
fn the_cluster_with_a_dead_broker_starts_as_it_was_found() {
    let sources = Sources { quorum: Some(input("quorum.txt", QUORUM)), ..described(DEAD) };
    let (imported, scenario) = good(&sources);
    assert_eq!(ints(&scenario["cluster"]["broker_ids"]), [101, 102, 103]);
    assert_eq!(ints(&scenario["cluster"]["controller_ids"]), [1]);
    let broker = &scenario["broker"][0];
    assert_eq!((broker["id"].as_integer(), broker["up"].as_bool()), (Some(102), Some(false)));
    assert!(says(&imported.assumed, "broker 102 has replicas but is in no ISR with a leader; it is down at the start"));
    let orders = &scenario["topic"][2];
    assert_eq!(orders["name"].as_str(), Some("orders-v2"));
    assert_eq!(ints(&orders["assignment"][2]), [102, 103, 101]);
    assert_eq!(ints(&orders["leaders"]), [103, 101, 103, 103, 103, 101]);
    assert_eq!(ints(&orders["isr"][1]), [101, 103]);
    let single = &scenario["topic"][0];
    assert_eq!(ints(&single["isr"][1]), Vec::<i64>::new());
    assert_eq!((ints(&single["leaders"]), ints(&single["elr"][1])), (vec![101, -1], vec![102]));
    assert_eq!(single["config"]["min.insync.replicas"].as_integer(), Some(2));
    assert!(says(&imported.not_modelled, "topics: retention and compaction (retention.ms)"));
    assert_eq!(scenario["assumed_rates"].as_bool(), Some(true));
    let app = &scenario["client"][0];
    assert_eq!((app["name"].as_str(), app["rate"].as_float()), (Some("app"), Some(30.0)));
    assert_eq!(scenario["notes"].as_array().unwrap().len(), imported.assumed.len() + imported.not_modelled.len());
}

/// After reassignments and restarts an ISR has another order than its replicas: the first of it need not lead.
#[test]
fn a_leader_that_is_not_first_in_its_isr_is_said() {
    let text = "Topic: t\tTopicId: pHomPB73TS-FmhM0lcN-Mw\tPartitionCount: 1\tReplicationFactor: 2\tConfigs: \n\
        \tTopic: t\tPartition: 0\tLeader: 2\tReplicas: 2,1\tIsr: 1,2\tElr: \tLastKnownElr: \n";
    let (_, scenario) = good(&described(text));
    assert_eq!((ints(&scenario["topic"][0]["leaders"]), ints(&scenario["topic"][0]["isr"][0])), (vec![2], vec![1, 2]));
    let (_, scenario) = good(&described(HEALTHY));
    assert!(scenario["topic"][2].get("leaders").is_none() && scenario["topic"][2].get("isr").is_none());
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let text = import(&described(HEALTHY)).unwrap().scenario_toml;
    assert_eq!(import(&described(HEALTHY)).unwrap().scenario_toml, text);
}

#[test]
fn settings_common_to_all_brokers_are_said_once_and_the_others_at_their_broker() {
    let file = |id: u32, own: &str| {
        let text = format!(
            "process.roles=broker,controller\nnode.id={id}\nbroker.rack=r{id}\nlog.dirs=/data\ncontroller.quorum.voters=1@a:9093,2@b:9093,3@c:9093\n\
             listeners=PLAINTEXT://:9092\nadvertised.listeners=PLAINTEXT://kafka{id}:9092\nbroker.session.timeout.ms=6000\n{own}"
        );
        input(&format!("server-{id}.properties"), &text)
    };
    let brokers = vec![file(3, ""), file(1, "num.io.threads = 4\n"), file(2, "")];
    let clients = vec![("app".to_owned(), input("app.properties", "bootstrap.servers=kafka2:9092, kafka3:9092\nacks=all\nlinger.ms=0\n"))];
    let sources = Sources { brokers, clients, racks: Some("3=west # moved\n".to_owned()), ..Sources::default() };
    let (imported, scenario) = good(&sources);
    assert_eq!(ints(&scenario["cluster"]["broker_ids"]), [1, 2, 3]);
    assert_eq!((scenario["cluster"]["combined"].as_bool(), scenario["cluster"]["controllers"].as_integer()), (Some(true), Some(3)));
    assert_eq!(scenario["config"]["broker.session.timeout.ms"].as_integer(), Some(6000));
    assert!(scenario["config"].get("num.io.threads").is_none());
    assert_eq!(scenario["broker"][0]["config"]["num.io.threads"].as_integer(), Some(4));
    assert_eq!((scenario["broker"][1]["rack"].as_str(), scenario["broker"][2]["rack"].as_str()), (Some("r2"), Some("west")));
    assert_eq!(ints(&scenario["client"][0]["bootstrap"]), [2, 3]);
    assert!(says(&imported.not_modelled, "brokers: log storage (log.dirs)"));
    assert!(says(&imported.assumed, "12 partitions with 3 replicas, because no description was given"));
}

#[test]
fn a_controllers_own_file_decides_what_controllers_run_with() {
    let controller = input("controller.properties", "process.roles=controller\nnode.id=3000\nbroker.session.timeout.ms=18000\n");
    let broker = input("broker.properties", "process.roles=broker\nnode.id=1\n");
    let (_, scenario) = good(&Sources { brokers: vec![broker, controller], ..Sources::default() });
    assert_eq!(ints(&scenario["cluster"]["broker_ids"]), [1]);
    assert_eq!(ints(&scenario["cluster"]["controller_ids"]), [3000]);
    assert_eq!(scenario["config"]["broker.session.timeout.ms"].as_integer(), Some(18000));
    assert_eq!(scenario["broker"][0]["config"]["broker.session.timeout.ms"].as_integer(), Some(9000));
}

#[test]
fn an_old_zookeeper_cluster_is_read_and_the_difference_is_said() {
    let text = "Topic: t\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: \n\tTopic: t\tPartition: 0\tLeader: 0\tReplicas: 0,1\tIsr: 0\n\
        \tTopic: t\tPartition: 1\tLeader: none\tReplicas: 1,2\tIsr: \n";
    let (imported, scenario) = good(&described(text));
    assert_eq!(scenario["kafka"].as_str(), Some("3.7"));
    assert!(says(&imported.assumed, "KRaft is simulated"));
    assert_eq!(ints(&scenario["topic"][0]["isr"][1]), [1], "an ISR is never empty before 4.1");
    assert!(says(&imported.assumed, "brokers 1, 2 have replicas but are in no ISR with a leader; they are down"));
}

#[test]
fn a_broker_that_only_stands_in_the_isr_of_a_leaderless_partition_is_down() {
    let text = "Topic: t\tTopicId: pHomPB73TS-FmhM0lcN-Mw\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: \n\
        \tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n\tTopic: t\tPartition: 1\tLeader: none\tReplicas: 2\tIsr: 2\n";
    let (_, scenario) = good(&described(text));
    assert_eq!((scenario["broker"][0]["id"].as_integer(), scenario["broker"][0]["up"].as_bool()), (Some(2), Some(false)));
    assert_eq!(ints(&scenario["topic"][0]["isr"][1]), [2]);
}

#[test]
fn loads_are_split_over_the_clients() {
    let one = |name: &str| (name.to_owned(), input(name, "# client: java-3.9\n"));
    let loads = vec![("orders-v2".to_owned(), 90.0), ("single".to_owned(), 30.0), ("payments.eu".to_owned(), 30.0)];
    let sources = Sources { clients: vec![one("a"), one("b")], loads, kafka: Some("3.9.1".to_owned()), ..described(HEALTHY) };
    let (imported, scenario) = good(&sources);
    let clients = scenario["client"].as_array().unwrap();
    let shown: Vec<_> = clients.iter().map(|c| (c["name"].as_str().unwrap(), c["rate"].as_float().unwrap())).collect();
    assert_eq!(shown, [("a", 45.0), ("a-2", 30.0), ("b", 45.0), ("b-2", 30.0)]);
    assert_eq!(clients[1]["topics"].as_array().unwrap().len(), 2);
    assert_eq!(clients[0]["profile"].as_str(), Some("java-3.9"));
    assert_eq!((scenario["assumed_rates"].as_bool(), scenario["kafka"].as_str()), (Some(false), Some("3.9")));
    assert!(says(&imported.assumed, "one producer for each rate"));

    let typo = Sources { loads: vec![("orders-v3".to_owned(), 1.0), ("single".to_owned(), f64::NAN)], ..described(HEALTHY) };
    let errors = import(&typo).unwrap_err();
    assert_eq!((errors[0].0.as_str(), errors[0].1.help.as_str()), ("--load", "did you mean `orders-v2`?"));
    assert!(errors[1].1.message.contains("NaN is no load"));
}

#[test]
fn kafkas_own_topics_are_kept_but_nothing_writes_to_them() {
    let own = HEALTHY.replace("single", "__consumer_offsets");
    let (_, scenario) = good(&described(&own));
    assert_eq!(scenario["topic"].as_array().unwrap().len(), 3);
    let topics: Vec<_> = scenario["client"][0]["topics"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
    assert_eq!(topics, ["payments.eu", "orders-v2"]);
}

#[test]
fn a_duration_where_kafka_wants_a_number_is_an_error_with_its_place_and_remedy() {
    let errors = import(&client("acks=all\n  linger.ms = 5ms\nrequest.timeout.ms=30s\nbatch.size=64KB\nretries=many\n")).unwrap_err();
    let shown: Vec<_> = errors.iter().map(|(file, e)| (file.as_str(), e.line, e.column, e.length)).collect();
    let file = "app.properties";
    assert_eq!(shown, [(file, 2, 15, 3), (file, 3, 20, 3), (file, 4, 12, 4), (file, 5, 9, 4)]);
    assert_eq!(errors[0].1.message, "`linger.ms` takes a whole number of milliseconds, not `5ms`");
    let helps: Vec<_> = errors.iter().map(|(_, e)| e.help.split(':').next().unwrap()).collect();
    let retries = "write for example `retries=2147483647`, Kafka's default";
    assert_eq!(helps, ["write `linger.ms=5`", "write `request.timeout.ms=30000`", "write `batch.size=65536`", retries]);
}

#[test]
fn how_clients_connect_becomes_the_network_of_the_scenario() {
    let (_, scenario) = good(&client("security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nssl.enabled.protocols=TLSv1.2\n"));
    assert_eq!((scenario["network"]["tls"].as_str(), scenario["network"]["sasl"].as_str()), (Some("1.2"), Some("scram")));
    let (imported, scenario) = good(&client("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\n"));
    assert!(scenario.get("network").is_none());
    assert!(says(&imported.not_modelled, "handshake is not counted (OAUTHBEARER)"));
}

#[test]
fn a_misspelt_key_is_an_error_and_a_foreign_one_a_note() {
    let errors = import(&client("metadata.max.age=30000\n")).unwrap_err();
    assert_eq!(errors[0].1.help, "did you mean `metadata.max.age.ms`?");
    let (imported, _) = good(&client(
        "key.serializer=x.StringSerializer\nmy.interceptor.flavour=3\nsasl.jaas.config=secret\nkafkasim.profile=java-3.6.2\n",
    ));
    assert!(says(&imported.not_modelled, "clients: not a key that Kafka knows (my.interceptor.flavour)"));
    assert!(imported.scenario_toml.contains("profile = \"java-3.6.2\"") && !imported.scenario_toml.contains("secret"));
    let errors = import(&client("kafkasim.profile=java-2.8\n")).unwrap_err();
    assert_eq!((errors[0].1.line, errors[0].1.column), (1, 18));
}

#[test]
fn the_mistakes_of_all_files_come_at_once() {
    let cut = &HEALTHY[..HEALTHY.len() - 40];
    let sources = Sources {
        brokers: vec![input("a", "num.io.threads=0\nnode.id=1"), input("b", "broker.id=-1"), input("c", "log.dirs=c:\\users\n")],
        quorum: Some(input("quorum.txt", "")),
        racks: Some("101=a,nonsense".to_owned()),
        kafka: Some("0.8".to_owned()),
        ..described(cut)
    };
    let errors = import(&sources).unwrap_err();
    let files: BTreeSet<&str> = errors.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files, BTreeSet::from(["a", "b", "c", "quorum.txt", "racks", "topics.txt", "--kafka"]));
    let rack = &errors.iter().find(|(file, _)| file == "racks").unwrap().1;
    assert_eq!((rack.line, rack.column, rack.message.as_str()), (1, 7, "`nonsense` is no broker with its rack"));
}

#[test]
fn a_filtered_description_or_none_at_all_is_refused() {
    let filtered = include_str!("../../../tests/data/describe/4.3.1-under-replicated.txt");
    assert!(import(&described(filtered)).unwrap_err()[0].1.message.contains("filtered description"));
    assert!(import(&Sources::default()).unwrap_err()[0].1.message.contains("no source names a broker"));
    assert_eq!(import(&described("")).unwrap_err()[0].1.message, "the text is empty");
}

#[test]
fn ten_thousand_partitions_are_written_compactly() {
    let mut text = String::new();
    for t in 0..100 {
        text.push_str(&format!(
            "Topic: topic-{t}\tTopicId: pHomPB73TS-FmhM0lcN-Mw\tPartitionCount: 100\tReplicationFactor: 3\tConfigs: \n"
        ));
        for p in 0..100 {
            let ids: Vec<String> = (0..3).map(|r| ((t + p + r) % 50 + 1).to_string()).collect();
            let ids = ids.join(",");
            let leader = (t + p) % 50 + 1;
            text.push_str(&format!(
                "\tTopic: topic-{t}\tPartition: {p}\tLeader: {leader}\tReplicas: {ids}\tIsr: {ids}\tElr: \tLastKnownElr: \n"
            ));
        }
    }
    let (imported, scenario) = good(&described(&text));
    assert_eq!(scenario["topic"].as_array().unwrap().len(), 100);
    assert!(imported.scenario_toml.len() < 200_000, "{} bytes", imported.scenario_toml.len());
    assert!(imported.scenario_toml.lines().all(|l| l.len() <= 122));
}

/// The first mistake of a client's file: line, column, what is wrong and what to do.
fn mistake(text: &str) -> (usize, usize, String) {
    let errors = import(&client(text)).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    (errors[0].1.line, errors[0].1.column, format!("{} / {}", errors[0].1.message, errors[0].1.help))
}

#[test]
fn a_client_of_another_library_is_read_under_that_librarys_names() {
    let file = "# client: franz-go-1.22\nkgo.SeedBrokers=kafka1:9092\nkgo.MetadataMinAge=2500ms\nkgo.ProducerLinger=5 * time.Millisecond\n\
        kgo.DisableIdempotentWrite=true\nkgo.RequiredAcks=leaderack\nkgo.ProducerBatchCompression=snappy\n";
    let (imported, scenario) = good(&client(file));
    let app = &scenario["client"][0];
    assert_eq!((app["profile"].as_str(), app["config"]["kgo.MetadataMinAge"].as_str()), (Some("franz-go-1.22"), Some("2500ms")));
    assert_eq!(
        (app["config"]["kgo.ProducerLinger"].as_str(), app["config"]["kgo.RequiredAcks"].as_str()),
        (Some("5ms"), Some("LeaderAck"))
    );
    assert!(says(&imported.took, "client app (a producer of franz-go-1.22, 4 settings)"), "{:?}", imported.took);
    assert!(says(&imported.not_modelled, "kgo.ProducerBatchCompression"), "{:?}", imported.not_modelled);

    let (line, column, told) = mistake("# client: franz-go-1.22\nmetadata.max.age.ms=30000\n");
    assert_eq!((line, column), (2, 1));
    assert!(told.contains("`metadata.max.age.ms` is a key of java") && told.contains("write `kgo.MetadataMaxAge`"), "{told}");
    assert!(told.contains("# client: NAME"), "{told}");
    let (line, column, told) = mistake("# client: franz-go-1.22\nkgo.MetadataMinAge=2500\n");
    assert_eq!((line, column), (2, 20));
    assert!(told.contains("is a time.Duration") && told.contains("write for example `kgo.MetadataMinAge=5000ms`"), "{told}");
}

#[test]
fn what_a_library_refuses_is_told_at_the_line_of_the_file() {
    let (line, column, told) = mistake("acks=all\n\ndelivery.timeout.ms=20000\n");
    assert_eq!((line, column), (3, 21));
    assert!(told.contains("linger.ms + request.timeout.ms is 30005") && told.contains("the java producer refuses this"), "{told}");
    let (line, _, told) = mistake("# client: java-3.9\nacks=1\nenable.idempotence=true\n");
    assert!(line == 3 && told.contains("acks is not all"), "{told}");
    let (line, column, told) = mistake("# client: franz-go-1.22\nkgo.RequiredAcks=NoAck\n");
    assert_eq!((line, column), (2, 18));
    assert!(told.contains("kgo.DisableIdempotentWrite = true"), "{told}");
}

#[test]
fn a_consumer_is_recognised_and_reads_what_is_written() {
    let clients = vec![("reader".to_owned(), input("reader.properties", "# role: consumer\nfetch.max.wait.ms=100\nkey.deserializer=x\n"))];
    let (imported, scenario) = good(&Sources { clients, ..described(HEALTHY) });
    let [producer, reader] = scenario["client"].as_array().unwrap().as_slice() else { panic!("two clients") };
    assert_eq!((producer["name"].as_str(), reader["role"].as_str(), reader.get("rate")), (Some("app"), Some("consumer"), None));
    assert_eq!((reader["topics"].clone(), reader["config"]["fetch.max.wait.ms"].as_integer()), (producer["topics"].clone(), Some(100)));
    assert!(says(&imported.assumed, "one producer `app` of the library java-4.3 with Kafka's defaults, because only consumers were given"));
    assert!(says(&imported.assumed, "a consumer reads every topic that is written"));
    let (imported, scenario) = good(&client("group.id=billing\nenable.auto.commit=true\nbootstrap.servers=kafka1:9092\n"));
    assert_eq!(scenario["client"][1]["group"].as_str(), Some("billing"), "a group makes a consumer");
    assert!(says(&imported.took, "client app (a consumer of java-4.3, 1 settings)"), "{:?}", imported.took);
    let (imported, scenario) = good(&client("# client: kafkajs-2.2\ngroupId=billing\nmaxWaitTimeInMs=1000\n"));
    assert!(says(&imported.assumed, "because groups of kafkajs (billing) are not simulated"), "{:?}", imported.assumed);
    assert_eq!(scenario["client"][1]["config"]["maxWaitTimeInMs"].as_integer(), Some(1_000));
    let (_, _, told) = mistake("kafkasim.role=reader\n");
    assert!(told.contains("`reader` is no role"), "{told}");
}

#[test]
fn a_comment_chooses_a_library_only_if_it_names_one() {
    let (imported, _) = good(&client("# client: the one of the shop\nacks=all\n"));
    assert!(says(&imported.assumed, "client app is of the library java-4.3; a comment `# client: librdkafka-2.16`"));
    let (line, column, told) = mistake("# client: rusty-kafka-0.3\nacks=all\n");
    assert_eq!((line, column), (1, 1));
    assert!(told.contains("no client library `rusty-kafka-0.3`") && told.contains("java-3.9"), "{told}");
}

#[test]
fn the_properties_of_librdkafka_keep_its_other_names() {
    let file = "# client: librdkafka-2.16\nmetadata.broker.list=kafka1:9092\nsecurity.protocol=sasl_ssl\nsasl.mechanisms=PLAIN\n\
        message.timeout.ms=20000\nrequest.required.acks=1\ntopic.metadata.refresh.interval.ms=60000\ndebug=broker\n";
    let (imported, scenario) = good(&client(file));
    let config = &scenario["client"][0]["config"];
    assert_eq!((config["delivery.timeout.ms"].as_integer(), config["acks"].as_str()), (Some(20_000), Some("1")));
    assert_eq!((scenario["network"]["tls"].as_str(), scenario["network"]["sasl"].as_str()), (Some("1.3"), Some("plain")));
    assert!(says(&imported.not_modelled, "clients: metrics and telemetry (debug)"), "{:?}", imported.not_modelled);
    let (line, _, told) = mistake("# client: librdkafka-2.16\nenable.idempotence=true\nrequest.required.acks=1\n");
    assert!(line == 3 && told.contains("the librdkafka producer refuses this: set it to all"), "{told}");
    let (line, _, told) = mistake("# client: librdkafka-2.16\nacks=all\nretry.initialRetryTime=300\n");
    assert!(line == 3 && told.contains("is a key of kafkajs") && told.contains("write `retry.backoff.ms`"), "{told}");
}
