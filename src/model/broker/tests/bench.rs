//! A bench: broker A alone, its metadata, followers and consumers played by hand. One partition, replicas A, B and C, all in sync, 1000 records
//! from before the run.

use crate::engine::{Chance, Duration, Instant};
use crate::kafka::{
    BrokerEpoch, BrokerIx, ErrorCode, LeaderEpoch, MetadataOffset, NodeIx, Offset, PartitionEpoch, Replicas, TopicIx, VoterIx,
};
use crate::model::broker::Broker;
use crate::model::broker::log::ReplicaLog;
use crate::model::message::{
    Acks, ConsumerFetch, FetchPartition, FetchResult, FetchSession, FetchedPartition, Isolation, ProduceEntry, Request, Response,
};
use crate::model::metadata::{BrokerRegistration, Change, PartitionRegistration, Record, TopicRegistration};
use crate::model::outbox::NetworkOp;
use crate::model::{Channel, Ctx, History, Journal, Outbox, Spec, TimerKind, Token};
use crate::observe::Fact;
use crate::observe::fact::Why;
use crate::observe::story;
pub use crate::observe::story::{A, B, C, P};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Records before the run.
pub const BEFORE: u64 = 1000;
/// The epoch in which the partition stands at first.
pub const EPOCH: u32 = 5;

/// What a consumer asks for, and may change.
#[derive(Clone)]
pub struct Ask {
    pub offset: u64,
    pub epoch: Option<u32>,
    pub min_bytes: u32,
    pub max_wait: Duration,
    pub partition_max_bytes: u32,
    pub only_leader: bool,
    pub session: FetchSession,
    pub rack: Option<&'static str>,
}

/// From the end, in the first epoch, for 500 ms, without a session.
pub fn ask(offset: u64) -> Ask {
    Ask {
        offset,
        epoch: Some(EPOCH),
        min_bytes: 1,
        max_wait: Duration::from_millis(500),
        partition_max_bytes: 1 << 20,
        only_leader: false,
        session: FetchSession::None,
        rack: None,
    }
}

pub struct Bench {
    pub broker: Broker,
    pub spec: Spec,
    pub history: History,
    pub journal: Journal,
    pub now: Instant,
    pub facts: Vec<(Instant, Fact)>,
    /// Answers by request number, with their moments.
    pub answers: BTreeMap<u32, (Instant, Response)>,
    timers: BTreeMap<TimerKind, Instant>,
    work: Vec<(Instant, Token, Request)>,
    asked: u32,
    entries: u64,
    /// The last request of A's own fetcher.
    fetching: u32,
}

pub fn ms(n: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(n)
}

pub fn registration(leader: BrokerIx, epoch: u32) -> PartitionRegistration {
    PartitionRegistration {
        replicas: smallvec::smallvec![A, B, C],
        isr: smallvec::smallvec![A, B, C],
        adding: Replicas::new(),
        removing: Replicas::new(),
        elr: Replicas::new(),
        last_known_leader: None,
        leader: Some(leader),
        recovering: false,
        leader_epoch: LeaderEpoch(epoch),
        partition_epoch: PartitionEpoch(epoch),
    }
}

fn change() -> Change {
    Change { why: Why::PreferredElection, unclean: false, asked_at: Instant::ZERO, decided_at: Instant::ZERO }
}

impl Bench {
    /// Broker A leads in epoch 5.
    pub fn leading() -> Self {
        Self::new(A, |_| {})
    }

    pub fn new(leader: BrokerIx, adapt: impl FnOnce(&mut Spec)) -> Self {
        let mut spec = story::spec();
        // It reads the metadata log of a controller in its own process.
        spec.nodes[0].voter = Some(VoterIx(0));
        adapt(&mut spec);
        let mut history = History::default();
        for broker in 0..3 {
            let registration = BrokerRegistration {
                epoch: BrokerEpoch(1),
                incarnation: 1,
                fenced: false,
                in_controlled_shutdown: false,
                registered_at: MetadataOffset(0),
            };
            history.commit(&Record::Broker(BrokerIx(broker), registration));
        }
        let topic = TopicRegistration { exists: true, config: spec.topics[0].config.clone(), partitions: vec![P] };
        history.commit(&Record::Topic(TopicIx(0), topic));
        history.commit(&Record::Partition(P, registration(leader, EPOCH), change()));
        let mut broker = Broker::new(A, &spec, Chance::new(1));
        broker.place_log(P, ReplicaLog::with_history(LeaderEpoch(EPOCH), Offset(BEFORE)));
        let mut bench = Bench {
            broker,
            spec,
            history,
            journal: Journal::default(),
            now: Instant::ZERO,
            facts: Vec::new(),
            answers: BTreeMap::new(),
            timers: BTreeMap::new(),
            work: Vec::new(),
            asked: 0,
            entries: 0,
            fetching: 0,
        };
        bench.input(|broker, ctx, out| broker.start_warm(ctx, out));
        bench
    }

