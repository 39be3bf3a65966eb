//! Every fact as a sentence, for people who watch a run.

use super::Fact;
use super::fact::{Api, BrokerState, Ending, GroupFact, Link, Position, Refresh, Told, Unreachable, Why};
use super::names::{Names, shown};
use crate::kafka::ErrorCode;
use crate::model::Spec;

/// What happened, in a sentence without a full stop. Foreign names in it are shown, never obeyed.
pub fn sentence(spec: &Spec, fact: &Fact) -> String {
    let n = Names(spec);
    match fact {
        Fact::TopicCommitted { topic } => format!("topic {} exists", n.topic(*topic)),
        Fact::TopicRemoved { topic, partitions } => format!("topic {} is gone with its {} partitions", n.topic(*topic), partitions.len()),
        Fact::PartitionCommitted { .. } => committed(n, fact),
        Fact::BrokerCommitted { broker, fenced, in_controlled_shutdown, .. } => {
            let how = match (fenced, in_controlled_shutdown) {
                (true, _) => "is fenced: it may lead nothing",
                (false, true) => "is in controlled shutdown: its partitions are led elsewhere",
                (false, false) => "is unfenced: it may lead",
            };
            format!("by committed metadata {} {how}", n.broker(*broker))
        }
        Fact::ControllerActive { voter, epoch } => format!("{} is the active controller, epoch {epoch}", n.voter(*voter)),
        Fact::ControllerResigned { voter, epoch } => format!("{} is no longer the active controller of epoch {epoch}", n.voter(*voter)),
        Fact::CandidateRaised { voter, epoch } => format!("{} stands for election in epoch {epoch}", n.voter(*voter)),
        Fact::Voted { voter, candidate, epoch } => format!("{} votes for {} in epoch {epoch}", n.voter(*voter), n.voter(*candidate)),
        Fact::SessionExpired { broker, .. } => format!("the session of {} runs out: the controller has not heard of it", n.broker(*broker)),
        Fact::RegistrationRefused { broker, error } => {
            format!("the registration of {} is refused: {}", n.broker(*broker), error.name())
        }
        Fact::AdminDone { what, error } if error.is_none() => format!("the operator's request is carried out: {what}"),
        Fact::AdminDone { what, error } => format!("the operator's request fails with {}: {what}", error.name()),
        Fact::ProcessStarted { node } => format!("{} starts", n.node(*node)),
        Fact::ProcessEnded { node, how } => format!("{} {}", n.node(*node), ended(*how)),
        Fact::Paused { node } => format!("{} is paused: its process is not scheduled", n.node(*node)),
        Fact::Resumed { node } => format!("{} goes on after its pause", n.node(*node)),
        Fact::NetworkChanged { text } | Fact::FaultApplied { text } => shown(text),
        Fact::LinksCut { cut, from, to, both_ways } => {
            let both = if *both_ways { " nor back" } else { "" };
            format!("cut {cut}: nothing passes from {} to {}{both}", n.nodes(from), n.nodes(to))
        }
        Fact::LinksHealed { cut } => format!("cut {cut} is healed"),
        Fact::BrokerStateChanged { broker, state } => format!("{} is {}", n.broker(*broker), in_state(*state)),
        Fact::ImageApplied { broker, offset } => format!("the metadata cache of {} stands at offset {offset}", n.broker(*broker)),
        Fact::LeaderRoleTaken { broker, partition, leader_epoch, .. } => {
            format!("{} leads {} from now on, epoch {leader_epoch}", n.broker(*broker), n.partition(*partition))
        }
        Fact::FollowerRoleTaken { broker, partition, leader: Some(leader), .. } => {
            format!("{} follows {} in {}", n.broker(*broker), n.broker(*leader), n.partition(*partition))
        }
        Fact::FollowerRoleTaken { broker, partition, leader: None, .. } => {
            format!("{} leads {} no longer, and nobody does", n.broker(*broker), n.partition(*partition))
        }
        Fact::ReplicaDeleted { broker, partition } => format!("{} hosts {} no longer", n.broker(*broker), n.partition(*partition)),
        Fact::HighWatermarkMoved { broker, partition, high_watermark, .. } => {
            format!("the high watermark of {} on {} is {high_watermark}", n.partition(*partition), n.broker(*broker))
        }
        Fact::Appended { broker, partition, base, end, client, .. } => {
            let records = end.0.saturating_sub(base.0);
            format!("{} appends {records} records of {} to {} at {base}", n.broker(*broker), n.client(*client), n.partition(*partition))
        }
        Fact::Replicated { broker, partition, end } => {
            format!("the log of {} on {} reaches to {end}", n.partition(*partition), n.broker(*broker))
        }
        Fact::Truncated { broker, partition, from, to } => {
            format!(
                "{} throws its log of {} away from {} on (it ended at {})",
                n.broker(*broker),
                n.partition(*partition),
                from.min(to),
                from.max(to)
            )
        }
        Fact::UnflushedLost { broker, partition, from, to } => {
            format!("{} has lost the unflushed end of {}: {} to {}", n.broker(*broker), n.partition(*partition), from.min(to), from.max(to))
        }
        Fact::IsrProposed { broker, partition, isr } => {
            format!("{} proposes the in-sync replicas {} for {}", n.broker(*broker), n.brokers(isr), n.partition(*partition))
        }
        Fact::IsrAnswered { broker, partition, error, shrink } => {
            let what = if *shrink { "fewer" } else { "more" };
            let how = if error.is_none() { "is accepted".to_owned() } else { format!("fails with {}", error.name()) };
            format!("the proposal of {} for {what} in-sync replicas of {} {how}", n.broker(*broker), n.partition(*partition))
        }
        Fact::ReplicaFetchError { follower, leader, partition, error } => {
            let (follower, leader) = (n.broker(*follower), n.broker(*leader));
            format!("{follower} fetches {} from {leader} and gets {}", n.partition(*partition), error.name())
        }
        Fact::LinkLost { broker, to, link, how, .. } => {
            format!("the {} connection of {} to {} {}", link_name(*link), n.broker(*broker), n.node(*to), came_to_nothing(*how))
        }
        Fact::HeartbeatGivenUp { broker, is_registered } => {
            let what = if *is_registered { "heartbeat" } else { "registration" };
            format!("a {what} of {} has waited too long and is given up", n.broker(*broker))
        }
        Fact::RequestServed { client, broker, api, .. } => {
            format!("{} serves a {} request of {}", n.broker(*broker), api_name(*api), n.client(*client))
        }
        Fact::ConnectionOpening { client, broker } => format!("{} begins to connect to {}", n.client(*client), n.broker(*broker)),
        Fact::ConnectionReady { client, broker } => format!("{} is connected to {}", n.client(*client), n.broker(*broker)),
        Fact::ConnectionLost { client, broker, how } => {
            format!("the connection of {} to {} {}", n.client(*client), n.broker(*broker), came_to_nothing(*how))
        }
        Fact::Refreshed { client, what } => refreshed(n, &n.client(*client), *what),
        Fact::BeliefChanged { client, partition, leader, leader_epoch, told } => {
            let (client, partition) = (n.client(*client), n.partition(*partition));
            let believes = leader.map_or_else(
                || format!("{client} knows no leader of {partition}"),
                |leader| format!("{client} believes that {} leads {partition} (epoch {leader_epoch})", n.broker(leader)),
            );
            format!("{believes}: {}", told_by(n, *told))
        }
        Fact::RecordCreated { client, record, partition } => {
            format!("the application hands record {record} for {} to {}", n.partition(*partition), n.client(*client))
        }
        Fact::RecordRepeats { client, record, message } => {
            format!("the application of {} hands over again, as record {record}, what record {message} said", n.client(*client))
        }
        Fact::RecordRebatched { client, record, .. } => format!("{} puts record {record} into another batch", n.client(*client)),
        Fact::EntrySent { client, broker, partition, batch, attempt, .. } => {
            let (client, broker, partition) = (n.client(*client), n.broker(*broker), n.partition(*partition));
            format!("{client} sends a {} for {partition} to {broker}{}", errand(batch.is_some()), if *attempt > 0 { " again" } else { "" })
        }
        Fact::EntryTaken { client, broker, partition, .. } => {
            format!("{} takes the request of {} for {}", n.broker(*broker), n.client(*client), n.partition(*partition))
        }
        Fact::EntryAnswered { client, broker, partition, error, .. } => {
            format!("{} answers {} for {}: {}", n.broker(*broker), n.client(*client), n.partition(*partition), answer(*error))
        }
        Fact::EntryReturned { client, partition, error, .. } => {
            format!("{} has the answer for {}: {}", n.client(*client), n.partition(*partition), answer(*error))
        }
        Fact::EntryUnreachable { client, broker, partition, how, .. } => {
            format!(
                "the request of {} to {} for {} {}",
                n.client(*client),
                n.broker(*broker),
                n.partition(*partition),
                came_to_nothing(*how)
            )
        }
        Fact::RecordDone { client, record, partition, error, .. } => {
            let how = if error.is_none() { "is acknowledged".to_owned() } else { format!("failed with {}", error.name()) };
            format!("record {record} of {} for {} {how}", n.client(*client), n.partition(*partition))
        }
        Fact::Delivered { client, partition, base, end, .. } => {
            let records = end.0.saturating_sub(base.0);
            format!("{} gives {records} records of {} to its application, from {base} on", n.client(*client), n.partition(*partition))
        }
        Fact::Processed { client, partition, end } => {
            format!("the application of {} is done with {} below {end}", n.client(*client), n.partition(*partition))
        }
        Fact::PositionSet { client, partition, to, why, .. } => {
            format!("{} reads {} from {to} on: {}", n.client(*client), n.partition(*partition), position(*why))
        }
        Fact::Group { group, what } => of_group(n, &n.group(*group), *what),
        Fact::ReplicaChosen { client, partition, replica: Some(replica) } => {
            format!("{} reads {} from {}, as the leader said", n.client(*client), n.partition(*partition), n.broker(*replica))
        }
        Fact::ReplicaChosen { client, partition, replica: None } => {
            format!("{} reads {} from its leader again", n.client(*client), n.partition(*partition))
        }
        Fact::GroupAppended { broker, partition, end, .. } => {
            format!("{} appends to {} for its groups, up to {end}", n.broker(*broker), n.partition(*partition))
        }
    }
}

