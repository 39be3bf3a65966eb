//! From which replica a consumer should read (KIP-392). Source: `ReplicaManager.findPreferredReadReplica`, `RackAwareReplicaSelector`,
//! `ReplicaView.comparator`.

use super::Broker;
use super::leader::Follower;
use super::roles::Role;
use crate::engine::Duration;
use crate::kafka::{BrokerIx, Offset, PartitionIx};
use crate::model::Ctx;

/// The one selector that Kafka has beside its default, which is always the leader.
const RACK_AWARE: &str = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

impl Broker {
    /// The replica that stands in the consumer's rack and has come farthest; none where that is the leader itself, where this broker does not
    /// lead, where none stands there, or where no selector is set. Only members of the ISR that have the offset count, and only those that the
    /// metadata cache lists.
    pub(super) fn nearest_replica(&self, partition: PartitionIx, from: Offset, rack: Option<&str>, ctx: &Ctx) -> Option<BrokerIx> {
        let rack = rack.filter(|r| !r.is_empty() && self.config.replica_selector_class == RACK_AWARE)?;
        let ram = self.ram.as_ref()?;
        let Role::Leader(leadership) = ram.roles.get(&partition)? else { return None };
        let image = self.image()?;
        let stands_there = |b: BrokerIx| {
            let listed = ctx.history.broker(b, image).is_some_and(|r| !r.fenced);
            listed && ctx.spec.brokers[b.index()].rack.as_deref() == Some(rack)
        };
        if stands_there(self.ix) {
            return None;
        }
        let has_it = |f: &&Follower| leadership.isr.contains(&f.broker) && f.end.is_some_and(|end| end >= from) && stands_there(f.broker);
        let caught_up = |f: &Follower| f.last_caught_up.max(ram.purgatory.followers.settled_at(partition, f.broker, ctx.now));
        let behind = |f: &Follower| caught_up(f).map_or(Duration::MAX, |at| ctx.now.since(at));
        let id = |f: &Follower| ctx.spec.brokers[f.broker.index()].id;
        let nearest = leadership.followers.iter().filter(has_it).max_by_key(|f| (f.end, std::cmp::Reverse(behind(f)), id(f)));
        nearest.map(|f| f.broker)
    }
}
