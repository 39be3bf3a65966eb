//! What sarama does that no setting of it changes, by release.

use super::super::cache::{self, Epochs, Hints};
use crate::kafka::config::Kind::{Bool, Word};
use crate::kafka::config::config_table;
use crate::model::client::profile::Profile;

config_table! {
    /// The fixed behaviour of one range of releases of sarama.
    Policies {
        /// An answer with a lower leader epoch than known is no news for that partition.
        reject_older_epochs: bool = "metadata.reject-older-epochs", Bool, "true", 0, 1;
        /// A refresh also closes the idle connections that the peer has ended meanwhile.
        checks_idle_connections: bool = "connections.checked-by-refresh", Bool, "true", 0, 1;
        /// A partition has one batch on its way at most.
        mutes_partitions: bool = "produce.one-batch-per-partition", Bool, "true", 0, 1;
        /// What happens to the batch of a request whose connection failed: its records go one by one through the partition's queue (pause, then a
        /// refresh for each partition), or the batch is sent again as it is (a refresh for all, then the pause).
        connection_error: &'static str = "produce.after-connection-error", Word(&["records", "batch-if-idempotent", "batch"]), "batch", 0, 0;
        /// A batch that was sent again as it is stays one when it is refused.
        resent_stays_whole: bool = "produce.resent-batch-stays-whole", Bool, "true", 0, 1;
        /// An idempotent producer numbers records when they leave in a batch, or once and for all when they leave their partition.
        numbers: &'static str = "produce.numbers-are-given", Word(&["with-the-record", "with-the-batch"]), "with-the-batch", 0, 0;
        /// Fetches are of a version that only leaders answer: `RackID` has no effect.
        only_leaders: bool = "fetch.from-leaders-only", Bool, "false", 0, 1;
        /// A preferred read replica is left again after `Metadata.RefreshFrequency`.
        leases_replica: bool = "fetch.replica-lease", Bool, "true", 0, 1;
        /// A consumer that is sent to a preferred read replica, or back from it, goes there at once.
        switches_replica_at_once: bool = "fetch.replica-switch-at-once", Bool, "true", 0, 1;
        /// Whoever refreshes waits until every connection attempt under way has ended: it asks each broker for its load under a lock that a dial holds.
        dial_blocks_metadata: bool = "defect.dial-blocks-metadata", Bool, "true", 0, 1;
        /// The time of the last good refresh is noted when a request leaves: concurrent refreshes take each other's retries away, and a refresh that
        /// found no leader counts as good.
        cancels_retries: bool = "defect.refresh-cancels-retries", Bool, "false", 0, 1;
        /// Records that waited while others were tried again leave without numbers.
        forgets_numbers: bool = "defect.waiting-records-without-numbers", Bool, "false", 0, 1;
        /// An idempotent producer sends a refused batch again without a pause, so its retries are used up at once.
        retries_without_pause: bool = "defect.idempotent-retry-without-pause", Bool, "false", 0, 1;
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

    /// How the cache judges answers. Hints are never read (`ProduceResponse` has no `CurrentLeader`).
    pub(super) fn cache(&self) -> cache::Policy {
        let epochs = if self.reject_older_epochs { Epochs::RejectOlder } else { Epochs::AcceptAny };
        cache::Policy { epochs, hints: Hints::Newer }
    }

    /// Whether the batch of a failed request is sent again as it is.
    pub(super) fn resends_whole(&self, idempotent: bool) -> bool {
        match self.connection_error {
            "records" => false,
            "batch-if-idempotent" => idempotent,
            _ => true,
        }
    }
}
