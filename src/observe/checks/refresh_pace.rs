//! A client pauses between two refreshes of its metadata. Source: `Metadata.timeToNextUpdate` (`retry.backoff.ms`, or
//! `retry.backoff.max.ms` where that is less, with 20 % jitter: `ExponentialBackoff`).
//!
//! Java clients are held to it, over one second: a topic that is new to a client, or a request that fails at once, is asked for sooner.

use super::Findings;
use crate::engine::{Duration, Instant};
use crate::kafka::ClientIx;
use crate::kafka::config::ClientConfig;
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::model::spec::ClientSpec;
use std::collections::VecDeque;

/// Over this long.
const SPAN: Duration = Duration::from_secs(1);
/// The least part of the pause that jitter leaves.
const LEAST: f64 = 0.8;
/// Refreshes without a pause that a client may have had reason for.
const MORE: usize = 4;

#[derive(Clone, Debug)]
struct Pace {
    /// The most in one second.
    most: usize,
    sent: VecDeque<Instant>,
}

/// The check.
#[derive(Clone, Debug)]
pub struct RefreshPace {
    pub(super) findings: Findings,
    paces: Vec<Option<Pace>>,
}

impl RefreshPace {
    pub(super) fn new(spec: &Spec) -> Self {
        RefreshPace { findings: Findings::of("clients pause between refreshes"), paces: spec.clients.iter().map(pace).collect() }
    }

    /// A metadata request left.
    pub(super) fn sent(&mut self, at: Instant, client: ClientIx) {
        let Some(pace) = &mut self.paces[client.index()] else { return };
        pace.sent.push_back(at);
        if pace.sent.len() <= pace.most {
            return;
        }
        let first = pace.sent.pop_front();
        if first.is_some_and(|first| first + SPAN > at) {
            let text = format!("{client:?} asks for metadata more than {} times in a second", pace.most);
            self.findings.violated(at, text);
        }
    }
}

fn pace(client: &ClientSpec) -> Option<Pace> {
    let pause = match &*client.config {
        ClientConfig::JavaProducer(config) => config.retry_backoff.min(config.retry_backoff_max),
        ClientConfig::JavaConsumer(config) => config.retry_backoff.min(config.retry_backoff_max),
        ClientConfig::Librdkafka(_)
        | ClientConfig::FranzGoProducer(_)
        | ClientConfig::FranzGoConsumer(_)
        | ClientConfig::SaramaProducer(_)
        | ClientConfig::SaramaConsumer(_)
        | ClientConfig::KafkaPythonProducer(_)
        | ClientConfig::KafkajsProducer(_)
        | ClientConfig::KafkajsConsumer(_)
        | ClientConfig::KafkaGoWriter(_)
        | ClientConfig::KafkaGoReader(_) => return None,
    };
    if client.profile.library != Library::Java || pause.is_zero() {
        return None;
    }
    let in_span = SPAN.as_nanos() / pause.scale(LEAST).as_nanos().max(1);
    Some(Pace { most: in_span as usize + MORE, sent: VecDeque::new() })
}
