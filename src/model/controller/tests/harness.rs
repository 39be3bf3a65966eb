//! A few controllers, a network of about one millisecond, and brokers that only send heartbeats.

use crate::engine::{Chance, Duration, Instant, Stream, mix};
use crate::kafka::config::{BrokerConfig, TopicConfig};
use crate::kafka::{
    BrokerEpoch, BrokerIx, LeaderEpoch, MetadataOffset, NodeIx, PartitionEpoch, PartitionIx, RaftEpoch, Release, Replicas, TopicIx, VoterIx,
};
use crate::model::controller::Controller;
use crate::model::cost::Costs;
use crate::model::message::{AdminRequest, RaftPeer, Request, Response};
use crate::model::metadata::{BrokerRegistration, Change, PartitionRegistration, Record, TopicRegistration};
use crate::model::outbox::NetworkOp;
use crate::model::spec::{BrokerSpec, NodeSpec, PartitionSpec, TopicSpec, VoterSpec};
use crate::model::{Channel, Ctx, History, Journal, Outbox, Spec, TimerKind, Token};
use crate::observe::Fact;
use crate::observe::fact::{Unreachable, Why};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const LEAST_DELAY: Duration = Duration::from_micros(500);
/// And this much more at most.
const JITTER: Duration = Duration::from_micros(1000);
/// Connections from here on are those of the test itself.
const TEST: u32 = 1000;
/// And from here on those of brokers that read the metadata log.
const OBSERVER: u32 = 2000;

enum Event {
    Timer(usize, TimerKind),
    Connected(usize, usize, u32),
    Lost(usize, usize, u32, Unreachable),
    Request(usize, usize, Token, Request),
    Response(usize, usize, Token, Response),
    Handle(usize, u32, Token, Request),
    Heartbeat(BrokerIx),
    Fetch(BrokerIx),
    Fetched(BrokerIx, Response),
}

pub struct Cluster {
    pub spec: Spec,
    pub history: History,
    journal: Journal,
    pub controllers: Vec<Controller>,
    pub now: Instant,
    events: BTreeMap<(Instant, u64), Event>,
    sequence: u64,
    timers: BTreeMap<(usize, TimerKind), Instant>,
    up: Vec<bool>,
    lives: Vec<u32>,
    generations: BTreeMap<(usize, usize), u32>,
    connected: BTreeSet<(usize, usize)>,
    pub cut: BTreeSet<usize>,
    pub facts: Vec<(Instant, Fact)>,
    pub answers: BTreeMap<Token, (Instant, Response)>,
    /// Brokers that send heartbeats, with what they ask for.
    pub beating: BTreeMap<BrokerIx, (bool, bool)>,
    /// Brokers that read the metadata log: where they are, the epoch, and each high watermark with the moment it was learned.
    pub observers: BTreeMap<BrokerIx, Observer>,
    asked: u32,
    seed: u64,
    delays: Stream,
}

#[derive(Default)]
pub struct Observer {
    from: MetadataOffset,
    epoch: RaftEpoch,
    pub learned: Vec<(f64, MetadataOffset)>,
}

impl Observer {
    fn high_watermark(&self) -> MetadataOffset {
        self.learned.last().map_or(MetadataOffset(0), |(_, hw)| *hw)
    }
}

pub fn brokers(list: &[u32]) -> Replicas {
    list.iter().map(|b| BrokerIx(*b)).collect()
}

pub fn partition(replicas: &[u32], isr: &[u32], leader: Option<u32>) -> PartitionRegistration {
    PartitionRegistration {
        replicas: brokers(replicas),
        isr: brokers(isr),
        adding: Replicas::new(),
        removing: Replicas::new(),
        elr: Replicas::new(),
        last_known_leader: None,
        leader: leader.map(BrokerIx),
        recovering: false,
        leader_epoch: LeaderEpoch(5),
        partition_epoch: PartitionEpoch(9),
    }
}

impl Cluster {
    /// `voters` controllers, three brokers, and one topic with these partitions; all warm.
    pub fn new(release: Release, voters: usize, seed: u64, partitions: &[PartitionRegistration]) -> Self {
        Self::with(release, voters, seed, partitions, TopicConfig { min_insync_replicas: 2, ..TopicConfig::default() })
    }