/// A committed registration: a move, or another ISR.
fn committed(n: Names<'_>, fact: &Fact) -> String {
    let Fact::PartitionCommitted { partition, old_leader, leader, leader_epoch, isr, unclean, why, .. } = fact else {
        return String::new();
    };
    let (name, why) = (n.partition(*partition), why_name(*why));
    if old_leader == leader {
        return format!("committed: the in-sync replicas of {name} are {} ({why})", n.brokers(isr));
    }
    let outside = if *unclean { ", from outside the in-sync replicas" } else { "" };
    match (old_leader, leader) {
        (Some(old), Some(new)) => {
            format!("committed: {name} moves from {} to {}{outside}, epoch {leader_epoch} ({why})", n.broker(*old), n.broker(*new))
        }
        (Some(old), None) => format!("committed: {name} loses its leader {}, epoch {leader_epoch} ({why})", n.broker(*old)),
        (None, _) => format!("committed: {} leads {name}{outside}, epoch {leader_epoch} ({why})", n.leader(*leader)),
    }
}

/// What became of a client's wish for metadata.
pub fn refreshed(n: Names<'_>, client: &str, what: Refresh) -> String {
    match what {
        Refresh::Wanted => format!("{client} wants fresh metadata"),
        Refresh::Sent(broker) => format!("{client} asks {} for metadata", n.broker(broker)),
        Refresh::Answered(broker, offset) => {
            format!("{client} has metadata from {}, whose cache stood at offset {offset}", n.broker(broker))
        }
        Refresh::Failed => format!("the metadata request of {client} fails"),
        Refresh::Swallowed => format!("the wish of {client} for fresh metadata is erased by an older answer"),
    }
}

