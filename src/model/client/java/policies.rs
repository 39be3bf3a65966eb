//! What the Java client, and kafka-python which is modelled on it, does that no setting of it changes, by release.

use crate::kafka::ErrorCode;
use crate::kafka::config::Kind::{Bool, Word};
use crate::kafka::config::config_table;
use crate::model::client::cache::Epochs;
use crate::model::client::profile::Profile;

config_table! {
    /// The fixed behaviour of one release of the Java client or of kafka-python.
    Policies {
        /// Refresh and retry pauses double up to `retry.backoff.max.ms` with 20 % jitter (KIP-580); flat before.
        exponential_backoff: bool = "retry.exponential", Bool, "true", 0, 1;
        /// A retry does not wait when the partition's leader epoch grew since (KAFKA-15415).
        epoch_skips_backoff: bool = "retry.skip-on-newer-epoch", Bool, "true", 0, 1;
        /// The leader hint in an error of a produce request is used (KIP-951).
        leader_hints: bool = "metadata.leader-hints", Bool, "true", 0, 1;
        /// The leader hint in an error of a fetch is used (KIP-951).
        fetch_hints: bool = "fetch.leader-hints", Bool, "true", 0, 1;
        /// What a metadata answer that is older than what is known does: nothing, or it replaces all.
        epochs: &'static str = "metadata.older-answers", Word(&["reject", "accept"]), "reject", 0, 0;
        /// A partition without a leader in a metadata answer asks for another one.
        leaderless_refreshes: bool = "metadata.leaderless-refreshes", Bool, "true", 0, 1;
        /// While a refresh is due and has not been sent, nothing else is.
        metadata_first: bool = "metadata.goes-first", Bool, "true", 0, 1;
        /// A connection that ends while a refresh is due counts as a failed one, and one that is closed for being idle asks for one.
        strict_losses: bool = "metadata.losses-count", Bool, "true", 0, 1;
        /// Where no connection is idle a refresh goes to the least busy of those that are open, or to any broker that is no busier, which is
        /// then connected to.
        target: &'static str = "metadata.target", Word(&["connected", "least-busy"]), "connected", 0, 0;
        /// A connection that was ready and ends is opened again only after the first reconnect pause.
        pause_after_loss: bool = "connection.pause-after-loss", Bool, "true", 0, 1;
        /// An idempotent producer has one batch of a partition in flight at most.
        one_batch: bool = "produce.one-batch-per-partition", Bool, "false", 0, 1;
        /// A metadata answer does not wake the producer: records without a leader wait until something else does, or they expire.
        lost_wake_up: bool = "defect.lost-wake-up", Bool, "false", 0, 1;
        /// When the client starts again from its bootstrap servers, if its configuration allows it: never, when no node can be reached
        /// (KIP-899), or also when no metadata answer came for `metadata.recovery.rebootstrap.trigger.ms` (KIP-1102).
        rebootstrap: &'static str = "metadata.rebootstrap", Word(&["never", "no-node", "no-node-or-trigger"]), "no-node-or-trigger", 0, 0;
        /// A node whose records wait in the consumer's buffer is not asked for its other partitions before they are read (KAFKA-17182).
        skip_buffered_nodes: bool = "fetch.skip-buffered-nodes", Bool, "true", 0, 1;
        /// What the batches of a request without an answer fail with (`Sender.handleProduceResponse`; KAFKA-14317).
        timeout_error: &'static str = "retry.timeout-error", Word(&["REQUEST_TIMED_OUT", "NETWORK_EXCEPTION"]), "REQUEST_TIMED_OUT", 0, 0;
    }
}

/// When a client starts again from its bootstrap servers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Rebootstrap {
    /// Never: it cycles over the last known brokers for ever.
    Never,
    /// When a refresh is due and no known broker is connected or can be connected to (KIP-899).
    NoNode,
    /// Also when no metadata answer came for `metadata.recovery.rebootstrap.trigger.ms` (KIP-1102).
    NoNodeOrTrigger,
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

    /// `retry.timeout-error`.
    pub(super) fn timeout_error(&self) -> ErrorCode {
        if self.timeout_error == "NETWORK_EXCEPTION" { ErrorCode::NetworkException } else { ErrorCode::RequestTimedOut }
    }

    /// `metadata.older-answers`.
    pub(super) fn epochs(&self) -> Epochs {
        if self.epochs == "accept" { Epochs::AcceptAny } else { Epochs::RejectOlder }
    }

    /// `metadata.rebootstrap`.
    pub(super) fn rebootstrap(&self) -> Rebootstrap {
        match self.rebootstrap {
            "never" => Rebootstrap::Never,
            "no-node" => Rebootstrap::NoNode,
            _ => Rebootstrap::NoNodeOrTrigger,
        }
    }
}
