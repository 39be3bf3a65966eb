//! A bench: one client, brokers played by a table of what each of them has applied, a network of half a millisecond each way.

pub mod reading;
mod spec;

use self::reading::Reading;
use self::spec::{changed, settled};
pub use self::spec::{consumer_spec, spec};
use crate::engine::{Chance, Duration, Instant};
use crate::kafka::config::TopicConfig;
use crate::kafka::{
    BrokerEpoch, BrokerIx, ClientIx, ErrorCode, LeaderEpoch, MetadataOffset, NodeIx, PartitionEpoch, PartitionIx, Release, Replicas,
    TopicIx,
};
use crate::model::client::Client;
use crate::model::message::{Acks, LeaderHint, ProduceEntry, ProduceResult, Request, Response};
use crate::model::metadata::{BrokerRegistration, Change, PartitionRegistration, Record, TopicRegistration};
use crate::model::outbox::NetworkOp;
use crate::model::{Channel, Ctx, History, Journal, Outbox, Spec, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{Ending, Unreachable, Why};
use std::collections::{BTreeMap, VecDeque};

pub const WAY: Duration = Duration::from_micros(500);
const REPLICATION: Duration = Duration::from_millis(1);

/// How a played broker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Health {
    Up,
    /// The process is gone: connects are refused.
    Dead,
    /// Nothing comes back.
    Silent,
    /// Nothing comes back for now: what arrives waits.
    Held,
}

pub struct Broker {
    pub health: Health,
    /// What it has applied, and from when on.
    pub applied: Vec<(Instant, MetadataOffset)>,
    /// Handler time of metadata requests.
    pub metadata_cost: Duration,
    pub no_hints: bool,
    /// How far its metadata answers are behind its partitions.
    pub metadata_lag: Duration,
    /// What the next produce entries are answered with although they are appended.
    pub lies: VecDeque<ErrorCode>,
}

#[derive(Debug)]
enum Event {
    /// A parked fetch is looked at again.
    Parked(Channel),
    Timer(TimerKind),
    /// The client's process is started again.
    Restart,
    Connected(Channel),
    Disconnected(Channel, Unreachable),
    Request(Channel, u32, Request),
    Unmuted(Channel),
    Response(Channel, u32, Response),
}

/// A connection that the client has opened.
struct Open {
    broker: BrokerIx,
    generation: u64,
    /// Requests that have arrived; the first is being worked on while the connection is muted.
    requests: VecDeque<(u32, Request)>,
    muted: bool,
    /// Nothing comes through any more, and nobody says so.
    deaf: bool,
}

pub struct Bench {
    pub client: Client,
    pub spec: Spec,
    pub history: History,
    pub journal: Journal,
    pub brokers: Vec<Broker>,
    pub now: Instant,
    pub facts: Vec<(Instant, Fact)>,
    /// What the logs hold, in order of appending.
    pub log: Vec<ProduceEntry>,
    /// Who refuses a partition although its metadata does not say so yet.
    pub deposed: Vec<(PartitionIx, BrokerIx)>,
    /// Whether producer ids are given out.
    pub gives_ids: bool,
    /// A silent broker's kernel still accepts connections.
    pub accepts_in_silence: bool,
    /// What consumers read.
    pub reading: Reading,
    events: BTreeMap<(Instant, u64), (u64, Event)>,
    pushed: u64,
    open: BTreeMap<Channel, Open>,
    generation: u64,
    /// Counts the lives of the client's process.
    life: u64,
    seed: u64,
}

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub fn at(n: u64) -> Instant {
    Instant::ZERO + ms(n)
}

pub fn partition_record(partition: u32, leader: Option<u32>, epoch: u32) -> Record {
    let replicas: Replicas = (0..3).map(BrokerIx).collect();
    let registration = PartitionRegistration {
        replicas: replicas.clone(),
        isr: replicas,
        adding: Replicas::new(),
        removing: Replicas::new(),
        elr: Replicas::new(),
        last_known_leader: None,
        leader: leader.map(BrokerIx),
        recovering: false,
        leader_epoch: LeaderEpoch(epoch),
        partition_epoch: PartitionEpoch(epoch),
    };
    let change = Change { why: Why::PreferredElection, unclean: false, asked_at: Instant::ZERO, decided_at: Instant::ZERO };
    Record::Partition(PartitionIx(partition), registration, change)
}

