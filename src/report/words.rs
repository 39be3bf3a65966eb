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

/// (path, plain words) of the metrics that a study compares, but for durations.
const METRICS: [(&str, &str); 36] = [
    ("requests.total", "requests"),
    ("requests.stale", "stale requests"),
    ("requests.overtaken", "requests overtaken by a move"),
    ("requests.leaderless", "requests without a leader"),
    ("requests.to_moved_partitions", "requests to partitions that moved"),
    ("requests.in_windows", "requests between a move and the next success"),
    ("records.sent", "records sent"),
    ("records.acknowledged", "records acknowledged"),
    ("records.failed", "records failed"),
    ("records.unfinished", "records without an answer at the end"),
    ("records.lost", "acknowledged records lost"),
    ("records.duplicated", "extra copies of records"),
    ("records.failed_but_written", "failed records that are in the log"),
    ("messages.handed_over", "messages handed over"),
    ("messages.lost", "messages lost"),
    ("messages.extra_copies", "extra copies of messages"),
    ("messages.open", "messages without an answer at the end"),
    ("metadata_requests", "metadata requests"),
    ("metadata_bytes", "bytes of metadata"),
    ("metadata_broker_ms", "broker time for metadata"),
    ("connections_opened", "connections opened"),
    ("longest_waiting_ms", "longest wait at the end"),
    ("longest_wait_ms", "longest wait of a record"),
    ("errors", "error answers"),
    ("consumer.delivered", "records delivered"),
    ("consumer.delivered_again", "records delivered again"),
    ("consumer.skipped", "records skipped"),
    ("consumer.lag_max", "records behind at most"),
    ("consumer.position_resets", "positions reset"),
    ("moves", "leader changes"),
    ("unclean_elections", "unclean elections"),
    ("cluster.isr_shrinks", "ISR shrinks"),
    ("cluster.isr_expands", "ISR expansions"),
    ("cluster.controller_elections", "elections of a controller"),
    ("cluster.under_replicated_max", "under-replicated partitions at most"),
    ("checks.violated", "broken promises"),
];

/// (path, plain words) of the durations that a study compares.
const DURATIONS: [(&str, &str); 5] = [
    ("latency_ms", "latency"),
    ("recovery_ms", "recovery"),
    ("stale_window_ms", "stale window"),
    ("interruption_ms", "interruption"),
    ("consumer.wait_ms", "consumer's wait"),
];

/// In plain words: a metric by its path, `stale requests` or `stale requests of shop` for `clients.shop.requests.stale`.
pub fn metric(path: &str) -> String {
    let of_client = path.strip_prefix("clients.").and_then(|rest| {
        // Names have dots: the longest metric that stands at the end is meant.
        let words = |(dot, _)| Some(format!("{} of {}", known_metric(&rest[dot + 1..])?, &rest[..dot]));
        rest.match_indices('.').find_map(words)
    });
    of_client.or_else(|| known_metric(path)).unwrap_or_else(|| path.to_owned())
}

fn known_metric(path: &str) -> Option<String> {
    if let Some((_, words)) = METRICS.iter().find(|(known, _)| *known == path) {
        return Some((*words).to_owned());
    }
    if let Some(cause) = path.strip_prefix("requests.stale_by_cause.") {
        return Some(format!("stale requests ({cause})"));
    }
    let (_, name, figure) = DURATIONS.iter().find_map(|(known, name)| Some((known, name, path.strip_prefix(known)?.strip_prefix('.')?)))?;
    Some(match figure {
        "count" => format!("{name}s"),
        "open" => format!("{name}s not over at the end"),
        "p50" => format!("median {name}"),
        "p999" => format!("{name} p99.9"),
        "max" => format!("longest {name}"),
        other => format!("{name} {other}"),
    })
}

fn explained(table: &[(&str, &str)], key: &str) -> String {
    table.iter().find(|(name, _)| *name == key).map_or_else(|| key.to_owned(), |(_, words)| (*words).to_owned())
}
