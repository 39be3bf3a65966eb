//! The metrics, under Kafka's own names, and from which release a KRaft cluster has each.
//! Sources: `ReplicaManager`, `ControllerMetadataMetrics`, `QuorumControllerMetrics` of 3.6, 3.8, 3.9, 4.0, 4.1, 4.2 and 4.3.

use crate::kafka::Release;

/// Who shows a metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Each broker, from its own state; a dashboard adds them up.
    Brokers,
    /// Each controller, the same on all that have read the metadata log; a dashboard takes the greatest.
    Controllers,
    /// The monitoring itself.
    Monitoring,
    /// Nobody: it is counted in the committed metadata.
    Metadata,
}

/// On which side of what it is at rest a page waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alarm {
    /// More than at rest.
    Above,
    /// Less than at rest.
    Below,
    /// Anything else than at rest.
    Either,
}

impl Alarm {
    /// Whether a value calls for a page.
    pub const fn rings(self, value: u64, rest: u64) -> bool {
        match self {
            Alarm::Above => value > rest,
            Alarm::Below => value < rest,
            Alarm::Either => value != rest,
        }
    }

    /// As a rule is written.
    pub const fn sign(self) -> &'static str {
        match self {
            Alarm::Above => ">",
            Alarm::Below => "<",
            Alarm::Either => "!=",
        }
    }
}

/// One metric.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Metric {
    Up,
    UnderReplicatedPartitions,
    UnderMinIsrPartitionCount,
    AtMinIsrPartitionCount,
    LeaderCount,
    PartitionCount,
    ReassigningPartitions,
    IsrShrinksPerSec,
    IsrExpandsPerSec,
    FailedIsrUpdatesPerSec,
    ActiveControllerCount,
    NewActiveControllersCount,
    FencedBrokerCount,
    ActiveBrokerCount,
    ControlledShutdownBrokerCount,
    OfflinePartitionsCount,
    PreferredReplicaImbalanceCount,
    UncleanLeaderElectionsPerSec,
    LeaderEpochs,
}

impl Metric {
    /// All, in the order in which they are shown.
    pub const ALL: [Metric; 19] = [
        Metric::Up,
        Metric::UnderReplicatedPartitions,
        Metric::UnderMinIsrPartitionCount,
        Metric::AtMinIsrPartitionCount,
        Metric::LeaderCount,
        Metric::PartitionCount,
        Metric::ReassigningPartitions,
        Metric::IsrShrinksPerSec,
        Metric::IsrExpandsPerSec,
        Metric::FailedIsrUpdatesPerSec,
        Metric::ActiveControllerCount,
        Metric::NewActiveControllersCount,
        Metric::FencedBrokerCount,
        Metric::ActiveBrokerCount,
        Metric::ControlledShutdownBrokerCount,
        Metric::OfflinePartitionsCount,
        Metric::PreferredReplicaImbalanceCount,
        Metric::UncleanLeaderElectionsPerSec,
        Metric::LeaderEpochs,
    ];

