//! Every partition entry of a request: whether it met a stale leader, what became of it, and why it was sent there.
//!
//! An entry is judged once: when the broker takes it from the connection, or, if it never gets there, when the client gives it up.
//! Everything counted of entries is counted at that moment, so that all rates have one denominator.

use super::cause::Cause;
use super::fact::{BatchId, EntryId, Unreachable};
use super::pairs::PairIx;
use super::record::Requests;
use super::truth::PartitionTruth;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, Offset, PartitionIx};
use std::collections::BTreeMap;

/// What the target was when the entry was judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The true leader, in its role.
    Right,
    /// Not the true leader.
    Stale,
    /// The true leader, but not yet in its role.
    NotReady,
    /// Nobody led.
    Leaderless,
}

/// What became of a stale entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// The broker refused it.
    Rejected(ErrorCode),
    /// It came to nothing.
    Unreachable(Unreachable),
    /// A deposed leader appended it and has kept it.
    DeposedKept,
    /// A deposed leader appended it and later threw it away.
    DeposedTruncated,
    /// A follower served it.
    ServedByFollower,
    /// The right leader refused it because it had not yet taken the role.
    NotReady,
    /// The target became the leader, in its role, before it handled the entry.
    LeaderByThen,
    /// The run ended first.
    Open,
}

impl Outcome {
    /// As records name it.
    pub fn name(self) -> String {
        match self {
            Outcome::Rejected(error) => format!("rejected: {}", error.name()),
            Outcome::Unreachable(Unreachable::Refused) => "unreachable: refused".to_owned(),
            Outcome::Unreachable(Unreachable::Reset) => "unreachable: reset".to_owned(),
            Outcome::Unreachable(Unreachable::TimedOut) => "unreachable: timed out".to_owned(),
            Outcome::DeposedKept => "accepted by a deposed leader, not truncated".to_owned(),
            Outcome::DeposedTruncated => "accepted by a deposed leader, later truncated".to_owned(),
            Outcome::ServedByFollower => "served by a follower".to_owned(),
            Outcome::NotReady => "bounced off a leader not yet ready".to_owned(),
            Outcome::LeaderByThen => "accepted, leader by then".to_owned(),
            Outcome::Open => "open at the end of the run".to_owned(),
        }
    }
}

/// An entry as it leaves its client.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// When.
    pub at: Instant,
    /// Whose, and for which partition.
    pub pair: PairIx,
    /// The client.
    pub client: ClientIx,
    /// The target.
    pub broker: BrokerIx,
    /// Its batch; a fetch has none.
    pub batch: Option<BatchId>,
    /// Whether no answer is asked for (acks=0).
    pub unanswered: bool,
    /// Whether the pair has an open window.
    pub in_window: bool,
    /// Whether it goes to a preferred read replica on purpose (KIP-392).
    pub on_purpose: bool,
    /// What made it wrong, if it proves wrong.
    pub cause: Cause,
}

/// An entry under way.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// Whose, and for which partition.
    pub pair: PairIx,
    /// The client.
    pub client: ClientIx,
    /// The target.
    pub broker: BrokerIx,
    /// Its batch; a fetch has none.
    pub batch: Option<BatchId>,
    /// When it left the client.
    pub sent: Instant,
    /// When the broker took it.
    pub taken: Option<Instant>,
    /// Whether a cut parted the broker from the client when it took the entry, so that the answer could not come back.
    pub parted: bool,
    /// Whether the target was the true leader when it took or when it answered the entry.
    pub met_leader: bool,
    /// Whether no answer is asked for (acks=0).
    pub unanswered: bool,
    /// What made it wrong, if it is.
    pub cause: Cause,
    /// What its target was, once that is judged.
    pub verdict: Option<Verdict>,
    in_window: bool,
    on_purpose: bool,
    moves: u32,
    counted: bool,
    settled: bool,
}

/// What became of a counted entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It was right, and its answer came from the leader that took it.
    Served,
    /// It was right, and the leader moved while it was parked.
    Overtaken,
    /// Nobody led.
    Leaderless,
    /// It was stale.
    Stale(Outcome),
}

/// An entry that its client gave up.
#[derive(Clone, Copy, Debug)]
pub struct GivenUp {
    /// The entry, with its verdict.
    pub live: Live,
    /// Whether it is judged by its being given up.
    pub judged_now: bool,
    /// What became of it, unless that was known before or it is not counted.
    pub fate: Option<Fate>,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    total: u64,
    stale: u64,
    overtaken: u64,
    leaderless: u64,
    in_windows: u64,
    outcomes: BTreeMap<Outcome, u64>,
    causes: BTreeMap<Cause, u64>,
}

