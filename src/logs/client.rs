//! The log of a client: what every library may have a line for. What it has none for is passed over.

use super::cluster::Cluster;
use super::files::Files;
use super::java::JavaLog;
use super::others::OtherLog;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, LeaderEpoch, Offset, PartitionIx};
use crate::observe::fact::{BatchId, EntryId, Position, Told, Unreachable};

/// What a line of a client's log is made with.
pub struct Pen<'a, 's> {
    pub at: Instant,
    pub cluster: &'a Cluster<'s>,
    pub files: &'a mut Files,
}

/// One client's log.
pub trait ClientLog {
    /// The process is gone with all that was under way.
    fn ended(&mut self, pen: &mut Pen<'_, '_>);
    /// It begins to connect.
    fn opens(&mut self, broker: BrokerIx, pen: &mut Pen<'_, '_>);
    /// A connection is ready.
    fn is_ready(&mut self, broker: BrokerIx, pen: &mut Pen<'_, '_>);
    /// A connection, or its attempt, is over.
    fn loses(&mut self, broker: BrokerIx, how: Unreachable, pen: &mut Pen<'_, '_>);
    /// A request with records, or for them, left.
    fn sends(&mut self, broker: BrokerIx, entry: EntryId, batch: Option<BatchId>, attempt: u32, pen: &mut Pen<'_, '_>);
    /// An entry was answered.
    fn returned(&mut self, partition: PartitionIx, entry: EntryId, error: ErrorCode, pen: &mut Pen<'_, '_>);
    /// An entry was given up without an answer.
    fn unreachable(&mut self, partition: PartitionIx, entry: EntryId, how: Unreachable, pen: &mut Pen<'_, '_>);
    /// It believes something else of a partition.
    fn believes(&mut self, partition: PartitionIx, belief: (Option<BrokerIx>, LeaderEpoch), told: Told, pen: &mut Pen<'_, '_>);
    /// A request for metadata left.
    fn asks(&mut self) {}
    /// A record's fate is known.
    fn done(&mut self, _batch: Option<BatchId>, _error: ErrorCode, _pen: &mut Pen<'_, '_>) {}
    /// Its position was set, from where to where.
    fn positioned(&mut self, _partition: PartitionIx, _offsets: (Option<Offset>, Offset), _why: Position, _pen: &mut Pen<'_, '_>) {}
    /// It knows another coordinator, or none.
    fn coordinated(&mut self, _broker: Option<BrokerIx>, _pen: &mut Pen<'_, '_>) {}
    /// It has joined its group.
    fn joined(&mut self, _generation: u32, _pen: &mut Pen<'_, '_>) {}
    /// The run is over.
    fn finish(&mut self, _files: &mut Files) {}
}

/// The log of a client; none of a library whose lines are not known.
pub fn of(client: ClientIx, cluster: &Cluster<'_>, files: &mut Files) -> Option<Box<dyn ClientLog>> {
    if let Some(java) = JavaLog::of(client, cluster, files) {
        return Some(Box::new(java));
    }
    OtherLog::of(client, cluster, files).map(|other| Box::new(other) as Box<dyn ClientLog>)
}
