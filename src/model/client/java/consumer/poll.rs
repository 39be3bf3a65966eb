//! One turn of the poll loop, and the requests that wait for their nodes. Source: `ClassicKafkaConsumer.poll`, `ConsumerNetworkClient`.

use super::collect::Collected;
use super::{Consumer, Sent, Unsent};
use crate::engine::{Duration, Instant};
use crate::kafka::BrokerIx;
use crate::model::client::java::network::Purpose;
use crate::model::client::java::settings::TICK;
use crate::model::message::{GroupRequest, GroupResponse, Response};
use crate::model::spec::Commits;
use crate::model::{Channel, Ctx, Outbox};

impl Consumer {
    /// Everything that a blocked `poll()` does at this moment: its turns repeat until one changes nothing, or records are found and the
    /// application has work.
    pub(super) fn turn(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some(lost) = self.net.close_overdue(ctx, out) {
            self.lost(lost, ctx.now, out);
        }
        loop {
            self.net.wake = Instant::MAX;
            let grouped = self.group_turn(true, ctx, out);
            self.update_positions(ctx, out);
            let collected = if self.holds_back() { Collected::default() } else { self.collect(ctx, out) };
            if !collected.records.is_empty() {
                self.commit(Commits::BeforeProcessing, ctx, out);
                // The next round leaves before the application has its records, so that both go on at once.
                self.send_fetches(ctx, out);
                self.network_poll(ctx, out);
                if self.reader.give(collected.records, ctx, out) {
                    self.commit(Commits::AfterProcessing, ctx, out);
                    self.reader.polls(ctx.now);
                    continue;
                }
                break;
            }
            let queued = self.send_fetches(ctx, out);
            let sent = self.network_poll(ctx, out);
            if !(grouped || collected.moved || queued || sent) {
                break;
            }
        }
        self.arm(out);
    }

    /// Arms the timer for the moment at which the blocked `poll()` wakes.
    pub(super) fn arm(&mut self, out: &mut Outbox) {
        let expires_at = self.unsent.iter().map(|u| u.expires_at).min().unwrap_or(Instant::MAX);
        self.sleeps_until = self.net.arm(expires_at, out);
    }

    /// Something has to wait for its node's reconnect pause, which wakes nobody: it is looked at when the blocked `poll()` returns.
    pub(super) fn look_at_next_poll(&mut self, now: Instant) {
        let idle = self.net.kit.connections.in_flight() == 0;
        let pause = if idle { now + self.net.shared.retry_backoff.max(TICK) } else { Instant::MAX };
        self.net.wake = self.net.wake.min(self.reader.next_poll(now)).min(pause);
    }

    /// A request waits until its node is ready.
    pub(super) fn queue(&mut self, broker: BrokerIx, what: Sent, now: Instant) {
        self.queue_on(Channel::Broker(broker), broker, what, self.settings.request_timeout, now);
    }

    /// The same, on another connection or with a time-out of its own.
    pub(super) fn queue_on(&mut self, channel: Channel, broker: BrokerIx, what: Sent, timeout: Duration, now: Instant) {
        self.unsent.push(Unsent { channel, broker, what, timeout, expires_at: now + timeout + TICK });
    }

    /// `ConsumerNetworkClient.poll`: what can be sent is sent, before and after the metadata request that goes first. True when something
    /// left, or failed.
    pub(super) fn network_poll(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let due = self.net.update_due(ctx.now);
        let mut moved = self.try_send(due, ctx, out);
        let asked = self.net.maybe_update(due, ctx, out);
        moved |= asked | self.fail_unsent(ctx.now, out);
        moved | self.try_send(due && !asked, ctx, out)
    }

    /// `ConsumerNetworkClient.trySend`: while a refresh is due and not yet sent no node is ready, but connects may start.
    fn try_send(&mut self, update_due: bool, ctx: &Ctx<'_>, out: &mut Outbox) -> bool {
        let mut sent = false;
        let mut i = 0;
        while let Some((channel, broker)) = self.unsent.get(i).map(|u| (u.channel, u.broker)) {
            if !update_due && self.net.can_send(channel) {
                let unsent = self.unsent.remove(i);
                self.transmit(unsent, ctx.now, out);
                sent = true;
                continue;
            }
            if self.net.kit.connections.can_connect(channel, ctx.now) {
                self.net.connect(channel, broker, ctx, out);
            }
            i += 1;
        }
        sent
    }

    fn transmit(&mut self, unsent: Unsent, now: Instant, out: &mut Outbox) {
        match unsent.what {
            Sent::Fetch(fetch) => self.transmit_fetch(fetch, now, out),
            Sent::ListOffsets(resets) => self.transmit_list_offsets(unsent.broker, resets, now, out),
            Sent::OffsetsForLeaderEpoch(validations) => self.transmit_validation(unsent.broker, validations, now, out),
            Sent::FindCoordinator => {
                self.transmit_group(unsent.channel, GroupRequest::FindCoordinator, Sent::FindCoordinator, unsent.timeout, now, out)
            }
            Sent::Group(request, asked) => {
                self.transmit_group(unsent.channel, request.clone(), Sent::Group(request, asked), unsent.timeout, now, out);
            }
        }
    }

    /// `checkDisconnects`, `failExpiredRequests`: what waits for a node whose connection failed, or waits for too long.
    fn fail_unsent(&mut self, now: Instant, out: &mut Outbox) -> bool {
        let (connections, mut failed) = (&self.net.kit.connections, Vec::new());
        self.unsent.retain_mut(|u| {
            let fails = connections.has_failed(u.channel) || u.expires_at <= now;
            if fails {
                failed.push(u.what.clone());
            }
            !fails
        });
        let any = !failed.is_empty();
        for what in failed {
            self.failed(what, None, now, out);
        }
        any
    }

    /// An answer came.
    pub(super) fn answered(&mut self, channel: Channel, correlation: u32, response: Response, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(purpose) = self.net.kit.connections.answered(channel, correlation, ctx.now) else { return };
        match (purpose, response) {
            (Purpose::ApiVersions, Response::ApiVersions) => self.net.kit.ready(channel, ctx.now, out),
            (Purpose::Metadata, Response::Metadata { broker, offset, topics }) => {
                self.net.metadata_answered(broker, offset, &topics, ctx, out);
            }
            (Purpose::Own(Sent::Fetch(fetch)), Response::Fetch { error, session, results, .. }) => {
                self.fetch_answered(&fetch, (error, session), results, ctx, out);
            }
            (Purpose::Own(Sent::ListOffsets(resets)), Response::ListOffsets { answers }) => {
                self.offsets_listed(&resets, &answers, ctx, out);
            }
            (Purpose::Own(Sent::OffsetsForLeaderEpoch(validations)), Response::OffsetsForLeaderEpoch { answers }) => {
                self.epochs_ended(&validations, &answers, ctx.now, out);
            }
            (Purpose::Own(Sent::FindCoordinator), Response::Group(GroupResponse::Coordinator { error, broker })) => {
                self.membership.iter_mut().for_each(|m| m.found(error, broker, ctx.now, out));
            }
            (Purpose::Own(Sent::Group(_, asked)), Response::Group(response)) => self.group_answered(asked, response, ctx, out),
            (purpose, response) => panic!("{response:?} answers no request of kind {purpose:?}"),
        }
    }
}
