//! How a partition's reader begins: `DialLeader` through the bootstrap brokers in their order, then the offsets. Source: `reader.go`
//! initialize, readOffsets; `dialer.go` LookupPartition; `conn.go` ReadOffsets, Seek.

use super::reader::Reader;
use super::{Purpose, backoff};
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, MetadataOffset, Offset, PartitionIx};
use crate::model::message::{Isolation, OffsetAnswer, OffsetQuery, OffsetSpec, Request};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::{Position, Refresh, Unreachable};

/// `reader.readOffsets`.
const OFFSETS_DEADLINE: Duration = Duration::from_secs(10);
/// `Dialer.LookupPartition`: pauses while the topic has a temporary error.
const LOOKUP_BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// No deadline is set: longer than any run.
const FOREVER: Duration = Duration::from_secs(3_000_000_000);
/// What a look-up of an offset weighs, in bytes.
const OFFSETS_BYTES: u32 = 20;

/// Where the loop of a partition is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Stage {
    /// Nothing was tried yet.
    Starting,
    /// The next beginning comes then.
    Pausing(Instant),
    /// Connecting to the bootstrap broker of this number, or asking it who leads.
    LookingUp(u32),
    /// The topic has an error there: the same broker is asked again then, for the so manieth time.
    LookupPause(u32, u32, Instant),
    /// Connecting to the leader that the bootstrap broker of this number named.
    Dialing(Channel, u32),
    /// Looking up offsets there, until a moment.
    Seeking(Channel, Instant),
    /// Fetching.
    Reading(Channel),
    /// Fetching goes on then, on the same connection.
    PausingOn(Channel, Instant),
}

/// Where it begins to read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Begin {
    /// At the beginning of the log (`FirstOffset`).
    First,
    /// At its end (`LastOffset`).
    Last,
    /// Here.
    At(Offset),
    /// Here, and it has been reading for long: nothing is looked up.
    Warm(Offset),
}

/// The look-ups of one beginning, in order: the range, the range again when it seeks (`Conn.Seek`), or the range after a read that was out
/// of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    First,
    Last(Offset),
    SeekFirst(Offset),
    SeekLast(Offset, Offset),
    RangeFirst,
    RangeLast(Offset),
}

impl Stage {
    /// Until when it pauses.
    pub(super) fn until(self) -> Option<Instant> {
        match self {
            Stage::Pausing(at) | Stage::LookupPause(_, _, at) | Stage::PausingOn(_, at) => Some(at),
            Stage::Starting | Stage::LookingUp(_) | Stage::Dialing(..) | Stage::Seeking(..) | Stage::Reading(_) => None,
        }
    }
}

impl Reader {
    /// The connection of a partition to the bootstrap broker that is asked.
    fn lookup_channel(&self, partition: PartitionIx, number: u32, ctx: &Ctx<'_>) -> Option<(Channel, BrokerIx)> {
        let broker = *ctx.spec.clients[self.kit.index.index()].bootstrap.get(number as usize)?;
        Some((Channel::Lane(broker, 2 * partition.0), broker))
    }

    /// Whose connection it is: every partition has its own two.
    fn owner(channel: Channel) -> Option<PartitionIx> {
        if let Channel::Lane(_, lane) = channel { Some(PartitionIx(lane / 2)) } else { None }
    }

    fn stage(&self, partition: PartitionIx) -> Option<Stage> {
        self.loops.get(&partition).map(|l| l.stage)
    }

    fn set_stage(&mut self, partition: PartitionIx, stage: Stage) {
        if let Some(state) = self.loops.get_mut(&partition) {
            state.stage = stage;
        }
    }

    /// A pause is over.
    pub(super) fn pause_over(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match self.stage(partition) {
            Some(Stage::Pausing(_)) => self.initialize(partition, ctx, out),
            Some(Stage::LookupPause(number, tried, _)) => {
                self.set_stage(partition, Stage::LookupPause(number, tried, Instant::MAX));
                self.ask_leader(partition, number, ctx, out);
            }
            Some(Stage::PausingOn(channel, _)) => {
                self.set_stage(partition, Stage::Reading(channel));
                self.read_on(partition, ctx, out);
            }
            Some(Stage::Starting | Stage::LookingUp(_) | Stage::Dialing(..) | Stage::Seeking(..) | Stage::Reading(_)) | None => {}
        }
    }

    /// `reader.initialize`: from the first bootstrap broker on.
    pub(super) fn initialize(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.look_up(partition, 0, ctx, out);
    }

    fn look_up(&mut self, partition: PartitionIx, number: u32, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some((channel, broker)) = self.lookup_channel(partition, number, ctx) else {
            self.begin_failed(partition, ctx.now);
            return;
        };
        self.set_stage(partition, Stage::LookingUp(number));
        self.kit.open(channel, broker, ctx, out);
    }

