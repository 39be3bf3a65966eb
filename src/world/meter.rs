//! Measuring a run from outside: what each event was, and when its handling begins and ends. The world itself reads no clock.

use super::World;
use super::event::Event;
use crate::engine::Instant;
use crate::model::TimerKind;
use crate::model::message::{Request, Response};
use crate::model::network::connection::Message;

/// A moment in the handling of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// An event was taken from the queue; its moment.
    Begins(Instant),
    /// Its handling puts another one into the queue, for this moment.
    Queues(Instant),
    /// Its handling is done: what kind of event it was.
    Ends(&'static str),
}

/// Is told of every step.
pub type Meter = Box<dyn FnMut(Step) + Send>;

impl World {
    /// Tells `meter` of every event from now on. It can see nothing of the run and change nothing in it.
    pub fn measure(&mut self, meter: Meter) {
        self.meter = Some(meter);
    }

    pub(super) fn tell(&mut self, step: Step) {
        if let Some(meter) = &mut self.meter {
            meter(step);
        }
    }

    pub(super) fn step_of(&self, event: Event) -> &'static str {
        match event {
            Event::Timer(_, kind) => timer(kind),
            Event::Work(_, slot) => self.works.get(slot).map_or("void", |(_, request)| steps(request).1),
            Event::Deliver(_, _, slot) => match self.messages.get(slot) {
                Some(Message::Request(inbound)) => steps(&inbound.request).0,
                Some(Message::Response(_, response)) => answered(response),
                Some(Message::Close) => "close arrives",
                None => "void",
            },
            Event::Syn(_) | Event::Connected(_) | Event::Refused(_) => "connection",
            Event::Retransmit(..) => "retransmission",
            Event::Restart(_) | Event::AdminRetry => "restart or admin",
        }
    }
}

const fn timer(kind: TimerKind) -> &'static str {
    match kind {
        TimerKind::Client => "timer: client",
        TimerKind::Workload => "timer: record",
        TimerKind::Lifecycle => "timer: heartbeat",
        TimerKind::Raft => "timer: raft",
        TimerKind::Apply => "timer: metadata, roles",
        TimerKind::Fetchers => "timer: fetchers",
        TimerKind::Purgatory => "timer: purgatory",
        TimerKind::IsrCheck | TimerKind::Checkpoint | TimerKind::AlterPartition => "timer: housekeeping",
        TimerKind::Coordinator => "timer: groups",
        TimerKind::Linger | TimerKind::Sessions | TimerKind::Balance | TimerKind::Unclean | TimerKind::NoOp | TimerKind::Events => {
            "timer: controller"
        }
    }
}

/// What a request's arrival and the end of its handling are called.
const fn steps(request: &Request) -> (&'static str, &'static str) {
    match request {
        Request::Produce { .. } => ("produce arrives", "produce handled"),
        Request::Fetch { .. } => ("consumer fetch arrives", "consumer fetch handled"),
        Request::ReplicaFetch { .. } => ("replica fetch arrives", "replica fetch handled"),
        Request::RaftFetch { .. } => ("raft fetch arrives", "raft fetch handled"),
        Request::Metadata { .. } => ("metadata arrives", "metadata handled"),
        Request::ApiVersions
        | Request::InitProducerId
        | Request::ListOffsets { .. }
        | Request::OffsetsForLeaderEpoch { .. }
        | Request::Group { .. }
        | Request::BrokerRegistration { .. }
        | Request::BrokerHeartbeat { .. }
        | Request::AlterPartition { .. }
        | Request::Vote { .. }
        | Request::BeginQuorumEpoch { .. }
        | Request::EndQuorumEpoch { .. } => ("other request arrives", "other request handled"),
    }
}

const fn answered(response: &Response) -> &'static str {
    match response {
        Response::Produce { .. } => "produce answered",
        Response::Fetch { .. } => "consumer fetch answered",
        Response::ReplicaFetch { .. } => "replica fetch answered",
        Response::RaftFetch { .. } => "raft fetch answered",
        Response::Metadata { .. } => "metadata answered",
        Response::ApiVersions
        | Response::InitProducerId { .. }
        | Response::ListOffsets { .. }
        | Response::OffsetsForLeaderEpoch { .. }
        | Response::Group(_)
        | Response::BrokerRegistration { .. }
        | Response::BrokerHeartbeat { .. }
        | Response::AlterPartition { .. }
        | Response::Vote { .. }
        | Response::BeginQuorumEpoch { .. }
        | Response::EndQuorumEpoch { .. } => "other request answered",
    }
}
