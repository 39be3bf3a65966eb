//! Broker and controller keys (`server.properties`) that the model reads.
//! Sources: `GroupCoordinatorConfig`, `KRaftConfigs`, `QuorumConfig`, `ReplicationConfigs`, `ServerLogConfigs`, `SocketServerConfigs`, `ServerConfigs`.

use super::Kind::{Bool, Int, Millis, Seconds, Word};
use super::config_table;
use crate::engine::Duration;

const I32: i64 = i32::MAX as i64;

config_table! {
    /// The configuration of one broker or controller process.
    BrokerConfig {
        /// How long a raft candidate waits for votes, and the base of its randomised election timer.
        controller_quorum_election_timeout: Duration = "controller.quorum.election.timeout.ms", Millis, "1000", 1, I32;
        /// How long a voter or broker goes without a good raft fetch before it looks for another leader.
        controller_quorum_fetch_timeout: Duration = "controller.quorum.fetch.timeout.ms", Millis, "2000", 1, I32;
        /// Upper bound of the pause after a lost raft election.
        controller_quorum_election_backoff_max: Duration = "controller.quorum.election.backoff.max.ms", Millis, "1000", 1, I32;
        /// How long the raft leader lets a batch of metadata records collect.
        controller_quorum_append_linger: Duration = "controller.quorum.append.linger.ms", Millis, "25", 0, I32;
        /// How long a raft request may stay without an answer.
        controller_quorum_request_timeout: Duration = "controller.quorum.request.timeout.ms", Millis, "2000", 1, I32;
        /// Pause before a failed raft request is sent again.
        controller_quorum_retry_backoff: Duration = "controller.quorum.retry.backoff.ms", Millis, "20", 1, I32;
        /// How often the active controller writes a no-op record; 0 turns it off.
        metadata_max_idle_interval: Duration = "metadata.max.idle.interval.ms", Millis, "500", 0, I32;
        /// How often a broker tells the controller that it lives.
        broker_heartbeat_interval: Duration = "broker.heartbeat.interval.ms", Millis, "2000", 1, I32;
        /// How long the controller waits for a heartbeat before it fences the broker.
        broker_session_timeout: Duration = "broker.session.timeout.ms", Millis, "9000", 1, I32;
        /// How long a starting broker tries to register before it gives up.
        initial_broker_registration_timeout: Duration = "initial.broker.registration.timeout.ms", Millis, "60000", 1, I32;
        /// Whether SIGTERM moves leadership away before the process ends.
        controlled_shutdown_enable: bool = "controlled.shutdown.enable", Bool, "true", 0, 1;
        /// Whether the controller gives leadership back to preferred replicas by itself.
        auto_leader_rebalance_enable: bool = "auto.leader.rebalance.enable", Bool, "true", 0, 1;
        /// How long after the first imbalance the controller gives leadership back.
        leader_imbalance_check_interval: Duration = "leader.imbalance.check.interval.seconds", Seconds, "300", 1, I32;
        /// How often leaderless partitions that allow it are given an unclean leader.
        unclean_leader_election_interval: Duration = "unclean.leader.election.interval.ms", Millis, "300000", 1, I32;
        /// Whether a replica outside the ISR may be elected when no other is left (cluster default of the topic key).
        unclean_leader_election_enable: bool = "unclean.leader.election.enable", Bool, "false", 0, 1;
        /// Least size of the ISR for acks=all (cluster default of the topic key).
        min_insync_replicas: u32 = "min.insync.replicas", Int, "1", 1, I32;
        /// How long a follower may lag before the leader takes it out of the ISR; checked every half of it.
        replica_lag_time_max: Duration = "replica.lag.time.max.ms", Millis, "30000", 1, I32;
        /// How long a follower's fetch is parked when there is nothing new.
        replica_fetch_wait_max: Duration = "replica.fetch.wait.max.ms", Millis, "500", 0, I32;
        /// How many bytes a follower's fetch waits for.
        replica_fetch_min_bytes: u32 = "replica.fetch.min.bytes", Int, "1", 0, I32;
        /// Most bytes that a follower fetches in one answer.
        replica_fetch_response_max_bytes: u32 = "replica.fetch.response.max.bytes", Int, "10485760", 1, I32;
        /// How long a follower leaves a partition out of its fetches after an error.
        replica_fetch_backoff: Duration = "replica.fetch.backoff.ms", Millis, "1000", 0, I32;
        /// How long a follower waits for the answer to a fetch.
        replica_socket_timeout: Duration = "replica.socket.timeout.ms", Millis, "30000", 1, I32;
        /// Fetcher threads for each source broker.
        num_replica_fetchers: u32 = "num.replica.fetchers", Int, "1", 1, 1000;
        /// How often the high watermark is written to disk.
        replica_high_watermark_checkpoint_interval: Duration = "replica.high.watermark.checkpoint.interval.ms", Millis, "5000", 1, I32;
        /// How long a request to the controller may stay without an answer.
        controller_socket_timeout: Duration = "controller.socket.timeout.ms", Millis, "30000", 1, I32;
        /// How a leader chooses the replica that a consumer should read from (KIP-392); without it, always the leader.
        replica_selector_class: &'static str = "replica.selector.class", Word(&["", "org.apache.kafka.common.replica.RackAwareReplicaSelector"]), "", 0, 0;
        /// Request handler threads.
        num_io_threads: u32 = "num.io.threads", Int, "8", 1, 100_000;
        /// Network threads.
        num_network_threads: u32 = "num.network.threads", Int, "3", 1, 100_000;
        /// Partitions of the offsets topic: a group's name decides which of them holds its state.
        offsets_topic_num_partitions: u32 = "offsets.topic.num.partitions", Int, "50", 1, 100_000;
        /// Replicas of each partition of the offsets topic (at most one on each broker).
        offsets_topic_replication_factor: u32 = "offsets.topic.replication.factor", Int, "3", 1, 1000;
        /// How long a group coordinator waits until what it wrote to the offsets topic is replicated.
        offsets_commit_timeout: Duration = "offsets.commit.timeout.ms", Millis, "5000", 1, I32;
        /// How long a coordinator waits for more members before the first rebalance of an empty group.
        group_initial_rebalance_delay: Duration = "group.initial.rebalance.delay.ms", Millis, "3000", 0, I32;
        /// Least session time-out that a member may ask for.
        group_min_session_timeout: Duration = "group.min.session.timeout.ms", Millis, "6000", 0, I32;
        /// Greatest session time-out that a member may ask for.
        group_max_session_timeout: Duration = "group.max.session.timeout.ms", Millis, "1800000", 0, I32;
    }
}
