//! What the reference knows of one broker's replica, and of one leader's term.

use super::log::Log;
use kafkasim::engine::Instant;
use kafkasim::kafka::{BrokerIx, MetadataOffset};

/// What a replica does for the partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Its process is not there, or has not yet read that it holds a replica.
    None,
    Leads {
        epoch: u32,
    },
    Follows {
        epoch: u32,
        leader: Option<BrokerIx>,
    },
}

/// One broker's replica: what is on its disk, and its role.
#[derive(Clone, Debug)]
pub struct Replica {
    pub broker: BrokerIx,
    /// None until a first fact tells how long its log is, and after it was deleted.
    pub log: Option<Log>,
    pub role: Role,
    /// If it leads: since when, in whatever epochs.
    pub leads_since: Option<Instant>,
    /// Its high watermark can be this at most. A follower's is never told; KIP-101 has it at most where its leader's was, and its log end.
    pub high_watermark_at_most: usize,
    /// Its log may lack committed records, and rightly so: it lost what it had not flushed, or was elected uncleanly.
    pub may_lack: bool,
    /// Its log has been found to be a beginning of its leader's; copying more from there keeps it one.
    pub agrees: bool,
    /// It has been on a broker before.
    pub has_been: bool,
}

impl Replica {
    pub fn new(broker: BrokerIx) -> Replica {
        Replica {
            broker,
            log: None,
            role: Role::None,
            leads_since: None,
            high_watermark_at_most: 0,
            may_lack: false,
            agrees: false,
            has_been: false,
        }
    }

    pub fn end(&self) -> usize {
        self.log.as_ref().map_or(0, Log::end)
    }
}

/// An ISR that a leader proposed and has no answer to.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub isr: Vec<BrokerIx>,
    pub at: Instant,
    /// The members that it adds; they count as in the ISR until the answer (KIP-497: the maximal ISR).
    pub added: Vec<BrokerIx>,
    /// The leader must have known the registration of this partition epoch: anything newer that it reads throws the proposal away.
    pub known: u32,
    /// How far its roles surely followed the metadata then.
    pub image_before: MetadataOffset,
}

/// A broker leading in one leader epoch. Kept for ever: a follower may still copy what was served before the leader stepped down.
#[derive(Clone, Debug)]
pub struct Term {
    pub leader: BrokerIx,
    pub epoch: u32,
    /// The leader's log. Within a term it only grows.
    pub log: Log,
    /// When it was appended to, and where it ended then.
    pub appended: Vec<(Instant, usize)>,
    /// Where its log ended when the term began.
    pub start: usize,
    pub high_watermark: usize,
    /// How far each follower's log has agreed with the leader's since it follows in this epoch. The leader knows this much at most
    /// (KIP-320: it counts fetches of its own epoch only).
    pub reached: Vec<(BrokerIx, usize)>,
    pub proposal: Option<Proposal>,
    /// The newest registration that a successful AlterPartition told the leader.
    pub answered: u32,
}

impl Term {
    /// How far a member of the ISR may have acknowledged.
    pub fn reached_by(&self, broker: BrokerIx) -> usize {
        if broker == self.leader {
            return self.log.end();
        }
        self.reached.iter().find(|(b, _)| *b == broker).map_or(0, |(_, end)| *end)
    }

    /// A follower's log agrees up to here.
    pub fn note_reached(&mut self, broker: BrokerIx, end: usize) {
        match self.reached.iter_mut().find(|(b, _)| *b == broker) {
            Some((_, most)) => *most = end.max(*most),
            None => self.reached.push((broker, end)),
        }
    }
}
