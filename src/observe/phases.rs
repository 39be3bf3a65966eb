//! The parts of a window and of a recovery. They add up to its length exactly: every milestone is moved into
//! the span from the one before it to the end, and what lies between two milestones is a part.

use super::fact::Why;
use super::moves::MoveSeen;
use super::record::Phase;
use crate::engine::{Duration, Instant};

/// A part, with its exact length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Its length.
    pub length: Duration,
    /// The setting or cost that governs it.
    pub governed_by: &'static str,
}

impl Part {
    /// As the record has it.
    pub fn record(self) -> Phase {
        Phase { name: self.name.to_owned(), ms: self.length.as_millis_f64(), governed_by: self.governed_by.to_owned() }
    }
}

/// A request that the right leader took, and how it got there.
#[derive(Clone, Copy, Debug)]
pub struct Passage {
    /// Since when the client had had records to send.
    pub busy_since: Instant,
    /// When the connection that it went over began to open.
    pub opening: Instant,
    /// When that connection was ready.
    pub ready: Instant,
    /// When it left the client.
    pub sent: Instant,
    /// When the leader took it from the connection.
    pub taken: Instant,
}

/// Milestones of a recovery.
#[derive(Clone, Copy, Debug)]
pub struct Milestones<'a> {
    /// The loss or the commit.
    pub start: Instant,
    /// The first success.
    pub end: Instant,
    /// When the next loss or move of the same partition came, if it came before the success.
    pub superseded: Option<Instant>,
    /// The move; none when the leader came back without one.
    pub moved: Option<&'a MoveSeen>,
    /// When the leader came back without a move.
    pub back: Option<Instant>,
    /// When the client's teller knew of the move.
    pub teller_knew: Option<Instant>,
    /// When the client's cache named the true leader.
    pub told: Option<Instant>,
    /// The first request that the right leader took.
    pub passage: Option<Passage>,
}

/// Walks forward through milestones, never back and never beyond the end.
struct Walk {
    at: Instant,
    end: Instant,
    parts: Vec<Part>,
}

impl Walk {
    fn advance(&mut self, milestone: Instant, name: &'static str, governed_by: &'static str) {
        let next = milestone.clamp(self.at, self.end);
        self.parts.push(Part { name, length: next.since(self.at), governed_by });
        self.at = next;
    }

    /// As [`Walk::advance`], but a part without length is left out.
    fn advance_if_any(&mut self, milestone: Instant, name: &'static str, governed_by: &'static str) {
        if milestone.clamp(self.at, self.end) > self.at {
            self.advance(milestone, name, governed_by);
        }
    }
}

/// The parts of a stale window from `committed` to `told`: propagate until the teller knew, then discover.
pub fn window(committed: Instant, teller_knew: Option<Instant>, told: Instant) -> Vec<Part> {
    let mut walk = Walk { at: committed, end: told, parts: Vec::new() };
    walk.advance(teller_knew.unwrap_or(committed), "propagate", PROPAGATE);
    walk.advance(told, "discover", DISCOVER);
    walk.parts
}

/// The parts of a recovery.
pub fn recovery(m: &Milestones<'_>) -> Vec<Part> {
    let stop = m.superseded.unwrap_or(m.end).clamp(m.start, m.end);
    let mut walk = Walk { at: m.start, end: stop, parts: Vec::new() };
    let passage = m.passage.unwrap_or(Passage { busy_since: m.start, opening: m.start, ready: m.start, sent: stop, taken: stop });
    match m.moved {
        Some(moved) => {
            walk.advance(moved.asked, "detect", detect_governed_by(moved.why));
            walk.advance(moved.decided, "elect", "controller event queue");
            walk.advance(moved.committed, "commit", "controller.quorum.append.linger.ms and raft replication");
            // Both the leader and the client's teller must have applied the move before the client can get anywhere.
            walk.advance(m.teller_knew.max(moved.role_taken).unwrap_or(moved.committed), "propagate", PROPAGATE);
        }
        None => walk.advance_if_any(m.back.unwrap_or(passage.taken), "leader away", "length of the pause, cut or restart"),
    }
    walk.advance(m.told.unwrap_or(m.start), "discover", DISCOVER);
    walk.advance_if_any(passage.busy_since.min(passage.sent), "no record to send", "the workload");
    send_gap(&mut walk, &passage);
    walk.advance(passage.taken, "queued on the connection", "one request at a time on a connection, and the network");
    walk.advance(stop, "await replication", "replica.fetch.backoff.ms and the ISR; handler time");
    walk.end = m.end;
    walk.advance_if_any(m.end, "a later move", "the next window of the same client and partition");
    walk.parts
}

