//! Facts in, a timeline out.

mod entries;
mod finish;

use super::beliefs::{Beliefs, Held};
use super::chain::Steps;
use super::events::{Story, topic};
use super::groups::ClientLanes;
use super::lanes::Lanes;
use super::limits::{MOVES, REFRESHES};
use super::record::{Answer, Counts, Micros, Move, Refresh, Series, Step, Topic};
use super::requests::Requests;
use super::series::Gauge;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ClientIx, NodeIx, PartitionIx};
use crate::model::Spec;
use crate::model::message::Acks;
use crate::observe::Fact;
use crate::observe::clients::Clients;
use crate::observe::fact;
use crate::observe::pairs::{self, Pairs};
use crate::observe::sentence::{sentence, why_name};
use crate::observe::stale::Entries;
use crate::observe::truth::{PartitionTruth, Truth};
use std::collections::{BTreeMap, VecDeque};

/// For so long after a move of a partition, requests to it that go right are shown one by one.
const NEAR: Duration = Duration::from_millis(1_000);
/// Moves of a partition, and doings of a client about its metadata, that a path tells at most.
const RECENT: usize = 6;
/// Buckets of all flows together.
const FLOW_BUCKETS: usize = 60_000;

/// What a client last did about its metadata.
#[derive(Clone, Default)]
struct Wish {
    wanted: Option<Micros>,
    /// What it did last, the latest last; a few at most.
    recent: VecDeque<(Micros, fact::Refresh)>,
    /// The refresh that is out: a place in the refreshes.
    out: Option<usize>,
}

/// Reads the facts of one run and makes its timeline. It keeps the same accounts as [`Observers`](crate::observe::Observers), with their own parts.
pub struct Recorder<'s> {
    spec: &'s Spec,
    origin: Instant,
    end: Instant,
    facts: u64,
    truth: Truth,
    pairs: Pairs,
    clients: Clients,
    entries: Entries,
    fire_and_forget: Vec<bool>,
    client_of: BTreeMap<NodeIx, ClientIx>,
    lanes: Lanes,
    of: ClientLanes,
    beliefs: Beliefs,
    requests: Requests,
    steps: Steps,
    story: Story,
    moves: Vec<(PartitionIx, Move)>,
    /// The last move of each partition: a place in `moves`.
    move_of: BTreeMap<PartitionIx, usize>,
    moves_left_out: usize,
    recent_moves: BTreeMap<PartitionIx, VecDeque<Move>>,
    wishes: Vec<Wish>,
    refreshes: Vec<Refresh>,
    refreshes_left_out: usize,
    faults: Vec<Step>,
    series: Series,
    under_replicated: (u32, Gauge),
    without_leader: (u32, Gauge),
    stale_beliefs: Gauge,
    flows: BTreeMap<(u32, u32), Vec<(u32, u32)>>,
    flow_bucket: u64,
    counts: Counts,
    moves_counted: u64,
}

impl<'s> Recorder<'s> {
    /// A recorder of a run of `spec` that counts from `count_from` on and ends at `end`.
    pub fn new(spec: &'s Spec, count_from: Instant, end: Instant) -> Self {
        let truth = Truth::new(spec);
        let of = ClientLanes::new(spec);
        let micros = |at: Instant| micros(count_from, at);
        let (from, to) = (micros(Instant::ZERO), micros(end));
        let series = Series::of(from, to);
        let pairs = of.lanes.len() * spec.brokers.len();
        let buckets = (FLOW_BUCKETS / pairs.max(1)).clamp(4, 1_000) as u64;
        let length = to.saturating_sub(from).max(1).unsigned_abs();
        let clients = spec.clients.len();
        let under = truth.partitions().filter(|(_, p)| is_under_replicated(p)).count() as u32;
        let leaderless = truth.partitions().filter(|(_, p)| p.exists && p.leader.is_none()).count() as u32;
        let mut recorder = Recorder {
            spec,
            origin: count_from,
            end,
            facts: 0,
            pairs: Pairs::default(),
            clients: Clients::new(spec),
            entries: Entries::new(clients),
            fire_and_forget: spec.clients.iter().map(|c| c.acks() == Some(Acks::None)).collect(),
            client_of: spec.clients.iter().enumerate().map(|(i, c)| (c.node, ClientIx(i as u32))).collect(),
            lanes: Lanes::new(spec, from),
            beliefs: Beliefs::new(&of.lanes),
            requests: Requests::default(),
            steps: Steps::default(),
            story: Story::default(),
            moves: Vec::new(),
            move_of: BTreeMap::new(),
            moves_left_out: 0,
            recent_moves: BTreeMap::new(),
            wishes: vec![Wish::default(); clients],
            refreshes: Vec::new(),
            refreshes_left_out: 0,
            faults: Vec::new(),
            flow_bucket: length.div_ceil(buckets).next_multiple_of(series.bucket),
            series,
            under_replicated: (under, Gauge::default()),
            without_leader: (leaderless, Gauge::default()),
            stale_beliefs: Gauge::default(),
            flows: BTreeMap::new(),
            counts: Counts { clients: clients as u64, ..Counts::default() },
            moves_counted: 0,
            of,
            truth,
        };
        recorder.gauge(from);
        recorder
    }

