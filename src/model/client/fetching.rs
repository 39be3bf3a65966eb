//! Fetches outside sessions, as the libraries send them that know none: the request, its facts, and what the application is given.

use super::kit::Kit;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ErrorCode, Offset, PartitionIx};
use crate::model::message::{ConsumerFetch, FetchResult, FetchSession, FetchedRecords, Isolation, Request};
use crate::model::{Channel, Outbox};
use crate::observe::Fact;
use crate::observe::fact::{EntryId, Unreachable};
use smallvec::SmallVec;
use std::sync::Arc;

/// What a fetch weighs, and each partition in it, in bytes.
const FETCH_BYTES: u32 = 60;
const PARTITION_BYTES: u32 = 32;

/// What every fetch of a client says.
#[derive(Clone, Debug)]
pub(super) struct FetchSettings {
    /// The version is below 11: followers refuse it.
    pub only_leader: bool,
    pub max_wait: Duration,
    pub min_bytes: u32,
    pub max_bytes: u32,
    pub partition_max_bytes: u32,
    pub isolation: Isolation,
    pub rack: Option<Arc<str>>,
}

/// One partition that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    pub entry: EntryId,
    pub partition: PartitionIx,
    pub offset: Offset,
}

/// Records of one partition for the application, from the offset asked for on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Given {
    pub partition: PartitionIx,
    pub runs: SmallVec<[FetchedRecords; 2]>,
}

impl Given {
    /// The records in an answer that were not asked for in vain: a batch may begin below the offset asked for.
    pub(super) fn new(wanted: Wanted, result: &FetchResult) -> Self {
        let cut = |run: &FetchedRecords| FetchedRecords { base: run.base.max(wanted.offset), ..*run };
        let runs = result.records.iter().filter(|r| r.end > wanted.offset).map(cut).collect();
        Given { partition: wanted.partition, runs }
    }

    /// Every record, by its offset.
    pub(super) fn offsets(&self) -> impl Iterator<Item = u64> + '_ {
        self.runs.iter().flat_map(|r| r.base.0..r.end.0)
    }

    /// The offset after the last, if there is any.
    pub(super) fn end(&self) -> Option<Offset> {
        self.runs.last().map(|r| r.end)
    }
}

impl<P> Kit<P> {
    /// Sends a fetch of these partitions, each with whether a follower is asked on purpose. `purpose` makes the request's purpose from what
    /// was asked for.
    #[expect(clippy::too_many_arguments)]
    pub(super) fn fetch(
        &mut self,
        channel: Channel,
        settings: &FetchSettings,
        partitions: &[(PartitionIx, Offset, bool)],
        purpose: impl FnOnce(Vec<Wanted>) -> P,
        timeout: Duration,
        now: Instant,
        out: &mut Outbox,
    ) {
        let Some(broker) = self.connections.get(channel).map(|c| c.broker) else { return };
        let (mut entries, mut wanted) = (Vec::new(), Vec::new());
        for &(partition, offset, from_follower) in partitions {
            let entry = self.new_entry();
            entries.push(ConsumerFetch { entry, partition, fetch_offset: offset, leader_epoch: None, from_follower });
            wanted.push(Wanted { entry, partition, offset });
            out.fact(Fact::EntrySent { client: self.index, broker, partition, entry, batch: None, attempt: 0 });
        }
        let bytes = FETCH_BYTES + PARTITION_BYTES * entries.len() as u32;
        let request = Request::Fetch {
            only_leader: settings.only_leader,
            max_wait: settings.max_wait,
            min_bytes: settings.min_bytes,
            max_bytes: settings.max_bytes,
            partition_max_bytes: settings.partition_max_bytes,
            isolation: settings.isolation,
            session: FetchSession::None,
            rack: settings.rack.clone(),
            entries,
        };
        self.ask(channel, purpose(wanted), request, bytes, timeout, now, out);
    }

    /// The answer is here: what it says of each partition asked for.
    pub(super) fn fetched(&self, wanted: &[Wanted], results: &[FetchResult], out: &mut Outbox) -> ErrorCode {
        let mut first = ErrorCode::None;
        for &Wanted { entry, partition, .. } in wanted {
            let error = results.iter().find(|r| r.entry == entry).map_or(ErrorCode::None, |r| r.error);
            out.fact(Fact::EntryReturned { client: self.index, partition, entry, error });
            first = if first.is_none() { error } else { first };
        }
        first
    }

    /// There will be no answer that anybody waits for.
    pub(super) fn unfetched(&self, wanted: &[Wanted], broker: BrokerIx, how: Unreachable, out: &mut Outbox) {
        for &Wanted { entry, partition, .. } in wanted {
            out.fact(Fact::EntryUnreachable { client: self.index, broker, partition, entry, how });
        }
    }

    /// The application is given records.
    pub(super) fn deliver(&self, given: &Given, out: &mut Outbox) {
        for run in &given.runs {
            let (batch, base, end) = (run.batch, run.base, run.end);
            out.fact(Fact::Delivered { client: self.index, partition: given.partition, batch, base, end });
        }
    }
}
