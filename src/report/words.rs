//! The record's short keys in plain words. A key that is not listed is shown as it is.

/// (key, plain words) of the outcomes of stale requests.
const OUTCOMES: [(&str, &str); 9] = [
    ("unreachable: refused", "never arrived: nobody listened (connection refused)"),
    ("unreachable: reset", "never arrived: the connection was reset or closed"),
    ("unreachable: timed out", "no answer came in time"),
    ("accepted by a deposed leader, later truncated", "written by a leader that had been replaced, and thrown away later (truncated)"),
    ("accepted by a deposed leader, not truncated", "written by a leader that had been replaced, and kept"),
    ("accepted, leader by then", "accepted: the broker was the leader by the time it handled it"),
    ("served by a follower", "served by a follower"),
    ("bounced off a leader not yet ready", "rejected by the new leader, which had not yet taken over"),
    ("open at the end of the run", "not known: without an answer when the run ended"),
];

/// In plain words: what became of a stale request.
pub fn outcome(key: &str) -> String {
    explained(&OUTCOMES, key)
}

/// (key, plain words) of the causes of stale requests.
const CAUSES: [(&str, &str); 8] = [
    ("never told", "it had not asked for metadata since the move, and nobody had told it"),
    ("told by a broker whose own view was old", "it had asked, and a broker answered that did not know of the move yet"),
    ("hint older than truth", "it followed the hint in an error answer, which was older than the latest move"),
    ("in flight at the move", "it was right when it sent; the leader moved while the request was on its way"),
    ("ahead of the leader", "it knew the new leader before that broker had taken over"),
    ("refresh pending", "it had asked for metadata and had no answer yet"),
    ("refresh blocked", "its metadata request was stuck behind other requests or at an unreachable broker"),
    ("refresh swallowed", "it wanted metadata again, but an older answer cancelled the wish"),
];

/// In plain words: why a client asked the wrong broker.
pub fn cause(key: &str) -> String {
    explained(&CAUSES, key)
}

/// (key, plain words) of phases, in the order in which they follow each other.
const PHASES: [(&str, &str); 12] = [
    ("leader away", "leader away: the same leader was gone for a while and came back"),
    ("detect", "detect: the cluster notices that the leader is gone"),
    ("elect", "elect: the controller chooses a new leader"),
    ("commit", "commit: the choice is written to the metadata log"),
    ("propagate", "propagate: brokers learn of it and the new leader takes over"),
    ("discover", "discover: the client learns of it"),
    ("back off", "back off: the client waits before it tries again"),
    ("connect", "connect: the client opens a connection to the new leader"),
    ("queued on the connection", "queued on the connection: behind earlier requests to the same broker"),
    ("await replication", "await replication: followers have to copy the record (acks=all)"),
    ("no record to send", "no record to send: the application had nothing for this partition"),
    ("a later move", "a later move: the leader moved again first"),
];

/// In plain words: a phase of a recovery or stale window.
pub fn phase(key: &str) -> String {
    explained(&PHASES, key)
}

/// Where a phase stands among the others; unknown ones come last.
pub fn phase_order(key: &str) -> usize {
    PHASES.iter().position(|(name, _)| *name == key).unwrap_or(PHASES.len())
}

/// (key, plain words) of the reasons of leader changes.
const REASONS: [(&str, &str); 11] = [
    ("created", "partition created"),
    ("fenced", "broker fenced (session timed out)"),
    ("unfenced", "a replica that may lead came back"),
    ("controlled shutdown", "controlled shutdown"),
    ("unclean restart", "broker restarted after an unclean end"),
    ("preferred election", "preferred leader election"),
    ("auto rebalance", "auto.leader.rebalance.enable"),
    ("unclean election", "unclean election"),
    ("reassignment", "reassignment"),
    ("alter partition", "ISR changed by the leader"),
    ("ELR cleared", "min.insync.replicas changed"),
];

/// In plain words: why the controller changed a leader.
pub fn why(key: &str) -> String {
    explained(&REASONS, key)
}

/// (key, plain words) of the protocol's promises.
const PROMISES: [(&str, &str); 25] = [
    ("leader in ISR", "a partition's leader is in its ISR"),
    ("one leader per epoch", "a partition has one leader in each leader epoch"),
    ("monotone epochs", "epochs only grow"),
    ("high watermark monotone within a term", "a leader's high watermark never falls"),
    ("committed data on all of the ISR", "what is below the high watermark is on every member of the ISR"),
    ("acks=all durability", "a record acknowledged with acks=all is never lost"),
    ("idempotent order", "records of an idempotent producer stay in order"),
    ("one active controller per raft epoch", "each raft epoch has one active controller at most"),
    ("one vote per voter and raft epoch", "a voter votes once in each raft epoch"),
    ("active brokers lead", "a leader, and who joins an ISR, is neither fenced nor shutting down"),
    ("ISR proposals are not stale", "a proposed ISR counts only if nothing changed since"),
    ("dead brokers are fenced", "a broker whose process is gone is fenced when its session has run out"),
    ("controlled shutdown waits", "a broker stops when those who lead in its place know it"),
    ("deposed controllers give up", "a controller that another one has replaced gives up"),
    ("deposed leaders answer", "a deposed leader answers the requests that wait at it"),
    ("acks=all waits", "acks=all is answered when enough replicas have the record"),
    ("idempotent batches stand once", "what an idempotent producer sends again is not written again"),
    ("one request of a connection at a time", "a broker answers one request of a connection at a time"),
    ("clients' metadata does not go back", "what a client knows of a leader is not replaced by something older"),
    ("clients pause between refreshes", "a client pauses between two requests for metadata"),
    ("parked fetches are woken", "a fetch that waits for records is answered when there are some"),
    ("consumers notice truncations", "a consumer does not read on after records that are gone from the log"),
    ("group commits are found again", "what a group was told is committed it finds again"),
    ("consumers are given committed records", "a consumer is given committed records only, as they stand in the log"),
    ("consumers read on without gaps", "a consumer's records come in order and without gaps, unless its position is set"),
];

/// In plain words: a promise of Kafka's protocol.
pub fn promise(key: &str) -> String {
    explained(&PROMISES, key)
}

fn explained(table: &[(&str, &str)], key: &str) -> String {
    table.iter().find(|(name, _)| *name == key).map_or_else(|| key.to_owned(), |(_, words)| (*words).to_owned())
}
