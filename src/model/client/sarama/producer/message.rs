//! Records on their way through the producer.

use super::super::core::Object;
use super::broker::BrokerProducerId;
use crate::engine::Instant;
use crate::kafka::PartitionIx;
use crate::model::client::kit::Batch;
use crate::observe::fact::{BatchId, RecordId};

/// A request or a batch being retried.
pub(super) type SetId = u64;

/// A record as the producer's queues hold it (`ProducerMessage`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub record: RecordId,
    pub partition: PartitionIx,
    pub created_at: Instant,
    pub bytes: u32,
    /// Failed rounds, each counted whether or not the record itself was sent in it.
    pub retries: u32,
    /// The last batch that it was in.
    pub batch: Option<BatchId>,
    pub sequence: Option<u32>,
    /// It is numbered as soon as it stands before its `brokerProducer`.
    pub awaits_number: bool,
    /// The producer's epoch when it was numbered, where records have their own numbers; its first one for those that never were.
    pub epoch: u32,
}

/// What goes from a `partitionProducer` to a `brokerProducer` and back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Data(Message),
    /// The partition sends here from now on.
    Syn(PartitionIx),
    /// Everything that the partition has sent here before is ahead of this.
    Fin(PartitionIx, u32),
}

impl Item {
    /// The partition that it is of.
    pub(super) fn partition(&self) -> PartitionIx {
        match self {
            Item::Data(message) => message.partition,
            Item::Syn(partition) | Item::Fin(partition, _) => *partition,
        }
    }
}

/// The batch of one partition with its records (`partitionSet`).
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub batch: Batch,
    pub messages: Vec<Message>,
}

/// Batches that travel together (`produceSet`).
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub parts: Vec<Part>,
    /// Who sends it.
    pub by: BrokerProducerId,
    pub object: Object,
    /// It was sent again as it is.
    pub resent: bool,
}

impl Message {
    /// A record that was just handed over to a producer whose first epoch was `epoch`.
    pub(super) fn new(record: RecordId, partition: PartitionIx, created_at: Instant, bytes: u32, epoch: u32) -> Self {
        Message { record, partition, created_at, bytes, retries: 0, batch: None, sequence: None, awaits_number: false, epoch }
    }
}

impl From<Message> for Item {
    fn from(message: Message) -> Self {
        Item::Data(message)
    }
}
