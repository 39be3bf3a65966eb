//! What kafkajs does that no setting of it changes.

use crate::kafka::config::Kind::{Bool, Word};
use crate::kafka::config::config_table;
use crate::model::client::profile::Profile;

config_table! {
    /// The fixed behaviour of one release of kafkajs.
    Policies {
        /// When metadata is asked for: by a send or fetch that finds it missing, too old or wrong, never by a clock; no floor, one at a time.
        refresh: &'static str = "metadata.refresh", Word(&["when-used"]), "when-used", 0, 0;
        /// Which broker is asked: any that is connected.
        asked: &'static str = "metadata.broker", Word(&["random-connected"]), "random-connected", 0, 0;
        /// What an answer with older leader epochs does: it wins.
        epochs: &'static str = "metadata.epochs", Word(&["accept-any"]), "accept-any", 0, 0;
        /// Whether the leader hint in an error is used (KIP-951).
        hints: &'static str = "metadata.leader-hints", Word(&["never"]), "never", 0, 0;
        /// What a refused record does: it refreshes, then waits, so that what was learned is as old as the pause when it is used.
        retry_order: &'static str = "produce.retry.order", Word(&["refresh-then-pause"]), "refresh-then-pause", 0, 0;
        /// What is sent at once: one request for each `send()` and leader, whatever is under way.
        batching: &'static str = "produce.batching", Word(&["none"]), "none", 0, 0;
        /// A request without an answer in time fails, but its connection stays and no metadata is asked for.
        timeout_keeps_socket: bool = "defect.request-timeout-keeps-socket", Bool, "true", 0, 1;
        /// One partition without a leader makes a whole metadata answer an error.
        partition_error_fails_refresh: bool = "defect.partition-error-fails-refresh", Bool, "true", 0, 1;
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
