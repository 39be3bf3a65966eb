//! The stories, one for each way to get Kafka wrong.

use crate::clusters::{FIVE_VOTERS, GROUP, LONE_REPLICAS, READER, THREE_BROKERS, THREE_VOTERS, TWO_REPLICAS, UNCLEAN_READER};
use crate::story::{SERVED, Story};
use kafkasim::model::Broken;

/// Of the controller and its quorum.
const CONTROLLER: [Story; 13] = [
    Story {
        broken: Broken::LeaderFromOutsideIsr,
        says: "A leader is elected from outside the ISR, and the election is called clean.",
        caught_by: "leader in ISR",
        cluster: THREE_BROKERS,
        happens: &[
            "replica.lag.time.max.ms=5000",
            "at 1s cut broker 1 from broker 2",
            "at 15s kill broker 2",
            "at 35s heal",
            "duration=50s",
        ],
    },
    Story {
        broken: Broken::LeaderEpochNotRaised,
        says: "A new leader goes on in the leader epoch of the one before.",
        caught_by: "one leader per epoch",
        cluster: THREE_BROKERS,
        happens: &["at 5s stop broker 2", "duration=15s"],
    },
    Story {
        broken: Broken::PartitionEpochNotRaised,
        says: "A change of a partition leaves its partition epoch as it was.",
        caught_by: "monotone epochs",
        cluster: THREE_BROKERS,
        happens: &["at 5s stop broker 2", "duration=15s"],
    },
    Story {
        broken: Broken::FencedReplicaJoinsIsr,
        says: "A fenced follower that still fetches is let into the ISR (KIP-841).",
        caught_by: "active brokers lead",
        cluster: THREE_BROKERS,
        happens: &["at 3s cut broker 3 from controllers for 20s"],
    },
    Story {
        broken: Broken::BrokerEpochNotRaised,
        says: "A broker that registers anew keeps the epoch of its last life.",
        caught_by: "monotone epochs",
        cluster: THREE_BROKERS,
        happens: &["at 3s stop broker 2 for 3s"],
    },
    Story {
        broken: Broken::SessionsNeverExpire,
        says: "A dead broker is never fenced: its session does not run out.",
        caught_by: "dead brokers are fenced",
        cluster: THREE_BROKERS,
        happens: &["at 3s kill broker 2"],
    },
    Story {
        broken: Broken::FencedBrokerKeepsLeading,
        says: "A broker is fenced and its partitions stay with it.",
        caught_by: "active brokers lead",
        cluster: THREE_BROKERS,
        happens: &["at 3s kill broker 2"],
    },
    Story {
        broken: Broken::ShutdownWithoutWaiting,
        says: "A controlled shutdown is granted before the new leaders know that they lead.",
        caught_by: "controlled shutdown waits",
        cluster: THREE_BROKERS,
        happens: &["at 3s stop broker 2", "duration=15s"],
    },
    Story {
        broken: Broken::UncleanReplicaStaysEligible,
        says: "A replica that lost power stays an eligible leader replica (KIP-966).",
        caught_by: "committed data on all of the ISR",
        cluster: THREE_BROKERS,
        happens: &["at 3s kill broker 3 for 50s", "at 15s kill broker 2 for 35s", "at 27s power-off broker 1 for 3s", "duration=90s"],
    },
    Story {
        broken: Broken::ProposalWithoutPartitionEpoch,
        says: "A leader's proposal for the ISR counts however old the state is that it was made from.",
        caught_by: "ISR proposals are not stale",
        cluster: THREE_BROKERS,
        happens: &[
            "replica.lag.time.max.ms=4000",
            "at 3s stop broker 2 for 3s",
            "at 20s pause broker 3 for 8s",
            "at 23900ms cut broker 1 from controllers for 5600ms",
            "at 27s reassign orders-0 to 1,3,2",
            "duration=45s",
        ],
    },
    Story {
        broken: Broken::VoterVotesTwice,
        says: "A voter gives its vote to several candidates of one epoch.",
        caught_by: "one vote per voter and raft epoch",
        cluster: FIVE_VOTERS,
        happens: &[
            "at 2s kill controller leader for 5s",
            "at 14s kill controller leader for 5s",
            "at 26s kill controller leader for 5s",
            "at 38s kill controller leader for 5s",
            "at 50s kill controller leader for 5s",
            "at 62s kill controller leader for 5s",
        ],
    },
    Story {
        broken: Broken::CandidateKeepsEpoch,
        says: "A candidate stands in the epoch that there is, in which everybody has voted.",
        caught_by: SERVED,
        cluster: THREE_VOTERS,
        happens: &["at 3s kill controller leader", "at 12s kill broker 2"],
    },
    Story {
        broken: Broken::DeposedControllerStays,
        says: "A controller that has been replaced goes on: it neither hears of a higher epoch nor looks for its quorum.",
        caught_by: "deposed controllers give up",
        cluster: THREE_VOTERS,
        happens: &["at 3s cut controller leader from controllers for 10s"],
    },
];

