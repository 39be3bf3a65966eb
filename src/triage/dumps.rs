//! What Kafka's tools printed at moments that the files do not tell: descriptions of topics, the quorum, reachable brokers, sockets.

use super::clue::Partition;
use super::cut::{after, number_after};
use super::evidence::{File, Place, excerpt};
use crate::kafka::text::describe::{self, Description};
use crate::kafka::text::properties;
use crate::kafka::text::quorum::{self, Quorum};
use std::collections::{BTreeMap, BTreeSet};

/// How often a description is read again without the lines that could not be read.
const ATTEMPTS: usize = 4;

/// A description of topics.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Its place among the files.
    pub file: usize,
    /// Its name.
    pub name: String,
    /// Its text without what could not be read.
    pub text: String,
    /// What it says.
    pub description: Description,
}

/// One partition of a description.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Described {
    /// Who leads.
    pub leader: Option<u32>,
    /// The replicas, preferred leader first.
    pub replicas: Vec<u32>,
    /// The in-sync replicas.
    pub isr: Vec<u32>,
    /// A reassignment is under way.
    pub moving: bool,
    /// The line.
    pub place: Place,
}

/// Everything that is no log.
#[derive(Clone, Debug, Default)]
pub struct Dumps {
    /// Descriptions of topics in the order of time.
    pub topics: Vec<Topics>,
    /// Outputs of the quorum tool in the order of time, with their files and texts.
    pub quorums: Vec<(usize, String, Quorum)>,
    /// `server.properties`: name, text, `node.id`.
    pub properties: Vec<(String, String, Option<u32>)>,
    /// Brokers that the API versions tool reached, or not, by address: id, why not, its line.
    pub reached: BTreeMap<String, (Option<u32>, Option<String>, Place)>,
    /// What the reached brokers can do, as text, by id: brokers of different releases differ.
    pub abilities: BTreeMap<u32, u64>,
    /// Ports on which somebody listens, and the file that says so.
    pub listening: Option<(BTreeSet<u16>, usize)>,
    /// Descriptions that are of another cluster: name and why.
    pub strangers: Vec<(String, String)>,
}

impl Topics {
    /// Its partitions.
    pub fn partitions(&self) -> BTreeMap<Partition, Described> {
        let lines: Vec<&str> = self.text.split('\n').collect();
        let shown = |line: usize| excerpt(line.checked_sub(1).and_then(|i| lines.get(i)).unwrap_or(&""));
        let of_topic = |topic: &describe::Topic| {
            topic
                .partitions
                .iter()
                .map(|p| {
                    let place = Place { file: self.file, line: p.line as u64, text: shown(p.line) };
                    let moving = p.reassignment.as_ref().is_some_and(|moves| !moves.adding.is_empty() || !moves.removing.is_empty());
                    let described = Described { leader: p.leader, replicas: p.replicas.clone(), isr: p.isr.clone(), moving, place };
                    (Partition { topic: topic.name.clone(), index: p.index }, described)
                })
                .collect::<Vec<_>>()
        };
        self.description.topics.iter().flat_map(of_topic).collect()
    }

    /// Every broker that has a replica.
    pub fn brokers(&self) -> BTreeSet<u32> {
        self.description.topics.iter().flat_map(|topic| &topic.partitions).flat_map(|p| p.replicas.iter().copied()).collect()
    }
}

impl Dumps {
    /// Reads a description, leaving out lines that cannot be read.
    pub fn topics(&mut self, name: &str, text: &str, file: usize) -> File {
        let mut facts = dump(name, text);
        let mut text = text.replace('\r', "");
        for _ in 0..ATTEMPTS {
            match describe::parse(&text) {
                Ok(description) => {
                    facts.understood = text.lines().filter(|line| line.trim_start().starts_with("Topic:")).count() as u64;
                    facts.notes.extend(description.notes.iter().cloned());
                    self.add(Topics { file, name: name.to_owned(), text, description }, &mut facts);
                    return facts;
                }
                Err(errors) => {
                    let first = &errors[0];
                    facts.notes.push(format!("line {}: {}", first.line, first.message));
                    let wrong: BTreeSet<usize> = errors.iter().map(|error| error.line).collect();
                    // Line numbers stay what they are.
                    text = text
                        .split('\n')
                        .enumerate()
                        .map(|(i, line)| if wrong.contains(&(i + 1)) { "" } else { line })
                        .collect::<Vec<_>>()
                        .join("\n");
                }
            }
        }
        facts.notes.push("no description of topics could be read from it".to_owned());
        facts
    }

