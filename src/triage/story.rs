//! What happened, put together from all files: outages, changes, elections, and when clients were in trouble.

use super::burst::{self, Burst};
use super::churn::{self, Change, Membership};
use super::clue::{Loss, Partition, Party, Refusal, Target};
use super::dumps::{self, Difference, Dumps};
use super::evidence::{Controlled, Evidence, Place};
use super::outage::{self, Kind, Outage};
use super::spells::Spell;
use std::collections::{BTreeMap, BTreeSet};

/// Connections that close in this time before all logs end tell nothing: whoever collects logs may have stopped what he observed.
pub const TAIL_MS: i64 = 5_000;
/// Twice the default of `broker.session.timeout.ms`: a process that is missed was there so long before at most.
const SESSION_MS: i64 = 18_000;

/// A controller took over.
#[derive(Clone, PartialEq, Debug)]
pub struct Election {
    /// When it was seen first.
    pub at: i64,
    /// Who leads the quorum now.
    pub node: Option<u32>,
    /// In which epoch.
    pub epoch: u64,
    /// The line.
    pub place: Place,
}

/// A connection that was lost, with who lost it to whom.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lost<'a> {
    /// Who.
    pub by: Party,
    /// In which file: that tells clients apart.
    pub file: usize,
    /// To which node; none when only an address is known.
    pub to: Option<u32>,
    /// How.
    pub loss: Loss,
    /// When.
    pub spell: &'a Spell,
}

/// What happened.
pub struct Story<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// What tools printed.
    pub dumps: &'a Dumps,
    /// Changes of leaders.
    pub changes: Vec<Change>,
    /// Changes of in-sync replicas.
    pub memberships: Vec<Membership>,
    /// Outages of brokers.
    pub outages: BTreeMap<u32, Vec<Outage>>,
    /// Elections of controllers.
    pub elections: Vec<Election>,
    /// What differs between descriptions of topics.
    pub differences: Vec<(usize, Partition, Difference, Place)>,
    /// When there was trouble.
    pub bursts: Vec<Burst>,
}