    pub fn with(release: Release, voters: usize, seed: u64, partitions: &[PartitionRegistration], topic: TopicConfig) -> Self {
        let spec = spec(release, voters, partitions, topic.clone());
        let mut history = History::default();
        commit_initial(&mut history, partitions, topic);
        let controllers = (0..voters as u32).map(|v| Controller::new(VoterIx(v))).collect();
        let mut cluster = Cluster {
            spec,
            history,
            journal: Journal::default(),
            controllers,
            now: Instant::ZERO,
            events: BTreeMap::new(),
            sequence: 0,
            timers: BTreeMap::new(),
            up: vec![true; voters],
            lives: vec![0; voters],
            generations: BTreeMap::new(),
            connected: BTreeSet::new(),
            cut: BTreeSet::new(),
            facts: Vec::new(),
            answers: BTreeMap::new(),
            beating: (0..3).map(|b| (BrokerIx(b), (false, false))).collect(),
            observers: BTreeMap::new(),
            asked: 0,
            seed,
            delays: Chance::new(seed).stream("delay"),
        };
        for v in 0..voters {
            cluster.on(v, Controller::start_warm);
        }
        for b in 0..3 {
            cluster.push(Duration::from_millis(100 * u64::from(b)), Event::Heartbeat(BrokerIx(b)));
        }
        cluster
    }

    fn push(&mut self, after: Duration, event: Event) {
        self.sequence += 1;
        self.events.insert((self.now + after, self.sequence), event);
    }

    /// Over the network.
    fn send(&mut self, event: Event) {
        let draw = self.delays.at(self.sequence);
        self.push(LEAST_DELAY + Duration::from_nanos(draw.below(JITTER.as_nanos())), event);
    }

    /// Lets one controller act and carries out what it wants.
    pub fn on<T>(&mut self, v: usize, act: impl FnOnce(&mut Controller, &mut Ctx, &mut Outbox) -> T) -> T {
        let mut out = Outbox::default();
        let mut ctx = Ctx {
            now: self.now,
            spec: &self.spec,
            rules: self.spec.release.rules(),
            history: &mut self.history,
            journal: &mut self.journal,
            chance: Chance::new(self.seed),
        };
        let result = act(&mut self.controllers[v], &mut ctx, &mut out);
        self.facts.extend(out.facts.drain(..).map(|f| (self.now, f)));
        for (at, token, request) in out.work.drain(..) {
            let life = self.lives[v];
            self.push(at.since(self.now), Event::Handle(v, life, token, request));
        }
        for (kind, at) in out.timers.drain(..) {
            if self.timers.get(&(v, kind)).is_none_or(|armed| at < *armed) {
                self.timers.insert((v, kind), at);
                self.push(at.since(self.now), Event::Timer(v, kind));
            }
        }
        for op in out.network.drain(..) {
            self.network(v, op);
        }
        if out.exit.is_some() {
            self.kill(v);
        }
        result
    }

    fn network(&mut self, v: usize, op: NetworkOp) {
        match op {
            NetworkOp::Open(Channel::Raft(to), _) => {
                let generation = self.new_generation(v, to.index());
                self.send(Event::Connected(v, to.index(), generation));
            }
            NetworkOp::Request { channel: Channel::Raft(to), correlation, request, .. } => {
                let generation = self.generations[&(v, to.index())];
                let token = Token { connection: (v * 16 + to.index()) as u32, generation, correlation, address: 0, from: NodeIx(0) };
                self.send(Event::Request(v, to.index(), token, request));
            }
            NetworkOp::Close(Channel::Raft(to)) => {
                self.new_generation(v, to.index());
            }
            NetworkOp::Reply { token, response, .. } if token.connection >= OBSERVER => {
                self.send(Event::Fetched(BrokerIx(token.connection - OBSERVER), response));
            }
            NetworkOp::Reply { token, response, .. } if token.connection >= TEST => {
                self.answers.insert(token, (self.now, response));
            }
            NetworkOp::Reply { token, response, .. } => {
                let from = token.connection as usize / 16;
                self.send(Event::Response(from, v, token, response));
            }
            other => panic!("a controller does not do this: {other:?}"),
        }
    }

    fn new_generation(&mut self, from: usize, to: usize) -> u32 {
        self.connected.remove(&(from, to));
        let generation = self.generations.entry((from, to)).or_insert(0);
        *generation += 1;
        *generation
    }

    fn passes(&self, a: usize, b: usize) -> bool {
        !self.cut.contains(&a) && !self.cut.contains(&b)
    }

