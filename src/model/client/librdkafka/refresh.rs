//! When metadata are asked for anew, and what an answer does. Source: `rdkafka_metadata.c`, `rdkafka_topic.c`.

use super::Purpose;
use super::core::Core;
use crate::engine::{Duration, Instant, mix};
use crate::kafka::{BrokerIx, MetadataOffset, PartitionIx, TopicIx};
use crate::model::client::cache::Answer;
use crate::model::client::kit::reference;
use crate::model::message::{LeaderHint, Topics};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Refresh as What;

/// The fast leader query (`rkmc_query_tmr`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    pub at: Instant,
    interval: Duration,
}

impl Core {
    /// Everything of the main thread that is due now.
    pub(super) fn main_thread(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        if self.query.is_some_and(|q| q.at <= ctx.now) {
            self.query_leaders(ctx, out);
        }
        if self.scan_at.is_some_and(|at| at <= ctx.now) {
            self.scan(ctx, out);
        }
        if let Some(interval) = self.settings.refresh_interval
            && self.refresh_at <= ctx.now
        {
            self.refresh_at = ctx.now + interval;
            self.refresh_known(ctx, out);
        }
        if self.choose_at.is_some_and(|at| at <= ctx.now) {
            self.connect_any(ctx, out);
        }
    }

    /// `rd_kafka_toppar_leader_unavailable`: a leader query starts at once, unless one is due soon anyway.
    pub(super) fn leader_unavailable(&mut self, topic: TopicIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        if self.flagged.insert(topic) {
            out.fact(Fact::Refreshed { client: self.kit.index, what: What::Wanted });
        }
        let soon = ctx.now + self.settings.fast_interval;
        if self.query.is_none_or(|q| q.at > soon) {
            self.query = Some(Query { at: ctx.now, interval: Duration::ZERO });
        }
    }

    /// `rd_kafka_metadata_leader_query_tmr_cb`: asks for flagged topics; the pause doubles with jitter, its bound has none.
    fn query_leaders(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(mut query) = self.query else { return };
        if self.flagged.is_empty() {
            self.query = None;
            return;
        }
        let topics: Vec<TopicIx> = self.flagged.iter().copied().collect();
        self.refresh(&topics, ctx, out);
        let (least, most) = (self.settings.config.retry_backoff, self.settings.config.retry_backoff_max);
        query.interval = query.interval * 2;
        self.queries += 1;
        let percent = 80 + self.draws.query.at(self.queries).below(41);
        let mut pause = query.interval.scale(percent as f64 / 100.0);
        if pause < least {
            (query.interval, pause) = (least, least);
        }
        if pause > most {
            (query.interval, pause) = (most, most);
        }
        query.at = ctx.now + pause;
        self.query = Some(query);
    }

    /// `rd_kafka_topic_scan_all`: asks for topics that are unknown, or have a partition without a broker or with one that is not up though
    /// something waits for it.
    fn scan(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.scan_at = None;
        let topics: Vec<TopicIx> = self.kit.cache.request_topics(false).into_iter().filter(|t| self.needs_query(*t, ctx)).collect();
        if !topics.is_empty() {
            self.refresh(&topics, ctx, out);
        }
        if !self.any_up() {
            self.connect_any(ctx, out);
        }
        self.plan_scan(Instant::from_nanos(ctx.now.as_nanos() + 1), ctx);
    }

    /// Sees to it that the next scan comes when it would find something.
    pub(super) fn plan_scan(&mut self, from: Instant, ctx: &Ctx<'_>) {
        if self.scan_at.is_some() {
            return;
        }
        let needed = || self.kit.cache.request_topics(false).into_iter().any(|t| self.needs_query(t, ctx));
        let down = || self.links.values().any(|l| self.is_down(l.broker)) && needed();
        if self.missing || !self.any_up() || down() {
            self.scan_at = Some(self.main_tick(from));
        }
    }

    /// Notes whether some topic is unknown or some partition has no broker.
    pub(super) fn note_missing(&mut self, ctx: &Ctx<'_>) {
        self.missing = !self.kit.cache.request_topics(false).into_iter().all(|t| self.is_led(t, ctx));
    }

