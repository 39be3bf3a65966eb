//! Where the sender does not poll the network itself: in kafka-python a refresh loop and a sender loop run side by side, and each sleeps
//! until something wakes it. Records and answers wake the sender; metadata does not. Source: `Sender._send_producer_data`, `Sender.wakeup`
//! and its callers, `ClusterMetadata._refresh_loop`.

use super::Producer;
use crate::engine::Instant;
use crate::model::{Ctx, Outbox};

/// The sender loop, where it is one of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loops {
    /// It sleeps until then if nothing wakes it.
    pub sleeps_until: Instant,
    /// It has records for a node that is not ready, and so looks again and again: it sleeps no time while a connection is made, and hardly
    /// any during a reconnect pause, which `connection_delay` gives in seconds and the sender takes for milliseconds.
    pub waits_for_node: bool,
}

impl Default for Loops {
    fn default() -> Self {
        Loops { sleeps_until: Instant::MAX, waits_for_node: false }
    }
}

impl Producer {
    /// One turn of the sender loop, and then of the refresh loop: nothing that is sent waits for a refresh.
    pub(super) fn turn_of_two_loops(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let sent = self.send_ready(false, ctx, out);
        self.expire_batches(ctx.now, out);
        self.loops.sleeps_until = self.net.wake;
        let due = self.net.update_due(ctx.now);
        self.net.maybe_update(due, ctx, out) || sent
    }

    /// Whether the sender takes notice of metadata and connections.
    fn sender_looks(&self) -> bool {
        !self.settings.lost_wake_up || self.loops.waits_for_node || self.needs_producer_id()
    }

    /// The network moved on: the sender goes on too, unless it sleeps and is not woken by that (`defect.lost-wake-up`).
    pub(super) fn go_on(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.sender_looks() {
            return self.pass(ctx, out);
        }
        self.net.wake = Instant::MAX;
        let due = self.net.update_due(ctx.now);
        self.net.maybe_update(due, ctx, out);
        // An application that waits in `send()` for metadata is woken, and wakes the sender with its record.
        if self.unblock(ctx, out) {
            return self.pass(ctx, out);
        }
        self.arm(out);
    }

    /// The timer fired: for the network, for the refresh loop, or for the sender.
    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let sleeps_until = self.loops.sleeps_until.min(self.accumulator.expires_at());
        if self.sender_looks() || sleeps_until <= ctx.now {
            return self.pass(ctx, out);
        }
        let mut wakes = false;
        while let Some(lost) = self.net.close_overdue(ctx, out) {
            wakes |= !lost.requests.is_empty();
            self.lost(lost, ctx, out);
        }
        if wakes { self.pass(ctx, out) } else { self.go_on(ctx, out) }
    }
}
