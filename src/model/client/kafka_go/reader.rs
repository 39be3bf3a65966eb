//! The Reader: a loop of its own for each partition, with a connection of its own. It asks a bootstrap broker who leads, connects there,
//! looks up the offsets and reads until something goes wrong; then it begins again. Source: `reader.go` reader.run, initialize; `dialer.go`.

use super::lookup::{Begin, Stage};
use super::settings::ReaderSettings;
use super::{Purpose, backoff};
use crate::engine::{Chance, Instant, Stream, mix};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, LeaderEpoch, MetadataOffset, Offset, PartitionIx, TopicIx};
use crate::model::client::Machine;
use crate::model::client::cache::Cache;
use crate::model::client::connections::Connections;
use crate::model::client::fetching::{Given, Wanted};
use crate::model::client::kit::Kit;
use crate::model::message::{FetchResult, Response};
use crate::model::spec::{Consumption, RECORDS_BEFORE};
use crate::model::{Channel, Ctx, History, Outbox, Spec, TimerKind};
use crate::observe::Fact;
use crate::observe::fact::{RecordId, Told, Unreachable};
use std::collections::{BTreeMap, VecDeque};

/// One process that reads, with its application.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub kit: Kit<Purpose>,
    pub settings: ReaderSettings,
    /// The loop of each partition.
    pub loops: BTreeMap<PartitionIx, Loop>,
    /// What the application has still to work through (the channel of messages), and when it is done with the first.
    queue: VecDeque<Given>,
    done_at: Option<Instant>,
    /// When it begins and ends.
    begins_at: Option<Instant>,
    ends_at: Option<Instant>,
    processing: Stream,
    connect: Stream,
}

/// The loop of one partition.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    pub stage: Stage,
    /// Where it reads next.
    pub begin: Begin,
    /// Failed beginnings in a row.
    pub attempt: u32,
    /// Errors in a row on the connection that it reads on.
    errors: u32,
    /// Who led when it looked, by which answer.
    pub leader: (Option<BrokerIx>, LeaderEpoch),
    /// Records that its last answer held are still on their way to the application.
    blocked: bool,
}

fn consumption(spec: &Spec, client: ClientIx) -> &Consumption {
    spec.clients[client.index()].consumption().expect("a consumer has topics to read")
}

fn partitions(topics: &[TopicIx], ctx: &Ctx<'_>) -> Vec<PartitionIx> {
    let registrations = topics.iter().filter_map(|t| ctx.history.topic(*t, ctx.history.last()));
    registrations.flat_map(|r| r.partitions.iter().copied()).collect()
}

impl Reader {
    /// A client of the specification that does not run yet.
    pub(super) fn new(index: ClientIx, spec: &Spec, chance: Chance) -> Self {
        let stream = |purpose| chance.stream(purpose);
        let settings = ReaderSettings::new(&spec.clients[index.index()]);
        let connect = stream("client reconnect pause");
        Reader {
            kit: Kit::new(index, Connections::new(settings.connections, connect), Cache::new(index, super::settings::CACHE)),
            settings,
            loops: BTreeMap::new(),
            queue: VecDeque::new(),
            done_at: None,
            begins_at: None,
            ends_at: None,
            processing: stream("consumer processing"),
            connect,
        }
    }

    /// The loops begin: the partitions that there are now (`Reader.start`).
    fn begin(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.kit.up = true;
        self.begins_at = None;
        let consumption = consumption(ctx.spec, self.kit.index);
        let begin = if consumption.from_beginning { Begin::First } else { Begin::Last };
        for partition in partitions(&consumption.topics, ctx) {
            self.loops.insert(partition, Loop::new(begin));
            self.initialize(partition, ctx, out);
        }
    }

    /// What a partition believes, as its last look-up said.
    pub(super) fn believe(
        &mut self,
        partition: PartitionIx,
        from: BrokerIx,
        offset: MetadataOffset,
        ctx: &Ctx<'_>,
        out: &mut Outbox,
    ) -> Option<BrokerIx> {
        let (_, leader, leader_epoch) = ctx.history.leader_answer(partition, offset);
        // A leader that is not in the answer's list of brokers has no address.
        let leader = leader.filter(|b| ctx.history.broker(*b, offset).is_some_and(|r| !r.fenced));
        let state = self.loops.get_mut(&partition)?;
        if state.leader != (leader, leader_epoch) {
            state.leader = (leader, leader_epoch);
            out.fact(Fact::BeliefChanged { client: self.kit.index, partition, leader, leader_epoch, told: Told::Metadata(from, offset) });
        }
        leader
    }

