//! Broker releases and what each changed, as a value of rule switches.

use std::fmt;
use std::str::FromStr;

/// A Kafka release line that brokers and controllers of a run are of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Release {
    V3_6,
    V3_7,
    V3_9,
    V4_0,
    V4_1,
    V4_3,
}

/// What differs between releases. A switch is a field; nothing else in the model compares versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Produce and fetch errors carry the current leader (KIP-951; brokers from 3.7).
    pub leader_hints: bool,
    /// The high watermark stands still while the ISR is below its minimum (KAFKA-15583; 3.7).
    pub min_isr_freezes_high_watermark: bool,
    /// A minimum ISR above the number of replicas asks for all of these (`Partition.effectiveMinIsr`, KAFKA-15583; 3.7); before, such a
    /// partition takes no record with acks=all.
    pub min_isr_at_most_replicas: bool,
    /// A parked raft fetch is answered when only the high watermark moved (KIP-1166, KAFKA-14145; 4.1).
    pub high_watermark_wakes_fetch: bool,
    /// A voter asks for non-binding votes before it raises its epoch (KIP-996; 4.0).
    pub pre_vote: bool,
    /// A candidate that lost waits out its election timer (KAFKA-18345; 4.1); before, for a random pause.
    pub lost_candidate_waits: bool,
    /// Eligible leader replicas (KIP-966), on by default for clusters created with 4.1 or later.
    pub eligible_leader_replicas: bool,
    /// Expired sessions are looked for by a periodic task (KAFKA-17793; 4.0) instead of at their exact expiry.
    pub periodic_fencing_check: bool,
    /// A clean shutdown is told from an unclean one by the previous broker epoch (KAFKA-18635; 4.0).
    pub clean_shutdown_known: bool,
    /// An unclean restart takes the broker out of ISR and ELR when it registers (KAFKA-18106; 4.0).
    pub unclean_restart_leaves_isr: bool,
    /// A failed registration or heartbeat is repeated after one heartbeat interval, which also bounds the request
    /// (KAFKA-19294; 4.1); before, after a doubling pause, bounded by half a session.
    pub fixed_heartbeat_retry: bool,
    /// A session outlives the broker's clean shutdown, so that a new incarnation is refused until it has run out
    /// (KAFKA-17793 keeps sessions by id and epoch, fenced or not; KAFKA-19130; 4.0).
    pub session_outlives_fencing: bool,
    /// The group coordinator is the one of KIP-848's runtime, the default since 4.0: it appends with acks=1 and holds every answer until what
    /// it had written before is committed; the one before appends with acks=all and holds only the answer to the write.
    pub group_coordinator_runtime: bool,
}

impl Release {
    /// Every release that can be asked for, oldest first.
    pub const ALL: [Release; 6] = [Release::V3_6, Release::V3_7, Release::V3_9, Release::V4_0, Release::V4_1, Release::V4_3];
    /// The release whose model was held against a real cluster (4.3.1).
    pub const MEASURED: Release = Release::V4_3;

    /// As a scenario names it.
    pub const fn name(self) -> &'static str {
        match self {
            Release::V3_6 => "3.6",
            Release::V3_7 => "3.7",
            Release::V3_9 => "3.9",
            Release::V4_0 => "4.0",
            Release::V4_1 => "4.1",
            Release::V4_3 => "4.3",
        }
    }

    /// The rules of this release.
    pub fn rules(self) -> Rules {
        Rules {
            leader_hints: self >= Release::V3_7,
            min_isr_freezes_high_watermark: self >= Release::V3_7,
            min_isr_at_most_replicas: self >= Release::V3_7,
            high_watermark_wakes_fetch: self >= Release::V4_1,
            pre_vote: self >= Release::V4_0,
            lost_candidate_waits: self >= Release::V4_1,
            eligible_leader_replicas: self >= Release::V4_1,
            periodic_fencing_check: self >= Release::V4_0,
            clean_shutdown_known: self >= Release::V4_0,
            unclean_restart_leaves_isr: self >= Release::V4_0,
            fixed_heartbeat_retry: self >= Release::V4_1,
            session_outlives_fencing: self >= Release::V4_0,
            group_coordinator_runtime: self >= Release::V4_0,
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Release {
    type Err = String;
    /// Takes `3.9` and patch releases such as `3.9.1`.
    fn from_str(text: &str) -> Result<Self, String> {
        let minor: String = text.split('.').take(2).collect::<Vec<_>>().join(".");
        Release::ALL
            .into_iter()
            .find(|r| r.name() == minor)
            .ok_or_else(|| format!("unknown Kafka release `{text}`; known are {}", Release::ALL.map(Release::name).join(", ")))
    }
}
