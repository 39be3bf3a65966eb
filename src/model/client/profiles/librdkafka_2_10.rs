//! librdkafka 2.10 to 2.15. Brokers that metadata leave out are dropped, with the race that comes of it.

use crate::model::client::profile::{Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("librdkafka-2.10"),
    library: Library::Librdkafka,
    releases: Cow::Borrowed("2.10 to 2.15"),
    covers: [(2, 10, 0), (2, 15, u16::MAX)],
    evidence: Evidence::Source,
    policies: Cow::Borrowed(&POLICIES),
    producer_defaults: &[],
    consumer_defaults: &[],
};

static POLICIES: [Policy; 9] = [
    policy("metadata.leader-hints", "true", "KIP-951: rd_kafka_metadata_update_op, first in 2.5.0 (#4756, #4767)"),
    policy(
        "metadata.query-beats-hint-percent",
        "20",
        "rd_kafka_metadata_leader_query_tmr_cb against rd_kafka_metadata_update_op; how often was counted with 2.15.0: 4 of 20 moves",
    ),
    policy("metadata.removes-brokers", "true", "rd_kafka_metadata_decommission_unavailable_brokers, first in 2.10.0 (#4557)"),
    policy("metadata.rebootstrap", "all-down", "KIP-899, first in 2.10.0; the trigger of KIP-1102 (2.11.0) is not modelled"),
    policy("fetch.move-clears-backoff", "true", "RD_KAFKA_OP_PARTITION_JOIN resets rktp_ts_fetch_backoff, first in 2.10.0"),
    policy("defect.endless-leader-query", "false", "#4577, in 2.3.0 only, fixed by #4679 in 2.4.0"),
    policy(
        "defect.decommission-race",
        "true",
        "rd_kafka_metadata_decommission_unavailable_brokers (2.10, #4557) against rd_kafka_broker_fail: found by running 2.15.0, in no issue",
    ),
    policy("defect.decommission-race.percent", "90", "18 of 20 runs of 2.15.0, one partition"),
    policy("defect.decommission-race.idempotent-percent", "10", "2 of 20 runs of 2.15.0, one partition"),
];
