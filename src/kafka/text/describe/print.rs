//! Prints a description exactly as Kafka's tool does.

use super::{Description, Header, Partition, Reassignment, Topic};
use crate::kafka::Release;
use std::fmt::Write;

/// What to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrintOptions {
    /// Only partition lines of partitions whose ISR is too small, and no header lines (`--under-replicated-partitions`).
    pub under_replicated_only: bool,
    /// With the columns `Elr` and `LastKnownElr`.
    pub elr: bool,
}

impl PrintOptions {
    /// Everything, as the tool of a release prints it: the ELR columns came with 3.8 (KAFKA-15585).
    pub fn of(release: Release) -> Self {
        PrintOptions { under_replicated_only: false, elr: release >= Release::V3_9 }
    }
}

/// The tool's output for these topics, in their order.
pub fn print(description: &Description, options: PrintOptions) -> String {
    let mut out = String::new();
    for topic in &description.topics {
        // Writing into a String cannot fail.
        let _ = print_topic(&mut out, topic, options);
    }
    out
}

fn print_topic(out: &mut String, topic: &Topic, options: PrintOptions) -> std::fmt::Result {
    if let Some(header) = &topic.header
        && !options.under_replicated_only
    {
        print_header(out, &topic.name, header)?;
    }
    for partition in &topic.partitions {
        if !options.under_replicated_only || partition.is_under_replicated() {
            print_partition(out, &topic.name, partition, options.elr)?;
        }
    }
    Ok(())
}

fn print_header(out: &mut String, name: &str, header: &Header) -> std::fmt::Result {
    write!(out, "Topic: {name}")?;
    if let Some(id) = &header.id {
        write!(out, "\tTopicId: {id}")?;
    }
    write!(out, "\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: ", header.partition_count, header.replication_factor)?;
    for (i, (key, value)) in header.configs.iter().enumerate() {
        write!(out, "{}{key}={value}", if i == 0 { "" } else { "," })?;
    }
    out.push_str(if header.marked_for_deletion { "\tMarkedForDeletion: true\n" } else { "\n" });
    Ok(())
}

fn print_partition(out: &mut String, topic: &str, p: &Partition, elr: bool) -> std::fmt::Result {
    write!(out, "\tTopic: {topic}\tPartition: {}\tLeader: ", p.index)?;
    match p.leader {
        Some(id) => write!(out, "{id}")?,
        None => out.push_str("none"),
    }
    write!(out, "\tReplicas: {}\tIsr: {}", ids(&p.replicas), ids(&p.isr))?;
    if let Some(Reassignment { adding, removing }) = &p.reassignment {
        write!(out, "\tAdding Replicas: {}\tRemoving Replicas: {}", ids(adding), ids(removing))?;
    }
    if elr {
        write!(out, "\tElr: {}\tLastKnownElr: {}", supplied(&p.elr), supplied(&p.last_known_elr))?;
    }
    out.push_str(if p.marked_for_deletion { "\tMarkedForDeletion: true\n" } else { "\n" });
    Ok(())
}

fn ids(list: &[u32]) -> String {
    list.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

fn supplied(list: &Option<Vec<u32>>) -> String {
    list.as_deref().map_or_else(|| "N/A".to_owned(), ids)
}

impl Partition {
    /// As `TopicCommand.PartitionDescription.isUnderReplicated` has it: replicas that are only being added do not count.
    pub fn is_under_replicated(&self) -> bool {
        self.replication_factor() > self.isr.len()
    }

    /// As `TopicCommand.getReplicationFactor` has it: a reassignment that has completed since it was asked for is left out.
    fn replication_factor(&self) -> usize {
        let Some(Reassignment { adding, removing }) = &self.reassignment else { return self.replicas.len() };
        let in_progress = self.replicas.iter().any(|id| adding.contains(id) || removing.contains(id));
        if in_progress { self.replicas.len().saturating_sub(adding.len()) } else { self.replicas.len() }
    }
}
