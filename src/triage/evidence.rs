//! What the files say, kept so that it fits into memory however large they are: few things one by one, frequent ones as spells.

use super::clock::Clock;
use super::clue::{Loss, Partition, Party, Refusal, Sign, State, Step, Target, What};
use super::line::Family;
use super::spells::Spells;
use std::collections::{BTreeMap, BTreeSet};

/// Most events of one kind that are kept one by one.
const MOST_EVENTS: usize = 50_000;
/// Most partition states, over all partitions.
const MOST_STATES: usize = 1_000_000;
/// Most things of one kind of which spells are kept.
const MOST_TRACKS: usize = 4_000;
/// Most characters of a line that are kept.
const MOST_SHOWN: usize = 160;

/// Where a line stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Place {
    /// Which file, by its place in [`Evidence::files`].
    pub file: usize,
    /// Its line, from 1.
    pub line: u64,
    /// What stands there, cut to a bearable length.
    pub text: String,
}

/// The beginning of a line, for an answer.
pub fn excerpt(line: &str) -> String {
    let mut text: String = line.trim().chars().take(MOST_SHOWN).collect();
    if line.trim().chars().nth(MOST_SHOWN).is_some() {
        text.push('…');
    }
    text
}

/// Something that happened once.
#[derive(Clone, PartialEq, Debug)]
pub struct Noted<T> {
    /// When.
    pub at: i64,
    /// What.
    pub what: T,
    /// The line that says so.
    pub place: Place,
}

/// A file and what was made of it.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Its name, as it was given.
    pub name: String,
    /// What it holds, by its lines.
    pub families: BTreeMap<Family, u64>,
    /// Lines that are not blank.
    pub lines: u64,
    /// Those that were understood.
    pub understood: u64,
    /// Lines that were beyond the limits of `--since` and `--until`.
    pub outside: u64,
    /// The first line that was not understood.
    pub first_foreign: Option<(u64, String)>,
    /// The nodes whose log it is.
    pub owners: BTreeSet<u32>,
    /// First and last moment.
    pub span: Option<(i64, i64)>,
    /// Its clock.
    pub clock: Clock,
    /// What else is to be said of it.
    pub notes: Vec<String>,
    /// It is a log, and no dump.
    pub is_log: bool,
}

impl File {
    /// The node whose log it is, if it is of one alone.
    pub fn owner(&self) -> Option<u32> {
        let mut owners = self.owners.iter().copied();
        owners.next().filter(|_| owners.next().is_none())
    }
}

/// A leader's term.
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    /// Who leads, if anybody.
    pub leader: Option<u32>,
    /// Who led before, where a line tells.
    pub previous: Option<u32>,
    /// When it was seen first.
    pub at: i64,
    /// The line.
    pub place: Place,
}

/// In-sync replicas at a partition epoch.
#[derive(Clone, PartialEq, Debug)]
pub struct InSync {
    /// Which.
    pub isr: Vec<u32>,
    /// When it was seen first.
    pub at: i64,
    /// The line.
    pub place: Place,
}

