//! segmentio kafka-go 0.4 as the older `kafka.NewWriter(WriterConfig{})` builds it.

use crate::model::client::profile::{Default, Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("kafka-go-0.4-newwriter"),
    library: Library::KafkaGo,
    releases: Cow::Borrowed("0.4.50 and 0.4.51, built by kafka.NewWriter"),
    covers: [(0, 4, 0), (0, 4, u16::MAX)],
    evidence: Evidence::Source,
    policies: Cow::Borrowed(&POLICIES),
    // writer.go NewWriter: RebalanceInterval, IdleConnTimeout, and acks 0 read as all.
    producer_defaults: &[
        Default { key: "RequiredAcks", value: "all" },
        Default { key: "Transport.MetadataTTL", value: "15000" },
        Default { key: "Transport.IdleTimeout", value: "540000" },
    ],
    consumer_defaults: &[],
};

static POLICIES: [Policy; 9] = [
    policy("metadata.refresh", "poll", "transport.go connPool.discover: pauses U(0, MetadataTTL)"),
    policy("metadata.broker", "bootstrap", "transport.go grabClusterConn, connGroup.connect: addresses shuffled"),
    policy("metadata.epochs", "accept-any", "transport.go connPool.update: the layout is replaced, no epoch is read"),
    policy("metadata.leader-hints", "never", "protocol/produce: up to v8, KIP-951 is v10"),
    policy("produce.pipelining", "none", "transport.go conn.run; writer.go partitionWriter.writeBatches"),
    policy("connect.dialer-timeout", "10000", "writer.go NewWriter dials with dialer.go DefaultDialer"),
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
