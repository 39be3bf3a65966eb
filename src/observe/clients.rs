//! What is tracked for each client beside its partitions: its connections and its metadata refreshes.

use super::fact::{Fact, Refresh};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, MetadataOffset};
use crate::model::Spec;

/// A client's connection to a broker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Link {
    /// When it last began to connect.
    pub opening: Instant,
    /// When it was last ready.
    pub ready: Instant,
    /// Entries sent and neither answered nor given up.
    pub outstanding: u32,
}

impl Link {
    /// An entry has its answer or was given up; with acks=0 it was never waited for, so it is released `already`.
    pub fn release(&mut self, already: bool) {
        self.outstanding = self.outstanding.saturating_sub(u32::from(!already));
    }
}

/// Where a client's wish for metadata stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// It wants none.
    None,
    /// It wants one that has not been sent: backing off, or without a usable connection.
    Wanted,
    /// It was sent; `behind` says that requests sent earlier on that connection had no answer yet.
    Sent {
        /// To whom.
        broker: BrokerIx,
        /// Whether it stands in line.
        behind: bool,
        /// Whether another wish arose while it was out.
        again: bool,
    },
}

/// What a client knows and wants.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its wish for metadata.
    pub wish: Wish,
    /// When a wish was last swallowed.
    pub swallowed: Option<Instant>,
    /// When it last had an answer, and at which offset the answering image stood.
    pub answered: Option<(Instant, MetadataOffset)>,
    /// Its connections, by broker.
    pub links: Vec<Link>,
    /// Refreshes sent since counting began.
    pub refreshes: u64,
    /// Connections opened since counting began.
    pub connections: u64,
}

/// All clients.
#[derive(Clone, Debug)]
pub struct Clients(Vec<Client>);

impl Clients {
    /// Clients that have done nothing yet.
    pub fn new(spec: &Spec) -> Self {
        let client = Client {
            wish: Wish::None,
            swallowed: None,
            answered: None,
            links: vec![Link::default(); spec.brokers.len()],
            refreshes: 0,
            connections: 0,
        };
        Clients(vec![client; spec.clients.len()])
    }

    /// One client.
    pub fn get(&self, client: ClientIx) -> &Client {
        &self.0[client.index()]
    }

    /// A client's connection to a broker, to change.
    pub fn link(&mut self, client: ClientIx, broker: BrokerIx) -> &mut Link {
        &mut self.0[client.index()].links[broker.index()]
    }

    /// Takes in what a fact says of connections and refreshes; `counted` says whether counting has begun.
    pub fn on_fact(&mut self, at: Instant, fact: &Fact, counted: bool) {
        if let Fact::ConnectionOpening { client, broker } = fact {
            self.link(*client, *broker).opening = at;
        }
        if let Fact::ConnectionReady { client, broker } = fact {
            self.link(*client, *broker).ready = at;
            self.0[client.index()].connections += u64::from(counted);
        }
        if let Fact::Refreshed { client, what } = fact {
            self.0[client.index()].refreshed(at, *what, counted);
        }
    }
}

impl Client {
    fn refreshed(&mut self, at: Instant, what: Refresh, counted: bool) {
        match what {
            Refresh::Wanted => {
                self.wish = match self.wish {
                    Wish::None | Wish::Wanted => Wish::Wanted,
                    Wish::Sent { broker, behind, .. } => Wish::Sent { broker, behind, again: true },
                }
            }
            Refresh::Sent(broker) => {
                self.refreshes += u64::from(counted);
                self.wish = Wish::Sent { broker, behind: self.links[broker.index()].outstanding > 0, again: false };
            }
            Refresh::Answered(_, offset) => {
                // A wish that arose meanwhile lives on, unless a fact beside this one says that it was swallowed.
                self.wish = if matches!(self.wish, Wish::Sent { again: true, .. }) { Wish::Wanted } else { Wish::None };
                self.answered = Some((at, offset));
            }
            // The wish itself outlives a failed attempt (`Metadata.failedUpdate` leaves the flags set).
            Refresh::Failed => self.wish = Wish::Wanted,
            Refresh::Swallowed => {
                self.wish = match self.wish {
                    Wish::None | Wish::Wanted => Wish::None,
                    Wish::Sent { broker, behind, .. } => Wish::Sent { broker, behind, again: false },
                };
                self.swallowed = Some(at);
            }
        }
    }
}
