//! All client libraries beside each other: what an operator with a mixed estate sees in the same crash.

use crate::story::{Story, tell_of};

/// One topic, and a producer of each library with acks=all.
fn together(fault: &str, duration: &str) -> Story {
    tell_of(&every_library(), &[fault, duration])
}

fn every_library() -> String {
    let clients = [
        ("java-3.6", ""),
        ("java-4.3", ""),
        ("librdkafka-2.16", ""),
        ("franz-go-1.22", ""),
        ("sarama-1.61", "\"Producer.RequiredAcks\" = \"WaitForAll\""),
        ("kafka-go-0.4", "RequiredAcks = \"all\", BatchTimeout = \"5ms\""),
        ("kafkajs-2.2", ""),
        ("kafka-python-3.0", ""),
    ];
    let client = |(profile, config): (&str, &str)| {
        format!(
            "[[client]]\nname = \"{profile}\"\nprofile = \"{profile}\"\nrate = 20\npartitioning = \"round-robin\"\nconfig = {{ {config} }}\n"
        )
    };
    let clients: String = clients.into_iter().map(client).collect();
    let cluster = "count_from = \"10s\"\n[cluster]\nbrokers = 3\n[config]\n\"auto.leader.rebalance.enable\" = false\n[[topic]]\nname = \"orders\"\n\
        assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]\nconfig = { \"min.insync.replicas\" = 2 }\n";
    format!("{cluster}{clients}")
}

fn longest(story: &Story, client: &str) -> f64 {
    story.record.clients[client].tally.interruption_ms.max / 1000.0
}

/// Java asks on at each refused connect; franz-go asks every five seconds; kafka-go's next poll decides.
#[test]
fn after_a_crash_java_is_served_first_and_the_libraries_with_a_floor_or_a_poll_last() {
    let story = together("at 5s kill broker 2 for 40s", "duration=40s");
    let java = longest(&story, "java-4.3");
    assert!((7.0..11.0).contains(&java), "{java}");
    assert!(longest(&story, "franz-go-1.22") > java && longest(&story, "librdkafka-2.16") < java + 1.6);
    assert!(story.record.clients["kafka-go-0.4"].tally.records.failed > 0, "it gives up on a partition without a leader at once");
    for patient in ["java-3.6", "java-4.3", "librdkafka-2.16", "franz-go-1.22", "sarama-1.61", "kafkajs-2.2", "kafka-python-3.0"] {
        let records = &story.record.clients[patient].tally.records;
        assert_eq!((records.failed, records.lost), (0, 0), "{patient}");
    }
}

/// A leader that moves on purpose costs Java 4.3 milliseconds, the others their pauses: 80 to 120 ms, 100 ms, 240 to 360 ms, a poll.
#[test]
fn after_a_clean_move_each_library_waits_out_its_own_pause() {
    let story = together("at 5s elect preferred all", "duration=20s");
    assert_eq!(story.record.moves.len(), 0, "all leaders are the preferred ones: nothing moves, nobody is interrupted");
    let story = together("at 5s stop broker 2 for 10s", "duration=30s");
    let order = ["java-4.3", "librdkafka-2.16", "kafka-go-0.4"];
    let lengths: Vec<f64> = order.iter().map(|c| longest(&story, c)).collect();
    assert!(lengths[0] < 0.08 && lengths[1] > 0.1 && lengths[0] < lengths[2] && lengths[2] < 6.5, "{lengths:?}");
    assert!(story.record.clients.values().all(|c| c.tally.interruption_ms.open == 0));
}

/// Nobody is there to tell them anything: each tries its bootstrap servers until one of them answers.
#[test]
fn clients_that_find_no_broker_at_all_are_served_when_there_is_one() {
    let down: String = (1..=3).map(|id| format!("[[broker]]\nid = {id}\nup = false\n")).collect();
    let start = ["at 5s start broker 1", "at 5s start broker 2", "at 5s start broker 3", "duration=60s"];
    let story = tell_of(&format!("{}{down}", every_library()), &start);
    for (name, client) in &story.record.clients {
        assert!(client.tally.records.acknowledged > 400, "{name}: {:?}", client.tally.records);
    }
}