    pub fn run_until(&mut self, ms: u64) {
        let end = Instant::ZERO + Duration::from_millis(ms);
        while let Some((&(at, sequence), _)) = self.events.first_key_value() {
            if at > end {
                break;
            }
            let event = self.events.remove(&(at, sequence)).unwrap();
            self.now = at;
            self.step(event);
        }
        self.now = end;
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Timer(v, kind) if self.timers.get(&(v, kind)).is_some_and(|at| *at <= self.now) => {
                self.timers.remove(&(v, kind));
                self.on(v, |c, ctx, out| c.timer(kind, ctx, out));
            }
            Event::Connected(v, to, generation) if self.generations[&(v, to)] == generation && self.passes(v, to) => {
                let channel = Channel::Raft(VoterIx(to as u32));
                if self.up[to] {
                    self.connected.insert((v, to));
                    self.on(v, |c, ctx, out| c.connected(channel, ctx, out));
                } else {
                    self.on(v, |c, ctx, out| c.disconnected(channel, Unreachable::Refused, ctx, out));
                }
            }
            // TCP repeats its SYN while nobody answers.
            Event::Connected(v, to, generation) if self.generations[&(v, to)] == generation => {
                self.push(Duration::from_secs(1), Event::Connected(v, to, generation));
            }
            Event::Lost(v, to, generation, how) if self.generations[&(v, to)] == generation => {
                self.on(v, |c, ctx, out| c.disconnected(Channel::Raft(VoterIx(to as u32)), how, ctx, out));
            }
            Event::Request(v, to, token, request) if self.alive(v, to, token) => {
                self.on(to, |c, ctx, out| c.take(token, request, ctx, out));
            }
            Event::Response(v, from, token, response) if self.alive(v, from, token) => {
                let channel = Channel::Raft(VoterIx(from as u32));
                self.on(v, |c, ctx, out| c.response(channel, token.correlation, response, ctx, out));
            }
            Event::Handle(v, life, token, request) if self.lives[v] == life => {
                self.on(v, |c, ctx, out| c.handle(token, request, ctx, out));
            }
            Event::Fetch(broker) => self.fetch(broker),
            Event::Fetched(broker, response) => self.fetched(broker, response),
            Event::Heartbeat(broker) => {
                self.push(Duration::from_millis(2000), Event::Heartbeat(broker));
                self.heartbeat(broker);
            }
            _ => {}
        }
    }

    fn alive(&self, from: usize, to: usize, token: Token) -> bool {
        self.connected.contains(&(from, to)) && self.generations[&(from, to)] == token.generation && self.passes(from, to)
    }

    /// Lets a broker read the metadata log from its end on.
    pub fn observe(&mut self, broker: BrokerIx) {
        let from = self.history.end();
        self.observers.insert(broker, Observer { from, epoch: RaftEpoch(1), learned: vec![(0.0, from)] });
        self.send(Event::Fetch(broker));
    }

    fn fetch(&mut self, broker: BrokerIx) {
        let Some(v) = self.active() else { return self.push(Duration::from_millis(50), Event::Fetch(broker)) };
        let observer = &self.observers[&broker];
        let request = Request::RaftFetch {
            peer: RaftPeer::Broker(broker),
            epoch: observer.epoch,
            from: observer.from,
            last_epoch: observer.epoch,
            high_watermark: observer.high_watermark(),
            max_wait: Duration::from_millis(500),
        };
        self.asked += 1;
        let token = Token { connection: OBSERVER + broker.0, generation: 0, correlation: self.asked, address: 0, from: NodeIx(0) };
        self.on(v, |c, ctx, out| c.take(token, request, ctx, out));
    }

    fn fetched(&mut self, broker: BrokerIx, response: Response) {
        let Response::RaftFetch { epoch, end, high_watermark, .. } = response else { panic!() };
        let now = self.now.as_millis_f64();
        let observer = self.observers.get_mut(&broker).unwrap();
        observer.epoch = epoch;
        observer.from = end;
        if high_watermark > observer.high_watermark() {
            observer.learned.push((now, high_watermark));
        }
        self.send(Event::Fetch(broker));
    }

    /// A heartbeat of a broker that has applied everything, if it still sends any.
    pub fn heartbeat(&mut self, broker: BrokerIx) -> Option<Token> {
        let (want_fence, want_shutdown) = *self.beating.get(&broker)?;
        let epoch = self.history.broker(broker, self.history.last())?.epoch;
        let applied = self.history.last();
        self.ask(Request::BrokerHeartbeat { broker, epoch, applied, want_fence, want_shutdown })
    }

    /// Hands a broker's request to the active controller.
    pub fn ask(&mut self, request: Request) -> Option<Token> {
        let v = self.active()?;
        self.asked += 1;
        let token = Token { connection: TEST, generation: 0, correlation: self.asked, address: 0, from: NodeIx(0) };
        self.on(v, |c, ctx, out| c.take(token, request, ctx, out));
        Some(token)
    }

    pub fn admin(&mut self, request: AdminRequest) {
        let v = self.active().expect("somebody is active");
        assert!(self.on(v, |c, ctx, out| c.admin(request, ctx, out)));
    }

    pub fn active(&self) -> Option<usize> {
        (0..self.controllers.len()).find(|v| self.controllers[*v].is_active() && !self.cut.contains(v))
    }

    pub fn kill(&mut self, v: usize) {
        self.controllers[v].crash();
        self.up[v] = false;
        self.lives[v] += 1;
        self.timers.retain(|(node, _), _| *node != v);
        for other in 0..self.up.len() {
            self.new_generation(v, other);
            if self.connected.remove(&(other, v)) {
                let generation = self.generations[&(other, v)];
                self.send(Event::Lost(other, v, generation, Unreachable::Reset));
            }
        }
    }

    pub fn restart(&mut self, v: usize) {
        self.up[v] = true;
        self.on(v, Controller::start);
    }

    /// How many committed records a voter does not know to be committed.
    pub fn lag(&self, v: usize) -> u64 {
        self.history.end().0 - self.controllers[v].high_watermark().0
    }

    pub fn truth(&self, p: u32) -> &PartitionRegistration {
        self.history.partition(PartitionIx(p), self.history.last()).unwrap()
    }

    pub fn registration(&self, b: u32) -> &BrokerRegistration {
        self.history.broker(BrokerIx(b), self.history.last()).unwrap()
    }

    /// When each leader or ISR change of a partition was committed, and why.
    pub fn commits(&self, p: u32) -> Vec<(f64, Why)> {
        let of = |(at, fact): &(Instant, Fact)| match fact {
            Fact::PartitionCommitted { partition, why, .. } if partition.0 == p => Some((at.as_millis_f64(), *why)),
            _ => None,
        };
        self.facts.iter().filter_map(of).collect()
    }
}

