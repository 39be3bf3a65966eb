//! How a leader stops leading. Source: `KafkaRaftClient` (`pollResigned`, `handleEndQuorumEpochRequest`, `shutdown`), `ResignedState`.

use super::super::Turn;
use super::Role;
use super::state::Timer;
use crate::engine::{Duration, Instant};
use crate::kafka::{ErrorCode, RaftEpoch, VoterIx};
use crate::model::Broken;
use crate::observe::fact::Ending;

/// Upper bound of an orderly handover (`KafkaRaftClientDriver`).
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(5000);

impl Turn<'_, '_> {
    /// No majority has fetched for too long (KAFKA-15489).
    pub(super) fn quorum_lost(&mut self) {
        match &mut self.raft.role {
            Role::Leader(leading) if self.ctx.is_broken(Broken::DeposedControllerStays) => leading.check_quorum_at = Instant::MAX,
            Role::Unattached { .. }
            | Role::Prospective(_)
            | Role::Candidate(_)
            | Role::Leader(_)
            | Role::Resigned { .. }
            | Role::Follower { .. } => self.resign(),
        }
    }

    /// To Resigned: no quorum of voters fetched in time, or the process stops. The others are told who should follow.
    pub(super) fn resign(&mut self) {
        let Role::Leader(leading) = &self.raft.role else { return };
        let mut successors: Vec<VoterIx> = (0..self.voters() as u32).map(VoterIx).filter(|v| *v != self.me).collect();
        successors.sort_by_key(|v| std::cmp::Reverse(leading.ends[v.index()]));
        self.leave_leadership();
        let mut acknowledged = vec![false; self.voters()];
        acknowledged[self.me.index()] = true;
        let deadline = self.election_deadline(Timer::Resigned);
        self.raft.role = Role::Resigned { deadline, successors, acknowledged };
    }

    /// Fails what waits on this leader: parked fetches, the lingering batch, parked answers of the controller.
    pub(super) fn leave_leadership(&mut self) {
        let Role::Leader(leading) = &mut self.raft.role else { return };
        let parked = std::mem::take(&mut leading.parked);
        for fetch in parked {
            self.refuse_fetch(fetch.token, ErrorCode::NotLeaderOrFollower);
        }
        self.renounce();
    }

    /// The election timer of a resigned leader is over (`pollResigned`).
    pub(super) fn rise_from_resignation(&mut self) {
        if self.ctx.rules.pre_vote {
            self.detach(self.disk.epoch.next());
        } else {
            self.become_candidate();
        }
    }

    /// The leader resigned: its follower stands after a pause that depends on its place among the successors
    /// (`handleEndQuorumEpochRequest`, `endEpochElectionBackoff`).
    pub(super) fn take_end_quorum_epoch(&mut self, leader: VoterIx, epoch: RaftEpoch, successors: &[VoterIx]) {
        if epoch < self.disk.epoch {
            return;
        }
        self.observe_epoch(epoch, Some(leader));
        let most = self.voter().config.controller_quorum_election_backoff_max;
        let place = successors.iter().position(|v| *v == self.me);
        let backoff = place.map_or(most, |place| successor_backoff(place, successors.len(), most));
        let deadline = self.ctx.now + backoff;
        if let Role::Follower { fetch_by, .. } = &mut self.raft.role
            && self.disk.leader == Some(leader)
        {
            *fetch_by = deadline;
        }
    }

    /// The process is told to stop.
    pub(in crate::model::controller) fn begin_shutdown(&mut self) {
        self.raft.stop_by = Some(self.ctx.now + SHUTDOWN_TIMEOUT);
        self.resign();
    }

    /// A process that stops ends when it knows another leader, when it is the only voter, or when its time is over; until then it
    /// stays in its state and answers (`maybeCompleteShutdown`).
    pub(super) fn poll_shutdown(&mut self) {
        self.resign();
        let over = self.raft.stop_by.is_some_and(|by| self.ctx.now >= by);
        let led_by_another = self.disk.leader.is_some_and(|leader| leader != self.me);
        if over || led_by_another || self.voters() == 1 {
            self.out.exit = Some(Ending::Stopped);
        }
    }
}

/// `strictExponentialElectionBackoffMs`: nothing for the first, then steps that double up to the greatest pause.
fn successor_backoff(place: usize, successors: usize, most: Duration) -> Duration {
    if place == 0 {
        return Duration::ZERO;
    }
    let base = most.as_millis() >> (successors - 1).min(63);
    Duration::from_millis(base << (place - 1).min(62)).min(most)
}