/// What a broker appended while it was not the true leader.
#[derive(Clone, Copy, Debug)]
struct DeposedAppend {
    broker: BrokerIx,
    batch: BatchId,
    end: Offset,
    truncated: bool,
}

/// All entries.
#[derive(Clone, Debug)]
pub struct Entries {
    live: BTreeMap<EntryId, Live>,
    counts: Vec<Counts>,
    deposed: BTreeMap<PartitionIx, Vec<DeposedAppend>>,
    /// Stale entries that a deposed leader accepted: whether it kept them is known at the end.
    accepted: Vec<(ClientIx, PartitionIx, BrokerIx, BatchId)>,
}

impl Entries {
    /// No entries of so many clients.
    pub fn new(clients: usize) -> Self {
        Entries { live: BTreeMap::new(), counts: vec![Counts::default(); clients], deposed: BTreeMap::new(), accepted: Vec::new() }
    }

    /// An entry leaves its client.
    pub fn sent(&mut self, entry: EntryId, sent: Sent) {
        let live = Live {
            pair: sent.pair,
            client: sent.client,
            broker: sent.broker,
            batch: sent.batch,
            sent: sent.at,
            taken: None,
            parted: false,
            met_leader: false,
            unanswered: sent.unanswered,
            in_window: sent.in_window,
            on_purpose: sent.on_purpose,
            cause: sent.cause,
            moves: 0,
            verdict: None,
            counted: false,
            settled: false,
        };
        self.live.insert(entry, live);
    }

    /// The entry, while it is under way.
    pub fn get(&self, entry: EntryId) -> Option<&Live> {
        self.live.get(&entry)
    }

    /// The broker takes the entry. Gives it with its verdict, unless it was judged before.
    pub fn taken(&mut self, at: Instant, entry: EntryId, partition: &PartitionTruth, counted: bool) -> Option<(Live, Verdict)> {
        let live = self.live.get_mut(&entry)?;
        let verdict = match partition.leader {
            // Whoever reads from a replica on purpose asks nobody to lead.
            _ if live.on_purpose => Verdict::Right,
            None => Verdict::Leaderless,
            Some(leader) if leader != live.broker => Verdict::Stale,
            Some(_) if !partition.is_ready(live.broker) => Verdict::NotReady,
            Some(_) => Verdict::Right,
        };
        live.taken = Some(at);
        live.met_leader = live.on_purpose || partition.leader == Some(live.broker);
        live.moves = partition.moves;
        let found = *live;
        self.judge(entry, verdict, counted);
        // With acks=0 nothing comes back; only a stale one waits for word of what became of it.
        if found.unanswered && verdict == Verdict::Right {
            self.live.remove(&entry);
        }
        Some((found, verdict))
    }

    /// A cut parts the broker from the client as it takes the entry.
    pub fn part(&mut self, entry: EntryId) {
        if let Some(live) = self.live.get_mut(&entry) {
            live.parted = true;
        }
    }

    fn judge(&mut self, entry: EntryId, verdict: Verdict, counted: bool) {
        let Some(live) = self.live.get_mut(&entry) else { return };
        live.verdict = Some(verdict);
        live.counted = counted;
        if !counted {
            return;
        }
        let counts = &mut self.counts[live.client.index()];
        counts.total += 1;
        counts.in_windows += u64::from(live.in_window);
        match verdict {
            Verdict::Right => {}
            Verdict::Leaderless => counts.leaderless += 1,
            Verdict::Stale | Verdict::NotReady => {
                counts.stale += 1;
                *counts.causes.entry(live.cause).or_default() += 1;
            }
        }
    }

    /// The broker answers the entry. Says what became of it, unless that was known before or it is not counted.
    pub fn answered(&mut self, entry: EntryId, at_partition: PartitionIx, partition: &PartitionTruth, error: ErrorCode) -> Option<Fate> {
        let live = self.live.get_mut(&entry)?;
        live.met_leader |= partition.leader == Some(live.broker);
        let live = *live;
        self.settle(entry, at_partition, partition, |verdict| match (error.is_none(), verdict) {
            (false, Verdict::NotReady) => Outcome::NotReady,
            (false, _) => Outcome::Rejected(error),
            (true, _) if partition.is_ready(live.broker) => Outcome::LeaderByThen,
            (true, _) if live.batch.is_some() => Outcome::DeposedKept,
            (true, _) => Outcome::ServedByFollower,
        })
    }

    /// The client has the answer: gives the entry.
    pub fn returned(&mut self, entry: EntryId) -> Option<Live> {
        self.live.remove(&entry)
    }

