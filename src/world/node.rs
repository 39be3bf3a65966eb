//! A process of the cluster: its roles, and whether it runs.

use crate::engine::Instant;
use crate::kafka::NodeIx;
use crate::model::broker::Broker;
use crate::model::client::Client;
use crate::model::controller::Controller;
use crate::model::message::{Request, Response};
use crate::model::outbox::Token;
use crate::model::{Channel, Ctx, Outbox, TimerKind};
use crate::observe::fact::Unreachable;
use std::collections::BTreeMap;

use super::event::Event;

/// See the module.
pub(super) struct Node {
    pub ix: NodeIx,
    /// Counts lives; raised at every start and every end.
    pub incarnation: u32,
    /// The process exists.
    pub up: bool,
    /// It was asked to stop (SIGTERM).
    pub stopping: bool,
    /// That signal waits until the process is scheduled again.
    pub stop_pending: bool,
    /// It is not being scheduled.
    pub paused: bool,
    /// What waits until it is scheduled again, in order.
    pub deferred: Vec<Event>,
    /// When each timer's pending event is due.
    pub armed: [Instant; TimerKind::COUNT],
    /// Connections that it has opened, by what it calls them: keys of the world's slab.
    pub channels: BTreeMap<Channel, u32>,
    /// Lulls of followers of its broker.
    pub lulls: u32,
    pub broker: Option<Box<Broker>>,
    pub controller: Option<Box<Controller>>,
    pub client: Option<Box<Client>>,
}

impl Node {
    /// A process that has not been started.
    pub fn new(ix: NodeIx) -> Self {
        Node {
            ix,
            incarnation: 0,
            up: false,
            stopping: false,
            stop_pending: false,
            paused: false,
            deferred: Vec::new(),
            armed: [Instant::MAX; TimerKind::COUNT],
            channels: BTreeMap::new(),
            lulls: 0,
            broker: None,
            controller: None,
            client: None,
        }
    }

    pub fn start(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        if let Some(controller) = &mut self.controller {
            controller.start(ctx, out);
        }
        if let Some(broker) = &mut self.broker {
            broker.start(ctx, out);
        }
        if let Some(client) = &mut self.client {
            client.start(ctx, out);
        }
    }

    pub fn start_warm(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        if let Some(controller) = &mut self.controller {
            controller.start_warm(ctx, out);
        }
        if let Some(broker) = &mut self.broker {
            broker.start_warm(ctx, out);
        }
        if let Some(client) = &mut self.client {
            client.start_warm(ctx, out);
        }
    }

    pub fn timer(&mut self, kind: TimerKind, ctx: &mut Ctx, out: &mut Outbox) {
        match kind {
            TimerKind::Client | TimerKind::Workload => {
                if let Some(client) = &mut self.client {
                    client.timer(kind, ctx, out);
                }
            }
            TimerKind::Lifecycle
            | TimerKind::Apply
            | TimerKind::Fetchers
            | TimerKind::Purgatory
            | TimerKind::IsrCheck
            | TimerKind::AlterPartition
            | TimerKind::Checkpoint
            | TimerKind::Coordinator => {
                if let Some(broker) = &mut self.broker {
                    broker.timer(kind, ctx, out);
                }
            }
            TimerKind::Raft
            | TimerKind::Linger
            | TimerKind::Sessions
            | TimerKind::Balance
            | TimerKind::Unclean
            | TimerKind::NoOp
            | TimerKind::Events => match (&mut self.controller, &mut self.broker) {
                (Some(controller), _) => controller.timer(kind, ctx, out),
                (None, Some(broker)) => broker.timer(kind, ctx, out),
                (None, None) => {}
            },
        }
        self.tell_own_broker(ctx, out);
    }

    pub fn connected(&mut self, channel: Channel, ctx: &mut Ctx, out: &mut Outbox) {
        match self.owner(channel) {
            Owner::Client => self.client.as_mut().into_iter().for_each(|c| c.connected(channel, ctx, out)),
            Owner::Broker => self.broker.as_mut().into_iter().for_each(|b| b.connected(channel, ctx, out)),
            Owner::Controller => self.controller.as_mut().into_iter().for_each(|c| c.connected(channel, ctx, out)),
        }
        self.tell_own_broker(ctx, out);
    }