/// Who told a client what it believes.
pub fn told_by(n: Names<'_>, told: Told) -> String {
    match told {
        Told::Metadata(broker, offset) => format!("told by metadata of {}, whose cache stood at offset {offset}", n.broker(broker)),
        Told::Hint(broker) => format!("told by the leader hint in an error of {}", n.broker(broker)),
        Told::Forgot => "it forgot what it knew".to_owned(),
    }
}

/// Why the controller changed a partition.
pub fn why_name(why: Why) -> &'static str {
    match why {
        Why::Created => "created",
        Why::Fenced => "its broker was fenced",
        Why::Unfenced => "its broker came back",
        Why::ControlledShutdown => "controlled shutdown",
        Why::UncleanRestart => "unclean restart",
        Why::PreferredElection => "preferred election",
        Why::AutoRebalance => "automatic rebalance",
        Why::UncleanElection => "unclean election",
        Why::Reassignment => "reassignment",
        Why::AlterPartition => "proposed by the leader",
        Why::ElrCleared => "min.insync.replicas changed",
    }
}

fn ended(how: Ending) -> &'static str {
    match how {
        Ending::Stopped => "has stopped",
        Ending::Killed => "is killed",
        Ending::PoweredOff => "loses power",
        Ending::GaveUp => "gives up and ends",
    }
}