/// From knowing the leader to sending: what a connection took to be ready is *connect*, all else is *back off*.
fn send_gap(walk: &mut Walk, passage: &Passage) {
    let from = walk.at;
    let to = passage.sent.clamp(from, walk.end);
    let opening = passage.opening.clamp(from, to);
    let connect = passage.ready.clamp(opening, to).since(opening);
    let back_off = to.since(from) - connect;
    walk.parts.push(Part { name: "back off", length: back_off, governed_by: "retry.backoff.ms, reconnect.backoff.ms, linger.ms" });
    walk.parts.push(Part { name: "connect", length: connect, governed_by: "TCP and TLS set-up, socket.connection.setup.timeout.ms" });
    walk.at = to;
}

const PROPAGATE: &str = "metadata propagation and role changes of brokers";
const DISCOVER: &str = "metadata.max.age.ms, retry.backoff.ms, leader hints";

const fn detect_governed_by(why: Why) -> &'static str {
    match why {
        Why::Fenced => "broker.session.timeout.ms and the phase of broker.heartbeat.interval.ms",
        Why::Unfenced => "the return of a replica that may lead",
        Why::UncleanRestart => "broker.session.timeout.ms and the restart of the broker",
        Why::UncleanElection => "unclean.leader.election.interval.ms or the operator",
        Why::AutoRebalance => "leader.imbalance.check.interval.seconds",
        Why::Created | Why::ControlledShutdown | Why::PreferredElection | Why::Reassignment | Why::AlterPartition | Why::ElrCleared => {
            "the operator"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{BrokerIx, LeaderEpoch, PartitionIx};
    use proptest::prelude::*;

    fn moved(asked: u64, decided: u64, committed: u64, role_taken: Option<u64>) -> MoveSeen {
        MoveSeen {
            partition: PartitionIx(0),
            from: Some(BrokerIx(0)),
            to: Some(BrokerIx(1)),
            epoch: LeaderEpoch(1),
            why: Why::Fenced,
            unclean: false,
            asked: Instant::from_nanos(asked),
            decided: Instant::from_nanos(decided),
            committed: Instant::from_nanos(committed),
            role_taken: role_taken.map(Instant::from_nanos),
        }
    }

    fn sum(parts: &[Part]) -> u64 {
        parts.iter().map(|p| p.length.as_nanos()).sum()
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_nanosecond_whatever_order_the_milestones_come_in(
            t in prop::collection::vec(0u64..1000, 9), knew in prop::option::of(0u64..1000), told in prop::option::of(0u64..1000),
            role in prop::option::of(0u64..1000), superseded in prop::option::of(0u64..1000), with_move: bool, with_passage: bool,
        ) {
            let at = Instant::from_nanos;
            let (start, end) = (t[0].min(t[1]), t[0].max(t[1]));
            let seen = moved(t[2], t[3], t[4], role);
            let passage = Passage { busy_since: at(t[5]), opening: at(t[6]), ready: at(t[7]), sent: at(t[8]), taken: at(t[2]) };
            let parts = recovery(&Milestones {
                start: at(start), end: at(end), superseded: superseded.map(at), moved: with_move.then_some(&seen), back: knew.map(at),
                teller_knew: knew.map(at), told: told.map(at), passage: with_passage.then_some(passage),
            });
            prop_assert_eq!(sum(&parts), end - start);
            prop_assert_eq!(sum(&window(at(start), knew.map(at), at(end))), end - start);
        }
    }
}