    fn input(&mut self, f: impl FnOnce(&mut Broker, &mut Ctx, &mut Outbox)) {
        let mut out = Outbox::default();
        let mut ctx = Ctx {
            now: self.now,
            spec: &self.spec,
            rules: self.spec.release.rules(),
            history: &mut self.history,
            journal: &mut self.journal,
            chance: Chance::new(1),
        };
        f(&mut self.broker, &mut ctx, &mut out);
        self.facts.extend(out.facts.into_iter().map(|fact| (self.now, fact)));
        for (kind, at) in out.timers {
            let armed = self.timers.entry(kind).or_insert(at);
            *armed = at.min(*armed);
        }
        self.work.extend(out.work);
        for op in out.network {
            match op {
                NetworkOp::Reply { token, response, .. } => {
                    self.answers.insert(token.correlation, (self.now, response));
                }
                NetworkOp::Request { channel: Channel::Fetcher(..), correlation, .. } => self.fetching = correlation,
                _others => {}
            }
        }
    }

    /// Lets everything happen that is due until `to`.
    pub fn run_to(&mut self, to: Instant) {
        loop {
            let timer = self.timers.iter().min_by_key(|(_, at)| **at).map(|(kind, at)| (*at, *kind));
            let work = self.work.iter().map(|w| w.0).min();
            let next = timer.map(|t| t.0).into_iter().chain(work).min().filter(|at| *at <= to);
            let Some(at) = next else { break };
            self.now = self.now.max(at);
            if work == Some(at) {
                let i = self.work.iter().position(|w| w.0 == at).unwrap();
                let (_, token, request) = self.work.remove(i);
                self.input(|broker, ctx, out| broker.handle(token, request, ctx, out));
            } else if let Some((_, kind)) = timer {
                self.timers.remove(&kind);
                self.input(|broker, ctx, out| broker.timer(kind, ctx, out));
            }
        }
        self.now = to;
    }

    /// The process dies, and another one of the same broker is found running.
    pub fn restart(&mut self) {
        self.broker.crash();
        self.timers.clear();
        self.work.clear();
        self.input(|broker, ctx, out| broker.start_warm(ctx, out));
    }

    /// A request comes in now; gives its number.
    pub fn request(&mut self, request: Request) -> u32 {
        self.request_on(0, request)
    }

    /// A request comes in now, on the connection of that generation.
    fn request_on(&mut self, generation: u32, request: Request) -> u32 {
        self.asked += 1;
        let token = Token { connection: 0, generation, correlation: self.asked, address: u64::from(self.asked), from: NodeIx(4) };
        self.input(|broker, ctx, out| broker.take(token, request, ctx, out));
        self.asked
    }

    /// A consumer's fetch of the partition.
    pub fn fetch(&mut self, ask: &Ask) -> u32 {
        self.entries += 1;
        let entry = ConsumerFetch {
            entry: self.entries,
            partition: P,
            fetch_offset: Offset(ask.offset),
            leader_epoch: ask.epoch.map(LeaderEpoch),
            from_follower: false,
        };
        self.request(Request::Fetch {
            only_leader: ask.only_leader,
            max_wait: ask.max_wait,
            min_bytes: ask.min_bytes,
            max_bytes: 50 << 20,
            partition_max_bytes: ask.partition_max_bytes,
            isolation: Isolation::ReadUncommitted,
            session: ask.session,
            rack: ask.rack.map(Arc::from),
            entries: vec![entry],
        })
    }

    /// A consumer's fetch, and what it is answered within two seconds: the error, the end of the records, and after how many milliseconds.
    #[track_caller]
    pub fn fetched(&mut self, ask: &Ask) -> (FetchResult, f64) {
        let asked = self.now;
        let number = self.fetch(ask);
        self.run_to(asked + Duration::from_secs(2));
        let (at, _) = self.answers[&number];
        (self.result(number), at.since(asked).as_millis_f64())
    }

