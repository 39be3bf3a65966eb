//! What librdkafka does that no setting of it changes, by release.

use crate::kafka::config::Kind::{Bool, Int, Word};
use crate::kafka::config::config_table;
use crate::model::client::profile::Profile;

config_table! {
    /// The fixed behaviour of one range of releases of librdkafka.
    Policies {
        /// The leader hint in an error is used (KIP-951).
        leader_hints: bool = "metadata.leader-hints", Bool, "true", 0, 1;
        /// How often, in percent, the leader query that an error starts leaves although the same error brought a hint: two threads race.
        query_beats_hint: u32 = "metadata.query-beats-hint-percent", Int, "20", 0, 100;
        /// A broker that a metadata answer leaves out is dropped with its connection and what is in flight on it.
        removes_brokers: bool = "metadata.removes-brokers", Bool, "true", 0, 1;
        /// When the client tries its bootstrap servers again, if its configuration allows it: never, or when every broker is down.
        rebootstrap: &'static str = "metadata.rebootstrap", Word(&["never", "all-down"]), "all-down", 0, 0;
        /// The pause after a fetch error ends when the partition moves to another broker.
        move_clears_backoff: bool = "fetch.move-clears-backoff", Bool, "true", 0, 1;
        /// The leader query that an error started goes on, once a second, until some leader epoch grows (#4577).
        endless_query: bool = "defect.endless-leader-query", Bool, "false", 0, 1;
        /// An answer that both leaves the old leader's broker out and names a new leader can strand the partition until the next scan.
        decommission_race: bool = "defect.decommission-race", Bool, "false", 0, 1;
        /// How often that race is lost, in percent.
        decommission_race_percent: u32 = "defect.decommission-race.percent", Int, "90", 0, 100;
        /// How often an idempotent producer loses it, in percent.
        decommission_race_idempotent_percent: u32 = "defect.decommission-race.idempotent-percent", Int, "10", 0, 100;
    }
}

impl Policies {
    /// The behaviour of a profile.
    pub(super) fn of(profile: &Profile) -> Self {
        let mut policies = Policies::default();
        for policy in profile.policies.iter() {
            policies.set(policy.key, &policy.value).expect("a profile holds legal values");
        }
        policies
    }
}