pub fn broker_record(broker: u32, fenced: bool) -> Record {
    let registration = BrokerRegistration {
        epoch: BrokerEpoch(1),
        incarnation: 1,
        fenced,
        in_controlled_shutdown: false,
        registered_at: MetadataOffset(0),
    };
    Record::Broker(BrokerIx(broker), registration)
}

impl Bench {
    /// A client of this profile and configuration, not yet started, with one topic whose partitions have these leaders.
    pub fn new(profile: &str, leaders: &[u32], config: &[(&str, &str)]) -> Bench {
        Bench::of(spec(profile, leaders, config), leaders)
    }

    /// The same with a seed.
    pub fn seeded(profile: &str, leaders: &[u32], config: &[(&str, &str)], seed: u64) -> Bench {
        Bench::with(spec(profile, leaders, config), leaders, seed)
    }

    /// The client of this specification, not yet started.
    pub fn of(spec: Spec, leaders: &[u32]) -> Bench {
        Bench::with(spec, leaders, 7)
    }

    /// The same with a seed.
    pub fn with(spec: Spec, leaders: &[u32], seed: u64) -> Bench {
        let mut history = History::default();
        for broker in 0..3 {
            history.commit(&broker_record(broker, false));
        }
        let partitions: Vec<_> = (0..leaders.len() as u32).map(PartitionIx).collect();
        history.commit(&Record::Topic(TopicIx(0), TopicRegistration { exists: true, config: TopicConfig::default(), partitions }));
        let mut bench = Bench {
            client: Client::new(ClientIx(0), &spec, Chance::new(seed)),
            spec,
            journal: Journal::default(),
            brokers: Vec::new(),
            now: Instant::ZERO,
            facts: Vec::new(),
            log: Vec::new(),
            deposed: Vec::new(),
            gives_ids: true,
            accepts_in_silence: false,
            reading: Reading::new(leaders.len()),
            events: BTreeMap::new(),
            pushed: 0,
            open: BTreeMap::new(),
            generation: 0,
            life: 0,
            seed,
            history,
        };
        for (i, leader) in leaders.iter().enumerate() {
            bench.commit_move(i as u32, Some(*leader), 0);
        }
        let last = bench.history.last();
        let broker = || Broker {
            health: Health::Up,
            applied: vec![(Instant::ZERO, last)],
            metadata_cost: Duration::ZERO,
            no_hints: false,
            metadata_lag: Duration::ZERO,
            lies: VecDeque::new(),
        };
        bench.brokers = (0..3).map(|_| broker()).collect();
        bench
    }

    /// The same, running for long already; ten seconds later all is quiet.
    pub fn warm(profile: &str, leaders: &[u32], config: &[(&str, &str)]) -> Bench {
        Bench::new(profile, leaders, &settled(profile, config)).warmed()
    }

    /// The first of these runs, seed by seed, in which chance has fallen so.
    pub fn in_which(so: impl Fn(&Bench) -> bool, run: impl Fn(u64) -> Bench) -> Bench {
        (0..100).map(run).find(so).expect("chance falls so for one seed of a hundred")
    }

    /// The same as [`Bench::warm`], with a seed.
    pub fn warm_seeded(profile: &str, leaders: &[u32], config: &[(&str, &str)], seed: u64) -> Bench {
        Bench::seeded(profile, leaders, &settled(profile, config), seed).warmed()
    }

    /// A warm client of this profile without (or with) some defects.
    pub fn warm_with(profile: &str, policies: &[(&'static str, &'static str)], leaders: &[u32], config: &[(&str, &str)]) -> Bench {
        Bench::of(changed(spec(profile, leaders, &settled(profile, config)), policies), leaders).warmed()
    }

    /// The same for a consumer.
    pub fn warm_consumer_with(profile: &str, policies: &[(&'static str, &'static str)], leaders: &[u32], config: &[(&str, &str)]) -> Bench {
        let spec = consumer_spec(profile, leaders, &settled(profile, config), Duration::ZERO);
        Bench::of(changed(spec, policies), leaders).warmed()
    }

    /// A consumer that has been running for long; ten seconds later all is quiet.
    pub fn warm_consumer(profile: &str, leaders: &[u32], config: &[(&str, &str)]) -> Bench {
        Bench::of(consumer_spec(profile, leaders, &settled(profile, config), Duration::ZERO), leaders).warmed()
    }