    /// TCP is up. The versions are asked for with the first request, under its deadline.
    pub(super) fn tcp_up(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        let Some(partition) = Self::owner(channel) else { return };
        let timeout = if let Some(Stage::Dialing(..)) = self.stage(partition) {
            self.set_stage(partition, Stage::Seeking(channel, now + OFFSETS_DEADLINE));
            OFFSETS_DEADLINE
        } else {
            self.lookup_timeout()
        };
        self.kit.greet(channel, Purpose::ApiVersions, timeout, now, out);
    }

    fn lookup_timeout(&self) -> Duration {
        if self.settings.lookup_without_deadline { FOREVER } else { self.settings.dial_timeout }
    }

    /// The connection takes requests.
    pub(super) fn opened(&mut self, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.kit.ready(channel, ctx.now, out);
        let Some(partition) = Self::owner(channel) else { return };
        if let Some(Stage::LookingUp(number)) = self.stage(partition) {
            return self.ask_leader(partition, number, ctx, out);
        }
        match self.loops.get(&partition).map(|l| l.begin) {
            Some(Begin::Warm(offset)) => self.start_reading(partition, channel, offset, ctx, out),
            Some(Begin::First | Begin::Last | Begin::At(_)) => self.ask_offset(channel, Step::First, ctx.now, out),
            None => {}
        }
    }

    fn ask_leader(&mut self, partition: PartitionIx, number: u32, ctx: &Ctx<'_>, out: &mut Outbox) {
        let Some((channel, _)) = self.lookup_channel(partition, number, ctx) else { return };
        let topic = ctx.spec.partitions[partition.index()].topic;
        self.kit.ask_metadata(channel, Purpose::Metadata, &[topic], self.lookup_timeout(), ctx.now, out);
    }