    fn micros(&self, at: Instant) -> Micros {
        micros(self.origin, at)
    }

    fn gauge(&mut self, at: Micros) {
        let bucket = self.series.at(at);
        self.under_replicated.1.set(&mut self.series.under_replicated, bucket, self.under_replicated.0);
        self.without_leader.1.set(&mut self.series.without_leader, bucket, self.without_leader.0);
        self.stale_beliefs.set(&mut self.series.stale_beliefs, bucket, self.beliefs.stale_now);
    }

    /// Takes in the next fact. Facts must come in the order in which they happened.
    pub fn on_fact(&mut self, at: Instant, fact: &Fact) {
        self.facts += 1;
        let now = self.micros(at);
        self.lanes.on_fact(now, fact);
        if let Some(topic) = topic(fact) {
            let spec = self.spec;
            self.story.tell(now, topic, || sentence(spec, fact));
            if topic == Topic::Fault && matches!(fact, Fact::FaultApplied { .. }) {
                self.faults.push(Step { at: now, text: sentence(spec, fact) });
            }
        }
        if matches!(fact, Fact::PartitionCommitted { .. } | Fact::TopicRemoved { .. }) {
            self.committed(at, now, fact);
        } else {
            self.truth.on_fact(at, fact);
        }
        self.clients.on_fact(at, fact, at >= self.origin);
        if let Fact::LeaderRoleTaken { broker, partition, leader_epoch, .. } = fact {
            self.role_taken(now, *partition, *broker, leader_epoch.0);
        }
        if let Fact::Refreshed { client, what } = fact {
            self.refreshed(now, *client, *what);
        }
        if let Fact::BeliefChanged { client, partition, .. } = fact {
            self.believes(at, now, *client, *partition, fact);
        }
        if let Fact::ReplicaChosen { client, partition, replica } = fact {
            let pair = self.pairs.index(*client, *partition);
            self.pairs.get_mut(pair).replica = *replica;
        }
        if let Fact::PositionSet { client, partition, from: None, .. } = fact {
            let pair = self.pairs.index(*client, *partition);
            self.pairs.get_mut(pair).replica = None;
        }
        if let Fact::ProcessEnded { node, .. } = fact
            && let Some(client) = self.client_of.get(node)
        {
            self.wishes[client.index()] = Wish::default();
        }
        self.appended(fact);
        self.record_done(at, now, fact);
        self.entry(at, now, fact);
    }

    fn appended(&mut self, fact: &Fact) {
        if let Fact::Appended { broker, partition, batch, end, .. } = fact
            && self.truth.partition(*partition).leader != Some(*broker)
        {
            self.entries.appended_deposed(*partition, *broker, *batch, *end);
        }
        if let Fact::Truncated { broker, partition, from, to } | Fact::UnflushedLost { broker, partition, from, to } = fact {
            self.entries.truncated(*partition, *broker, *from.min(to));
        }
    }

    fn record_done(&mut self, at: Instant, now: Micros, fact: &Fact) {
        let Fact::RecordDone { created_at, error, .. } = fact else { return };
        let bucket = self.series.at(now);
        if error.is_none() {
            self.series.acknowledged[bucket] += 1;
            let wait = at.since(*created_at).as_millis().min(u64::from(u32::MAX)) as u32;
            self.series.longest_wait[bucket] = self.series.longest_wait[bucket].max(wait);
        } else {
            self.series.failed[bucket] += 1;
        }
    }

    fn committed(&mut self, at: Instant, now: Micros, fact: &Fact) {
        let partitions = if let Fact::TopicRemoved { partitions, .. } = fact {
            partitions.clone()
        } else if let Fact::PartitionCommitted { partition, .. } = fact {
            vec![*partition]
        } else {
            Vec::new()
        };
        for partition in partitions {
            let truth = self.truth.partition(partition);
            let (from, was) = (truth.leader, (is_under_replicated(truth), truth.exists && truth.leader.is_none()));
            let moved = if matches!(fact, Fact::TopicRemoved { .. }) {
                self.truth.remove(partition);
                false
            } else {
                self.truth.commit(at, fact)
            };
            let truth = self.truth.partition(partition);
            let is = (is_under_replicated(truth), truth.exists && truth.leader.is_none());
            let leader = truth.leader;
            self.under_replicated.0 = self.under_replicated.0 + u32::from(is.0) - u32::from(was.0);
            self.without_leader.0 = self.without_leader.0 + u32::from(is.1) - u32::from(was.1);
            if moved {
                self.moved(now, partition, from, fact);
                if let Some(leader) = leader {
                    self.open_windows(now, partition, leader);
                }
            }
        }
        self.gauge(now);
    }