    fn needs_query(&self, topic: TopicIx, ctx: &Ctx<'_>) -> bool {
        if self.kit.cache.partition_count(topic, ctx.history).is_none() {
            return true;
        }
        let partitions = &ctx.spec.topics[topic.index()].partitions;
        partitions.iter().any(|p| match self.delegated(*p, ctx) {
            None => true,
            Some(broker) => self.is_down(broker),
        })
    }

    /// `rd_kafka_toppar_needs_query`: below UP, but not INIT; waiting for the broker's versions is above UP.
    fn is_down(&self, broker: BrokerIx) -> bool {
        let channel = Channel::Broker(broker);
        let closed = self.kit.connections.reconnect_at(channel).is_some();
        (closed && self.demand.contains(&broker)) || self.kit.connections.is_connecting(channel)
    }

    /// `rd_kafka_metadata_refresh_known_topics`, forced.
    pub(super) fn refresh_known(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let topics = self.kit.cache.request_topics(false);
        if !topics.is_empty() {
            self.refresh(&topics, ctx, out);
        }
    }

    /// `rd_kafka_metadata_refresh_topics`, forced: skipped when no connection is up; then some broker is connected to.
    pub(super) fn refresh(&mut self, topics: &[TopicIx], ctx: &Ctx<'_>, out: &mut Outbox) {
        match self.usable(ctx) {
            Some(channel) => self.send_metadata(channel, topics, ctx, out),
            None => self.connect_any(ctx, out),
        }
    }

    pub(super) fn send_metadata(&mut self, channel: Channel, topics: &[TopicIx], ctx: &Ctx<'_>, out: &mut Outbox) {
        let timeout = self.noticed(channel, self.settings.config.socket_timeout, ctx.now);
        self.kit.ask_metadata(channel, Purpose::Metadata, topics, timeout, ctx.now, out);
        self.used(channel, ctx.now);
    }

    /// A metadata request came to nothing. librdkafka repeats it on the same broker twice; here the scan and the leader query do.
    pub(super) fn refresh_failed(&self, out: &mut Outbox) {
        out.fact(Fact::Refreshed { client: self.kit.index, what: What::Failed });
    }

    /// Uses a topic: a new one is asked for at once (`rd_kafka_topic_new0`).
    pub(super) fn use_topic(&mut self, topic: TopicIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        if self.kit.cache.add(topic, Instant::MAX) {
            self.missing = true;
            self.refresh(&[topic], ctx, out);
        }
    }

    /// A metadata answer: gives the channels of brokers that are dropped because it leaves them out.
    pub(super) fn answered(
        &mut self,
        broker: BrokerIx,
        offset: MetadataOffset,
        topics: &Topics,
        ctx: &Ctx<'_>,
        out: &mut Outbox,
    ) -> Vec<Channel> {
        // A broker that is only starting knows no broker.
        if ctx.history.listed_brokers(offset).next().is_none() {
            out.fact(Fact::Refreshed { client: self.kit.index, what: What::Failed });
            return Vec::new();
        }
        out.fact(Fact::Refreshed { client: self.kit.index, what: What::Answered(broker, offset) });
        let topics: &[TopicIx] = match topics {
            Topics::None => &[],
            Topics::Some(topics) => topics,
        };
        let before = self.look(topics, offset, ctx);
        let learned = self.kit.cache.apply(&Answer { broker, offset, topics }, ctx.now, reference(ctx), out);
        let grew = learned.newer || !self.settings.policies.endless_query;
        self.settle(&before, ctx);
        for topic in topics {
            if grew && self.is_led(*topic, ctx) && !before.stale.contains(topic) {
                self.flagged.remove(topic);
            }
        }
        self.note_missing(ctx);
        self.dropped(ctx)
    }

    /// What a topic's partitions were delegated to, and whether the answer is older than what is known.
    fn look(&self, topics: &[TopicIx], offset: MetadataOffset, ctx: &Ctx<'_>) -> Before {
        let mut before = Before::default();
        for topic in topics {
            for partition in &ctx.spec.topics[topic.index()].partitions {
                let (leader, epoch) = self.kit.cache.belief(*partition, reference(ctx));
                before.leaders.push((*partition, leader));
                if ctx.history.leader_answer(*partition, offset).2 < epoch {
                    before.stale.push(*topic);
                }
            }
        }
        before
    }

