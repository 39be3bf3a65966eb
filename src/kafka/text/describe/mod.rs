//! `kafka-topics.sh --describe`: what it prints, as values and back as its exact text.
//! Source: `TopicCommand.TopicDescription` and `PartitionDescription`, methods `printDescription`.

mod parse;
mod print;
#[cfg(test)]
mod tests;

pub use parse::parse;
pub use print::{PrintOptions, print};

/// What one describe says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Description {
    /// Topics in the order of the text; partitions of each ascending.
    pub topics: Vec<Topic>,
    /// Sentences about what was odd but read, such as skipped lines.
    pub notes: Vec<String>,
}

/// One topic.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// What its header line says; filters such as `--under-replicated-partitions` print none.
    pub header: Option<Header>,
    /// The partitions that were printed, ascending.
    pub partitions: Vec<Partition>,
}

/// A topic's header line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// `TopicId`, from 2.8 on in KRaft mode and with ZooKeeper from inter-broker protocol 2.8.
    pub id: Option<String>,
    /// `PartitionCount`.
    pub partition_count: u32,
    /// `ReplicationFactor`.
    pub replication_factor: u32,
    /// `Configs`: what differs from the default, in Kafka's order.
    pub configs: Vec<(String, String)>,
    /// `MarkedForDeletion`.
    pub marked_for_deletion: bool,
    /// Where the line stands, from 1; 0 when it comes from no text.
    pub line: usize,
    /// Where the configs stand on that line, from 1.
    pub configs_column: usize,
}

/// One partition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Partition {
    /// Its index.
    pub index: u32,
    /// The leader, by `node.id`.
    pub leader: Option<u32>,
    /// The replicas, preferred leader first.
    pub replicas: Vec<u32>,
    /// The in-sync replicas.
    pub isr: Vec<u32>,
    /// `Elr`: `None` when the column is missing (before 3.8) or `N/A` (the server did not say).
    pub elr: Option<Vec<u32>>,
    /// `LastKnownElr`, likewise.
    pub last_known_elr: Option<Vec<u32>>,
    /// The reassignment that is under way.
    pub reassignment: Option<Reassignment>,
    /// `MarkedForDeletion`.
    pub marked_for_deletion: bool,
    /// Where the line stands, from 1; 0 when it comes from no text.
    pub line: usize,
}

/// A reassignment under way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reassignment {
    /// `Adding Replicas`.
    pub adding: Vec<u32>,
    /// `Removing Replicas`.
    pub removing: Vec<u32>,
}

/// Whether Kafka would take this name for a topic (`org.apache.kafka.common.internals.Topic.isValid`).
pub fn is_topic_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.len() <= 249 && name != "." && name != ".." && name.chars().all(legal)
}
