//! What one fact had to wait for until the next could happen: the kinds of edges of the causal graph, and what governs each.

/// Why time passed between a fact and the fact that it made possible.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Wait {
    /// The controller had not missed the broker's heartbeats for long enough.
    Session,
    /// The controller had other events to handle first.
    ControllerQueue,
    /// A metadata record was written, replicated and committed.
    RaftCommit,
    /// Nobody was the active controller.
    QuorumElection,
    /// A broker fetched the metadata log and built its image of it.
    Propagate,
    /// A broker took the roles that its image asked of it.
    RoleChange,
    /// A process started, registered, loaded its logs and caught up.
    BrokerStart,
    /// A broker went through its shutdown.
    Shutdown,
    /// A broker that shuts down waited until all others had told in heartbeats that they know who leads instead.
    ControlledShutdown,
    /// A broker was refused its registration while the session of its last life ran.
    Registration,
    /// A process was down.
    DownTime,
    /// A process was paused.
    Pause,
    /// A link was cut.
    Cut,
    /// TCP waited before it sent lost segments again.
    Retransmit,
    /// The controller's timer for preferred leaders.
    RebalanceTimer,
    /// The controller's timer for unclean elections.
    UncleanTimer,
    /// An operator, or the scenario in the place of one.
    Operator,
    /// The leader had not yet missed a follower for long enough to take it out of the ISR.
    ReplicaLag,
    /// A follower had to come back and catch up before it could join the ISR.
    CatchUp,
    /// The leader's change of the ISR was on its way to the controller and back.
    IsrChange,
    /// The way over the network, and the network threads.
    Network,
    /// A broker worked on a request.
    Handler,
    /// The broker takes one request of a connection at a time, and an earlier one had no answer yet.
    Muted,
    /// A connection was being set up.
    ConnectionSetup,
    /// A connection attempt was given up after its time-out.
    SetupTimeout,
    /// The client paused before it connected again.
    ReconnectBackoff,
    /// The client paused before it sent a failed request again.
    RetryBackoff,
    /// The client paused before it asked for metadata again.
    RefreshBackoff,
    /// The client had no reason to ask for metadata before they had grown old.
    MetadataAge,
    /// A metadata request was on its way and being answered.
    MetadataRequest,
    /// The client waited for an answer that never came.
    RequestTimeout,
    /// The client let a batch collect records.
    Linger,
    /// The client had as many requests on their way as it may have.
    InFlight,
    /// The client went about its loop.
    ClientLoop,
    /// The client did not connect for longer than it would pause: nothing woke it.
    Asleep,
    /// The application had no record to send.
    NoRecord,
    /// Nobody wrote what the consumer could have read.
    NothingToRead,
    /// A follower had yet to copy the record.
    Replication,
    /// A follower's fetch was parked at another leader, or under way, when the partition came to it.
    FetcherWait,
    /// A follower left the partition out of its fetches after an error.
    FetchBackoff,
    /// A consumer group had to assign its partitions anew.
    GroupRebalance,
    /// A consumer's fetch was parked, or on its way.
    FetchLoop,
    /// A consumer's application was at work on what it had been given.
    Processing,
    /// Something else happened first, and the facts do not tell what the client waited for until then.
    LaterEvent,
    /// The facts do not tell.
    Untold,
}

/// Whose setting a key is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The active controller's.
    Controller,
    /// The brokers'.
    Broker,
    /// The client's; the key is the Java client's or librdkafka's, others have their own name for it.
    Client,
    /// A cost of the scenario.
    Cost,
    /// The scenario's faults: how long something lasts.
    Faults,
    /// What the application does.
    Workload,
}

/// What governs a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Governor {
    /// Whose it is.
    pub owner: Owner,
    /// Its key, or words for it.
    pub key: &'static str,
}

const fn of(owner: Owner, key: &'static str) -> Governor {
    Governor { owner, key }
}