    /// The bootstrap broker says who leads. A partition without a leader has no address, which is an attempt that fails.
    pub(super) fn looked_up(&mut self, channel: Channel, broker: BrokerIx, offset: MetadataOffset, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(partition) = Self::owner(channel) else { return };
        let (number, tried) = match self.stage(partition) {
            Some(Stage::LookingUp(number)) => (number, 0),
            Some(Stage::LookupPause(number, tried, _)) => (number, tried),
            Some(
                Stage::Starting | Stage::Pausing(_) | Stage::Dialing(..) | Stage::Seeking(..) | Stage::Reading(_) | Stage::PausingOn(..),
            )
            | None => return,
        };
        out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Answered(broker, offset) });
        if ctx.history.partition(partition, offset).is_none() {
            let pause = backoff(tried + 1, LOOKUP_BACKOFF.0, LOOKUP_BACKOFF.1);
            self.set_stage(partition, Stage::LookupPause(number, tried + 1, ctx.now + pause));
            return;
        }
        self.close(channel, ctx.now, out);
        match self.believe(partition, broker, offset, ctx, out) {
            Some(leader) => self.dial_leader(partition, leader, number, ctx, out),
            None => self.look_up(partition, number + 1, ctx, out),
        }
    }

    fn close(&mut self, channel: Channel, now: Instant, out: &mut Outbox) {
        out.close(channel);
        self.kit.lost(channel, Unreachable::Reset, now, out);
    }

    /// Connects to the leader.
    pub(super) fn dial_leader(&mut self, partition: PartitionIx, leader: BrokerIx, number: u32, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let channel = Channel::Lane(leader, 2 * partition.0 + 1);
        self.set_stage(partition, Stage::Dialing(channel, number));
        self.kit.open(channel, leader, ctx, out);
    }

    /// One look-up: kafka answers one offset of a partition at a time.
    fn ask_offset(&mut self, channel: Channel, step: Step, now: Instant, out: &mut Outbox) {
        let Some(partition) = Self::owner(channel) else { return };
        let seeking = if let Some(Stage::Seeking(_, deadline)) = self.stage(partition) { Some(deadline) } else { None };
        let deadline = seeking.unwrap_or(now + OFFSETS_DEADLINE);
        let spec = match step {
            Step::First | Step::SeekFirst(_) | Step::RangeFirst => OffsetSpec::Earliest,
            Step::Last(_) | Step::SeekLast(..) | Step::RangeLast(_) => OffsetSpec::Latest,
        };
        let queries = vec![OffsetQuery { partition, leader_epoch: None, spec }];
        let request = Request::ListOffsets { client: self.kit.index, isolation: Isolation::ReadUncommitted, queries };
        let left = deadline.since(now);
        self.kit.ask(channel, Purpose::ListOffsets(step), request, OFFSETS_BYTES, left, now, out);
    }

    /// An offset, or an error: then the whole beginning has failed.
    pub(super) fn offset_found(&mut self, channel: Channel, step: Step, answers: &[OffsetAnswer], ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(partition) = Self::owner(channel) else { return };
        let Some(answer) = answers.first() else { return };
        if !answer.error.is_none() {
            self.close(channel, ctx.now, out);
            let reading = matches!(step, Step::RangeFirst | Step::RangeLast(_));
            return if reading { self.start_over(partition, ctx, out) } else { self.begin_failed(partition, ctx.now) };
        }
        let found = answer.offset;
        match step {
            Step::First => self.ask_offset(channel, Step::Last(found), ctx.now, out),
            Step::Last(first) => {
                let offset = self.wanted(partition, first, found);
                self.ask_offset(channel, Step::SeekFirst(offset), ctx.now, out);
            }
            Step::SeekFirst(offset) => self.ask_offset(channel, Step::SeekLast(offset, found), ctx.now, out),
            // A leader whose log is shorter: it waits for more data (`OffsetOutOfRange` in `reader.run`).
            Step::SeekLast(offset, first) if offset < first || offset > found => {
                self.close(channel, ctx.now, out);
                self.begin_failed(partition, ctx.now);
            }
            Step::SeekLast(offset, _) => self.start_reading(partition, channel, offset, ctx, out),
            Step::RangeFirst => self.ask_offset(channel, Step::RangeLast(found), ctx.now, out),
            Step::RangeLast(first) => self.range_found(partition, first, found, ctx, out),
        }
    }

    /// Where the loop wants to read, now that the range is known.
    fn wanted(&self, partition: PartitionIx, first: Offset, last: Offset) -> Offset {
        match self.loops.get(&partition).map(|l| l.begin) {
            Some(Begin::First) | None => first,
            Some(Begin::Last) => last,
            Some(Begin::At(offset) | Begin::Warm(offset)) => offset.max(first),
        }
    }

    fn start_reading(&mut self, partition: PartitionIx, channel: Channel, offset: Offset, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(state) = self.loops.get_mut(&partition) else { return };
        let why = if matches!(state.begin, Begin::At(_)) { Position::Reset } else { Position::Begun };
        let before = if let Begin::At(before) = state.begin { Some(before) } else { None };
        state.begin = Begin::At(offset);
        state.stage = Stage::Reading(channel);
        state.attempt = 0;
        if before != Some(offset) {
            out.fact(Fact::PositionSet { client: self.kit.index, partition, from: before, to: offset, why });
        }
        self.errors(partition, 0);
        self.read_on(partition, ctx, out);
    }

    /// A read was out of range: where does the log begin and end?
    pub(super) fn look_for_the_range(&mut self, partition: PartitionIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        if let Some(Stage::Reading(channel)) = self.stage(partition) {
            self.ask_offset(channel, Step::RangeFirst, ctx.now, out);
        }
    }

    fn range_found(&mut self, partition: PartitionIx, first: Offset, last: Offset, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(Begin::At(offset)) = self.loops.get(&partition).map(|l| l.begin) else { return };
        if offset < first {
            if let Some(state) = self.loops.get_mut(&partition) {
                state.begin = Begin::At(first);
            }
            out.fact(Fact::PositionSet { client: self.kit.index, partition, from: Some(offset), to: first, why: Position::Reset });
        }
        if offset < last {
            self.errors(partition, 0);
            self.read_on(partition, ctx, out);
        } else {
            self.pause_reading(partition, ctx.now);
        }
    }

    /// A beginning failed: the pause before the next grows.
    pub(super) fn begin_failed(&mut self, partition: PartitionIx, now: Instant) {
        let (min, max) = (self.settings.backoff_min, self.settings.backoff_max);
        let Some(state) = self.loops.get_mut(&partition) else { return };
        state.attempt += 1;
        state.stage = Stage::Pausing(now + backoff(state.attempt, min, max));
    }

    /// The connection that it read on is closed, and it begins again after the first pause.
    pub(super) fn start_over(&mut self, partition: PartitionIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        if let Some(Stage::Reading(channel)) = self.stage(partition) {
            self.close(channel, ctx.now, out);
        }
        self.begin_failed(partition, ctx.now);
    }

    /// A connection or an attempt is over. A bootstrap broker, or the leader that it named, gives way to the next one.
    pub(super) fn lose(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let broker = self.kit.connections.get(channel).map(|c| c.broker);
        let in_flight = self.kit.lost(channel, how, ctx.now, out);
        for purpose in in_flight {
            if let (Purpose::Fetch(wanted), Some(broker)) = (purpose, broker) {
                self.kit.unfetched(&[wanted], broker, how, out);
            }
            if purpose == Purpose::Metadata {
                out.fact(Fact::Refreshed { client: self.kit.index, what: Refresh::Failed });
            }
        }
        let Some(partition) = Self::owner(channel) else { return };
        match self.stage(partition) {
            Some(Stage::LookingUp(number) | Stage::LookupPause(number, ..) | Stage::Dialing(_, number)) => {
                self.look_up(partition, number + 1, ctx, out);
            }
            Some(Stage::Seeking(own, _) | Stage::Reading(own) | Stage::PausingOn(own, _)) if own == channel => {
                self.begin_failed(partition, ctx.now);
            }
            Some(Stage::Starting | Stage::Pausing(_) | Stage::Seeking(..) | Stage::Reading(_) | Stage::PausingOn(..)) | None => {}
        }
    }
}