    /// Kafka's name; `up` is that of Prometheus, and `leader epochs` has none.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::Up => "up",
            Metric::UnderReplicatedPartitions => "UnderReplicatedPartitions",
            Metric::UnderMinIsrPartitionCount => "UnderMinIsrPartitionCount",
            Metric::AtMinIsrPartitionCount => "AtMinIsrPartitionCount",
            Metric::LeaderCount => "LeaderCount",
            Metric::PartitionCount => "PartitionCount",
            Metric::ReassigningPartitions => "ReassigningPartitions",
            Metric::IsrShrinksPerSec => "IsrShrinksPerSec",
            Metric::IsrExpandsPerSec => "IsrExpandsPerSec",
            Metric::FailedIsrUpdatesPerSec => "FailedIsrUpdatesPerSec",
            Metric::ActiveControllerCount => "ActiveControllerCount",
            Metric::NewActiveControllersCount => "NewActiveControllersCount",
            Metric::FencedBrokerCount => "FencedBrokerCount",
            Metric::ActiveBrokerCount => "ActiveBrokerCount",
            Metric::ControlledShutdownBrokerCount => "ControlledShutdownBrokerCount",
            Metric::OfflinePartitionsCount => "OfflinePartitionsCount",
            Metric::PreferredReplicaImbalanceCount => "PreferredReplicaImbalanceCount",
            Metric::UncleanLeaderElectionsPerSec => "UncleanLeaderElectionsPerSec",
            Metric::LeaderEpochs => "leader epochs",
        }
    }

    /// The MBean without its name; none where there is none.
    pub fn bean(self) -> Option<&'static str> {
        if self == Metric::UncleanLeaderElectionsPerSec {
            return Some("kafka.controller:type=ControllerStats");
        }
        match self.source() {
            Source::Brokers => Some("kafka.server:type=ReplicaManager"),
            Source::Controllers => Some("kafka.controller:type=KafkaController"),
            Source::Monitoring | Source::Metadata => None,
        }
    }

    /// Who shows it.
    pub const fn source(self) -> Source {
        match self {
            Metric::Up => Source::Monitoring,
            Metric::LeaderEpochs => Source::Metadata,
            Metric::UnderReplicatedPartitions
            | Metric::UnderMinIsrPartitionCount
            | Metric::AtMinIsrPartitionCount
            | Metric::LeaderCount
            | Metric::PartitionCount
            | Metric::ReassigningPartitions
            | Metric::IsrShrinksPerSec
            | Metric::IsrExpandsPerSec
            | Metric::FailedIsrUpdatesPerSec => Source::Brokers,
            Metric::ActiveControllerCount
            | Metric::NewActiveControllersCount
            | Metric::FencedBrokerCount
            | Metric::ActiveBrokerCount
            | Metric::ControlledShutdownBrokerCount
            | Metric::OfflinePartitionsCount
            | Metric::PreferredReplicaImbalanceCount
            | Metric::UncleanLeaderElectionsPerSec => Source::Controllers,
        }
    }

    /// Whether it only ever counts up, so that what it shows is what came since counting began (`increase()` of its `Count`).
    pub const fn counts_up(self) -> bool {
        matches!(
            self,
            Metric::IsrShrinksPerSec
                | Metric::IsrExpandsPerSec
                | Metric::FailedIsrUpdatesPerSec
                | Metric::NewActiveControllersCount
                | Metric::UncleanLeaderElectionsPerSec
                | Metric::LeaderEpochs
        )
    }

    /// Which page is set on it. A sum over brokers also falls when one shows nothing, which is `up`'s to say, so most wait for more.
    pub const fn alarm(self) -> Alarm {
        match self {
            Metric::Up | Metric::ActiveBrokerCount => Alarm::Below,
            Metric::LeaderCount | Metric::PartitionCount | Metric::ActiveControllerCount => Alarm::Either,
            Metric::UnderReplicatedPartitions
            | Metric::UnderMinIsrPartitionCount
            | Metric::AtMinIsrPartitionCount
            | Metric::ReassigningPartitions
            | Metric::IsrShrinksPerSec
            | Metric::IsrExpandsPerSec
            | Metric::FailedIsrUpdatesPerSec
            | Metric::NewActiveControllersCount
            | Metric::FencedBrokerCount
            | Metric::ControlledShutdownBrokerCount
            | Metric::OfflinePartitionsCount
            | Metric::PreferredReplicaImbalanceCount
            | Metric::UncleanLeaderElectionsPerSec
            | Metric::LeaderEpochs => Alarm::Above,
        }
    }

    /// The first release of which a KRaft cluster has it. `UncleanLeaderElectionsPerSec` was lost with ZooKeeper's controller and came back
    /// (KAFKA-12670, 3.9); `ControlledShutdownBrokerCount` is of KIP-1131 (4.1).
    pub const fn since(self) -> Release {
        match self {
            Metric::UncleanLeaderElectionsPerSec => Release::V3_9,
            Metric::ControlledShutdownBrokerCount => Release::V4_1,
            Metric::Up
            | Metric::UnderReplicatedPartitions
            | Metric::UnderMinIsrPartitionCount
            | Metric::AtMinIsrPartitionCount
            | Metric::LeaderCount
            | Metric::PartitionCount
            | Metric::ReassigningPartitions
            | Metric::IsrShrinksPerSec
            | Metric::IsrExpandsPerSec
            | Metric::FailedIsrUpdatesPerSec
            | Metric::ActiveControllerCount
            | Metric::NewActiveControllersCount
            | Metric::FencedBrokerCount
            | Metric::ActiveBrokerCount
            | Metric::OfflinePartitionsCount
            | Metric::PreferredReplicaImbalanceCount
            | Metric::LeaderEpochs => Release::V3_6,
        }
    }

    /// Whether it is counted against `min.insync.replicas`.
    pub const fn needs_min_isr(self) -> bool {
        matches!(self, Metric::UnderMinIsrPartitionCount | Metric::AtMinIsrPartitionCount)
    }
}
