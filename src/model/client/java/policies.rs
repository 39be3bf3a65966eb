//! What the Java client does that no setting of it changes, by release.

use crate::kafka::ErrorCode;
use crate::kafka::config::Kind::{Bool, Word};
use crate::kafka::config::config_table;
use crate::model::client::profile::Profile;

config_table! {
    /// The fixed behaviour of one release of the Java client.
    Policies {
        /// Refresh and retry pauses double up to `retry.backoff.max.ms` with 20 % jitter (KIP-580); flat before.
        exponential_backoff: bool = "retry.exponential", Bool, "true", 0, 1;
        /// A retry does not wait when the partition's leader epoch grew since (KAFKA-15415).
        epoch_skips_backoff: bool = "retry.skip-on-newer-epoch", Bool, "true", 0, 1;
        /// The leader hint in an error is used (KIP-951).
        leader_hints: bool = "metadata.leader-hints", Bool, "true", 0, 1;
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

    /// `metadata.rebootstrap`.
    pub(super) fn rebootstrap(&self) -> Rebootstrap {
        match self.rebootstrap {
            "never" => Rebootstrap::Never,
            "no-node" => Rebootstrap::NoNode,
            _ => Rebootstrap::NoNodeOrTrigger,
        }
    }
}