/// A state of a broker, in words.
pub fn in_state(state: BrokerState) -> &'static str {
    match state {
        BrokerState::NotRunning => "not running",
        BrokerState::Starting => "starting",
        BrokerState::Recovery => "recovering its logs",
        BrokerState::Running => "running",
        BrokerState::PendingControlledShutdown => "waiting for its partitions to be led elsewhere",
        BrokerState::ShuttingDown => "shutting down",
    }
}

/// How a request or a connection came to nothing.
pub fn came_to_nothing(how: Unreachable) -> &'static str {
    match how {
        Unreachable::Refused => "is refused: nobody listens",
        Unreachable::Reset => "is reset",
        Unreachable::TimedOut => "times out",
    }
}

fn answer(error: ErrorCode) -> &'static str {
    if error.is_none() { "no error" } else { error.name() }
}

/// What a request is.
pub fn errand(produce: bool) -> &'static str {
    if produce { "produce request" } else { "fetch" }
}

fn link_name(link: Link) -> &'static str {
    match link {
        Link::Fetcher(_) => "fetcher",
        Link::Heartbeat => "heartbeat",
        Link::AlterPartition => "AlterPartition",
        Link::Raft => "metadata",
    }
}

fn api_name(api: Api) -> &'static str {
    match api {
        Api::ApiVersions => "ApiVersions",
        Api::Metadata => "metadata",
        Api::InitProducerId => "InitProducerId",
        Api::Produce => "produce",
        Api::Fetch => "fetch",
        Api::ListOffsets => "ListOffsets",
        Api::OffsetsForLeaderEpoch => "OffsetsForLeaderEpoch",
        Api::Group => "group",
    }
}

fn position(why: Position) -> &'static str {
    match why {
        Position::Begun => "it begins there",
        Position::Committed => "its group had committed that",
        Position::Reset => "the position before was out of range, or there was none",
        Position::Truncated => "the log was truncated below the position before",
    }
}

fn of_group(n: Names<'_>, group: &str, what: GroupFact) -> String {
    match what {
        GroupFact::CoordinatorKnown { client, broker } => {
            format!("{} learns that {} coordinates {group}", n.client(client), n.leader(broker))
        }
        GroupFact::CoordinatorLoaded { broker } => format!("{} has loaded {group} and coordinates it", n.broker(broker)),
        GroupFact::RebalanceBegan { generation } => format!("{group} begins a rebalance, which ends generation {generation}"),
        GroupFact::Assigned { client, generation, partitions } => {
            format!("{} is assigned {partitions} partitions in generation {generation} of {group}", n.client(client))
        }
        GroupFact::Revoked { client, partitions } => format!("{} gives up {partitions} partitions of {group}", n.client(client)),
        GroupFact::Left { client } => format!("{} leaves {group}", n.client(client)),
        GroupFact::SessionExpired { client } => format!("the session of {} in {group} runs out", n.client(client)),
        GroupFact::Committed { client, partition, offset } => {
            format!("{} commits {offset} of {} for {group}", n.client(client), n.partition(partition))
        }
        GroupFact::CommitRefused { client, partition, error } => {
            format!("the commit of {} for {} is refused: {}", n.client(client), n.partition(partition), error.name())
        }
    }
}