    /// A fetch leaves, unless the application is behind: a message waits for room in the channel.
    pub(super) fn read_on(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let room = self.queued() <= self.settings.queue_capacity;
        let Some(state) = self.loops.get_mut(&partition) else { return };
        let (Stage::Reading(channel), Begin::At(offset)) = (state.stage, state.begin) else { return };
        state.blocked = !room;
        if room {
            let wanted = [(partition, offset, false)];
            let fetch = &self.settings.fetch;
            self.kit.fetch(channel, fetch, &wanted, |w| Purpose::Fetch(w[0]), self.settings.max_wait, ctx.now, out);
        }
    }

    fn queued(&self) -> usize {
        self.queue.iter().map(|g| g.offsets().count()).sum()
    }

    /// The answer to a fetch (`reader.read` and the cases of `reader.run`).
    fn fetched(&mut self, wanted: Wanted, results: &[FetchResult], ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let partition = wanted.partition;
        let error = self.kit.fetched(&[wanted], results, out);
        if error.is_none() || error == ErrorCode::RequestTimedOut {
            self.errors(partition, 0);
            if let Some(result) = results.first().filter(|r| !r.records.is_empty()) {
                self.take(Given::new(wanted, result), ctx, out);
            }
            self.read_on(partition, ctx, out);
        } else if error == ErrorCode::NotLeaderOrFollower || error == ErrorCode::UnknownTopicOrPartition {
            self.start_over(partition, ctx, out);
        } else if error == ErrorCode::OffsetOutOfRange {
            self.look_for_the_range(partition, ctx, out);
        } else {
            // Told to the application, and tried again on the same connection, however stale it is.
            self.pause_reading(partition, ctx.now);
        }
    }

    pub(super) fn errors(&mut self, partition: PartitionIx, errors: u32) {
        if let Some(state) = self.loops.get_mut(&partition) {
            state.errors = errors;
        }
    }

    /// `errcount++` and a pause before the next read on the same connection.
    pub(super) fn pause_reading(&mut self, partition: PartitionIx, now: Instant) {
        let (min, max) = (self.settings.backoff_min, self.settings.backoff_max);
        let Some(state) = self.loops.get_mut(&partition) else { return };
        let Stage::Reading(channel) = state.stage else { return };
        state.errors += 1;
        state.stage = Stage::PausingOn(channel, now + backoff(state.errors, min, max));
    }

    /// The application is given records, and the reader goes on after them.
    fn take(&mut self, given: Given, ctx: &Ctx<'_>, out: &mut Outbox) {
        let (Some(end), Some(state)) = (given.end(), self.loops.get_mut(&given.partition)) else { return };
        state.begin = Begin::At(end);
        self.queue.push_back(given);
        if self.done_at.is_none() {
            self.work(ctx, out);
        }
    }

    /// The application takes the next records.
    fn work(&mut self, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some(given) = self.queue.front() else { return };
        self.kit.deliver(given, out);
        let consumption = consumption(ctx.spec, self.kit.index);
        let mut done_at = ctx.now;
        let key = ctx.spec.partition_key(given.partition).bits();
        for offset in given.offsets() {
            done_at += consumption.processing.sample(self.processing.at(mix(key, offset)));
        }
        self.done_at = Some(done_at);
    }

    /// The application is done with records: readers that waited for room go on.
    fn finish_work(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while self.done_at.is_some_and(|at| at <= ctx.now) {
            self.done_at = None;
            if let Some(given) = self.queue.pop_front()
                && let Some(end) = given.end()
            {
                out.fact(Fact::Processed { client: self.kit.index, partition: given.partition, end });
            }
            self.work(ctx, out);
        }
        let blocked: Vec<PartitionIx> = self.loops.iter().filter(|(_, l)| l.blocked).map(|(p, _)| *p).collect();
        for partition in blocked {
            self.read_on(partition, ctx, out);
        }
    }

    /// Everything that is due.
    fn look(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.ends_at.is_some_and(|at| at <= ctx.now) {
            self.end(out);
            return;
        }
        if self.begins_at.is_some_and(|at| at <= ctx.now) {
            self.begin(ctx, out);
        }
        while let Some((channel, _)) = self.kit.connections.overdue(ctx.now) {
            out.close(channel);
            self.lose(channel, Unreachable::TimedOut, ctx, out);
        }
        self.finish_work(ctx, out);
        let due: Vec<PartitionIx> =
            self.loops.iter().filter(|(_, l)| l.stage.until().is_some_and(|at| at <= ctx.now)).map(|(p, _)| *p).collect();
        for partition in due {
            self.pause_over(partition, ctx, out);
        }
    }

