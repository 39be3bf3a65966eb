//! The record's short keys in plain words. A key that is not listed is shown as it is.

/// (key, plain words) of the outcomes of stale requests.
const OUTCOMES: [(&str, &str); 1] = [("", "")];

/// In plain words: what became of a stale request.
pub fn outcome(key: &str) -> String {
    explained(&OUTCOMES, key)
}

/// (key, plain words) of the causes of stale requests.
const CAUSES: [(&str, &str); 1] = [("", "")];

/// In plain words: why a client asked the wrong broker.
pub fn cause(key: &str) -> String {
    explained(&CAUSES, key)
}

/// (key, plain words) of phases, in the order in which they follow each other.
const PHASES: [(&str, &str); 9] = [
    ("detect", "detect: the cluster notices that the leader is gone"),
    ("elect", "elect: the controller chooses a new leader"),
    ("commit", "commit: the choice is written to the metadata log"),
    ("propagate", "propagate: brokers learn of it and the new leader takes over"),
    ("discover", "discover: the client learns of it"),
    ("back off", "back off: the client waits before it tries again"),
    ("connect", "connect: the client opens a connection to the new leader"),
    ("queued on the connection", "queued on the connection: behind earlier requests to the same broker"),
    ("await replication", "await replication: followers have to copy the record (acks=all)"),
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
const REASONS: [(&str, &str); 1] = [("", "")];

/// In plain words: why the controller changed a leader.
pub fn why(key: &str) -> String {
    explained(&REASONS, key)
}

fn explained(table: &[(&str, &str)], key: &str) -> String {
    table.iter().find(|(name, _)| *name == key).map_or_else(|| key.replace('_', " "), |(_, words)| (*words).to_owned())
}
