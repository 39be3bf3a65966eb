//! librdkafka 2.3. The release whose leader query never ends (#4577), without leader hints.

use crate::model::client::profile::{Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("librdkafka-2.3"),
    library: Library::Librdkafka,
    releases: Cow::Borrowed("2.3"),
    covers: [(2, 3, 0), (2, 3, u16::MAX)],
    evidence: Evidence::Source,
    policies: Cow::Borrowed(&POLICIES),
    producer_defaults: &[],
    consumer_defaults: &[],
};

static POLICIES: [Policy; 9] = [
    policy("metadata.leader-hints", "false", "KIP-951: rd_kafka_metadata_update_op, first in 2.5.0 (#4756, #4767)"),
    policy("metadata.query-beats-hint-percent", "0", "there are no hints before 2.5"),
    policy("metadata.removes-brokers", "false", "rd_kafka_metadata_decommission_unavailable_brokers, first in 2.10.0 (#4557)"),
    policy("metadata.rebootstrap", "never", "KIP-899, first in 2.10.0; the trigger of KIP-1102 (2.11.0) is not modelled"),
    policy("fetch.move-clears-backoff", "false", "RD_KAFKA_OP_PARTITION_JOIN resets rktp_ts_fetch_backoff, first in 2.10.0"),
    policy("defect.endless-leader-query", "true", "#4577, in 2.3.0 only, fixed by #4679 in 2.4.0"),
    policy("defect.decommission-race", "false", "brokers are not dropped before 2.10"),
    policy("defect.decommission-race.percent", "90", "18 of 20 runs of 2.15.0, one partition"),
    policy("defect.decommission-race.idempotent-percent", "10", "2 of 20 runs of 2.15.0, one partition"),
];
