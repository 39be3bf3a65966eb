//! The story of a run: which facts are worth a sentence, and how many of them there is room for.

use super::limits::{EVENTS_OF_A_KIND, EVENTS_OF_A_MOMENT};
use super::record::{Event, Micros, Topic};
use crate::observe::Fact;
use crate::observe::fact::GroupFact;
use std::collections::BTreeMap;

/// What a fact is about, if it is worth a sentence: what happens for every request or record is not.
pub fn topic(fact: &Fact) -> Option<Topic> {
    Some(match fact {
        Fact::FaultApplied { .. }
        | Fact::NetworkChanged { .. }
        | Fact::LinksCut { .. }
        | Fact::LinksHealed { .. }
        | Fact::Paused { .. }
        | Fact::Resumed { .. }
        | Fact::AdminDone { .. } => Topic::Fault,
        Fact::ControllerActive { .. } | Fact::ControllerResigned { .. } | Fact::CandidateRaised { .. } | Fact::Voted { .. } => {
            Topic::Controller
        }
        Fact::ProcessStarted { .. }
        | Fact::HeartbeatGivenUp { .. }
        | Fact::ProcessEnded { .. }
        | Fact::SessionExpired { .. }
        | Fact::RegistrationRefused { .. }
        | Fact::BrokerCommitted { .. }
        | Fact::BrokerStateChanged { .. } => Topic::Broker,
        Fact::PartitionCommitted { old_leader, leader, .. } if old_leader != leader => Topic::Move,
        Fact::LeaderRoleTaken { .. } => Topic::Role,
        Fact::PartitionCommitted { .. }
        | Fact::TopicCommitted { .. }
        | Fact::TopicRemoved { .. }
        | Fact::ReplicaDeleted { .. }
        | Fact::Truncated { .. }
        | Fact::UnflushedLost { .. }
        | Fact::IsrAnswered { .. }
        | Fact::ReplicaFetchError { .. } => Topic::Replication,
        Fact::BeliefChanged { .. } => Topic::Belief,
        Fact::Refreshed { .. } => Topic::Refresh,
        Fact::ConnectionLost { .. } | Fact::ConnectionReady { .. } | Fact::LinkLost { .. } => Topic::Connection,
        Fact::Group { what: GroupFact::Committed { .. }, .. } => return None,
        Fact::Group { .. } | Fact::PositionSet { .. } | Fact::ReplicaChosen { .. } => Topic::Group,
        Fact::ImageApplied { .. }
        | Fact::FollowerRoleTaken { .. }
        | Fact::HighWatermarkMoved { .. }
        | Fact::Appended { .. }
        | Fact::Replicated { .. }
        | Fact::IsrProposed { .. }
        | Fact::RequestServed { .. }
        | Fact::ConnectionOpening { .. }
        | Fact::RecordCreated { .. }
        | Fact::RecordRepeats { .. }
        | Fact::RecordRebatched { .. }
        | Fact::EntrySent { .. }
        | Fact::EntryTaken { .. }
        | Fact::EntryAnswered { .. }
        | Fact::EntryReturned { .. }
        | Fact::EntryUnreachable { .. }
        | Fact::RecordDone { .. }
        | Fact::Delivered { .. }
        | Fact::Processed { .. }
        | Fact::GroupAppended { .. } => return None,
    })
}

/// Events of one topic.
#[derive(Default)]
struct Shelf {
    events: Vec<Event>,
    /// Events of the last moment, those not told one by one too.
    moment: (Micros, usize),
    left_out: usize,
}

/// All that is told.
#[derive(Default)]
pub struct Story(BTreeMap<Topic, Shelf>);

impl Story {
    /// Tells an event, if there is room. Many of one topic at one moment are told as a number.
    pub fn tell(&mut self, at: Micros, topic: Topic, text: impl FnOnce() -> String) {
        let shelf = self.0.entry(topic).or_default();
        if shelf.moment.0 != at {
            shelf.moment = (at, 0);
        }
        shelf.moment.1 += 1;
        let more = shelf.moment.1.saturating_sub(EVENTS_OF_A_MOMENT);
        if more > 1
            && let Some(last) = shelf.events.last_mut().filter(|last| last.at == at)
        {
            last.text = format!("… and {more} more like these at this moment");
            return;
        }
        if shelf.events.len() >= EVENTS_OF_A_KIND {
            shelf.left_out += 1;
            return;
        }
        let text = if more > 0 { "… and 1 more like these at this moment".to_owned() } else { text() };
        shelf.events.push(Event { at, topic, text });
    }

    /// All events in the order of time, and a sentence for each topic that has more.
    pub fn finish(self, left_out: &mut Vec<String>) -> Vec<Event> {
        let mut all = Vec::new();
        for (topic, shelf) in self.0 {
            if shelf.left_out > 0 {
                let shown = shelf.events.len();
                left_out.push(format!(
                    "The story tells the first {shown} events about {}, and not {} later ones.",
                    words(topic),
                    shelf.left_out
                ));
            }
            all.extend(shelf.events);
        }
        all.sort_by_key(|event| event.at);
        all
    }
}

fn words(topic: Topic) -> &'static str {
    match topic {
        Topic::Fault => "faults",
        Topic::Controller => "controllers",
        Topic::Broker => "the lives of brokers and clients",
        Topic::Move => "leader moves",
        Topic::Role => "roles taken",
        Topic::Replication => "replication",
        Topic::Belief => "beliefs",
        Topic::Refresh => "metadata refreshes",
        Topic::Connection => "connections",
        Topic::Stale => "stale requests",
        Topic::Group => "consumer groups",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_events_the_first_are_told_and_the_others_are_counted() {
        let mut story = Story::default();
        for at in 0..EVENTS_OF_A_KIND as Micros + 5 {
            story.tell(at, Topic::Belief, || "a belief".to_owned());
        }
        story.tell(3, Topic::Fault, || "a fault".to_owned());
        let mut left_out = Vec::new();
        let events = story.finish(&mut left_out);
        assert_eq!(left_out, ["The story tells the first 800 events about beliefs, and not 5 later ones."]);
        assert!(events.is_sorted_by_key(|event| event.at));
        assert!(events.iter().any(|event| event.text == "a fault"), "no topic takes the room of another");
    }

    #[test]
    fn many_events_of_one_moment_are_told_as_a_number() {
        let mut story = Story::default();
        for _ in 0..3_000 {
            story.tell(7, Topic::Move, || "a move".to_owned());
        }
        story.tell(8, Topic::Move, || "a later move".to_owned());
        let mut left_out = Vec::new();
        let events = story.finish(&mut left_out);
        assert_eq!(events.len(), EVENTS_OF_A_MOMENT + 2);
        assert_eq!(events[EVENTS_OF_A_MOMENT].text, "… and 2994 more like these at this moment");
        assert!(left_out.is_empty());
    }
}
