//! segmentio kafka-go 0.4 as `&kafka.Writer{}` builds it, with the default Transport; its Reader.

use crate::model::client::profile::{Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("kafka-go-0.4"),
    library: Library::KafkaGo,
    releases: Cow::Borrowed("0.4.50 and 0.4.51, built as &kafka.Writer{}"),
    covers: [(0, 4, 0), (0, 4, u16::MAX)],
    evidence: Evidence::Measured,
    policies: Cow::Borrowed(&POLICIES),
    producer_defaults: &[],
    consumer_defaults: &[],
};

static POLICIES: [Policy; 9] = [
    policy("metadata.refresh", "poll", "transport.go connPool.discover: pauses U(0, MetadataTTL)"),
    policy("metadata.broker", "bootstrap", "transport.go grabClusterConn, connGroup.connect: addresses shuffled"),
    policy("metadata.epochs", "accept-any", "transport.go connPool.update: the layout is replaced, no epoch is read"),
    policy("metadata.leader-hints", "never", "protocol/produce: up to v8, KIP-951 is v10"),
    policy("produce.pipelining", "none", "transport.go conn.run; writer.go partitionWriter.writeBatches"),
    policy("connect.dialer-timeout", "3000", "transport.go DefaultTransport and defaultDialer"),
    policy(
        "defect.errors-do-not-refresh",
        "true",
        "transport.go: nothing but topic creation sends to connPool.wake; segmentio/kafka-go #1221, #1413",
    ),
    policy(
        "defect.leaderless-fails-at-once",
        "true",
        "protocol/produce/produce.go Broker: NewErrNoLeader is not Temporary(); segmentio/kafka-go #1288",
    ),
    policy(
        "defect.lookup-without-deadline",
        "true",
        "dialer.go LookupPartition: ReadPartitions without a deadline; segmentio/kafka-go #1044",
    ),
];