    pub fn disconnected(&mut self, channel: Channel, how: Unreachable, ctx: &mut Ctx, out: &mut Outbox) {
        match self.owner(channel) {
            Owner::Client => self.client.as_mut().into_iter().for_each(|c| c.disconnected(channel, how, ctx, out)),
            Owner::Broker => self.broker.as_mut().into_iter().for_each(|b| b.disconnected(channel, how, ctx, out)),
            Owner::Controller => self.controller.as_mut().into_iter().for_each(|c| c.disconnected(channel, how, ctx, out)),
        }
        self.tell_own_broker(ctx, out);
    }

    pub fn response(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx, out: &mut Outbox) {
        match self.owner(channel) {
            Owner::Client => {
                if let Some(client) = &mut self.client {
                    client.response(channel, correlation, response, ctx, out);
                }
            }
            Owner::Broker => {
                if let Some(broker) = &mut self.broker {
                    broker.response(channel, correlation, response, ctx, out);
                }
            }
            Owner::Controller => {
                if let Some(controller) = &mut self.controller {
                    controller.response(channel, correlation, response, ctx, out);
                }
            }
        }
        self.tell_own_broker(ctx, out);
    }

    pub fn take(&mut self, token: Token, request: Request, ctx: &mut Ctx, out: &mut Outbox) {
        if is_for_controller(&request) {
            if let Some(controller) = &mut self.controller {
                controller.take(token, request, ctx, out);
            }
        } else if let Some(broker) = &mut self.broker {
            broker.take(token, request, ctx, out);
        }
        self.tell_own_broker(ctx, out);
    }

    pub fn handle(&mut self, token: Token, request: Request, ctx: &mut Ctx, out: &mut Outbox) {
        if is_for_controller(&request) {
            if let Some(controller) = &mut self.controller {
                controller.handle(token, request, ctx, out);
            }
        } else if let Some(broker) = &mut self.broker {
            broker.handle(token, request, ctx, out);
        }
        self.tell_own_broker(ctx, out);
    }

    /// Whether somebody listens for a connection of this kind.
    pub fn listens_for(&self, channel: Channel) -> bool {
        if !self.up {
            return false;
        }
        match channel {
            Channel::Broker(_) | Channel::Lane(..) | Channel::Bootstrap(_) | Channel::Fetcher(..) => {
                self.broker.as_ref().is_some_and(|b| b.is_listening())
            }
            Channel::Heartbeat(_) | Channel::AlterPartition(_) | Channel::Raft(_) => self.controller.is_some(),
        }
    }

    /// The broker of a combined node reads its own controller's metadata log.
    pub fn tell_own_broker(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        if let (Some(controller), Some(broker)) = (&self.controller, &mut self.broker) {
            broker.own_controller_moved(controller.known_leader(), controller.high_watermark(), ctx, out);
        }
    }

    fn owner(&self, channel: Channel) -> Owner {
        match channel {
            Channel::Broker(_) | Channel::Lane(..) | Channel::Bootstrap(_) => Owner::Client,
            Channel::Fetcher(..) | Channel::Heartbeat(_) | Channel::AlterPartition(_) => Owner::Broker,
            Channel::Raft(_) if self.controller.is_some() => Owner::Controller,
            Channel::Raft(_) => Owner::Broker,
        }
    }
}

enum Owner {
    Client,
    Broker,
    Controller,
}

fn is_for_controller(request: &Request) -> bool {
    match request {
        Request::ApiVersions
        | Request::Metadata { .. }
        | Request::InitProducerId
        | Request::Produce { .. }
        | Request::Fetch { .. }
        | Request::ListOffsets { .. }
        | Request::OffsetsForLeaderEpoch { .. }
        | Request::Group { .. }
        | Request::ReplicaFetch { .. } => false,
        Request::BrokerRegistration { .. }
        | Request::BrokerHeartbeat { .. }
        | Request::AlterPartition { .. }
        | Request::RaftFetch { .. }
        | Request::Vote { .. }
        | Request::BeginQuorumEpoch { .. }
        | Request::EndQuorumEpoch { .. } => true,
    }
}
