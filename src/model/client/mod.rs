//! Clients: producers and consumers of every library. A client is a plain state machine; each library has a room of its own, because
//! libraries differ in what they do, not only in how long they wait. What they share is here: `cache` is what a client believes,
//! `connections` its sockets, `kit` how requests leave and records end, `application` the code around the library.

mod application;
mod backoff;
#[cfg(test)]
mod bench;
mod cache;
mod connections;
mod fetching;
mod franz_go;
mod group;
mod java;
mod kafka_go;
mod kafkajs;
mod kit;
mod librdkafka;
pub mod profile;
pub mod profiles;
mod sarama;

use self::profile::Library;
use super::message::Response;
use super::spec::Role;
use super::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::engine::Chance;
use crate::kafka::{BrokerIx, ClientIx, LeaderEpoch, PartitionIx, TopicIx};
use crate::observe::fact::{RecordId, Unreachable};

/// What every client library is to the world.
trait Machine: std::fmt::Debug {
    /// The process starts.
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox);
    /// The process has been running for long when the run starts.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox);
    /// The process is gone with all that it had in memory.
    fn crash(&mut self);
    /// From now on it runs by the configuration that it has in `spec`, which differs in nothing else.
    fn retune(&mut self, spec: &Spec);
    /// A timer fires, early or late.
    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox);
    /// A connection is up.
    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox);
    /// A connect was refused, or the peer ended an open connection.
    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox);
    /// An answer came.
    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox);
    /// The leader that the client would send to now, and the epoch that it knows.
    fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch);
    /// Hands a record over, if this is a producer.
    fn send(&mut self, topic: TopicIx, partition: Option<PartitionIx>, bytes: u32, ctx: &mut Ctx<'_>, out: &mut Outbox)
    -> Option<RecordId>;
}

/// One client process with its application.
#[derive(Debug)]
pub struct Client(Box<dyn Machine>);

impl Client {
    /// A client of the specification that does not run yet.
    pub fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let client = &spec.clients[index.index()];
        let chance = chance.of(spec.client_key(index));
        Client(match (client.profile.library, &client.role) {
            (Library::Java | Library::KafkaPython, Role::Producer(_)) => Box::new(java::Producer::new(index, spec, chance)),
            (Library::Java, Role::Consumer(_)) => Box::new(java::Consumer::new(index, spec, chance)),
            (Library::Librdkafka, Role::Producer(_)) => Box::new(librdkafka::Producer::new(index, spec, chance)),
            (Library::Librdkafka, Role::Consumer(_)) => Box::new(librdkafka::Consumer::new(index, spec, chance)),
            (Library::Sarama, Role::Producer(_)) => Box::new(sarama::Producer::new(index, spec, chance)),
            (Library::Sarama, Role::Consumer(_)) => Box::new(sarama::Consumer::new(index, spec, chance)),
            (Library::FranzGo, Role::Producer(_)) => Box::new(franz_go::Producer::new(index, spec, chance)),
            (Library::KafkaPython, Role::Consumer(_)) => unreachable!("no scenario makes one yet"),
            (Library::FranzGo, Role::Consumer(_)) => Box::new(franz_go::Consumer::new(index, spec, chance)),
            (Library::Kafkajs, _) => kafkajs::client(index, spec, chance),
            (Library::KafkaGo, _) => kafka_go::client(index, spec, chance),
        })
    }

    /// The process starts: it knows its bootstrap servers only.
    pub fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.0.start(ctx, out);
    }

    /// The process has been running for long: it knows its topics as they are, its metadata is of any age, and it opens the connections to
    /// the leaders of its partitions at this moment. Where no broker is up there is nobody to have told it that: it begins with its bootstrap
    /// servers, as one that starts.
    pub fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if ctx.history.listed_brokers(ctx.history.last()).next().is_none() {
            return self.0.start(ctx, out);
        }
        self.0.start_warm(ctx, out);
    }

    /// The process is gone with all that it had in memory.
    pub fn crash(&mut self) {
        self.0.crash();
    }

    /// From now on the client runs by the configuration that it has in `spec`, which differs in nothing else; what waits already keeps its
    /// time. No library can do that: it is for the question what would have been.
    pub fn retune(&mut self, spec: &Spec) {
        self.0.retune(spec);
    }

    /// A timer fires, early or late.
    pub fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.0.timer(kind, ctx, out);
    }

    /// A connection is up.
    pub fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.0.connected(channel, ctx, out);
    }

    /// A connect was refused, or the peer ended an open connection.
    pub fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.0.disconnected(channel, how, ctx, out);
    }

    /// An answer came.
    ///
    /// # Panics
    /// When answers on a connection do not come in request order, are of another kind than their request, or leave an entry out.
    pub fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.0.response(channel, correlation, response, ctx, out);
    }

    /// The leader that the client would send to now (none when it knows none, or not its node), and the epoch that it knows.
    pub fn believes(&self, partition: PartitionIx, history: &History, spec: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.0.believes(partition, history, spec)
    }

    /// Hands one record over, as an application does with `KafkaProducer.send`; without a partition the client's own partitioner
    /// chooses. `bytes` is its size on the wire. Its fate comes as a `RecordDone` fact. A consumer takes none.
    pub fn send(
        &mut self,
        topic: TopicIx,
        partition: Option<PartitionIx>,
        bytes: u32,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) -> Option<RecordId> {
        self.0.send(topic, partition, bytes, ctx, out)
    }
}