/// Of replication.
const REPLICATION: [Story; 8] = [
    Story {
        broken: Broken::HighWatermarkWithoutAllOfIsr,
        says: "The high watermark goes to what the quickest follower has.",
        caught_by: "committed data on all of the ISR",
        cluster: THREE_BROKERS,
        happens: &["at 3s pause broker 3 for 3s", "duration=20s"],
    },
    Story {
        broken: Broken::HighWatermarkFalls,
        says: "The high watermark follows a replica that comes back, down to where its log ends.",
        caught_by: "high watermark monotone within a term",
        cluster: THREE_BROKERS,
        happens: &["client.app.record_bytes=200000", "at 3s stop broker 2 for 8s", "duration=40s"],
    },
    Story {
        broken: Broken::LaggardJoinsIsr,
        says: "A follower is in the ISR with its first fetch, far behind as it may be.",
        caught_by: "committed data on all of the ISR",
        cluster: THREE_BROKERS,
        happens: &["at 3s stop broker 3 for 20s", "client.app.record_bytes=200000", "duration=60s"],
    },
    Story {
        broken: Broken::LeaderShrinksIsrAlone,
        says: "A leader that cannot reach the controller takes its own proposal of a smaller ISR for committed.",
        caught_by: "committed data on all of the ISR",
        cluster: THREE_BROKERS,
        happens: &["replica.lag.time.max.ms=4000", "at 3s pause broker 3 for 8s", "at 6s cut broker 1 from controllers for 5s"],
    },
    Story {
        broken: Broken::TruncationToHighWatermark,
        says: "A new follower cuts its log off at its own high watermark, which is behind (KIP-101).",
        caught_by: "committed data on all of the ISR",
        cluster: THREE_BROKERS,
        happens: &["at 3s stop broker 2", "duration=20s"],
    },
    Story {
        broken: Broken::FollowerKeepsItsLog,
        says: "A deposed leader keeps what nobody copied, follows, and leads again.",
        caught_by: "acks=all durability",
        cluster: THREE_BROKERS,
        happens: &[
            "client.app.count=4",
            "client.app.request.timeout.ms=4000",
            "at 3s cut broker 2 from controllers,broker 1,broker 3 for 25s",
            "at 45s elect preferred all",
            "duration=60s",
        ],
    },
    Story {
        broken: Broken::EpochEndWithoutEpoch,
        says: "After two quick fail-overs a follower is told where its epoch ends, not that the leader never saw it (KIP-279).",
        caught_by: "acks=all durability",
        cluster: TWO_REPLICAS,
        happens: &[
            "at 1s stop broker 2 for 3s",
            "at 19900ms cut client app from broker 2 for 2s",
            "at 19950ms cut broker 1 from broker 2 for 5s",
            "at 20s elect preferred all",
            "at 21s kill broker 2 for 15s",
            "at 55s elect preferred all",
        ],
    },
    Story {
        broken: Broken::DeposedLeaderLeadsOn,
        says: "A leader that learns of its successor leads on, in the successor's epoch.",
        caught_by: "one leader per epoch",
        cluster: THREE_BROKERS,
        happens: &["at 3s reassign orders-1 to 3,2,1", "at 6s elect preferred all", "duration=20s"],
    },
];