    fn moved(&mut self, now: Micros, partition: PartitionIx, from: Option<BrokerIx>, fact: &Fact) {
        let Fact::PartitionCommitted { leader, leader_epoch, why, asked_at, decided_at, .. } = fact else { return };
        let made = Move {
            at: now,
            partition: 0,
            from: from.map(|b| b.0),
            to: leader.map(|b| b.0),
            epoch: leader_epoch.0,
            why: why_name(*why).to_owned(),
            asked: self.micros(*asked_at),
            decided: self.micros(*decided_at),
            ready: None,
        };
        self.moves_counted += u64::from(now >= 0);
        if self.moves.len() < MOVES {
            self.move_of.insert(partition, self.moves.len());
            self.moves.push((partition, made.clone()));
        } else {
            self.move_of.remove(&partition);
            self.moves_left_out += 1;
        }
        push(self.recent_moves.entry(partition).or_default(), made);
    }

    /// As [`observe`](crate::observe) opens them: for whoever had to do with the partition, and is told at once if it knows already.
    fn open_windows(&mut self, now: Micros, partition: PartitionIx, leader: BrokerIx) {
        for i in 0..self.pairs.of_partition(partition).len() {
            let ix = self.pairs.of_partition(partition)[i];
            let pair = self.pairs.get(ix);
            let (client, believed) = (pair.client, pair.believed_leader());
            if pair.sent == 0 && believed.is_none_or(|b| b == leader) {
                continue;
            }
            let lane = self.of.of(client);
            self.beliefs.opens(now, ix, lane);
            if believed == Some(leader) {
                self.beliefs.told(now, ix, (client, partition), lane);
            }
        }
    }

    fn role_taken(&mut self, now: Micros, partition: PartitionIx, broker: BrokerIx, epoch: u32) {
        let done = |made: &mut Move| {
            if made.to == Some(broker.0) && epoch >= made.epoch {
                made.ready.get_or_insert(now);
            }
        };
        if let Some(made) = self.recent_moves.get_mut(&partition).and_then(VecDeque::back_mut) {
            done(made);
        }
        if let Some((_, made)) = self.move_of.get(&partition).and_then(|place| self.moves.get_mut(*place)) {
            done(made);
        }
    }

    fn refreshed(&mut self, now: Micros, client: ClientIx, what: fact::Refresh) {
        let lane = self.of.of(client) as u32;
        let wish = &mut self.wishes[client.index()];
        push(&mut wish.recent, (now, what));
        let ended = |answer: Answer, wish: &mut Wish, refreshes: &mut [Refresh]| {
            if let Some(out) = wish.out.take() {
                (refreshes[out].ended, refreshes[out].answer) = (Some(now), answer);
            }
        };
        match what {
            fact::Refresh::Wanted => {
                wish.wanted.get_or_insert(now);
            }
            fact::Refresh::Sent(broker) => {
                let bucket = self.series.at(now);
                self.series.refreshes[bucket] += 1;
                let wanted = wish.wanted.take().unwrap_or(now);
                if self.refreshes.len() < REFRESHES {
                    wish.out = Some(self.refreshes.len());
                    self.refreshes.push(Refresh { client: lane, broker: broker.0, wanted, sent: now, ended: None, answer: Answer::Open });
                } else {
                    self.refreshes_left_out += 1;
                }
            }
            fact::Refresh::Answered(..) => ended(Answer::Answered, wish, &mut self.refreshes),
            fact::Refresh::Failed => ended(Answer::Failed, wish, &mut self.refreshes),
            fact::Refresh::Swallowed => {}
        }
    }

    fn believes(&mut self, at: Instant, now: Micros, client: ClientIx, partition: PartitionIx, fact: &Fact) {
        let Fact::BeliefChanged { leader, leader_epoch, told, .. } = fact else { return };
        let ix = self.pairs.index(client, partition);
        self.pairs.get_mut(ix).belief = Some(pairs::Belief { leader: *leader, told: *told, since: at });
        let held = Held { at, leader: *leader, epoch: *leader_epoch, told: *told };
        self.beliefs.believes(ix, held, self.of.is_single(client));
        if self.requests.waits_for_belief(ix) {
            let step = self.steps.place(now, sentence(self.spec, fact));
            self.requests.told(ix, step);
        }
        if leader.is_some() && *leader == self.truth.partition(partition).leader {
            self.beliefs.told(now, ix, (client, partition), self.of.of(client));
            self.gauge(now);
        }
    }
}

/// Adds to a few, of which the oldest is forgotten.
fn push<T>(few: &mut VecDeque<T>, new: T) {
    if few.len() >= RECENT {
        few.pop_front();
    }
    few.push_back(new);
}

/// A moment in microseconds from `origin` on.
fn micros(origin: Instant, at: Instant) -> Micros {
    let signed = |at: Instant| i64::try_from(at.as_nanos()).unwrap_or(i64::MAX);
    (signed(at).saturating_sub(signed(origin))).div_euclid(1_000)
}

/// As [`observe`](crate::observe) counts it.
fn is_under_replicated(partition: &PartitionTruth) -> bool {
    partition.exists && (partition.isr.len() < partition.replicas.len() || partition.leader.is_none())
}