    /// The client has been running for long; ten seconds later all is quiet.
    pub fn warmed(mut self) -> Bench {
        self.act(|client, ctx, out| client.start_warm(ctx, out));
        self.run_to(at(10_000));
        self.facts.clear();
        self
    }

    /// Commits a new leader; no broker knows it yet.
    pub fn commit_move(&mut self, partition: u32, leader: Option<u32>, epoch: u32) {
        self.history.commit(&partition_record(partition, leader, epoch));
    }

    /// Commits a new leader that every broker has applied at this moment.
    pub fn move_leader(&mut self, partition: u32, leader: Option<u32>, epoch: u32) {
        self.commit_move(partition, leader, epoch);
        self.apply_all();
    }

    /// Commits that a broker is fenced, known everywhere at once.
    pub fn fence(&mut self, broker: u32) {
        self.history.commit(&broker_record(broker, true));
        self.apply_all();
    }

    /// Every broker applies everything.
    pub fn apply_all(&mut self) {
        for broker in 0..3 {
            self.apply(broker, self.now);
        }
    }

    /// One broker applies everything at the moment given.
    pub fn apply(&mut self, broker: usize, when: Instant) {
        let last = self.history.last();
        self.brokers[broker].applied.push((when, last));
        self.look_at_parked(when);
    }

    /// The process dies; the kernel resets its connections.
    pub fn kill(&mut self, broker: u32) {
        self.brokers[broker as usize].health = Health::Dead;
        let open: Vec<_> = self.open.iter().filter(|(_, c)| c.broker == BrokerIx(broker)).map(|(channel, _)| *channel).collect();
        for channel in open {
            self.open.get_mut(&channel).unwrap().deaf = true;
            self.push(self.now + WAY, Event::Disconnected(channel, Unreachable::Reset), channel);
        }
    }

    /// The broker falls silent: what is on its connections is lost, and nobody says so.
    pub fn silence(&mut self, broker: u32) {
        self.brokers[broker as usize].health = Health::Silent;
        self.open.values_mut().filter(|c| c.broker == BrokerIx(broker)).for_each(|c| c.deaf = true);
    }

    /// What is sent to the broker waits on the way.
    pub fn hold(&mut self, broker: u32) {
        self.brokers[broker as usize].health = Health::Held;
    }

    /// What has waited arrives.
    pub fn release(&mut self, broker: u32) {
        self.brokers[broker as usize].health = Health::Up;
        let held: Vec<_> = self.open.iter().filter(|(_, c)| c.broker == BrokerIx(broker)).map(|(channel, _)| *channel).collect();
        held.into_iter().for_each(|channel| self.serve(channel));
    }

    /// The broker closes its connections and goes on.
    pub fn reset(&mut self, broker: u32) {
        self.kill(broker);
        self.brokers[broker as usize].health = Health::Up;
    }

    /// Hands a record over now.
    pub fn send(&mut self, partition: u32) {
        self.act(|client, ctx, out| {
            client.send(TopicIx(0), Some(PartitionIx(partition)), 100, ctx, out);
        });
    }

