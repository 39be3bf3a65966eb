//! Topic keys that the model reads. Source: `TopicConfig`, `LogConfig`.

use super::Kind::{Bool, Int};
use super::config_table;

config_table! {
    /// The configuration of one topic.
    TopicConfig {
        /// Least size of the ISR for acks=all.
        min_insync_replicas: u32 = "min.insync.replicas", Int, "1", 1, i32::MAX as i64;
        /// Whether a replica outside the ISR may be elected when no other is left.
        unclean_leader_election_enable: bool = "unclean.leader.election.enable", Bool, "false", 0, 1;
    }
}
