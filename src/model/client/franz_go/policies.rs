//! What franz-go does that no option of it changes, by release.

use crate::engine::Duration;
use crate::kafka::config::Kind::{Bool, Int, Millis};
use crate::kafka::config::config_table;
use crate::model::client::profile::Profile;

const I32: i64 = i32::MAX as i64;

config_table! {
    /// The fixed behaviour of one release of franz-go.
    Policies {
        /// The leader hint in an error moves the partition at once, with no metadata request (KIP-951).
        leader_hints: bool = "metadata.leader-hints", Bool, "true", 0, 1;
        /// So many answers in a row with an older epoch are no news; the next is believed.
        epoch_rewinds: u32 = "metadata.epoch-rewinds", Int, "5", 0, I32;
        /// An immediate update whose answer has errors in it is repeated until so many were made.
        quick_rounds: u32 = "metadata.quick-rounds", Int, "8", 1, I32;
        /// The pause between those.
        quick_pause: Duration = "metadata.quick-pause", Millis, "250", 0, I32;
        /// How often one metadata update tries another broker.
        request_retries: u32 = "metadata.request-retries", Int, "3", 0, I32;
        /// Produce requests of an idempotent producer without an answer on one broker, once a first answer came.
        idempotent_in_flight: u32 = "produce.idempotent-in-flight", Int, "4", 1, 5;
        /// Every new connection asks for the broker's versions; else only the first to a broker.
        greets_each: bool = "connection.greets-each", Bool, "true", 0, 1;
        /// How long a consumer waits before it asks again for an offset or epoch that it could not load.
        load_pause: Duration = "consume.load-pause", Millis, "1000", 0, I32;
        /// A batch whose broker went away waits for the next metadata update even where its partition has already moved (#746).
        moved_batch_waits: bool = "defect.moved-batch-waits", Bool, "false", 0, 1;
        /// A batch that a broker answered `REQUEST_TIMED_OUT` waits for the next metadata update, which has nothing to say (#1407).
        timed_out_batch_waits: bool = "defect.timed-out-batch-waits", Bool, "false", 0, 1;
        /// A hint that is no newer than what is known counts as a move, and the request is repeated as fast as the broker answers (#1413).
        stale_hint_loops: bool = "defect.stale-hint-loops", Bool, "false", 0, 1;
        /// What waits for a metadata update sleeps through the quick rounds that have already brought it (#1424).
        silent_rounds: bool = "defect.silent-rounds", Bool, "false", 0, 1;
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
