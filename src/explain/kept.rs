//! The facts of one window that its explanation is made of, in their order.

use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ClientIx, PartitionIx};
use crate::observe::Fact;

/// How long before a window facts are kept: what was under way when it opened began within this time.
const BEFORE: Duration = Duration::from_secs(150);
/// Facts of other partitions that are kept at most for one window. Beyond, a request that waits behind others is explained up to there.
const MOST_OTHERS: usize = 400_000;

/// What is explained: one client on one partition, between two moments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// The client.
    pub client: ClientIx,
    /// The partition.
    pub partition: PartitionIx,
    /// From when on.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
    /// Since when records had been waiting that the end served.
    pub busy_since: Option<Instant>,
}

/// A fact with its moment.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// What.
    pub fact: Fact,
}

/// Position of a kept fact.
pub type Ix = usize;

/// The facts that concern one target.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What they are about.
    pub target: Target,
    all: Vec<Seen>,
    /// How many of them are of other partitions.
    others: usize,
    /// The last entry that was seen of a request for other partitions: when, what of it, to whom.
    last_entry: Option<(Instant, u8, BrokerIx)>,
}

fn is_processed(fact: &Fact) -> bool {
    matches!(fact, Fact::Processed { .. })
}

/// How a fact concerns a target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Concern {
    Own,
    /// Of another partition: what stands before the target's requests.
    Other,
    None,
}

impl Kept {
    /// Nothing kept so far.
    pub fn new(target: Target) -> Kept {
        Kept { target, all: Vec::new(), others: 0, last_entry: None }
    }

    /// Takes the next fact of the run in, if it concerns the target.
    pub fn see(&mut self, at: Instant, fact: &Fact) {
        if at > self.target.to {
            return;
        }
        let early = at + BEFORE < self.target.from;
        if early && !self.is_belief(fact) {
            return;
        }
        match self.concern(at, fact) {
            Concern::None => return,
            Concern::Own => {}
            Concern::Other if self.others >= MOST_OTHERS || at < self.target.from => return,
            Concern::Other => self.others += 1,
        }
        if early {
            // Only the newest belief of so long ago matters.
            self.all.clear();
        }
        // Of what an application is done with the last says when it could go on.
        if is_processed(fact) && self.all.last().is_some_and(|last| is_processed(&last.fact)) {
            self.all.pop();
        }
        self.all.push(Seen { at, fact: fact.clone() });
    }

