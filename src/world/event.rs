//! What can be pending: small, `Copy`, closed.

use crate::kafka::NodeIx;
use crate::model::TimerKind;
use crate::model::network::connection::Way;

/// A connection at the time an event about it was made: slab key and generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ConnectionRef {
    pub key: u32,
    pub generation: u32,
}

/// A process life: an event for an earlier one is void.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Life {
    pub node: NodeIx,
    pub incarnation: u32,
}

/// An event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// A timer of a node fires.
    Timer(Life, TimerKind),
    /// A handler is done with a request: slab key of the work.
    Work(Life, u32),
    /// A SYN arrives.
    Syn(ConnectionRef),
    /// A connection is set up, as its opener sees it.
    Connected(ConnectionRef),
    /// A connection attempt is refused, as its opener sees it.
    Refused(ConnectionRef),
    /// A message arrives: slab key of the message.
    Deliver(ConnectionRef, Way, u32),
    /// TCP sends again what a cut held back.
    Retransmit(ConnectionRef, Way),
    /// A process that ended by itself in this life is started again, unless somebody did so meanwhile.
    Restart(Life),
    /// An operator's request is offered to the active controller again.
    AdminRetry,
}