    /// The result for the partition in an answer.
    #[track_caller]
    pub fn result(&self, number: u32) -> FetchResult {
        let Some((_, Response::Fetch { results, .. })) = self.answers.get(&number) else { panic!("request {number} is not answered") };
        results[0].clone()
    }

    pub fn is_answered(&self, number: u32) -> bool {
        self.answers.contains_key(&number)
    }

    /// A producer's batch of `records`, each of 100 bytes, with acks=1.
    pub fn produce(&mut self, records: u32) {
        self.entries += 1;
        let batch = self.journal.new_batch();
        let entry =
            ProduceEntry { entry: self.entries, partition: P, batch, records, bytes: records * 100, sequence: None, producer_epoch: 0 };
        self.request(Request::Produce { acks: Acks::Leader, timeout: Duration::from_secs(30), entries: smallvec::smallvec![entry] });
        let soon = self.now + Duration::from_millis(30);
        self.run_to(soon);
    }

    /// Followers ask for what comes from `offset` on: they have everything before it.
    pub fn replicated(&mut self, followers: &[BrokerIx], offset: u64, epoch: u32) {
        for &replica in followers {
            let fetch = FetchPartition {
                partition: P,
                fetch_offset: Offset(offset),
                leader_epoch: LeaderEpoch(epoch),
                last_fetched_epoch: None,
                high_watermark: Offset(0),
            };
            let request = Request::ReplicaFetch {
                replica,
                thread: 0,
                broker_epoch: Some(BrokerEpoch(1)),
                max_wait: Duration::ZERO,
                min_bytes: 1,
                full: true,
                partitions: vec![fetch],
                forgotten: Vec::new(),
            };
            self.request(request);
        }
        let soon = self.now + Duration::from_millis(30);
        self.run_to(soon);
    }

    /// A follower's fetch that may wait for half a second, on its connection of that generation: the first one there names the partition, with
    /// everything before `offset` copied and known to be committed; a further one has no news.
    pub fn follower_waits(&mut self, replica: BrokerIx, generation: u32, first: Option<u64>) -> u32 {
        let fetch = |offset| FetchPartition {
            partition: P,
            fetch_offset: Offset(offset),
            leader_epoch: LeaderEpoch(EPOCH),
            last_fetched_epoch: None,
            high_watermark: Offset(offset),
        };
        let request = Request::ReplicaFetch {
            replica,
            thread: 0,
            broker_epoch: Some(BrokerEpoch(1)),
            max_wait: Duration::from_millis(500),
            min_bytes: 1,
            full: first.is_some(),
            partitions: first.map(fetch).into_iter().collect(),
            forgotten: Vec::new(),
        };
        self.request_on(generation, request)
    }

    /// What broker A, a follower, is given by its leader.
    pub fn copied(&mut self, leader: BrokerIx, end: u64, high_watermark: u64, epoch: u32) {
        let partition = FetchedPartition {
            partition: P,
            leader_epoch: LeaderEpoch(epoch),
            error: ErrorCode::None,
            high_watermark: Offset(high_watermark),
            end: Offset(end),
            epochs: smallvec::smallvec![(LeaderEpoch(epoch), Offset(BEFORE))],
            diverging: None,
        };
        let channel = Channel::Fetcher(leader, 0);
        if self.fetching == 0 {
            self.input(|broker, ctx, out| broker.connected(channel, ctx, out));
        }
        let correlation = self.fetching;
        let response = Response::ReplicaFetch { partitions: vec![partition] };
        self.input(|broker, ctx, out| broker.response(channel, correlation, response, ctx, out));
        let soon = self.now + Duration::from_millis(30);
        self.run_to(soon);
    }

    /// The metadata log says so, and broker A hears of it and takes its roles within 300 ms.
    pub fn committed(&mut self, registration: PartitionRegistration) {
        self.history.commit(&Record::Partition(P, registration, change()));
        let end = self.history.end();
        self.input(|broker, ctx, out| broker.own_controller_moved(Some(VoterIx(0)), end, ctx, out));
        let then = self.now + Duration::from_millis(300);
        self.run_to(then);
    }
}