    fn is_belief(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::BeliefChanged { client, partition, .. } if (*client, *partition) == (self.target.client, self.target.partition))
    }

    fn concern(&mut self, at: Instant, fact: &Fact) -> Concern {
        let Target { client: own, partition: mine, .. } = self.target;
        let of_client = |client: ClientIx| if client == own { Concern::Own } else { Concern::None };
        let of_partition = |partition: PartitionIx| if partition == mine { Concern::Own } else { Concern::Other };
        let of_pair =
            |client: ClientIx, partition: PartitionIx| if (client, partition) == (own, mine) { Concern::Own } else { Concern::None };
        match fact {
            Fact::EntrySent { client, broker, partition, .. } => self.entry(at, 0, *client, *broker, *partition),
            Fact::EntryTaken { client, broker, partition, .. } => self.entry(at, 1, *client, *broker, *partition),
            Fact::EntryAnswered { client, broker, partition, .. } => self.entry(at, 2, *client, *broker, *partition),
            Fact::EntryUnreachable { client, broker, partition, .. } => self.entry(at, 3, *client, *broker, *partition),
            Fact::EntryReturned { client, partition, .. } => self.entry(at, 4, *client, BrokerIx(0), *partition),
            Fact::ConnectionOpening { client, .. }
            | Fact::ConnectionReady { client, .. }
            | Fact::ConnectionLost { client, .. }
            | Fact::Refreshed { client, .. }
            | Fact::Processed { client, .. } => of_client(*client),
            Fact::BeliefChanged { client, partition, .. }
            | Fact::RecordCreated { client, partition, .. }
            | Fact::PositionSet { client, partition, .. }
            | Fact::ReplicaChosen { client, partition, .. }
            | Fact::Delivered { client, partition, .. } => of_pair(*client, *partition),
            Fact::RecordDone { client, partition, error, .. } if !error.is_none() => of_pair(*client, *partition),
            Fact::PartitionCommitted { partition, .. }
            | Fact::LeaderRoleTaken { partition, .. }
            | Fact::FollowerRoleTaken { partition, .. }
            | Fact::HighWatermarkMoved { partition, .. }
            | Fact::Appended { partition, .. }
            | Fact::Replicated { partition, .. }
            | Fact::IsrProposed { partition, .. }
            | Fact::IsrAnswered { partition, .. }
            | Fact::ReplicaFetchError { partition, .. } => of_partition(*partition),
            Fact::Truncated { partition, .. } | Fact::UnflushedLost { partition, .. } | Fact::ReplicaDeleted { partition, .. }
                if *partition == mine =>
            {
                Concern::Own
            }
            Fact::RequestServed { client, api, .. } => match api {
                crate::observe::fact::Api::Produce | crate::observe::fact::Api::Fetch => Concern::None,
                crate::observe::fact::Api::ApiVersions
                | crate::observe::fact::Api::Metadata
                | crate::observe::fact::Api::InitProducerId
                | crate::observe::fact::Api::ListOffsets
                | crate::observe::fact::Api::OffsetsForLeaderEpoch
                | crate::observe::fact::Api::Group => of_client(*client),
            },
            Fact::ControllerActive { .. }
            | Fact::ControllerResigned { .. }
            | Fact::SessionExpired { .. }
            | Fact::BrokerCommitted { .. }
            | Fact::RegistrationRefused { .. }
            | Fact::ProcessStarted { .. }
            | Fact::ProcessEnded { .. }
            | Fact::Paused { .. }
            | Fact::Resumed { .. }
            | Fact::LinksCut { .. }
            | Fact::LinksHealed { .. }
            | Fact::FaultApplied { .. }
            | Fact::AdminDone { .. }
            | Fact::BrokerStateChanged { .. }
            | Fact::ImageApplied { .. }
            | Fact::Group { .. } => Concern::Own,
            Fact::TopicCommitted { .. }
            | Fact::TopicRemoved { .. }
            | Fact::CandidateRaised { .. }
            | Fact::Voted { .. }
            | Fact::LinkLost { .. }
            | Fact::HeartbeatGivenUp { .. }
            | Fact::NetworkChanged { .. }
            | Fact::Truncated { .. }
            | Fact::UnflushedLost { .. }
            | Fact::ReplicaDeleted { .. }
            | Fact::RecordRepeats { .. }
            | Fact::RecordRebatched { .. }
            | Fact::RecordDone { .. }
            | Fact::GroupAppended { .. } => Concern::None,
        }
    }

    /// Of a request for other partitions one entry is enough.
    fn entry(&mut self, at: Instant, kind: u8, client: ClientIx, broker: BrokerIx, partition: PartitionIx) -> Concern {
        if client != self.target.client {
            return Concern::None;
        }
        if partition == self.target.partition {
            return Concern::Own;
        }
        let this = Some((at, kind, broker));
        if self.last_entry == this {
            return Concern::None;
        }
        self.last_entry = this;
        Concern::Own
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// One fact.
    pub fn fact(&self, ix: Ix) -> &Fact {
        &self.all[ix].fact
    }

    /// Its moment.
    pub fn at(&self, ix: Ix) -> Instant {
        self.all[ix].at
    }

    /// The last fact before `ix` of which `is` holds.
    pub fn last(&self, before: Ix, mut is: impl FnMut(&Fact) -> bool) -> Option<Ix> {
        (0..before.min(self.all.len())).rev().find(|ix| is(&self.all[*ix].fact))
    }

    /// The same, but not from before `since`.
    pub fn last_since(&self, since: Instant, before: Ix, mut is: impl FnMut(&Fact) -> bool) -> Option<Ix> {
        let mut back = (0..before.min(self.all.len())).rev().take_while(|ix| self.all[*ix].at >= since);
        back.find(|ix| is(&self.all[*ix].fact))
    }

    /// The first fact from `from` on of which `is` holds.
    pub fn first(&self, from: Ix, mut is: impl FnMut(&Fact) -> bool) -> Option<Ix> {
        (from..self.all.len()).find(|ix| is(&self.all[*ix].fact))
    }

    /// The position of the first fact after the moment.
    pub fn after(&self, at: Instant) -> Ix {
        self.all.partition_point(|seen| seen.at <= at)
    }
}