fn spec(release: Release, voters: usize, partitions: &[PartitionRegistration], topic: TopicConfig) -> Spec {
    let config = Arc::new(BrokerConfig { auto_leader_rebalance_enable: false, ..BrokerConfig::default() });
    let costs = Arc::new(Costs::default());
    let node = |i: usize| NodeSpec { name: format!("node {i}"), broker: None, voter: None, client: None };
    Spec {
        name: "test".to_owned(),
        release,
        nodes: (0..voters + 3).map(node).collect(),
        brokers: (0..3)
            .map(|b| BrokerSpec {
                node: NodeIx(voters as u32 + b),
                id: 101 + b,
                rack: None,
                config: Arc::clone(&config),
                costs: Arc::clone(&costs),
                up: true,
                cold: false,
            })
            .collect(),
        voters: (0..voters as u32)
            .map(|v| VoterSpec { node: NodeIx(v), id: 1 + v, config: Arc::clone(&config), costs: Arc::clone(&costs), leads: v == 0 })
            .collect(),
        topics: vec![TopicSpec {
            name: "t".to_owned(),
            config: topic,
            partitions: (0..partitions.len() as u32).map(PartitionIx).collect(),
            exists: true,
        }],
        partitions: partitions
            .iter()
            .enumerate()
            .map(|(i, p)| PartitionSpec {
                last_known_leader: p.last_known_leader,
                topic: TopicIx(0),
                index: i as u32,
                replicas: p.replicas.clone(),
                isr: p.isr.clone(),
                elr: p.elr.clone(),
                leader: p.leader,
                leader_epoch: p.leader_epoch,
                partition_epoch: p.partition_epoch,
            })
            .collect(),
        clients: Vec::new(),
        groups: Vec::new(),
        topology: crate::model::network::topology::Topology::default(),
        shuffle_ties: false,
        broken: None,
        in_full: false,
    }
}

fn commit_initial(history: &mut History, partitions: &[PartitionRegistration], config: TopicConfig) {
    history.commit(&Record::Nothing);
    for b in 0..3 {
        let registered_at = history.end();
        history.commit(&Record::Broker(
            BrokerIx(b),
            BrokerRegistration {
                epoch: BrokerEpoch(registered_at.0),
                incarnation: mix(7, u64::from(b)),
                fenced: false,
                in_controlled_shutdown: false,
                registered_at,
            },
        ));
    }
    let all = (0..partitions.len() as u32).map(PartitionIx).collect();
    history.commit(&Record::Topic(TopicIx(0), TopicRegistration { exists: true, config, partitions: all }));
    let change = Change { why: Why::Created, unclean: false, asked_at: Instant::ZERO, decided_at: Instant::ZERO };
    for (i, p) in partitions.iter().enumerate() {
        history.commit(&Record::Partition(PartitionIx(i as u32), p.clone(), change));
    }
}
