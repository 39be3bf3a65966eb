//! What one consumer runs by: its configuration and profile, resolved once.

use crate::engine::Duration;
use crate::kafka::config::ClientConfig;
use crate::model::client::java::policies::Policies;
use crate::model::client::java::settings::{Shared, shared};
use crate::model::message::{Isolation, OffsetSpec};
use crate::model::spec::ClientSpec;
use std::sync::Arc;

/// `ConsumerUtils.CONSUMER_MAX_INFLIGHT_REQUESTS_PER_CONNECTION`: no setting changes it.
const MAX_IN_FLIGHT: usize = 100;

/// The resolved settings of one consumer, beside the shared ones.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub request_timeout: Duration,
    pub fetch_max_wait: Duration,
    pub fetch_min_bytes: u32,
    pub fetch_max_bytes: u32,
    pub partition_max_bytes: u32,
    pub max_poll_records: u32,
    pub isolation: Isolation,
    /// Where the consumer stands; none: it reads from leaders only.
    pub rack: Option<Arc<str>>,
    /// `auto.offset.reset`; none: the application gets an exception.
    pub reset: Option<OffsetSpec>,
    /// How long the application's own commit may take.
    pub commit_timeout: Duration,
    /// `enable.auto.commit`.
    pub library_commits: bool,
    pub leader_hints: bool,
    /// A node that buffered records came from is not asked for the others before they are read (KAFKA-17182).
    pub skip_buffered_nodes: bool,
}

impl Settings {
    /// Resolves the configuration of a consumer under its profile.
    pub(super) fn new(client: &ClientSpec) -> (Self, Shared) {
        let ClientConfig::JavaConsumer(config) = &*client.config else { unreachable!("a Java consumer has the configuration of one") };
        let profile = Policies::of(&client.profile);
        let settings = Settings {
            request_timeout: config.request_timeout,
            fetch_max_wait: config.fetch_max_wait,
            fetch_min_bytes: config.fetch_min_bytes,
            fetch_max_bytes: config.fetch_max_bytes,
            partition_max_bytes: config.max_partition_fetch_bytes,
            max_poll_records: config.max_poll_records,
            isolation: if config.isolation_level == "read_committed" { Isolation::ReadCommitted } else { Isolation::ReadUncommitted },
            rack: Some(config.client_rack.as_str()).filter(|rack| !rack.is_empty()).map(Arc::from),
            reset: match config.auto_offset_reset {
                "earliest" => Some(OffsetSpec::Earliest),
                "latest" => Some(OffsetSpec::Latest),
                _ => None,
            },
            commit_timeout: config.default_api_timeout,
            library_commits: config.enable_auto_commit,
            leader_hints: profile.fetch_hints,
            skip_buffered_nodes: profile.skip_buffered_nodes,
        };
        (settings, shared!(&**config, &profile, MAX_IN_FLIGHT, false))
    }
}
