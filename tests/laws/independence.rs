//! A client that shares no server with others changes none of their facts.

use super::cluster::{self, Cluster, Strike, client};
use super::facts::{self, Told, by_name, difference, with_own_batches, with_own_entries};
use kafkasim::engine::Instant;
use kafkasim::kafka::PartitionIx;
use kafkasim::model::Spec;
use kafkasim::observe::Fact;
use kafkasim::scenario::Scenario;
use proptest::prelude::*;

/// Threads enough that no request ever waits for one, and no first request that is slow for all.
const CAPACITY: [&str; 2] = ["\"num.io.threads\" = 200", "\"num.network.threads\" = 200"];
const WARM: &str = "cold = \"0ms\"";

/// The client that is added.
const NEWCOMER: &str = "newcomer";

/// A cluster of three brokers for the others' topic `t`, and of three more for the newcomer's topic `own`.
fn cluster(seed: u64, kafka: &'static str, others: &[(&str, &str)], faults: Vec<Strike>) -> Cluster {
    let mut config: Vec<String> = CAPACITY.map(str::to_owned).to_vec();
    config.push("\"broker.session.timeout.ms\" = 6000".to_owned());
    let mut clients = vec!["[[topic]]\nname = \"own\"\nassignment = [[4, 5, 6], [5, 6, 4]]\n".to_owned()];
    clients.extend(others.iter().enumerate().map(|(i, (profile, rest))| client(&format!("c{i}"), profile, rest)));
    Cluster {
        seed,
        kafka,
        ties: "fifo",
        brokers: 6,
        controllers: 1,
        partitions: 0,
        replication: 3,
        config,
        costs: vec![WARM.to_owned()],
        clients,
        faults,
    }
}

/// Its scenario; `t` is on brokers 1 to 3 alone.
fn scenario(cluster: &Cluster) -> Scenario {
    let placed = "partitions = 0\nreplication_factor = 3";
    cluster::scenario(&cluster.text().replace(placed, "assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 3, 2]]"))
}

/// The cluster with one more client, behind so many of the others.
fn with_newcomer(cluster: &Cluster, section: String, behind: usize) -> Cluster {
    let mut more = cluster.clone();
    // The first section is a topic's.
    let place = (1 + behind).min(more.clients.len());
    more.clients.insert(place, section);
    more
}

/// A client of a library that writes to or reads from `topic`.
fn newcomer(profile: &str, topic: &str, rest: &str) -> String {
    client(NEWCOMER, profile, rest).replace("[\"t\"]", &format!("[\"{topic}\"]"))
}

/// Everything that is not told of the newcomer or of a partition of its own, by name.
fn of_the_others(spec: &Spec, facts: Vec<Told>) -> Vec<(Instant, String)> {
    let client = spec.client_by_name(NEWCOMER);
    let own: Vec<PartitionIx> = spec.topic_by_name("own").map(|t| spec.topics[t.index()].partitions.clone()).expect("it is there");
    let names: Vec<String> = own.iter().map(|p| format!("{p:?}")).chain(client.map(|c| format!("{c:?}"))).collect();
    let node = client.map(|c| spec.clients[c.index()].node);
    let is_start = |fact: &Fact| matches!(fact, Fact::ProcessStarted { node: n } if Some(*n) == node);
    let of_others = |fact: &Fact| {
        let text = format!("{fact:?}");
        !is_start(fact) && !names.iter().any(|name| text.contains(name))
    };
    let mut left: Vec<Told> = facts.into_iter().filter(|(_, fact)| of_others(fact)).collect();
    with_own_batches(&mut left);
    with_own_entries(&mut left);
    by_name(spec, &left)
}

/// What the others feel of a newcomer.
fn felt(alone: &Cluster, both: &Cluster) -> Option<String> {
    let (alone, both) = (scenario(alone), scenario(both));
    difference(&of_the_others(&alone.spec, facts::of(&alone)), &of_the_others(&both.spec, facts::of(&both)))
}

/// The same cluster with the newcomer's partitions beside those of the others, each on one broker.
fn beside(cluster: &Cluster) -> Cluster {
    let mut beside = cluster.clone();
    beside.clients[0] = beside.clients[0].replace("[4, 5, 6], [5, 6, 4]", "[1], [2], [3]");
    beside
}