/// Who leads the quorum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Controlled {
    /// This node, in this epoch.
    Active(Option<u32>, u64),
    /// Nobody, or it is contested.
    Trouble,
}

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The files in the order in which they were read.
    pub files: Vec<File>,
    /// Steps in the lives of brokers.
    pub lives: Vec<Noted<(Option<u32>, Step)>>,
    /// The same as the metadata log has it, for when no active controller's own words are there.
    pub replayed: Vec<Noted<(Option<u32>, Step)>>,
    /// Who led the quorum.
    pub controllers: Vec<Noted<Controlled>>,
    /// Elections of preferred leaders: how many partitions.
    pub preferred: Vec<Noted<u64>>,
    /// Unclean elections.
    pub unclean: Vec<Noted<Option<Partition>>>,
    /// Reassignments, of a partition or not known of which.
    pub reassignments: Vec<Noted<Option<Partition>>>,
    /// Leaders by partition and leader epoch.
    pub terms: BTreeMap<Partition, BTreeMap<u32, Term>>,
    /// In-sync replicas by partition and partition epoch.
    pub in_sync: BTreeMap<Partition, BTreeMap<u32, InSync>>,
    /// The replicas of partitions, preferred leader first, as logs tell them.
    pub replicas: BTreeMap<Partition, Vec<u32>>,
    /// Ids of topics, as logs tell them.
    pub topic_ids: BTreeMap<String, BTreeSet<String>>,
    /// What clients were told, of which partition.
    pub refusals: BTreeMap<(Refusal, Option<Partition>), Spells>,
    /// Connections that were lost: whose, in which file, to whom, how.
    pub links: BTreeMap<(Party, usize, Target, Loss), Spells>,
    /// Replicas that leaders took out of the ISR because they lagged.
    pub shrinks: BTreeMap<u32, Spells>,
    /// Leaders that took all others out of an ISR at once.
    pub alone: Spells,
    /// Changes of the ISR that the controller refused.
    pub isr_refusals: Spells,
    /// Heartbeats that did not reach the controller.
    pub heartbeats: BTreeMap<Option<u32>, Spells>,
    /// Signs of too much work.
    pub signs: BTreeMap<Sign, Spells>,
    /// Which node is at which address.
    pub addresses: BTreeMap<String, u32>,
    /// First and last moment of all logs.
    pub span: Option<(i64, i64)>,
    /// Things that were too many to keep.
    pub left_out: u64,
    states: usize,
}

impl Evidence {
    /// Takes up what a line says.
    pub fn take(&mut self, at: i64, place: &Place, what: What) {
        let noted = || place.clone();
        match what {
            What::Life(broker, step) => push(&mut self.lives, at, (broker, step), noted, &mut self.left_out),
            What::Replayed(broker, step) => push(&mut self.replayed, at, (Some(broker), step), noted, &mut self.left_out),
            What::State(state) => self.state(at, place, state),
            What::Isr(partition, isr, epoch) => self.isr(at, place, partition, isr, epoch),
            What::Shrink(_, _, true) => self.alone.add(at, noted()),
            What::Shrink(_, out, false) => out.into_iter().for_each(|broker| add(&mut self.shrinks, broker, at, place, &mut self.left_out)),
            What::IsrRefused(_) => self.isr_refusals.add(at, noted()),
            What::Preferred(records) => push(&mut self.preferred, at, records, noted, &mut self.left_out),
            What::Unclean(partition) => push(&mut self.unclean, at, partition, noted, &mut self.left_out),
            What::Reassignment(partition) => push(&mut self.reassignments, at, partition, noted, &mut self.left_out),
            What::Deleted => {}
            What::ControllerActive(node, epoch) => {
                push(&mut self.controllers, at, Controlled::Active(node, epoch), noted, &mut self.left_out);
            }
            What::ControllerTrouble => push(&mut self.controllers, at, Controlled::Trouble, noted, &mut self.left_out),
            What::HeartbeatFailed(broker) => add(&mut self.heartbeats, broker, at, place, &mut self.left_out),
            What::Link(by, to, loss) => add(&mut self.links, (by, place.file, to, loss), at, place, &mut self.left_out),
            What::Refused(refusal, partition) => {
                let known = self.refusals.contains_key(&(refusal, partition.clone())) || self.refusals.len() < MOST_TRACKS;
                add(&mut self.refusals, (refusal, partition.filter(|_| known)), at, place, &mut self.left_out);
            }
            What::Told(partition, leader, epoch, old, old_epoch) => {
                self.term(&partition, old_epoch, Term { leader: Some(old), previous: None, at, place: noted() });
                self.term(&partition, epoch, Term { leader: Some(leader), previous: Some(old), at, place: noted() });
            }
            What::Overload(sign) => add(&mut self.signs, sign, at, place, &mut self.left_out),
            What::Address(node, address) => {
                if self.addresses.len() < MOST_TRACKS {
                    self.addresses.insert(address, node);
                }
            }
        }
    }