    pub fn act(&mut self, what: impl FnOnce(&mut Client, &mut Ctx<'_>, &mut Outbox)) {
        let mut out = Outbox::default();
        let mut ctx = Ctx {
            now: self.now,
            spec: &self.spec,
            rules: Release::V4_3.rules(),
            history: &mut self.history,
            journal: &mut self.journal,
            chance: Chance::new(self.seed),
        };
        what(&mut self.client, &mut ctx, &mut out);
        self.facts.extend(out.facts.into_iter().map(|f| (self.now, f)));
        for (kind, at) in out.timers {
            self.pushed += 1;
            self.events.insert((at.max(self.now), self.pushed), (self.life, Event::Timer(kind)));
        }
        for op in out.network {
            self.network(op);
        }
        if out.exit.is_some() {
            self.crash(out.restart_after);
        }
    }

    /// The client's process ends; somebody may start it again.
    fn crash(&mut self, down: Option<Duration>) {
        self.facts.push((self.now, Fact::ProcessEnded { node: NodeIx(3), how: Ending::GaveUp }));
        self.client.crash();
        self.open.clear();
        self.life += 1;
        if let Some(down) = down {
            self.pushed += 1;
            self.events.insert((self.now + down, self.pushed), (self.life, Event::Restart));
        }
    }

    fn network(&mut self, op: NetworkOp) {
        match op {
            NetworkOp::Open(channel, node) => {
                self.generation += 1;
                self.forget_parked(channel);
                let open =
                    Open { broker: BrokerIx(node.0), generation: self.generation, requests: VecDeque::new(), muted: false, deaf: false };
                self.open.insert(channel, open);
                let event = match self.brokers[node.index()].health {
                    Health::Up => Event::Connected(channel),
                    Health::Dead => Event::Disconnected(channel, Unreachable::Refused),
                    Health::Silent if self.accepts_in_silence => Event::Connected(channel),
                    Health::Silent | Health::Held => return,
                };
                self.push(self.now + WAY + WAY, event, channel);
            }
            NetworkOp::Request { channel, correlation, request, .. } => {
                // A client that was busy writes to a connection before it learns that this one was reset: what it writes is lost.
                if self.open.contains_key(&channel) {
                    self.push(self.now + WAY, Event::Request(channel, correlation, request), channel);
                }
            }
            NetworkOp::Close(channel) => {
                self.open.remove(&channel);
            }
            NetworkOp::Reply { .. } | NetworkOp::NoReply(_) | NetworkOp::HangUp(_) => unreachable!("a client answers nobody"),
        }
    }

    fn push(&mut self, at: Instant, event: Event, channel: Channel) {
        self.pushed += 1;
        let generation = self.open[&channel].generation;
        self.events.insert((at, self.pushed), (generation, event));
    }

    /// Runs until the moment given.
    pub fn run_to(&mut self, end: Instant) {
        while let Some(entry) = self.events.first_entry()
            && entry.key().0 <= end
        {
            let ((at, _), (generation, event)) = entry.remove_entry();
            self.now = at;
            self.handle(generation, event);
        }
        self.now = end;
    }

    fn is_open(&self, channel: Channel, generation: u64) -> bool {
        self.open.get(&channel).is_some_and(|c| c.generation == generation && !c.deaf)
    }

    fn handle(&mut self, generation: u64, event: Event) {
        match event {
            Event::Parked(channel) => {
                if self.is_open(channel, generation) {
                    self.parked(channel);
                }
            }
            Event::Timer(kind) if generation == self.life => self.act(|client, ctx, out| client.timer(kind, ctx, out)),
            Event::Restart if generation == self.life => self.act(|client, ctx, out| client.start(ctx, out)),
            Event::Timer(_) | Event::Restart => {}
            Event::Connected(channel) if self.is_open(channel, generation) => {
                self.act(|client, ctx, out| client.connected(channel, ctx, out))
            }
            Event::Disconnected(channel, how) if self.open.get(&channel).is_some_and(|c| c.generation == generation) => {
                self.open.remove(&channel);
                self.act(|client, ctx, out| client.disconnected(channel, how, ctx, out));
            }
            Event::Request(channel, correlation, request) if self.is_open(channel, generation) => {
                self.open.get_mut(&channel).unwrap().requests.push_back((correlation, request));
                self.serve(channel);
            }
            Event::Unmuted(channel) if self.is_open(channel, generation) => {
                self.open.get_mut(&channel).unwrap().muted = false;
                self.serve(channel);
            }
            Event::Response(channel, correlation, response) if self.is_open(channel, generation) => {
                self.act(|client, ctx, out| client.response(channel, correlation, response, ctx, out));
            }
            Event::Connected(_) | Event::Disconnected(..) | Event::Request(..) | Event::Response(..) | Event::Unmuted(_) => {}
        }
    }

    fn offset(&self, broker: BrokerIx) -> MetadataOffset {
        self.lagging_offset(broker, Duration::ZERO)
    }

    fn lagging_offset(&self, broker: BrokerIx, lag: Duration) -> MetadataOffset {
        let applied = self.brokers[broker.index()].applied.iter().filter(|a| a.0 == Instant::ZERO || a.0 + lag <= self.now);
        applied.map(|a| a.1).max().unwrap_or_default()
    }

    /// A broker takes the next request, unless the connection is muted by the one before.
    fn serve(&mut self, channel: Channel) {
        let open = self.open.get_mut(&channel).unwrap();
        let broker = open.broker;
        if open.muted || self.brokers[broker.index()].health != Health::Up {
            return;
        }
        let Some((correlation, request)) = open.requests.pop_front() else { return };
        open.muted = true;
        let offset = self.offset(broker);
        let (cost, response) = match request {
            Request::ApiVersions => (Duration::ZERO, Response::ApiVersions),
            Request::Metadata { topics } => {
                let offset = self.lagging_offset(broker, self.brokers[broker.index()].metadata_lag);
                (self.brokers[broker.index()].metadata_cost, Response::Metadata { broker, offset, topics })
            }
            Request::InitProducerId => {
                let error = if self.gives_ids { ErrorCode::None } else { ErrorCode::CoordinatorLoadInProgress };
                (Duration::ZERO, Response::InitProducerId { error })
            }
            Request::Produce { acks, entries, .. } => {
                let results: smallvec::SmallVec<[ProduceResult; 2]> = entries.iter().map(|e| self.produce(broker, offset, e)).collect();
                let good = results.iter().any(|r| r.error.is_none());
                let cost = if good { REPLICATION } else { Duration::ZERO };
                if acks == Acks::None {
                    if !good {
                        self.push(self.now + WAY, Event::Disconnected(channel, Unreachable::Reset), channel);
                    }
                    self.push(self.now, Event::Unmuted(channel), channel);
                    return;
                }
                (cost, Response::Produce { broker, results })
            }
            Request::Fetch { .. } => return self.take_fetch(channel, correlation, request),
            Request::ListOffsets { queries, .. } => (Duration::ZERO, self.list_offsets(broker, &queries)),
            Request::OffsetsForLeaderEpoch { queries, .. } => (Duration::ZERO, self.end_epochs(broker, &queries)),
            other => unreachable!("no client sends {other:?}"),
        };
        self.push(self.now + cost, Event::Unmuted(channel), channel);
        self.push(self.now + cost + WAY, Event::Response(channel, correlation, response), channel);
    }

    fn produce(&mut self, broker: BrokerIx, offset: MetadataOffset, entry: &ProduceEntry) -> ProduceResult {
        let (_, leader, leader_epoch) = self.history.leader_answer(entry.partition, offset);
        let same = |e: &&ProduceEntry| e.partition == entry.partition && e.producer_epoch == entry.producer_epoch;
        let next = self.log.iter().filter(same).map(|e| e.sequence.unwrap_or(0) + e.records).max().unwrap_or(0);
        let error = match entry.sequence {
            _ if leader != Some(broker) || self.deposed.contains(&(entry.partition, broker)) => ErrorCode::NotLeaderOrFollower,
            Some(sequence) if sequence < next => ErrorCode::DuplicateSequenceNumber,
            Some(sequence) if sequence > next => ErrorCode::OutOfOrderSequenceNumber,
            _ => ErrorCode::None,
        };
        if error.is_none() {
            self.log.push(*entry);
        }
        let lie = error.is_none().then(|| self.brokers[broker.index()].lies.pop_front()).flatten();
        let error = lie.unwrap_or(error);
        let hints = error == ErrorCode::NotLeaderOrFollower && !self.brokers[broker.index()].no_hints;
        let hint = leader.filter(|_| hints).map(|leader| LeaderHint { leader, leader_epoch, has_endpoint: true });
        ProduceResult { entry: entry.entry, partition: entry.partition, error, hint }
    }

    /// Milliseconds from `origin` of every fact that `pick` picks.
    pub fn times(&self, origin: Instant, pick: impl Fn(&Fact) -> bool) -> Vec<f64> {
        self.facts.iter().filter(|(_, f)| pick(f)).map(|(at, _)| at.millis_after(origin)).collect()
    }

    /// Records that succeeded and that failed.
    pub fn records(&self) -> (usize, usize) {
        let done = |good: bool| self.times(Instant::ZERO, |f| matches!(f, Fact::RecordDone { error, .. } if error.is_none() == good)).len();
        (done(true), done(false))
    }
}

pub fn sent(fact: &Fact) -> bool {
    matches!(fact, Fact::EntrySent { .. })
}

pub fn acknowledged(fact: &Fact) -> bool {
    matches!(fact, Fact::RecordDone { error: ErrorCode::None, .. })
}
