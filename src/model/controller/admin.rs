//! Operators' requests, one event each.

use super::Turn;
use super::events::Task;
use super::partition_change::Election;
use crate::engine::Instant;
use crate::kafka::{PartitionIx, Replicas};
use crate::model::message::AdminRequest;

/// The request in words, as `Fact::AdminDone` names it.
pub(super) const fn what(request: &AdminRequest) -> &'static str {
    match request {
        AdminRequest::ElectPreferred(_) => "elect preferred leaders",
        AdminRequest::ElectUnclean(_) => "elect unclean leaders",
        AdminRequest::Reassign(_) => "reassign partitions",
        AdminRequest::CancelReassignment(_) => "cancel reassignments",
        AdminRequest::ConfigureTopic(..) => "configure topic",
        AdminRequest::CreateTopic(..) => "create topic",
        AdminRequest::GrowTopic(..) => "grow topic",
        AdminRequest::DeleteTopic(_) => "delete topic",
    }
}

impl Turn<'_, '_> {
    /// Puts an operator's request into the event queue.
    pub(super) fn enqueue_admin(&mut self, request: AdminRequest) {
        self.enqueue(Task::Admin(request));
    }

    /// Its handling ends.
    pub(super) fn run_admin(&mut self, request: AdminRequest, asked_at: Instant) {
        let what = what(&request);
        match request {
            AdminRequest::ElectPreferred(partitions) => self.elect_on_request(what, &partitions, Election::Preferred, asked_at),
            AdminRequest::ElectUnclean(partitions) => self.elect_on_request(what, &partitions, Election::Unclean, asked_at),
            AdminRequest::Reassign(targets) => {
                let targets: Vec<(PartitionIx, Option<Replicas>)> = targets.into_iter().map(|(p, r)| (p, Some(r))).collect();
                self.reassign(what, &targets, asked_at);
            }
            AdminRequest::CancelReassignment(partitions) => {
                let targets: Vec<(PartitionIx, Option<Replicas>)> = partitions.into_iter().map(|p| (p, None)).collect();
                self.reassign(what, &targets, asked_at);
            }
            AdminRequest::ConfigureTopic(topic, config) => self.configure_topic(what, topic, config, asked_at),
            AdminRequest::CreateTopic(topic, config, partitions) => self.create_topic(what, topic, config, &partitions, asked_at),
            AdminRequest::GrowTopic(topic, partitions) => self.grow_topic(what, topic, &partitions, asked_at),
            AdminRequest::DeleteTopic(topic) => self.delete_topic(what, topic),
        }
    }
}
