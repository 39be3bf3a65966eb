//! The costs that logs tell, each with where it is read and what is taken off, and those that they do not tell.

use crate::engine::Distribution;
use crate::model::cost::Costs;

/// Declares each cost that can be learnt beside its key in a scenario, so that there is one list.
macro_rules! keys {
    ($($key:ident $field:ident, $read:literal, $needs:literal;)*) => {
        /// A cost that logs tell.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Key {
            $(#[doc = $read] $key,)*
        }

        impl Key {
            /// All of them, as a scenario lists them.
            pub const ALL: &[Key] = &[$(Key::$key,)*];

            /// Its key in a scenario.
            pub fn name(self) -> &'static str {
                match self { $(Key::$key => stringify!($field),)* }
            }

            /// Where it is read, and what is taken off.
            pub fn read(self) -> &'static str {
                match self { $(Key::$key => $read,)* }
            }

            /// What it takes to learn it.
            pub fn needs(self) -> &'static str {
                match self { $(Key::$key => $needs,)* }
            }

            /// Its value in a profile.
            pub fn of(self, costs: &Costs) -> &Distribution {
                match self { $(Key::$key => &costs.$field,)* }
            }
        }
    };
}

keys! {
    RequestQueue request_queue, "requestQueueTimeMs of clients' and followers' requests; nothing taken off", "a request log";
    Produce produce, "localTimeMs of PRODUCE, without the wait for followers (remoteTimeMs)", "a request log with PRODUCE";
    Fetch fetch, "localTimeMs of consumers' FETCH, without the wait for data (remoteTimeMs)", "a request log with consumers' FETCH";
    ReplicaFetch replica_fetch, "localTimeMs of followers' FETCH, without the wait for data (remoteTimeMs)", "a request log with followers' FETCH";
    Metadata metadata, "localTimeMs of METADATA", "a request log with METADATA";
    Other other, "localTimeMs of the other requests that the model has", "a request log with, e.g., LIST_OFFSETS or HEARTBEAT";
    MetadataApply metadata_apply,
        "from the commit record's CreateTime to the broker's first role change of it, less the linger of the raft leader; \
         the way through the quorum and to the broker is still in it",
        "state-change logs and the metadata dump of the same hours, with a change of leader";
    FirstFollowerRole first_follower_role,
        "from `Transitioning … to local followers` to the first follower role in a new leader epoch; new partitions left out",
        "a state-change log with a change of leader";
    NextFollowerRole next_follower_role,
        "from one such follower role to the next of the batch; new partitions left out",
        "a state-change log with a change of leader of several partitions";
    FirstLeaderRole first_leader_role,
        "from `Transitioning … to local leaders` to the first leader role in a new leader epoch; new partitions left out",
        "a state-change log of a broker that takes over";
    NextLeaderRole next_leader_role,
        "from one such leader role to the next of the batch; new partitions left out",
        "a state-change log of a broker that takes over several partitions";
    Cold cold,
        "the first role of a fresh process, less the median of such roles in running brokers",
        "a start in the server log and the state-change log of that broker, and role changes while it runs";
    Start start,
        "from the first line of the process to its first registration; the JVM's own start before that line is missing: add it",
        "a server log with the start of the process";
    CleanRecovery clean_recovery,
        "after a clean end: from `Loading logs` to the first batch of roles",
        "a start after a clean end in the server log and the state-change log of that broker";
    UncleanRecovery unclean_recovery,
        "after an unclean end: from `Loading logs` to the first batch of roles",
        "a start after an unclean end in the server log and the state-change log of that broker";
    Listen listen, "from being unfenced to `Awaiting socket connections`", "a server log with the start of the process";
    Stop stop, "from the controller's leave to `shut down completed`", "a server log with a controlled shutdown";
    GroupLoad group_load, "`Finished loading … from __consumer_offsets-N`", "a server log with a move of groups";
}

/// Keys of a scenario that these logs cannot tell, and why.
pub const UNTOLD: [(&str, &str); 4] = [
    ("network_thread", "the request log tells only when an answer was written, which is mostly waiting"),
    ("controller_event", "a controller logs averages that include the wait for the commit"),
    ("raft_flush", "no log tells it; it is a metric, kafka.log:type=LogFlushStats"),
    ("fetcher_turn", "no log tells it"),
];