    /// Takes it up, unless it is of another cluster.
    fn add(&mut self, topics: Topics, facts: &mut File) {
        if let Some(why) = self.topics.first().and_then(|first| stranger(first, &topics)) {
            facts.notes.push(format!("it is of another cluster and was left out: {why}"));
            self.strangers.push((topics.name, why));
            return;
        }
        self.topics.push(topics);
    }

    /// Reads the quorum tool's status.
    pub fn quorum(&mut self, name: &str, text: &str, file: usize) -> File {
        let mut facts = dump(name, text);
        match quorum::parse(text) {
            Ok(quorum) => {
                facts.understood = facts.lines;
                if let Some((_, _, first)) = self.quorums.first().filter(|(_, _, first)| first.cluster_id != quorum.cluster_id) {
                    facts
                        .notes
                        .push(format!("it is of another cluster ({} instead of {}) and was left out", quorum.cluster_id, first.cluster_id));
                    self.strangers.push((name.to_owned(), "another cluster id".to_owned()));
                    return facts;
                }
                self.quorums.push((file, text.to_owned(), quorum));
            }
            Err(errors) => facts.notes.push(format!("line {}: {}; {}", errors[0].line, errors[0].message, errors[0].help)),
        }
        facts
    }

    /// Reads `kafka-broker-api-versions.sh`: `HOST:PORT (id: 1 rack: null) -> (`, or `-> ERROR: why`.
    pub fn api_versions(&mut self, name: &str, text: &str, file: usize) -> File {
        let mut facts = dump(name, text);
        let mut broker = None;
        for (number, line) in text.lines().enumerate() {
            let place = || Place { file, line: number as u64 + 1, text: excerpt(line) };
            if let Some((node, rest)) = line.split_once(" -> ") {
                let Some((address, _)) = node.trim().split_once(" (id: ") else { continue };
                broker = number_after(node, "(id: ");
                let error = after(rest, "ERROR: ").map(excerpt);
                facts.understood += 1;
                self.reached.insert(address.to_owned(), (broker, error, place()));
            } else if line.starts_with('\t') && line.contains('(') || line.trim() == ")" {
                facts.understood += 1;
                // Enough to tell whether two brokers can do the same, and nothing more.
                let sum = line.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
                if let Some(id) = broker {
                    let all = self.abilities.entry(id).or_default();
                    *all = all.wrapping_mul(1_000_003).wrapping_add(sum);
                }
            }
        }
        facts
    }

    /// Reads `ss -ltnp`: which ports somebody listens on.
    pub fn sockets(&mut self, name: &str, text: &str, file: usize) -> File {
        let mut facts = dump(name, text);
        let mut ports = BTreeSet::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("State") => facts.understood += 1,
                Some("LISTEN") => {
                    facts.understood += 1;
                    ports.extend(words.nth(2).and_then(|local| local.rsplit(':').next()?.parse::<u16>().ok()));
                }
                Some(_) | None => {}
            }
        }
        if facts.understood > 0 {
            self.listening = Some((ports, file));
        }
        facts
    }

    /// Reads a broker's settings.
    pub fn properties(&mut self, name: &str, text: &str, _file: usize) -> File {
        let mut facts = dump(name, text);
        match properties::parse(text) {
            Ok(found) => {
                facts.understood = facts.lines;
                let id = found.get("node.id").or_else(|| found.get("broker.id")).and_then(|property| property.value.trim().parse().ok());
                self.properties.push((name.to_owned(), text.to_owned(), id));
            }
            Err(errors) => facts.notes.push(format!("line {}: {}", errors[0].line, errors[0].message)),
        }
        facts
    }

    /// Addresses of brokers, from what the tools printed and the settings say.
    pub fn addresses(&self) -> Vec<(String, u32)> {
        let reached = self.reached.iter().filter_map(|(address, (id, _, _))| Some((address.clone(), (*id)?)));
        let listeners = self.properties.iter().flat_map(|(_, text, id)| {
            let found = properties::parse(text).ok();
            let listed =
                found.and_then(|found| found.get("advertised.listeners").or_else(|| found.get("listeners")).map(|p| p.value.clone()));
            let all = listed.unwrap_or_default();
            let each: Vec<_> = all.split(',').filter_map(|l| Some((l.trim().split_once("://")?.1.to_owned(), (*id)?))).collect();
            each
        });
        reached.chain(listeners).collect()
    }
}