/// Faults of the others' brokers. A cut from all clients would name the newcomer.
fn faults() -> impl Strategy<Value = Vec<Strike>> {
    cluster::storm(3, 0..cluster::STORM_MS, 4).prop_map(|faults| faults.into_iter().filter(|(_, line)| !line.contains("clients")).collect())
}

const OTHERS: [&[(&str, &str)]; 4] = [
    &[("java-4.3", "rate = 20"), ("java-4.3", "role = \"consumer\"")],
    &[("java-3.6", "rate = 20"), ("librdkafka-2.16", "rate = 10"), ("franz-go-1.22", "role = \"consumer\"")],
    &[("sarama-1.61", "rate = 10"), ("kafkajs-2.2", "rate = 5"), ("librdkafka-2.16", "role = \"consumer\"")],
    &[("kafka-go-0.4", "rate = 10"), ("kafka-python-3.0", "rate = 5"), ("sarama-1.61", "role = \"consumer\"")],
];

const NEWCOMERS: [(&str, &str); 6] = [
    ("java-4.3", "rate = 200"),
    ("librdkafka-2.16", "rate = 200"),
    ("franz-go-1.22", "rate = 50"),
    ("kafkajs-2.2", "rate = 20"),
    ("java-4.3", "role = \"consumer\""),
    ("kafka-go-0.4", "role = \"consumer\""),
];

proptest! {
    #![proptest_config(cluster::cases(12))]

    /// Premise: requests never wait for a thread (`num.io.threads`, `num.network.threads`), no first request warms a broker for the next
    /// one (`cold`), first in first out among equals, and the newcomer's partitions are on brokers of their own: the
    /// fetches of one broker from another carry all partitions that the two share. Then every other fact is the same, the committed
    /// metadata and the replication of the others' partitions included, under faults of the others' brokers too; but for the numbers of batches, which count those of all.
    #[test]
    fn a_client_on_brokers_of_its_own_changes_no_other_fact(
        seed in cluster::any_seed(),
        kafka in prop::sample::select(vec!["3.6", "4.0", "4.3"]),
        others in prop::sample::select(OTHERS.to_vec()),
        (profile, rest) in prop::sample::select(NEWCOMERS.to_vec()),
        behind in 0..4_usize,
        faults in faults(),
    ) {
        let alone = cluster(seed, kafka, others, faults);
        let both = with_newcomer(&alone, newcomer(profile, "own", rest), behind);
        prop_assert_eq!(felt(&alone, &both), None);
    }

    /// Premise: as above; or its partitions are on the brokers of the others, and have one replica each, so that nobody fetches them.
    #[test]
    fn a_client_of_unreplicated_partitions_beside_theirs_changes_no_other_fact(
        seed in cluster::any_seed(),
        kafka in prop::sample::select(vec!["3.6", "4.0", "4.3"]),
        others in prop::sample::select(OTHERS.to_vec()),
        (profile, rest) in prop::sample::select(NEWCOMERS.to_vec()),
        behind in 0..4_usize,
        faults in faults(),
    ) {
        let alone = beside(&cluster(seed, kafka, others, faults));
        let both = with_newcomer(&alone, newcomer(profile, "own", rest), behind);
        prop_assert_eq!(felt(&alone, &both), None);
    }
}

/// Where requests wait for one thread, the newcomer is felt.
#[test]
fn a_client_that_shares_a_busy_thread_is_felt() {
    let mut alone = beside(&cluster(5, "4.3", OTHERS[0], Vec::new()));
    let both = |c: &Cluster| with_newcomer(c, newcomer("java-4.3", "own", "rate = 200"), 0);
    assert_eq!(felt(&alone, &both(&alone)), None);
    alone.config.retain(|line| !line.contains("num.io.threads"));
    alone.config.push("\"num.io.threads\" = 1".to_owned());
    assert!(felt(&alone, &both(&alone)).is_some());
}

/// Where partitions share a pair of brokers, one fetch carries them all.
#[test]
fn a_client_whose_partitions_are_fetched_together_is_felt() {
    let mut alone = cluster(5, "4.3", OTHERS[0], Vec::new());
    alone.clients[0] = alone.clients[0].replace("[4, 5, 6], [5, 6, 4]", "[1, 2, 3], [2, 3, 1]");
    let both = with_newcomer(&alone, newcomer("java-4.3", "own", "rate = 200"), 0);
    assert!(felt(&alone, &both).is_some());
}