    /// Migrates partitions. Where the same answer drops the old leader, the dying thread of that broker may undo it.
    fn settle(&mut self, before: &Before, ctx: &Ctx<'_>) {
        for &(partition, old) in &before.leaders {
            let new = self.kit.cache.belief(partition, reference(ctx)).0;
            let old = old.filter(|_| !self.stranded.contains(&partition));
            let raced = match (old, new) {
                (Some(old), Some(new)) if old != new => !self.is_listed(old, ctx) && self.loses_race(partition, ctx),
                _ => false,
            };
            if raced {
                self.stranded.insert(partition);
            } else {
                self.stranded.remove(&partition);
            }
        }
    }

    fn loses_race(&self, partition: PartitionIx, ctx: &Ctx<'_>) -> bool {
        let policies = &self.settings.policies;
        if !policies.decommission_race {
            return false;
        }
        let idempotent = self.settings.config.enable_idempotence;
        let percent = if idempotent { policies.decommission_race_idempotent_percent } else { policies.decommission_race_percent };
        let epoch = self.kit.cache.belief(partition, reference(ctx)).1;
        let address = mix(ctx.spec.partition_key(partition).bits(), u64::from(epoch.0));
        self.draws.race.at(mix(1, address)).happens(f64::from(percent) / 100.0)
    }

    fn is_listed(&self, broker: BrokerIx, ctx: &Ctx<'_>) -> bool {
        self.nodes(ctx).contains(&(Channel::Broker(broker), broker))
    }

    fn is_led(&self, topic: TopicIx, ctx: &Ctx<'_>) -> bool {
        let known = self.kit.cache.partition_count(topic, ctx.history).unwrap_or(0);
        let mut partitions = ctx.spec.topics[topic.index()].partitions.iter().take(known);
        known > 0 && partitions.all(|p| self.delegated(*p, ctx).is_some())
    }

    /// Open channels to brokers that are in the list no longer, and to bootstrap servers, whose place known brokers take.
    fn dropped(&self, ctx: &Ctx<'_>) -> Vec<Channel> {
        let nodes = self.nodes(ctx);
        let keeps_all = !self.settings.policies.removes_brokers;
        let is_node = |c: &Channel| nodes.iter().any(|(node, _)| node == c);
        let stays = |c: &Channel| matches!(c, Channel::Lane(..)) || !matches!(c, Channel::Bootstrap(_)) && (keeps_all || is_node(c));
        let open = self.links.keys().filter(|c| self.kit.connections.reconnect_at(**c).is_none());
        open.filter(|c| !stays(c)).copied().collect()
    }

    /// A leader hint (`rd_kafka_metadata_update_op`). The main thread takes it in while the error's own thread starts a leader query: most
    /// often the hint comes first and there is nothing left to ask.
    pub(super) fn hinted(&mut self, from: BrokerIx, partition: PartitionIx, hint: LeaderHint, ctx: &Ctx<'_>, out: &mut Outbox) {
        if !self.settings.policies.leader_hints || !self.kit.cache.take_hint(from, partition, hint, reference(ctx), out) {
            return;
        }
        if self.stranded.remove(&partition) || self.missing {
            self.note_missing(ctx);
        }
        let topic = ctx.spec.partitions[partition.index()].topic;
        let address = mix(2, mix(ctx.spec.partition_key(partition).bits(), u64::from(hint.leader_epoch.0)));
        let beaten = self.draws.race.at(address).happens(f64::from(self.settings.policies.query_beats_hint) / 100.0);
        if !beaten && self.is_led(topic, ctx) {
            self.flagged.remove(&topic);
        }
    }
}

/// What was believed before an answer.
#[derive(Default)]
struct Before {
    leaders: Vec<(PartitionIx, Option<BrokerIx>)>,
    /// Topics of which it tells older epochs.
    stale: Vec<TopicIx>,
}
