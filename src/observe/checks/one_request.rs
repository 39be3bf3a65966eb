//! A broker takes the next request of a connection when it has answered the one before. Source: `SocketServer.Processor`
//! (`processCompletedReceives` mutes the channel, `processCompletedSends` unmutes it).
//!
//! Java clients alone are held to it: they have one connection to a broker for all that facts tell of.

use super::Findings;
use crate::engine::{Instant, SortedList};
use crate::kafka::{BrokerIx, ClientIx};
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::observe::fact::{EntryId, Fact};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Entries of one request that are not answered, and when it was taken.
type Taken = (Instant, SmallVec<[EntryId; 4]>);

/// The check.
#[derive(Clone, Debug)]
pub struct OneRequest {
    pub(super) findings: Findings,
    concerned: Vec<bool>,
    taken: BTreeMap<(ClientIx, BrokerIx), Taken>,
    /// Entries that are on their way; one that was given up may still arrive, on a connection that is none any more.
    sent: SortedList<EntryId>,
}

impl OneRequest {
    pub(super) fn new(spec: &Spec) -> Self {
        let concerned = spec.clients.iter().map(|c| c.profile.library == Library::Java).collect();
        OneRequest {
            findings: Findings::of("one request of a connection at a time"),
            concerned,
            taken: BTreeMap::new(),
            sent: SortedList::default(),
        }
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::EntrySent { client, entry, .. } = fact
            && self.concerned[client.index()]
        {
            self.sent.insert(*entry);
        }
        if let Fact::EntryUnreachable { entry, .. } = fact {
            self.sent.remove(*entry);
        }
        if let Fact::EntryTaken { client, broker, entry, .. } = fact
            && self.sent.remove(*entry)
        {
            self.take(at, (*client, *broker), *entry);
        }
        if let Fact::EntryAnswered { client, broker, entry, .. } = fact
            && let Some((_, entries)) = self.taken.get_mut(&(*client, *broker))
        {
            entries.retain(|e| e != entry);
        }
        if let Fact::ConnectionLost { client, broker, .. } = fact {
            self.taken.remove(&(*client, *broker));
        }
    }

    fn take(&mut self, at: Instant, (client, broker): (ClientIx, BrokerIx), entry: EntryId) {
        let (since, entries) = self.taken.entry((client, broker)).or_insert_with(|| (at, SmallVec::new()));
        if *since != at {
            if let Some(open) = entries.first() {
                let text = format!("{broker:?} takes a request of {client:?} before it has answered entry {open}");
                self.findings.violated(at, text);
            }
            entries.clear();
            *since = at;
        }
        entries.push(entry);
    }

    /// A broker's process ended: its connections are gone.
    pub(super) fn ended(&mut self, broker: Option<BrokerIx>) {
        self.taken.retain(|(_, b), _| Some(*b) != broker);
    }
}
