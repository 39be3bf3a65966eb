//! Topics come, grow, change and go. Source: `ReplicationControlManager` (`createTopic`, `createPartitions`, `deleteTopic`),
//! `ConfigurationControlManager`.

use super::Turn;
use super::active::{Active, Answer};
use super::state::Write;
use crate::engine::Instant;
use crate::kafka::config::TopicConfig;
use crate::kafka::{ErrorCode, LeaderEpoch, PartitionEpoch, PartitionIx, Replicas, TopicIx};
use crate::model::metadata::{PartitionRegistration, Record, TopicRegistration};
use crate::observe::fact::Why;

impl Active {
    /// A new partition: its ISR are the replicas that are active, the first of them leads, both epochs are 0
    /// (`ReplicationControlManager.buildPartitionRegistration`).
    fn new_partition(&self, replicas: &Replicas) -> Result<PartitionRegistration, ErrorCode> {
        self.validate_assignment(replicas)?;
        let isr: Replicas = replicas.iter().copied().filter(|r| self.registrations.is_active(*r)).collect();
        let leader = isr.first().copied();
        if leader.is_none() {
            return Err(ErrorCode::InvalidRequest);
        }
        Ok(PartitionRegistration {
            replicas: replicas.clone(),
            isr,
            adding: Replicas::new(),
            removing: Replicas::new(),
            elr: Replicas::new(),
            last_known_leader: None,
            leader,
            recovering: false,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: PartitionEpoch(0),
        })
    }
}

impl Turn<'_, '_> {
    /// `kafka-topics --create`.
    pub(super) fn create_topic(
        &mut self,
        what: &'static str,
        topic: TopicIx,
        config: TopicConfig,
        partitions: &[(PartitionIx, Replicas)],
        asked_at: Instant,
    ) {
        let registration = TopicRegistration { exists: true, config, partitions: Vec::new() };
        self.add_partitions(what, topic, registration, partitions, asked_at);
    }

    /// `kafka-topics --alter --partitions`.
    pub(super) fn grow_topic(&mut self, what: &'static str, topic: TopicIx, partitions: &[(PartitionIx, Replicas)], asked_at: Instant) {
        match self.existing(topic) {
            Some(registration) => self.add_partitions(what, topic, registration, partitions, asked_at),
            None => self.refuse_admin(what, ErrorCode::UnknownTopicOrPartition),
        }
    }

    /// `kafka-configs --alter`.
    pub(super) fn configure_topic(&mut self, what: &'static str, topic: TopicIx, config: TopicConfig, asked_at: Instant) {
        let Some(before) = self.existing(topic) else { return self.refuse_admin(what, ErrorCode::UnknownTopicOrPartition) };
        let mut write = self.begin_write();
        let another_minimum = before.config.min_insync_replicas != config.min_insync_replicas;
        write.records.push(Record::Topic(topic, TopicRegistration { config, ..before.clone() }));
        if another_minimum && self.ctx.rules.eligible_leader_replicas {
            self.clear_elr(&mut write, &before.partitions, asked_at);
        }
        self.finish_write(write, Answer::Admin(what, ErrorCode::None));
    }

    /// Who is an eligible leader replica was judged by the old minimum: below a smaller one records are committed that it lacks
    /// (`ConfigurationControlManager.createClearElrRecordsAsNeeded`, `ReplicationControlManager.removeTopicElrs`).
    fn clear_elr(&self, write: &mut Write, partitions: &[PartitionIx], asked_at: Instant) {
        let Some(active) = &*self.active else { return };
        for partition in partitions {
            let Some(now) = active.registrations.partition(*partition) else { continue };
            if now.elr.is_empty() && now.last_known_leader.is_none() {
                continue;
            }
            let cleared = PartitionRegistration { elr: Replicas::new(), last_known_leader: None, ..now.clone() };
            let registration = PartitionRegistration { partition_epoch: now.partition_epoch.next(), ..cleared };
            let change = super::PartitionChange { registration, unclean: false };
            write.records.push(self.partition_record(*partition, change, Why::ElrCleared, asked_at));
        }
    }

    /// `kafka-topics --delete`.
    pub(super) fn delete_topic(&mut self, what: &'static str, topic: TopicIx) {
        match self.existing(topic) {
            Some(registration) => self.write_topic(what, topic, TopicRegistration { exists: false, ..registration }),
            None => self.refuse_admin(what, ErrorCode::UnknownTopicOrPartition),
        }
    }

    fn existing(&self, topic: TopicIx) -> Option<TopicRegistration> {
        self.active.as_ref()?.registrations.topic(topic).cloned()
    }

    fn write_topic(&mut self, what: &'static str, topic: TopicIx, registration: TopicRegistration) {
        let mut write = self.begin_write();
        write.records.push(Record::Topic(topic, registration));
        self.finish_write(write, Answer::Admin(what, ErrorCode::None));
    }

    fn refuse_admin(&mut self, what: &'static str, error: ErrorCode) {
        self.finish_write(self.begin_write(), Answer::Admin(what, error));
    }

    fn add_partitions(
        &mut self,
        what: &'static str,
        topic: TopicIx,
        mut registration: TopicRegistration,
        partitions: &[(PartitionIx, Replicas)],
        asked_at: Instant,
    ) {
        let Some(active) = &*self.active else { return };
        registration.partitions.extend(partitions.iter().map(|(p, _)| *p));
        let mut write = self.begin_write();
        write.records.push(Record::Topic(topic, registration));
        for (partition, replicas) in partitions {
            match active.new_partition(replicas) {
                Ok(registration) => {
                    let change = super::PartitionChange { registration, unclean: false };
                    write.records.push(self.partition_record(*partition, change, Why::Created, asked_at));
                }
                Err(error) => return self.refuse_admin(what, error),
            }
        }
        self.finish_write(write, Answer::Admin(what, ErrorCode::None));
    }
}