/// A file that is no log, of which nothing is understood yet.
fn dump(name: &str, text: &str) -> File {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count() as u64;
    File { name: name.to_owned(), lines, ..File::default() }
}

/// Why two descriptions are not of one cluster; none when they may be.
fn stranger(first: &Topics, other: &Topics) -> Option<String> {
    let id = |topics: &Topics, name: &str| {
        let topic = topics.description.topics.iter().find(|topic| topic.name == name)?;
        topic.header.as_ref()?.id.clone()
    };
    let common = first.description.topics.iter().filter(|topic| other.description.topics.iter().any(|o| o.name == topic.name));
    let ids: Vec<_> = common.filter_map(|topic| Some((&topic.name, id(first, &topic.name)?, id(other, &topic.name)?))).collect();
    // A topic that was deleted and made again has a new id; another cluster shares none.
    if !ids.is_empty() && ids.iter().all(|(_, here, there)| here != there) {
        let (name, here, there) = &ids[0];
        return Some(format!("topic {name} has the id {there}, and {here} in {}", first.name));
    }
    let (here, there) = (first.brokers(), other.brokers());
    (!here.is_empty() && !there.is_empty() && here.is_disjoint(&there))
        .then(|| format!("none of its brokers is one of those in {}", first.name))
}

/// What differs between two descriptions.
#[derive(Clone, PartialEq, Debug)]
pub enum Difference {
    /// Another leader: from, to, whether that is the preferred one, whether the old one is still in sync.
    Leader(Option<u32>, Option<u32>, bool, bool),
    /// A replica left the ISR.
    Left(u32),
    /// A replica joined the ISR.
    Joined(u32),
    /// Other replicas.
    Replicas,
}

/// The differences between descriptions that follow each other: which pair, partition, what, the line in the later one.
pub fn differences(dumps: &Dumps) -> Vec<(usize, Partition, Difference, Place)> {
    let mut all = Vec::new();
    let states: Vec<_> = dumps.topics.iter().map(Topics::partitions).collect();
    for (pair, (before, now)) in states.iter().zip(states.iter().skip(1)).enumerate() {
        for (partition, now) in now {
            let Some(before) = before.get(partition) else { continue };
            let mut note = |what: Difference| all.push((pair, partition.clone(), what, now.place.clone()));
            if before.leader != now.leader {
                let preferred = now.leader.is_some() && now.replicas.first().copied() == now.leader;
                let stays = before.leader.is_some_and(|leader| now.isr.contains(&leader));
                note(Difference::Leader(before.leader, now.leader, preferred, stays));
            }
            before.isr.iter().filter(|id| !now.isr.contains(id)).for_each(|id| note(Difference::Left(*id)));
            now.isr.iter().filter(|id| !before.isr.contains(id)).for_each(|id| note(Difference::Joined(*id)));
            let set = |ids: &[u32]| ids.iter().copied().collect::<BTreeSet<_>>();
            if set(&before.replicas) != set(&now.replicas) {
                note(Difference::Replicas);
            }
        }
    }
    all
}
