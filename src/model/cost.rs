//! What a machine's own work costs: the inputs of a scenario that no protocol fixes.

use crate::engine::Distribution;

/// The costs of one kind of machine.
#[derive(Clone, PartialEq, Debug)]
pub struct Costs {
    /// Name of this profile of costs, as answers print it.
    pub name: String,
    /// Time of a network thread to read a request and to write its answer.
    pub network_thread: Distribution,
    /// Wait in the request queue beyond that for busy handlers.
    pub request_queue: Distribution,
    /// Handler time of a produce request.
    pub produce: Distribution,
    /// Handler time of a consumer's fetch.
    pub fetch: Distribution,
    /// Handler time of a follower's fetch.
    pub replica_fetch: Distribution,
    /// Handler time of a metadata request.
    pub metadata: Distribution,
    /// Handler time of any other request.
    pub other: Distribution,
    /// From knowing that a metadata batch is committed to starting its role changes (image built, cache swapped).
    pub metadata_apply: Distribution,
    /// From the start of a batch of role changes to the first follower role done.
    pub first_follower_role: Distribution,
    /// Each further follower role of the batch.
    pub next_follower_role: Distribution,
    /// From the last follower role of a batch to answering the requests that were parked for the partitions that it lost.
    pub parked_answers: Distribution,
    /// From the start of a batch of role changes to the first leader role done.
    pub first_leader_role: Distribution,
    /// Each further leader role of the batch.
    pub next_leader_role: Distribution,
    /// Added to the first role change, first fetch and first metadata answer of a freshly started process.
    pub cold: Distribution,
    /// From the start of the process to its first registration request.
    pub start: Distribution,
    /// Loading logs after a clean end.
    pub clean_recovery: Distribution,
    /// Loading logs after an unclean end.
    pub unclean_recovery: Distribution,
    /// From being unfenced to listening.
    pub listen: Distribution,
    /// From the last word of the controller to the end of the process.
    pub stop: Distribution,
    /// Handling of one event by the controller.
    pub controller_event: Distribution,
    /// Writing a raft batch to disk on a voter.
    pub raft_flush: Distribution,
    /// Processing an answer on a fetcher thread before the next fetch leaves.
    pub fetcher_turn: Distribution,
    /// Reading a partition of the offsets topic after taking its leader role, before its groups are served.
    pub group_load: Distribution,
}

impl Default for Costs {
    /// A small production machine: a warm JVM, local SSD. Orders of magnitude from the measured costs (docs/VALIDATION.md) with the
    /// contention of two cores taken away; answers name this profile, so that nobody takes it for their own machines.
    fn default() -> Self {
        let ms = Distribution::constant_ms;
        let points = Distribution::empirical_ms;
        Costs {
            name: "typical".to_owned(),
            network_thread: points(&[(0.0, 0.005), (0.5, 0.01), (0.95, 0.05), (1.0, 0.5)]),
            request_queue: points(&[(0.0, 0.0), (0.5, 0.02), (0.95, 0.2), (1.0, 5.0)]),
            produce: points(&[(0.0, 0.1), (0.5, 0.3), (0.95, 1.0), (1.0, 10.0)]),
            fetch: points(&[(0.0, 0.05), (0.5, 0.1), (0.95, 0.5), (1.0, 5.0)]),
            replica_fetch: points(&[(0.0, 0.05), (0.5, 0.1), (0.95, 0.5), (1.0, 5.0)]),
            metadata: points(&[(0.0, 0.2), (0.5, 0.4), (0.95, 1.5), (1.0, 3.0)]),
            other: ms(0.1),
            metadata_apply: points(&[(0.0, 1.0), (0.5, 3.0), (0.95, 15.0), (1.0, 50.0)]),
            first_follower_role: points(&[(0.0, 0.1), (0.5, 0.5), (0.95, 5.0), (1.0, 20.0)]),
            next_follower_role: points(&[(0.0, 0.0), (0.5, 0.1), (1.0, 2.0)]),
            parked_answers: points(&[(0.0, 0.1), (0.5, 0.5), (0.95, 5.0), (1.0, 20.0)]),
            first_leader_role: points(&[(0.0, 0.5), (0.5, 2.0), (0.95, 15.0), (1.0, 50.0)]),
            next_leader_role: points(&[(0.0, 0.1), (0.5, 0.5), (0.95, 3.0), (1.0, 20.0)]),
            cold: points(&[(0.0, 5.0), (0.5, 40.0), (1.0, 200.0)]),
            start: points(&[(0.0, 1500.0), (0.5, 2500.0), (1.0, 4000.0)]),
            clean_recovery: points(&[(0.0, 50.0), (0.5, 400.0), (1.0, 1000.0)]),
            unclean_recovery: points(&[(0.0, 200.0), (0.5, 1000.0), (1.0, 5000.0)]),
            listen: points(&[(0.0, 5.0), (0.5, 15.0), (1.0, 50.0)]),
            stop: points(&[(0.0, 300.0), (0.5, 600.0), (1.0, 2000.0)]),
            controller_event: points(&[(0.0, 0.1), (0.5, 0.3), (1.0, 3.0)]),
            raft_flush: points(&[(0.0, 0.3), (0.5, 1.0), (1.0, 10.0)]),
            fetcher_turn: points(&[(0.0, 0.02), (0.5, 0.1), (1.0, 1.0)]),
            // An assumption, not a measurement: a compacted offsets partition of a few megabytes from the page cache.
            group_load: points(&[(0.0, 1.0), (0.5, 10.0), (0.95, 100.0), (1.0, 500.0)]),
        }
    }
}
