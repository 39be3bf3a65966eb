//! Requests: what led to each, what it was found to be, and what came of it.

use super::{NEAR, Recorder};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, PartitionIx};
use crate::observe::Fact;
use crate::observe::cause;
use crate::observe::fact;
use crate::observe::names::Names;
use crate::observe::pairs;
use crate::observe::sentence::{errand, refreshed, sentence, told_by};
use crate::observe::stale::{Fate, Sent, Verdict};
use crate::timeline::record::{Micros, Move, Topic};
use crate::timeline::requests::Mark;

impl Recorder<'_> {
    /// Takes in what a fact says of a request.
    pub(super) fn entry(&mut self, at: Instant, now: Micros, fact: &Fact) {
        if let Fact::EntrySent { .. } = fact {
            self.sent(at, now, fact);
        }
        if let Fact::EntryTaken { partition, entry, .. } = fact {
            self.taken(at, now, *partition, *entry, fact);
        }
        if let Fact::EntryAnswered { partition, entry, error, .. } = fact {
            if at >= self.origin && !error.is_none() {
                let bucket = self.series.at(now);
                self.series.errors[bucket] += 1;
            }
            self.answered(at, *partition, *entry, *error, Some(fact));
            // With acks=0 nobody hears of the answer: for the client it was over when it left.
            if self.requests.get_mut(*entry).is_some_and(|mark| mark.unanswered) {
                self.requests.ended(*entry, Some(now));
            }
        }
        if let Fact::EntryReturned { partition, entry, error, .. } = fact {
            self.answered(at, *partition, *entry, *error, None);
            self.returned(now, *entry, *error, fact);
        }
        if let Fact::EntryUnreachable { partition, entry, how, .. } = fact {
            self.unreachable(at, now, *partition, *entry, *how, fact);
        }
    }

    fn sent(&mut self, at: Instant, now: Micros, fact: &Fact) {
        let Fact::EntrySent { client, broker, partition, entry, batch, attempt } = fact else { return };
        let index = self.pairs.index(*client, *partition);
        let pair = self.pairs.get(index);
        let truth = self.truth.partition(*partition);
        let cause = cause::at_send(*broker, pair, self.clients.get(*client), truth, &self.truth);
        let near = self.beliefs.is_stale(index) || truth.moves > 0 && at.since(truth.moved_at) <= NEAR;
        // Only what is wrong now, or may be overtaken by the next move, needs its story; the latter has none before it was sent.
        let belief = pair.belief;
        let before = if truth.leader == Some(*broker) { Vec::new() } else { self.before(*client, *partition, belief) };
        let unanswered = self.fire_and_forget[client.index()];
        let on_purpose = batch.is_none() && pair.replica == Some(*broker);
        let in_window = self.beliefs.is_stale(index);
        self.pairs.get_mut(index).sent += 1;
        self.clients.link(*client, *broker).outstanding += u32::from(!unanswered);
        let sent = Sent { at, pair: index, client: *client, broker: *broker, batch: *batch, unanswered, in_window, on_purpose, cause };
        self.entries.sent(*entry, sent);
        self.flow(now, *client, *broker);
        let mut before = before;
        if !before.is_empty() {
            let again = if *attempt > 0 { format!(" (attempt {})", attempt + 1) } else { String::new() };
            before.push((now, sentence(self.spec, fact) + &again));
        }
        let mark = Mark {
            client: *client,
            pair: index,
            partition: *partition,
            broker: *broker,
            batch: *batch,
            sent: now,
            taken: None,
            answered: None,
            error: None,
            unreachable: None,
            near: near && at >= self.origin,
            unanswered,
            belief,
            before,
            fate: None,
            cause: None,
            path: None,
        };
        self.requests.sent(*entry, mark);
    }

    fn flow(&mut self, now: Micros, client: ClientIx, broker: BrokerIx) {
        let bucket = (now.saturating_sub(self.series.from).max(0).unsigned_abs() / self.flow_bucket) as u32;
        let flow = self.flows.entry((self.of.of(client) as u32, broker.0)).or_default();
        match flow.last_mut() {
            Some(last) if last.0 == bucket => last.1 += 1,
            Some(_) | None => flow.push((bucket, 1)),
        }
    }

    /// What led to a request that is sent now to a broker which does not lead.
    fn before(&self, client: ClientIx, partition: PartitionIx, belief: Option<pairs::Belief>) -> Vec<(Micros, String)> {
        let n = Names(self.spec);
        let (who, what) = (n.client(client), n.partition(partition));
        let mut before = Vec::new();
        match belief {
            Some(pairs::Belief { leader, told, since }) => {
                let text = format!("{who} comes to believe that {} leads {what}: {}", n.leader(leader), told_by(n, told));
                before.push((self.micros(since), text));
            }
            None => before.push((self.micros(Instant::ZERO), format!("{who} has never been told who leads {what}"))),
        }
        let since = belief.map_or(Micros::MIN, |belief| self.micros(belief.since));
        let moves = self.recent_moves.get(&partition).into_iter().flatten().rev().enumerate();
        // The last move always, and those before it that the client has not heard of either.
        let moves: Vec<&Move> = moves.take_while(|(back, made)| *back == 0 || made.at >= since).map(|(_, made)| made).collect();
        let moved = moves.first().map_or(Micros::MIN, |made| made.at);
        for made in moves.into_iter().rev() {
            let broker = |b: Option<u32>| n.leader(b.map(BrokerIx));
            before.push((made.asked, format!("the reason to move {what} reaches the controller ({})", made.why)));
            let text = format!("committed: {what} moves from {} to {}, epoch {}", broker(made.from), broker(made.to), made.epoch);
            before.push((made.at, text));
            if let Some(ready) = made.ready {
                before.push((ready, format!("{} takes the role of leader of {what}", broker(made.to))));
            }
        }
        let refreshes = self.wishes[client.index()].recent.iter().rev().enumerate();
        let since_then: Vec<_> = refreshes.take_while(|(back, (when, _))| *back == 0 || *when >= moved).map(|(_, wish)| *wish).collect();
        before.extend(since_then.into_iter().rev().map(|(when, what)| (when, refreshed(n, &who, what))));
        before
    }

    fn taken(&mut self, at: Instant, now: Micros, partition: PartitionIx, entry: fact::EntryId, fact: &Fact) {
        let counted = at >= self.origin;
        let judged = self.entries.taken(at, entry, self.truth.partition(partition), counted);
        let Some(mark) = self.requests.get_mut(entry) else { return };
        mark.taken = Some(now);
        if let Some((live, verdict)) = judged.filter(|_| counted) {
            self.judged(now, entry, verdict, live.cause, fact);
        }
    }

    /// An entry is counted now.
    fn judged(&mut self, now: Micros, entry: fact::EntryId, verdict: Verdict, cause: cause::Cause, fact: &Fact) {
        let bucket = self.series.at(now);
        self.series.requests[bucket] += 1;
        self.counts.requests += 1;
        match verdict {
            Verdict::Right => {}
            Verdict::Leaderless => {
                self.series.leaderless[bucket] += 1;
                self.counts.leaderless += 1;
            }
            Verdict::Stale | Verdict::NotReady => {
                self.series.stale[bucket] += 1;
                self.counts.stale += 1;
                self.begin_path(now, entry, verdict, cause, fact);
            }
        }
    }

    fn begin_path(&mut self, now: Micros, entry: fact::EntryId, verdict: Verdict, cause: cause::Cause, fact: &Fact) {
        let Some(mark) = self.requests.get_mut(entry) else { return };
        mark.cause = Some(cause);
        let (client, partition, broker, sent) = (mark.client, mark.partition, mark.broker, mark.sent);
        let (produce, belief) = (mark.batch.is_some(), mark.belief);
        let mut before = std::mem::take(&mut mark.before);
        let n = Names(self.spec);
        let (who, what, target) = (n.client(client), n.partition(partition), n.broker(broker));
        if before.is_empty() {
            before = self.before(client, partition, belief);
            before.push((sent, format!("{who} sends a {} for {what} to {target}, which leads then", errand(produce))));
        }
        let leader = n.leader(self.truth.partition(partition).leader);
        let met = match verdict {
            Verdict::NotReady => format!("{target} leads {what} by committed metadata, and has not yet taken the role"),
            Verdict::Stale | Verdict::Right | Verdict::Leaderless => format!("{target} does not lead {what}: {leader} does"),
        };
        let judged = if matches!(fact, Fact::EntryTaken { .. }) {
            format!("{}; {met}", sentence(self.spec, fact))
        } else {
            format!("{} without having been taken; {met}", sentence(self.spec, fact))
        };
        self.story.tell(now, Topic::Stale, || format!("stale: {who} asks {target} for {what} ({})", cause.name()));
        let Some(path) = self.requests.begins_path(entry) else { return };
        before.push((now, judged));
        for (at, text) in before {
            let step = self.steps.place(at, text);
            self.requests.step(path, step);
        }
    }

    /// The fate of an entry is known by its answer; `fact` when the broker itself says so.
    fn answered(&mut self, at: Instant, partition: PartitionIx, entry: fact::EntryId, error: ErrorCode, fact: Option<&Fact>) {
        let now = self.micros(at);
        let fate = self.entries.answered(entry, partition, self.truth.partition(partition), error);
        let Some(mark) = self.requests.get_mut(entry) else { return };
        if fact.is_some() {
            mark.answered.get_or_insert(now);
        }
        mark.error.get_or_insert(error);
        if let Some(fate) = fate {
            mark.fate = Some(fate);
            let path = mark.path;
            self.fated(now, fate);
            if let (Some(path), Some(fact)) = (path, fact) {
                let step = self.steps.place(now, sentence(self.spec, fact));
                self.requests.step(path, step);
            }
        }
    }

    fn fated(&mut self, now: Micros, fate: Fate) {
        if fate == Fate::Overtaken {
            let bucket = self.series.at(now);
            self.series.overtaken[bucket] += 1;
            self.counts.overtaken += 1;
        }
    }

    fn returned(&mut self, now: Micros, entry: fact::EntryId, error: ErrorCode, fact: &Fact) {
        if let Some(live) = self.entries.returned(entry) {
            self.clients.link(live.client, live.broker).release(false);
            if error.is_none() && live.met_leader && live.taken.is_some() && self.requests.waits_for_success(live.pair) {
                let step = self.steps.place(now, format!("{}: served again", sentence(self.spec, fact)));
                self.requests.served(live.pair, step);
            }
        }
        self.requests.ended(entry, Some(now));
    }

    fn unreachable(&mut self, at: Instant, now: Micros, partition: PartitionIx, entry: fact::EntryId, how: fact::Unreachable, fact: &Fact) {
        let counted = at >= self.origin;
        if let Some(live) = self.entries.get(entry).copied() {
            self.clients.link(live.client, live.broker).release(live.unanswered);
        }
        let given_up = self.entries.unreachable(entry, partition, self.truth.partition(partition), how, counted);
        if let Some(mark) = self.requests.get_mut(entry) {
            mark.unreachable = Some(how);
        }
        if counted {
            let bucket = self.series.at(now);
            self.series.errors[bucket] += 1;
        }
        if let Some(given_up) = given_up {
            let verdict = given_up.live.verdict.filter(|_| given_up.judged_now && counted);
            if let Some(verdict) = verdict {
                self.judged(now, entry, verdict, given_up.live.cause, fact);
            }
            if let Some(fate) = given_up.fate {
                self.fated(now, fate);
            }
            if let Some(mark) = self.requests.get_mut(entry) {
                mark.fate = given_up.fate.or(mark.fate);
            }
        }
        let told = given_up.is_some_and(|given_up| given_up.judged_now);
        if let Some(path) = self.requests.ended(entry, Some(now)).filter(|_| !told) {
            let step = self.steps.place(now, sentence(self.spec, fact));
            self.requests.step(path, step);
        }
    }
}
