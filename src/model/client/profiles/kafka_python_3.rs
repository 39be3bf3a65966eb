//! kafka-python 3: the Java client of old in Python, with two loops of its own and without an epoch rule for metadata.

use crate::model::client::profile::{Evidence, Library, Policy, Profile, policy};
use std::borrow::Cow;

pub(super) static PROFILE: Profile = Profile {
    name: Cow::Borrowed("kafka-python-3.0"),
    library: Library::KafkaPython,
    releases: Cow::Borrowed("3.0"),
    covers: [(3, 0, 0), (3, u16::MAX, u16::MAX)],
    evidence: Evidence::Source,
    policies: Cow::Borrowed(&POLICIES),
    producer_defaults: &[],
    consumer_defaults: &[],
};

static POLICIES: [Policy; 15] = [
    policy("retry.exponential", "false", "record_accumulator.py: RecordAccumulator.ready; cluster.py: ClusterMetadata.ttl"),
    policy("retry.skip-on-newer-epoch", "false", "record_accumulator.py: RecordAccumulator.ready knows no epochs"),
    policy("metadata.leader-hints", "false", "sender.py: Sender._produce_request, versions up to 9"),
    policy("metadata.rebootstrap", "never", "cluster.py: ClusterMetadata._do_refresh_metadata"),
    policy("fetch.skip-buffered-nodes", "false", "fetcher.py: Fetcher._create_fetch_requests"),
    policy("retry.timeout-error", "REQUEST_TIMED_OUT", "connection.py: KafkaConnection._request_timed_out"),
    policy("fetch.leader-hints", "true", "fetcher.py: Fetcher._maybe_update_current_leader, first in 3.0.0"),
    policy("metadata.older-answers", "accept", "cluster.py: ClusterMetadata.update_metadata replaces all"),
    policy("metadata.leaderless-refreshes", "false", "cluster.py: ClusterMetadata.update_metadata looks at errors of topics alone"),
    policy("metadata.goes-first", "false", "sender.py: Sender._send_producer_data; the refresh loop is another"),
    policy("metadata.losses-count", "false", "manager.py: get_connection, request_update on an error alone"),
    policy("metadata.target", "least-busy", "manager.py: least_loaded_node"),
    policy("connection.pause-after-loss", "false", "manager.py: _connect, update_backoff on failed attempts alone"),
    policy("produce.one-batch-per-partition", "true", "kafka.py: KafkaProducer.__init__, guarantee_message_order"),
    policy("defect.lost-wake-up", "true", "sender.py: Sender.wakeup is called by send(), answers and failures, not by ClusterMetadata"),
];