    /// The client gives the entry up.
    pub fn unreachable(
        &mut self,
        entry: EntryId,
        at_partition: PartitionIx,
        partition: &PartitionTruth,
        how: Unreachable,
        counted: bool,
    ) -> Option<GivenUp> {
        let live = *self.live.get(&entry)?;
        let judged_now = live.verdict.is_none();
        if judged_now {
            let verdict = match partition.leader {
                _ if live.on_purpose => Verdict::Right,
                None => Verdict::Leaderless,
                Some(leader) if leader != live.broker => Verdict::Stale,
                Some(_) => Verdict::Right,
            };
            if let Some(live) = self.live.get_mut(&entry) {
                live.moves = partition.moves;
            }
            self.judge(entry, verdict, counted);
        }
        let appended = live.batch.is_some_and(|batch| self.was_appended(at_partition, live.broker, batch));
        let fate = self.settle(entry, at_partition, partition, |_| if appended { Outcome::DeposedKept } else { Outcome::Unreachable(how) });
        let live = self.live.remove(&entry)?;
        Some(GivenUp { live, judged_now, fate })
    }

    /// Fixes once what became of a judged entry; later words about it change nothing.
    fn settle(
        &mut self,
        entry: EntryId,
        at_partition: PartitionIx,
        partition: &PartitionTruth,
        outcome: impl FnOnce(Verdict) -> Outcome,
    ) -> Option<Fate> {
        let live = self.live.get_mut(&entry)?;
        let verdict = live.verdict?;
        if std::mem::replace(&mut live.settled, true) || !live.counted {
            return None;
        }
        let counts = &mut self.counts[live.client.index()];
        match verdict {
            Verdict::Right => {
                let overtaken = partition.moves != live.moves && !live.on_purpose;
                counts.overtaken += u64::from(overtaken);
                Some(if overtaken { Fate::Overtaken } else { Fate::Served })
            }
            Verdict::Leaderless => Some(Fate::Leaderless),
            Verdict::Stale | Verdict::NotReady => {
                let outcome = outcome(verdict);
                match (outcome, live.batch) {
                    (Outcome::DeposedKept, Some(batch)) => self.accepted.push((live.client, at_partition, live.broker, batch)),
                    _ => *counts.outcomes.entry(outcome).or_default() += 1,
                }
                Some(Fate::Stale(outcome))
            }
        }
    }

    /// Whether what a deposed leader appended of a batch is gone from its log by now.
    pub fn was_truncated(&self, partition: PartitionIx, broker: BrokerIx, batch: BatchId) -> bool {
        let list = self.deposed.get(&partition).map_or(&[][..], Vec::as_slice);
        list.iter().rev().find(|d| d.broker == broker && d.batch == batch).is_some_and(|d| d.truncated)
    }

    /// A broker that is not the true leader appended a batch.
    pub fn appended_deposed(&mut self, partition: PartitionIx, broker: BrokerIx, batch: BatchId, end: Offset) {
        self.deposed.entry(partition).or_default().push(DeposedAppend { broker, batch, end, truncated: false });
    }

    fn was_appended(&self, partition: PartitionIx, broker: BrokerIx, batch: BatchId) -> bool {
        self.deposed.get(&partition).is_some_and(|list| list.iter().rev().any(|d| d.broker == broker && d.batch == batch))
    }

    /// A broker's log of a partition ends at `end` now; what stood beyond is gone.
    pub fn truncated(&mut self, partition: PartitionIx, broker: BrokerIx, end: Offset) {
        let Some(list) = self.deposed.get_mut(&partition) else { return };
        for append in list.iter_mut().filter(|d| d.broker == broker && d.end > end) {
            append.truncated = true;
        }
    }

    /// Settles what is open: the run is over.
    pub fn close(&mut self) {
        for live in std::mem::take(&mut self.live).into_values().filter(|l| l.counted && !l.settled) {
            if matches!(live.verdict, Some(Verdict::Stale | Verdict::NotReady)) {
                *self.counts[live.client.index()].outcomes.entry(Outcome::Open).or_default() += 1;
            }
        }
        for (client, partition, broker, batch) in std::mem::take(&mut self.accepted) {
            let outcome = if self.was_truncated(partition, broker, batch) { Outcome::DeposedTruncated } else { Outcome::DeposedKept };
            *self.counts[client.index()].outcomes.entry(outcome).or_default() += 1;
        }
    }

    /// What was counted for a client; `to_moved` is what went to partitions that moved.
    pub fn requests(&self, client: ClientIx, to_moved: u64) -> Requests {
        let c = &self.counts[client.index()];
        Requests {
            total: c.total,
            stale: c.stale,
            overtaken: c.overtaken,
            leaderless: c.leaderless,
            stale_by_outcome: c.outcomes.iter().map(|(o, n)| (o.name(), *n)).collect(),
            stale_by_cause: c.causes.iter().map(|(o, n)| (o.name().to_owned(), *n)).collect(),
            to_moved_partitions: to_moved,
            in_windows: c.in_windows,
        }
    }
}