    fn state(&mut self, at: i64, place: &Place, state: State) {
        let State { partition, topic_id, leader, previous, leader_epoch, partition_epoch, isr, replicas, moving, first_term } = state;
        // A follower of before 4.0 prints the new leader as the previous one (`Partition.makeFollower`).
        let previous = previous.filter(|previous| !first_term && Some(*previous) != leader);
        self.term(&partition, leader_epoch, Term { leader, previous, at, place: place.clone() });
        if let Some(id) = topic_id {
            self.topic_ids.entry(partition.topic.clone()).or_default().insert(id);
        }
        if moving {
            push(&mut self.reassignments, at, Some(partition.clone()), || place.clone(), &mut self.left_out);
        }
        if let Some(replicas) = replicas {
            self.replicas.insert(partition.clone(), replicas);
        }
        if let Some(isr) = isr {
            self.isr(at, place, partition, isr, partition_epoch);
        }
    }

    fn term(&mut self, partition: &Partition, epoch: u32, term: Term) {
        let terms = self.terms.entry(partition.clone()).or_default();
        if let Some(known) = terms.get_mut(&epoch) {
            known.previous = known.previous.or(term.previous);
            if term.at < known.at {
                (known.at, known.place) = (term.at, term.place);
            }
            return;
        }
        if self.states >= MOST_STATES {
            self.left_out += 1;
            return;
        }
        self.states += 1;
        terms.insert(epoch, term);
    }

    fn isr(&mut self, at: i64, place: &Place, partition: Partition, isr: Vec<u32>, epoch: Option<u32>) {
        let Some(epoch) = epoch else { return };
        let states = self.in_sync.entry(partition).or_default();
        if let Some(known) = states.get_mut(&epoch) {
            if at < known.at {
                (known.at, known.place) = (at, place.clone());
            }
            return;
        }
        if self.states >= MOST_STATES {
            self.left_out += 1;
            return;
        }
        self.states += 1;
        states.insert(epoch, InSync { isr, at, place: place.clone() });
    }

    /// Puts everything in the order of time, whatever the order in which the files were read.
    pub fn settle(&mut self) {
        let told =
            |noted: &Noted<(Option<u32>, Step)>| matches!(noted.what.1, Step::SessionLost | Step::NewIncarnation | Step::FirstRegistration);
        let replayed = std::mem::take(&mut self.replayed);
        if !self.lives.iter().any(told) {
            self.lives.extend(replayed);
        }
        self.lives.sort_by(|a, b| (a.at, &a.place).cmp(&(b.at, &b.place)));
        self.controllers.sort_by(|a, b| (a.at, &a.place).cmp(&(b.at, &b.place)));
        self.preferred.sort_by(|a, b| (a.at, &a.place).cmp(&(b.at, &b.place)));
        self.unclean.sort_by(|a, b| (a.at, &a.place).cmp(&(b.at, &b.place)));
        self.reassignments.sort_by(|a, b| (a.at, &a.place).cmp(&(b.at, &b.place)));
        for noted in &mut self.lives {
            noted.what.0 = noted.what.0.or_else(|| self.files.get(noted.place.file)?.owner());
        }
    }

    /// The node that a connection goes to, where it is known.
    pub fn node(&self, to: &Target) -> Option<u32> {
        match to {
            Target::Node(node) => Some(*node),
            Target::Address(address) => self.addresses.get(address).copied(),
        }
    }

    /// Whether a log of this family was among the files.
    pub fn has(&self, family: Family) -> bool {
        self.files.iter().any(|file| file.families.contains_key(&family))
    }

    /// Whether a client's log was among the files.
    pub fn has_clients(&self) -> bool {
        [Family::Java, Family::Librdkafka, Family::FranzGo, Family::Sarama, Family::Kafkajs].into_iter().any(|family| self.has(family))
    }
}

fn push<T>(list: &mut Vec<Noted<T>>, at: i64, what: T, place: impl FnOnce() -> Place, left_out: &mut u64) {
    if list.len() >= MOST_EVENTS {
        *left_out += 1;
        return;
    }
    list.push(Noted { at, what, place: place() });
}

fn add<K: Ord>(tracks: &mut BTreeMap<K, Spells>, key: K, at: i64, place: &Place, left_out: &mut u64) {
    if !tracks.contains_key(&key) && tracks.len() > MOST_TRACKS {
        *left_out += 1;
        return;
    }
    tracks.entry(key).or_default().add(at, place.clone());
}
