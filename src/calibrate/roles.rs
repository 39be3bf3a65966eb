//! Role changes of brokers, from state-change logs: how long they take, and how long after their commit they begin.

use super::clock::Moment;
use super::commits::Commits;
use super::key::Key;
use super::lives::Lives;
use super::machines::Machines;
use crate::engine::Duration;
use crate::kafka::text::state_change::{Replica, StateChange, What};
use std::collections::BTreeMap;

/// A role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Leader,
    Follower,
}

impl Role {
    fn key(self, first: bool) -> Key {
        match (self, first) {
            (Role::Leader, true) => Key::FirstLeaderRole,
            (Role::Leader, false) => Key::NextLeaderRole,
            (Role::Follower, true) => Key::FirstFollowerRole,
            (Role::Follower, false) => Key::NextFollowerRole,
        }
    }
}

/// A batch of roles that a broker is taking.
struct Batch {
    role: Role,
    begun: Moment,
    /// The last role of a new leader epoch.
    last: Option<Moment>,
    /// The broker had something else to do until then.
    busy_until: Option<Moment>,
    /// It is the first of its process.
    first_of_life: bool,
}

/// What is known of a broker.
#[derive(Default)]
struct Broker {
    batch: Option<Batch>,
    /// The partition that was made new last.
    new: Option<(String, u32)>,
    /// The last line about it.
    last: Option<Moment>,
    /// The commit of the last batch that was held against one.
    commit: Option<Moment>,
}

/// What role changes are held against, and where their times go.
pub struct Against<'a> {
    /// Which batches are the first of a process.
    pub lives: &'a mut Lives,
    /// When the changes were committed.
    pub commits: &'a mut Commits,
    /// The samples.
    pub machines: &'a mut Machines,
    /// For so long the raft leader lets a batch collect, in milliseconds.
    pub linger_ms: i64,
}

/// See the module.
#[derive(Default)]
pub struct Roles {
    brokers: BTreeMap<u32, Broker>,
    /// First roles of fresh processes: whose, which, how long.
    fresh: Vec<(u32, Role, Duration)>,
    /// Roles of partitions that a running broker did not host before: what they cost is creating a log.
    pub created: u64,
    /// Batches that had to wait for the one before, a wait that the model makes itself.
    pub waited: u64,
}

impl Roles {
    /// Adds a line.
    pub fn add(&mut self, at: Moment, change: &StateChange<'_>, against: &mut Against<'_>) {
        let id = change.broker;
        if let What::New(Replica { topic, topic_id: Some(topic_id), .. }) | What::Leads(Replica { topic, topic_id: Some(topic_id), .. }) =
            change.what
        {
            against.commits.name(topic, topic_id);
        }
        match change.what {
            What::Leaders => self.begin(id, at, Role::Leader, against.lives),
            What::Followers => self.begin(id, at, Role::Follower, against.lives),
            What::New(replica) => self.broker(id).new = Some((replica.topic.to_owned(), replica.partition)),
            What::Leads(replica) => self.role(id, at, Role::Leader, (replica, Some(id)), against),
            What::Follows(replica, leader) => self.role(id, at, Role::Follower, (replica, leader), against),
            What::Other => {}
        }
        self.broker(id).last = Some(at);
    }

    /// The first roles of fresh processes, less what such a role takes in a running broker.
    pub fn measure_cold(&self, machines: &mut Machines) {
        for (id, role, time) in &self.fresh {
            if let Some(warm) = machines.all.get(&role.key(true)) {
                let more = time.saturating_sub(warm.percentile(50.0));
                machines.add(Some(*id), Key::Cold, more);
            }
        }
    }

    fn broker(&mut self, id: u32) -> &mut Broker {
        self.brokers.entry(id).or_default()
    }

    fn begin(&mut self, id: u32, at: Moment, role: Role, lives: &mut Lives) {
        let first_of_life = lives.batch(id, at);
        let broker = self.broker(id);
        broker.batch = Some(Batch { role, begun: at, last: None, busy_until: broker.last, first_of_life });
        broker.new = None;
    }

    fn role(&mut self, id: u32, at: Moment, role: Role, (replica, leader): (Replica<'_>, Option<u32>), against: &mut Against<'_>) {
        let broker = self.brokers.entry(id).or_default();
        let is_new = broker.new.take().is_some_and(|(topic, partition)| topic == replica.topic && partition == replica.partition);
        // The log may begin within a batch: then nobody knows when that began.
        let Some(batch) = broker.batch.as_mut().filter(|batch| batch.role == role) else { return };
        let first = batch.last.is_none();
        let took = Duration::from_millis(u64::try_from(at - batch.last.unwrap_or(batch.begun)).unwrap_or(0));
        batch.last = Some(at);
        if batch.first_of_life {
            if first {
                self.fresh.push((id, role, took));
            }
            return;
        }
        if is_new {
            self.created += 1;
            return;
        }
        against.machines.add(Some(id), role.key(first), took);
        if !first {
            return;
        }
        let (begun, busy_until) = (batch.begun, batch.busy_until);
        let Some(commit) = against.commits.behind(replica.topic, replica.partition, leader, begun) else { return };
        // Leaders and followers of one commit: the first of the two began when the metadata was applied.
        if broker.commit.replace(commit) == Some(commit) {
            return;
        }
        if busy_until.is_some_and(|until| until > commit + against.linger_ms) {
            self.waited += 1;
            return;
        }
        against.machines.add_ms(Some(id), Key::MetadataApply, begun - commit - against.linger_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::text::metadata_dump::DumpLine;

    #[test]
    fn a_batch_that_waited_for_the_one_before_tells_nothing_of_propagation() {
        let (mut lives, mut commits, mut machines) = (Lives::default(), Commits::default(), Machines::default());
        for (at, partition) in [(1_000, 0), (1_050, 1)] {
            commits.add(DumpLine::Batch(at));
            commits.add(DumpLine::Leader { topic_id: "abc".to_owned(), partition, leader: Some(7) });
        }
        let mut roles = Roles::default();
        let leads = |partition| What::Leads(Replica { topic: "t", topic_id: Some("abc"), partition });
        // The first batch takes until 1300; the second, committed at 1050, cannot begin before.
        for (at, what) in [(1_040, What::Leaders), (1_300, leads(0)), (1_310, What::Leaders), (1_330, leads(1))] {
            let mut against = Against { lives: &mut lives, commits: &mut commits, machines: &mut machines, linger_ms: 25 };
            roles.add(at, &StateChange { broker: 7, what }, &mut against);
        }
        assert_eq!(roles.waited, 1);
        let found = |key: Key| machines.all.get(&key).map(|samples| (samples.count(), samples.percentile(100.0).as_millis()));
        assert_eq!(found(Key::MetadataApply), Some((1, 15)), "40 ms less the linger");
        assert_eq!(found(Key::FirstLeaderRole), Some((2, 260)));
    }
}
