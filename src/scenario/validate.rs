//! What only the whole scenario shows: how much work a run is, and what cannot go well.

use super::Scenario;
use crate::model::Spec;
use crate::model::spec::TopicSpec;

/// Events above which a run is refused unless more are allowed.
pub const MAX_EVENTS: f64 = 1e9;
/// Events of one record: arrival, request, append, two followers' fetches, answer, each sent and taken.
const EVENTS_A_RECORD: f64 = 12.0;
/// Events a second of a fetching pair of brokers and of a broker's heartbeats and metadata fetches.
const EVENTS_A_PAIR: f64 = 8.0;
const EVENTS_A_BROKER: f64 = 20.0;

impl Scenario {
    /// About how many events a run takes: from rates, brokers and length; good to a factor of a few.
    pub fn estimated_events(&self) -> f64 {
        let seconds = (self.count_from + self.duration).as_secs_f64();
        let records: f64 = self.spec.clients.iter().filter_map(|c| c.workload()).map(|w| w.rate * self.seconds_of(w.start, w.stop)).sum();
        let brokers = self.spec.brokers.len() as f64;
        let replicas: usize = self.spec.partitions.iter().map(|p| p.replicas.len()).sum();
        records * EVENTS_A_RECORD + seconds * (brokers * brokers * EVENTS_A_PAIR + brokers * EVENTS_A_BROKER) + replicas as f64
    }

    fn seconds_of(&self, start: crate::engine::Duration, stop: Option<crate::engine::Duration>) -> f64 {
        let end = self.count_from + self.duration;
        stop.unwrap_or(end).min(end).saturating_sub(start).as_secs_f64()
    }

    /// Refuses a run that would take more than `max_events` (by default [`MAX_EVENTS`]).
    ///
    /// # Errors
    /// The estimate and the remedies, in words.
    pub fn check_size(&self, max_events: f64) -> Result<(), String> {
        let estimate = self.estimated_events();
        if estimate <= max_events {
            return Ok(());
        }
        Err(format!(
            "this run would take about {estimate:.1e} events, more than {max_events:.1e}; shorten `duration`, lower the clients' rates, \
             or allow it with --max-events {}",
            (estimate * 2.0).ceil() as u64
        ))
    }
}

/// What is legal in Kafka and not what is meant, as sentences for the answer.
pub(super) fn warnings(spec: &Spec) -> Vec<String> {
    spec.topics.iter().filter_map(|topic| beyond_its_replicas(topic, spec)).collect()
}

/// A sentence for a topic that asks for more replicas in sync than a partition of it has.
fn beyond_its_replicas(topic: &TopicSpec, spec: &Spec) -> Option<String> {
    let least = topic.partitions.iter().map(|p| spec.partitions[p.index()].replicas.len()).min().filter(|least| *least > 0)?;
    let wanted = topic.config.min_insync_replicas as usize;
    let replicas = if least == 1 { "1 replica".to_owned() } else { format!("{least} replicas") };
    let effect = match spec.release.rules().min_isr_at_most_replicas {
        true => format!("for them brokers since 3.7 take it as {least} (KAFKA-15583)"),
        false => "before 3.7 these take no record with acks=all".to_owned(),
    };
    (wanted > least)
        .then(|| format!("Topic {} asks for min.insync.replicas={wanted} and has partitions of {replicas}: {effect}.", topic.name))
}