impl<'a> Story<'a> {
    /// Puts it together.
    pub fn of(evidence: &'a Evidence, dumps: &'a Dumps) -> Story<'a> {
        let mut story = Story {
            evidence,
            dumps,
            changes: churn::changes(evidence),
            memberships: Vec::new(),
            outages: outage::outages(evidence),
            elections: elections(evidence),
            differences: dumps::differences(dumps),
            bursts: Vec::new(),
        };
        story.date_crashes();
        story.memberships = churn::memberships(evidence, &story.outages, |partition| story.replicas(partition));
        story.bursts = burst::bursts(&story);
        story
    }

    /// A process that ends without a word is missed first by those who were connected to it: its session runs out only later.
    fn date_crashes(&mut self) {
        let mut dated: Vec<(u32, usize, i64)> = Vec::new();
        for (broker, outages) in &self.outages {
            for (i, outage) in outages.iter().enumerate().filter(|(_, outage)| outage.kind() == Kind::Crash) {
                let after = i.checked_sub(1).and_then(|before| outages[before].to).unwrap_or(i64::MIN).max(outage.from - SESSION_MS);
                let missed = self.losses().filter(|lost| lost.to == Some(*broker) && lost.by != Party::Node(*broker));
                let missed: Vec<_> = missed.filter(|lost| lost.spell.first > after && lost.spell.first < outage.from).collect();
                let refused = missed.iter().any(|lost| lost.loss == Loss::Refused);
                dated.extend(missed.iter().map(|lost| lost.spell.first).min().filter(|_| refused).map(|at| (*broker, i, at)));
            }
        }
        for (broker, i, at) in dated {
            if let Some(outage) = self.outages.get_mut(&broker).and_then(|outages| outages.get_mut(i)) {
                outage.from = at;
            }
        }
    }

    /// First and last moment of the logs; none without any.
    pub fn span(&self) -> Option<(i64, i64)> {
        self.evidence.span
    }

    /// Whether something was seen only as everything ended.
    pub fn is_tail(&self, spell: &Spell) -> bool {
        self.span().is_some_and(|(_, last)| spell.first >= last - TAIL_MS)
    }

    /// Every outage, in the order of time.
    pub fn all_outages(&self) -> Vec<&Outage> {
        let mut all: Vec<&Outage> = self.outages.values().flatten().collect();
        all.sort_by_key(|outage| (outage.from, outage.broker));
        all
    }

    /// Connections that were lost, save those that were closed or refused at the end.
    pub fn losses(&self) -> impl Iterator<Item = Lost<'_>> {
        let each = |((by, file, to, loss), spells): (&'a (Party, usize, Target, Loss), &'a super::spells::Spells)| {
            let to = self.evidence.node(to);
            spells.iter().map(move |spell| Lost { by: *by, file: *file, to, loss: *loss, spell })
        };
        self.evidence.links.iter().flat_map(each).filter(|lost| match lost.loss {
            Loss::Closed | Loss::Refused => !self.is_tail(lost.spell),
            Loss::TimedOut | Loss::Unreachable => true,
        })
    }

    /// Everything that clients were told of one kind.
    pub fn refusals(&self, wanted: Refusal) -> impl Iterator<Item = (&Option<Partition>, &Spell)> {
        let all = self.evidence.refusals.iter().filter(move |((refusal, _), _)| *refusal == wanted);
        all.flat_map(|((_, partition), spells)| spells.iter().map(move |spell| (partition, spell)))
    }

    /// The preferred leader of a partition, where any file tells it.
    pub fn preferred(&self, partition: &Partition) -> Option<u32> {
        self.replicas(partition)?.first().copied()
    }

    /// The replicas of a partition, where any file tells them.
    pub fn replicas(&self, partition: &Partition) -> Option<Vec<u32>> {
        let topic = |topics: &dumps::Topics| {
            let topic = topics.description.topics.iter().find(|topic| topic.name == partition.topic)?;
            topic.partitions.iter().find(|p| p.index == partition.index).map(|p| p.replicas.clone())
        };
        self.evidence.replicas.get(partition).cloned().or_else(|| self.dumps.topics.iter().find_map(topic))
    }

    /// Whether a broker was away at a time, or within a moment of it.
    pub fn away(&self, broker: u32, at: i64, slack_ms: i64) -> Option<&Outage> {
        let outages = self.outages.get(&broker)?;
        outages.iter().find(|outage| at >= outage.from - slack_ms && outage.to.is_none_or(|to| at <= to + slack_ms))
    }

    /// The last outage of a broker that was over by then.
    pub fn outage_before(&self, broker: u32, at: i64) -> Option<&Outage> {
        self.outages.get(&broker)?.iter().rev().find(|outage| outage.to.is_some_and(|to| to <= at))
    }

    /// The brokers that any file names.
    pub fn brokers(&self) -> BTreeSet<u32> {
        let mut all: BTreeSet<u32> = self.dumps.topics.iter().flat_map(dumps::Topics::brokers).collect();
        all.extend(self.outages.keys());
        all.extend(self.evidence.replicas.values().flatten());
        all.extend(self.changes.iter().flat_map(|change| [change.from, change.to]).flatten());
        all.extend(self.losses().filter(|lost| lost.by == Party::Client).filter_map(|lost| lost.to));
        all.extend(self.evidence.in_sync.values().flat_map(|states| states.values()).flat_map(|state| state.isr.iter().copied()));
        all
    }

    /// The name of a file.
    pub fn file(&self, place: &Place) -> &str {
        self.evidence.files.get(place.file).map_or("", |file| file.name.as_str())
    }

    /// Whether the last state of a partition, by the logs or else the last description, is without a leader.
    pub fn leaderless(&self) -> Vec<(Partition, Option<i64>, Place)> {
        let mut all = Vec::new();
        for (partition, terms) in &self.evidence.terms {
            if let Some(term) = terms.values().next_back().filter(|term| term.leader.is_none()) {
                all.push((partition.clone(), Some(term.at), term.place.clone()));
            }
        }
        let described = self.dumps.topics.last().map(dumps::Topics::partitions).unwrap_or_default();
        for (partition, state) in described.into_iter().filter(|(_, state)| state.leader.is_none()) {
            if !self.evidence.terms.contains_key(&partition) {
                all.push((partition, None, state.place));
            }
        }
        all
    }
}

/// Each epoch of the quorum once. The first that is known is an election only if the node that won says so itself.
fn elections(evidence: &Evidence) -> Vec<Election> {
    let mut all: Vec<Election> = Vec::new();
    let mut known: Option<u64> = None;
    for noted in &evidence.controllers {
        let Controlled::Active(node, epoch) = noted.what else { continue };
        let own = node.is_some() && evidence.files.get(noted.place.file).and_then(super::evidence::File::owner) == node;
        if known.is_none_or(|known| epoch > known) {
            if known.is_some() || own {
                all.push(Election { at: noted.at, node, epoch, place: noted.place.clone() });
            }
            known = Some(epoch);
        }
    }
    all
}
