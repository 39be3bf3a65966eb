//! What kafka-go does that no setting of it changes.

use crate::engine::Duration;
use crate::kafka::config::Kind::{Bool, Millis, Word};
use crate::kafka::config::config_table;
use crate::model::client::profile::Profile;

config_table! {
    /// The fixed behaviour of one way to build a kafka-go client.
    Policies {
        /// When metadata is asked for: by a poll whose pauses are drawn anew each time, of all topics.
        refresh: &'static str = "metadata.refresh", Word(&["poll"]), "poll", 0, 0;
        /// Which broker is asked: a bootstrap address, drawn when the control connection is made.
        asked: &'static str = "metadata.broker", Word(&["bootstrap"]), "bootstrap", 0, 0;
        /// What an answer with older leader epochs does: it wins.
        epochs: &'static str = "metadata.epochs", Word(&["accept-any"]), "accept-any", 0, 0;
        /// Whether the leader hint in an error is used (KIP-951).
        hints: &'static str = "metadata.leader-hints", Word(&["never"]), "never", 0, 0;
        /// How requests share connections: one at a time on each of a pool, one batch of a partition at a time.
        pipelining: &'static str = "produce.pipelining", Word(&["none"]), "none", 0, 0;
        /// How long TCP may take for one address.
        dialer_timeout: Duration = "connect.dialer-timeout", Millis, "3000", 1, 3_600_000;
        /// No error of a produce request brings the next metadata poll forward.
        errors_do_not_refresh: bool = "defect.errors-do-not-refresh", Bool, "true", 0, 1;
        /// A batch whose partition has no leader in the cached metadata fails at once, whatever attempts are left.
        leaderless_fails: bool = "defect.leaderless-fails-at-once", Bool, "true", 0, 1;
        /// A reader's look-up of its leader waits without a time-out for the answer to its metadata request.
        lookup_without_deadline: bool = "defect.lookup-without-deadline", Bool, "true", 0, 1;
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