impl Wait {
    /// In a few words: what the time went by with.
    pub const fn words(self) -> &'static str {
        match self {
            Wait::Session => "the controller waits for heartbeats until the session runs out",
            Wait::ControllerQueue => "the controller's event queue",
            Wait::RaftCommit => "the metadata record is written, replicated and committed",
            Wait::QuorumElection => "the controllers elect a leader of their quorum",
            Wait::Propagate => "a broker fetches and applies the metadata",
            Wait::RoleChange => "a broker changes its roles",
            Wait::BrokerStart => "a broker starts, registers and loads its logs",
            Wait::Shutdown => "a broker shuts down",
            Wait::ControlledShutdown => "all brokers tell in heartbeats that they know who leads instead",
            Wait::Registration => "a broker tries again to register",
            Wait::DownTime => "a process is down",
            Wait::Pause => "a process is paused",
            Wait::Cut => "a network link is cut",
            Wait::Retransmit => "TCP waits before it sends again what was lost",
            Wait::RebalanceTimer => "the controller's timer for preferred leaders",
            Wait::UncleanTimer => "the controller's timer for unclean elections",
            Wait::Operator => "the next action of an operator",
            Wait::ReplicaLag => "the leader waits for a follower before it takes it out of the ISR",
            Wait::CatchUp => "a follower catches up and joins the ISR",
            Wait::IsrChange => "the controller decides on the new ISR",
            Wait::Network => "the network",
            Wait::Handler => "a broker handles the request",
            Wait::Muted => "the broker takes one request of a connection at a time",
            Wait::ConnectionSetup => "a connection is set up",
            Wait::SetupTimeout => "the client waits for a connection that does not come about",
            Wait::ReconnectBackoff => "the client pauses before it connects again",
            Wait::RetryBackoff => "the client pauses before it sends again",
            Wait::RefreshBackoff => "the client pauses before it asks for metadata again",
            Wait::MetadataAge => "the client has no reason to ask for metadata until they are old",
            Wait::MetadataRequest => "a metadata request is under way",
            Wait::RequestTimeout => "the client waits for an answer that does not come",
            Wait::Linger => "the client lets a batch collect records",
            Wait::InFlight => "the client has as many requests under way as it may have",
            Wait::ClientLoop => "the client's own work",
            Wait::Asleep => "the client does not connect, and no pause of its own is that long",
            Wait::NothingToRead => "no record comes that the consumer could read",
            Wait::NoRecord => "the application has no record for this partition",
            Wait::Replication => "a follower copies the record",
            Wait::FetcherWait => "a follower's fetch is under way without the partition",
            Wait::FetchBackoff => "a follower leaves the partition out after an error",
            Wait::GroupRebalance => "the consumer group assigns its partitions anew",
            Wait::FetchLoop => "the consumer's fetch before this one",
            Wait::Processing => "the consumer's application works on what it was given",
            Wait::LaterEvent => "until the next event that mattered",
            Wait::Untold => "something of which no fact tells",
        }
    }

    /// What governs its length, the most likely first.
    pub const fn governors(self) -> &'static [Governor] {
        const SESSION: &[Governor] = &[of(Owner::Controller, "broker.session.timeout.ms")];
        const QUEUE: &[Governor] = &[of(Owner::Cost, "controller_event")];
        const COMMIT: &[Governor] = &[of(Owner::Controller, "controller.quorum.append.linger.ms"), of(Owner::Cost, "raft_flush")];
        const ELECTION: &[Governor] =
            &[of(Owner::Controller, "controller.quorum.fetch.timeout.ms"), of(Owner::Controller, "controller.quorum.election.timeout.ms")];
        // A broker learns what is committed with the next record of the metadata log, and on a quiet cluster that is a no-op record.
        const PROPAGATE: &[Governor] = &[of(Owner::Controller, "metadata.max.idle.interval.ms"), of(Owner::Cost, "metadata_apply")];
        const ROLES: &[Governor] = &[
            of(Owner::Cost, "first_leader_role"),
            of(Owner::Cost, "next_leader_role"),
            of(Owner::Cost, "first_follower_role"),
            of(Owner::Cost, "next_follower_role"),
        ];
        const START: &[Governor] = &[
            of(Owner::Cost, "start"),
            of(Owner::Cost, "unclean_recovery"),
            of(Owner::Cost, "clean_recovery"),
            of(Owner::Cost, "cold"),
            of(Owner::Cost, "listen"),
        ];
        const HEARTBEAT: &[Governor] = &[of(Owner::Broker, "broker.heartbeat.interval.ms")];
        const STOP: &[Governor] = &[of(Owner::Cost, "stop")];
        const FAULTS: &[Governor] = &[of(Owner::Faults, "how long the fault lasts")];
        const REBALANCE: &[Governor] = &[of(Owner::Controller, "leader.imbalance.check.interval.seconds")];
        const UNCLEAN: &[Governor] = &[of(Owner::Controller, "unclean.leader.election.interval.ms")];
        const LAG: &[Governor] = &[of(Owner::Broker, "replica.lag.time.max.ms")];
        const SETUP: &[Governor] =
            &[of(Owner::Client, "socket.connection.setup.timeout.ms"), of(Owner::Client, "socket.connection.setup.timeout.max.ms")];
        const RECONNECT: &[Governor] = &[of(Owner::Client, "reconnect.backoff.max.ms"), of(Owner::Client, "reconnect.backoff.ms")];
        const RETRY: &[Governor] = &[
            of(Owner::Client, "fetch.error.backoff.ms"),
            of(Owner::Client, "retry.backoff.ms"),
            of(Owner::Client, "retry.backoff.max.ms"),
        ];
        const REFRESH: &[Governor] = &[
            of(Owner::Client, "topic.metadata.refresh.fast.interval.ms"),
            of(Owner::Client, "retry.backoff.ms"),
            of(Owner::Client, "retry.backoff.max.ms"),
        ];
        const AGE: &[Governor] = &[of(Owner::Client, "metadata.max.age.ms")];
        const REQUEST: &[Governor] = &[of(Owner::Client, "request.timeout.ms")];
        const LINGER: &[Governor] = &[of(Owner::Client, "linger.ms")];
        const IN_FLIGHT: &[Governor] = &[of(Owner::Client, "max.in.flight.requests.per.connection")];
        const RECORD: &[Governor] = &[of(Owner::Workload, "rate")];
        const COPY: &[Governor] = &[of(Owner::Broker, "replica.fetch.wait.max.ms"), of(Owner::Broker, "replica.fetch.backoff.ms")];
        const BACKOFF: &[Governor] = &[of(Owner::Broker, "replica.fetch.backoff.ms")];
        const HANDLER: &[Governor] = &[of(Owner::Cost, "produce"), of(Owner::Cost, "request_queue")];
        const METADATA: &[Governor] = &[of(Owner::Cost, "metadata"), of(Owner::Cost, "request_queue")];
        const PROCESSING: &[Governor] = &[of(Owner::Workload, "processing")];
        const FETCH: &[Governor] = &[of(Owner::Client, "fetch.max.wait.ms")];
        match self {
            Wait::Session => SESSION,
            Wait::ControllerQueue => QUEUE,
            Wait::RaftCommit => COMMIT,
            Wait::QuorumElection => ELECTION,
            Wait::Propagate => PROPAGATE,
            Wait::RoleChange => ROLES,
            Wait::BrokerStart => START,
            Wait::Shutdown => STOP,
            Wait::ControlledShutdown => HEARTBEAT,
            Wait::DownTime | Wait::Pause | Wait::Cut | Wait::Retransmit => FAULTS,
            Wait::RebalanceTimer => REBALANCE,
            Wait::UncleanTimer => UNCLEAN,
            Wait::ReplicaLag => LAG,
            Wait::SetupTimeout => SETUP,
            Wait::ReconnectBackoff => RECONNECT,
            Wait::RetryBackoff => RETRY,
            Wait::RefreshBackoff => REFRESH,
            Wait::MetadataAge => AGE,
            Wait::RequestTimeout => REQUEST,
            Wait::Linger => LINGER,
            Wait::InFlight => IN_FLIGHT,
            Wait::NoRecord => RECORD,
            Wait::Replication | Wait::FetcherWait | Wait::CatchUp => COPY,
            Wait::FetchBackoff => BACKOFF,
            Wait::Handler => HANDLER,
            Wait::MetadataRequest => METADATA,
            Wait::FetchLoop | Wait::Muted => FETCH,
            Wait::Processing => PROCESSING,
            Wait::Operator
            | Wait::Registration
            | Wait::IsrChange
            | Wait::Network
            | Wait::ConnectionSetup
            | Wait::ClientLoop
            | Wait::Asleep
            | Wait::NothingToRead
            | Wait::GroupRebalance
            | Wait::LaterEvent
            | Wait::Untold => &[],
        }
    }
}