    fn end(&mut self, out: &mut Outbox) {
        for channel in self.kit.connections.open() {
            out.close(channel);
        }
        self.crash();
    }

    fn arm(&mut self, out: &mut Outbox) {
        let pauses = self.loops.values().filter_map(|l| l.stage.until());
        let own = [self.begins_at, self.ends_at, self.done_at].into_iter().flatten();
        let at = pauses.chain(own).min().unwrap_or(Instant::MAX).min(self.kit.connections.check_at());
        self.kit.arm(at, out);
    }
}

impl Loop {
    /// A loop that has not begun.
    pub(super) fn new(begin: Begin) -> Self {
        Loop { stage: Stage::Starting, begin, attempt: 0, errors: 0, leader: (None, LeaderEpoch(0)), blocked: false }
    }
}

impl Machine for Reader {
    fn start(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.crash();
        let consumption = consumption(ctx.spec, self.kit.index);
        self.ends_at = consumption.stop.map(|stop| Instant::ZERO + stop);
        if self.ends_at.is_some_and(|at| at <= ctx.now) {
            return;
        }
        self.begins_at = Some(ctx.now.max(Instant::ZERO + consumption.start));
        self.look(ctx, out);
        self.arm(out);
    }

    /// The process has been running for long: every partition is read from its leader, over a connection that it opens at this moment.
    fn start_warm(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let consumption = consumption(ctx.spec, self.kit.index);
        if !consumption.start.is_zero() {
            return self.start(ctx, out);
        }
        self.crash();
        self.kit.up = true;
        self.ends_at = consumption.stop.map(|stop| Instant::ZERO + stop);
        let begin = if consumption.from_beginning { Offset(0) } else { RECORDS_BEFORE };
        let last = ctx.history.last();
        for partition in partitions(&consumption.topics, ctx) {
            self.loops.insert(partition, Loop::new(Begin::Warm(begin)));
            let told = ctx.history.leader_answer(partition, last).1.unwrap_or_default();
            match self.believe(partition, told, last, ctx, out) {
                Some(leader) => self.dial_leader(partition, leader, 0, ctx, out),
                None => self.initialize(partition, ctx, out),
            }
        }
        self.arm(out);
    }

    fn crash(&mut self) {
        self.kit.reset(Connections::new(self.settings.connections, self.connect), Cache::new(self.kit.index, super::settings::CACHE));
        self.loops.clear();
        self.queue.clear();
        (self.done_at, self.begins_at, self.ends_at) = (None, None, None);
    }

    fn retune(&mut self, spec: &Spec) {
        self.settings = ReaderSettings::new(&spec.clients[self.kit.index.index()]);
        self.kit.connections.retune(self.settings.connections);
    }

    fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if kind == TimerKind::Client {
            self.kit.woken();
            self.look(ctx, out);
            self.arm(out);
        }
    }

    fn connected(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.tcp_up(channel, ctx.now, out);
        self.arm(out);
    }

    fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.lose(channel, how, ctx, out);
        self.arm(out);
    }

    fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(purpose) = self.kit.connections.answered(channel, correlation, ctx.now) else { return };
        match (purpose, response) {
            (Purpose::ApiVersions, Response::ApiVersions) => self.opened(channel, ctx, out),
            (Purpose::Metadata, Response::Metadata { broker, offset, .. }) => self.looked_up(channel, broker, offset, ctx, out),
            (Purpose::ListOffsets(step), Response::ListOffsets { answers }) => self.offset_found(channel, step, &answers, ctx, out),
            (Purpose::Fetch(wanted), Response::Fetch { results, .. }) => self.fetched(wanted, &results, ctx, out),
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
        }
        self.finish_work(ctx, out);
        self.arm(out);
    }

    fn believes(&self, partition: PartitionIx, _: &History, _: &Spec) -> (Option<BrokerIx>, LeaderEpoch) {
        self.loops.get(&partition).map_or((None, LeaderEpoch(0)), |l| l.leader)
    }

    fn send(&mut self, _: TopicIx, _: Option<PartitionIx>, _: u32, _: &mut Ctx<'_>, _: &mut Outbox) -> Option<RecordId> {
        None
    }
}
