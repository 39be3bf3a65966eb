//! The standard workloads: what is profiled, benched and guarded. Each is a scenario's text.

use kafkasim::scenario::{Scenario, Source, load};
use std::fmt::Write;

/// A cluster of one size, with one producer for each topic.
pub struct Size {
    pub brokers: u32,
    pub topics: u32,
    /// Of each topic.
    pub partitions: u32,
    /// Records a second of each producer.
    pub rate: f64,
    pub duration: &'static str,
    pub faults: &'static str,
}

impl Size {
    /// Leaders go round; followers are spread so that in the end every broker follows every other one, as where topics were made at random.
    fn replicas(&self, partition: u32) -> String {
        let brokers = self.brokers;
        let leader = partition % brokers;
        let first = 1 + (partition / brokers * 7 + partition % 5) % (brokers - 1);
        let second = 1 + (first + partition / brokers % (brokers - 2)) % (brokers - 1);
        let id = |shift| 1 + (leader + shift) % brokers;
        format!("[{}, {}, {}]", id(0), id(first), id(second))
    }

    /// Three controllers, replication factor 3, producers of Kafka's own library with acks=all that go round their topic's partitions.
    pub fn scenario(&self, name: &str) -> Scenario {
        let (brokers, faults, duration) = (self.brokers, self.faults, self.duration);
        let mut text = format!(
            "name = \"{name}\"\ncount_from = \"5s\"\nduration = \"{duration}\"\nfaults = [{faults}]\n[cluster]\nbrokers = {brokers}\ncontrollers = 3\n"
        );
        for i in 0..self.topics {
            let rate = self.rate;
            let replicas: Vec<String> = (0..self.partitions).map(|p| self.replicas(i * self.partitions + p)).collect();
            let topic =
                format!("[[topic]]\nname = \"t{i}\"\nassignment = [{}]\nconfig = {{ \"min.insync.replicas\" = 2 }}\n", replicas.join(", "));
            let client = format!("[[client]]\nname = \"app-{i}\"\nrate = {rate:?}\ntopics = [\"t{i}\"]\npartitioning = \"round-robin\"\n");
            let _ = write!(text, "{topic}{client}");
        }
        load(&Source { name: name.to_owned(), text }, &[]).unwrap_or_else(|e| panic!("{e}"))
    }
}

/// A small run for teaching.
pub fn teaching() -> Scenario {
    let source = Source::catalogue("broker-crash").expect("it is in the catalogue");
    load(&source, &[]).unwrap_or_else(|e| panic!("{e}"))
}

/// Five minutes of a rolling restart of 3 brokers under 20 producers.
pub fn rolling_restart() -> Scenario {
    let mut text = String::from(
        "name = \"rolling-restart-20\"\nduration = \"280s\"\nfaults = [\"at 10s rolling restart wait urp 0\"]\n[cluster]\nbrokers = 3\n\
         [[topic]]\nname = \"t\"\npartitions = 12\nreplication_factor = 3\nconfig = { \"min.insync.replicas\" = 2 }\n",
    );
    for i in 0..20 {
        let _ = write!(text, "[[client]]\nname = \"app-{i}\"\nrate = 18.0\n");
    }
    load(&Source { name: "rolling-restart-20".to_owned(), text }, &[]).unwrap_or_else(|e| panic!("{e}"))
}

/// 30 brokers, 10,000 partitions, 200 producers with 10 records a second each; one broker is killed and comes back.
pub fn thirty_brokers() -> Scenario {
    let faults = "\"at 5s kill broker 2 for 15s\"";
    Size { brokers: 30, topics: 200, partitions: 50, rate: 10.0, duration: "40s", faults }.scenario("thirty-brokers")
}

/// 100 brokers, 100,000 partitions, 1,000 producers with one record a second each; one broker (1,000 leaders, 3,000 replicas) is killed.
pub fn hundred_brokers() -> Scenario {
    let faults = "\"at 5s kill broker 2\"";
    Size { brokers: 100, topics: 1000, partitions: 100, rate: 1.0, duration: "25s", faults }.scenario("hundred-brokers")
}

/// 1,000 brokers, 1,000,000 partitions, 10,000 producers with one record a second each.
#[allow(dead_code, reason = "not every bench that shares this file has minutes for it")]
pub fn thousand_brokers() -> Scenario {
    Size { brokers: 1000, topics: 10_000, partitions: 100, rate: 1.0, duration: "10s", faults: "" }.scenario("thousand-brokers")
}

/// All of them, each with what it is.
pub fn all() -> [(&'static str, Scenario); 4] {
    [
        ("teaching: 3 brokers, 12 partitions, 2 clients", teaching()),
        ("rolling restart: 3 brokers, 12 partitions, 20 clients", rolling_restart()),
        ("30 brokers, 10,000 partitions, 200 clients", thirty_brokers()),
        ("100 brokers, 100,000 partitions, 1,000 clients", hundred_brokers()),
    ]
}