/// Of what clients are promised, and of clients.
const CLIENTS: [Story; 13] = [
    Story {
        broken: Broken::AckBeforeCommit,
        says: "acks=all is answered when the leader has written.",
        caught_by: "acks=all waits",
        cluster: THREE_BROKERS,
        happens: &["duration=10s"],
    },
    Story {
        broken: Broken::MinIsrIgnored,
        says: "acks=all is accepted by an ISR smaller than min.insync.replicas.",
        caught_by: "acks=all waits",
        cluster: THREE_BROKERS,
        happens: &["at 3s kill broker 2 for 15s", "at 3s kill broker 3 for 15s"],
    },
    Story {
        broken: Broken::SequenceGapAccepted,
        says: "An idempotent producer's batch is written although the one before it is missing.",
        caught_by: "idempotent order",
        cluster: UNCLEAN_READER,
        happens: &["client.app.rate=1", "at 3s kill broker 2 for 20s", "at 14s kill broker 1 for 20s"],
    },
    Story {
        broken: Broken::ProducersForgotten,
        says: "A new leader does not know the producers of the log that it copied: what is sent again is written again.",
        caught_by: "idempotent batches stand once",
        cluster: THREE_BROKERS,
        happens: &["at 3s pause broker 3 for 3s", "at 4s kill broker 2"],
    },
    Story {
        broken: Broken::UncommittedRecordsServed,
        says: "Consumers are given what is not committed.",
        caught_by: "consumers are given committed records",
        cluster: READER,
        happens: &["client.app.rate=50", "at 3s pause broker 3 for 3s"],
    },
    Story {
        broken: Broken::ParkedFetchNotWoken,
        says: "A consumer's fetch that waits sleeps through the record that it waits for.",
        caught_by: "parked fetches are woken",
        cluster: READER,
        happens: &[],
    },
    Story {
        broken: Broken::DeposedLeaderKeepsSilent,
        says: "What waits at a leader that is deposed is not answered.",
        caught_by: "deposed leaders answer",
        cluster: THREE_BROKERS,
        happens: &["at 2s reassign orders-1 to 3,2,1", "at 9s pause broker 1 for 4s", "at 10s elect preferred all", "duration=60s"],
    },
    Story {
        broken: Broken::ConnectionReadAhead,
        says: "The next request of a connection is taken before the one before is answered.",
        caught_by: "one request of a connection at a time",
        cluster: THREE_BROKERS,
        happens: &["client.app.rate=2000", "acks=1", "num.io.threads=1", "duration=10s"],
    },
    Story {
        broken: Broken::GroupCommitBeforeReplicated,
        says: "A group's commit is answered before it is replicated.",
        caught_by: "group commits are found again",
        cluster: GROUP,
        happens: &[
            "at 10s cut broker 2 from broker 1,broker 3 for 20s",
            "at 18s cut client one from brokers for 27s",
            "at 18s kill broker 2 for 20s",
        ],
    },
    Story {
        broken: Broken::PositionNotValidated,
        says: "A consumer reads on at a new leader whose log was cut off below its position (KIP-320).",
        caught_by: "consumers notice truncations",
        cluster: UNCLEAN_READER,
        happens: &["at 3s kill broker 2 for 31s", "at 29s cut client reader from brokers for 31s", "at 30s kill broker 1"],
    },
    Story {
        broken: Broken::OlderMetadataAccepted,
        says: "A client believes a broker whose view is older than what it knew already.",
        caught_by: "clients' metadata does not go back",
        cluster: THREE_BROKERS,
        happens: &[
            "acks=1",
            "client.app.metadata.max.age.ms=500",
            "client.app.rate=5",
            "at 3s cut broker 3 from controllers for 7s",
            "at 4s stop broker 2",
        ],
    },
    Story {
        broken: Broken::RefreshWithoutPause,
        says: "A client without a leader asks for metadata at the speed of the network.",
        caught_by: "clients pause between refreshes",
        cluster: LONE_REPLICAS,
        happens: &["at 3s kill broker 2 for 20s"],
    },
    Story {
        broken: Broken::RefreshLostForEver,
        says: "A refresh that failed is taken to be under way for ever.",
        caught_by: SERVED,
        cluster: THREE_BROKERS,
        happens: &[
            "client.app.profile=java-3.6",
            "client.app.metadata.max.age.ms=1000",
            "client.app.request.timeout.ms=3000",
            "client.app.delivery.timeout.ms=9000",
            "at 3s cut client app from brokers for 8s",
            "at 15s stop broker 2",
            "duration=50s",
        ],
    },
];

/// All stories.
pub fn all() -> impl Iterator<Item = &'static Story> {
    static STORIES: [&[Story]; 3] = [&CONTROLLER, &REPLICATION, &CLIENTS];
    STORIES.iter().copied().flatten()
}

/// The story of a variant.
pub fn of(broken: Broken) -> Option<&'static Story> {
    all().find(|story| story.broken == broken)
}
