//! A cluster, what happens to it, and everything that then happened.

use kafkasim::engine::Instant;
use kafkasim::experiment::{RunOptions, run};
use kafkasim::kafka::{BrokerIx, NodeIx, PartitionIx};
use kafkasim::model::Spec;
use kafkasim::observe::{Fact, RunRecord};
use kafkasim::scenario::{Override, Source, load};

/// Three brokers, one controller, one topic of six partitions with all orders of replicas, one producer with acks=all.
/// Broker 2 leads orders-1 and orders-4 and follows the others.
pub const THREE_BROKERS: &str = r#"
about = "Three brokers and a producer."
count_from = "10s"
duration = "30s"

[cluster]
brokers = 3
controllers = 1

[config]
"auto.leader.rebalance.enable" = false

[[topic]]
name = "orders"
assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 3, 2], [2, 1, 3], [3, 2, 1]]
config = { "min.insync.replicas" = 2 }

[[client]]
name = "app"
profile = "java-4.3"
rate = 120
partitioning = "round-robin"
"#;

pub const BROKER_1: BrokerIx = BrokerIx(0);
pub const BROKER_2: BrokerIx = BrokerIx(1);
pub const BROKER_3: BrokerIx = BrokerIx(2);

/// Partition orders-N.
pub const fn orders(index: u32) -> PartitionIx {
    PartitionIx(index)
}

/// See the module. Moments are milliseconds after counting began, as in the answer.
pub struct Story {
    pub record: RunRecord,
    pub spec: Spec,
    pub facts: Vec<(f64, Fact)>,
}

/// What a step of a story looks like.
pub type Step<'a> = (&'a str, &'a dyn Fn(&Fact) -> bool);

/// What happens to the three brokers: fault lines, and settings such as `duration=1m`.
pub fn tell(changes: &[&str]) -> Story {
    tell_of(THREE_BROKERS, changes)
}

/// The same of another cluster.
pub fn tell_of(scenario: &str, changes: &[&str]) -> Story {
    let source = Source { name: "story.toml".to_owned(), text: scenario.to_owned() };
    let changes: Vec<Override> = changes.iter().map(|change| read(change)).collect();
    let scenario = load(&source, &changes).unwrap_or_else(|found| panic!("{}", found.render(false)));
    let origin = Instant::ZERO + scenario.count_from;
    let mut facts = Vec::new();
    let record = run(&scenario, &RunOptions::default(), Some(&mut |at, fact| facts.push((at.millis_after(origin), fact.clone()))));
    let story = Story { record: record.expect("a story ends"), spec: scenario.spec, facts };
    assert_eq!(story.record.checks.violated, [], "a promise of the protocol is broken");
    story
}

fn read(change: &str) -> Override {
    match change.split_once('=') {
        Some((key, value)) if !change.starts_with("at ") => Override::Set { key: key.to_owned(), value: value.to_owned() },
        _ => Override::Fault(change.to_owned()),
    }
}

impl Story {
    /// The moments of these steps, each the first of its kind after the one before it.
    #[track_caller]
    pub fn in_order(&self, steps: &[Step<'_>]) -> Vec<f64> {
        let mut from = 0;
        let mut moments = Vec::new();
        for (what, is_it) in steps {
            let found = self.facts[from..].iter().position(|(_, fact)| is_it(fact));
            let Some(found) = found else { panic!("after {moments:?} it never happens that {what}") };
            moments.push(self.facts[from + found].0);
            from += found + 1;
        }
        moments
    }

    /// When it first happens at or after `from`.
    #[track_caller]
    pub fn first(&self, from: f64, what: &str, is_it: impl Fn(&Fact) -> bool) -> f64 {
        let found = self.facts.iter().find(|(at, fact)| *at >= from && is_it(fact));
        found.unwrap_or_else(|| panic!("after {from} ms it never happens that {what}")).0
    }

    /// How often it happens from `from` until before `to`.
    pub fn count(&self, from: f64, to: f64, is_it: impl Fn(&Fact) -> bool) -> usize {
        self.facts.iter().filter(|(at, fact)| *at >= from && *at < to && is_it(fact)).count()
    }

    /// When the process ended.
    #[track_caller]
    pub fn end_of(&self, name: &str) -> f64 {
        let process = self.process(name);
        self.first(0.0, &format!("{name} ends"), |f| matches!(f, Fact::ProcessEnded { node, .. } if *node == process))
    }

    /// `broker 2`, `controller 3000`, `app`.
    #[track_caller]
    pub fn process(&self, name: &str) -> NodeIx {
        let found = self.spec.nodes.iter().position(|n| n.name == name);
        NodeIx(found.unwrap_or_else(|| panic!("there is no {name}")) as u32)
    }

    /// When the broker's registration is first committed as fenced.
    #[track_caller]
    pub fn fenced(&self, broker: BrokerIx) -> f64 {
        self.first(0.0, "it is fenced", |f| matches!(f, Fact::BrokerCommitted { broker: b, fenced: true, .. } if *b == broker))
    }

    /// Records acknowledged from `from` until before `to`.
    pub fn acknowledged(&self, from: f64, to: f64) -> usize {
        self.count(from, to, |f| matches!(f, Fact::RecordDone { error, .. } if error.is_none()))
    }

    /// Records of one partition acknowledged from `from` until before `to`.
    pub fn acknowledged_of(&self, partition: PartitionIx, from: f64, to: f64) -> usize {
        self.count(from, to, |f| matches!(f, Fact::RecordDone { error, partition: p, .. } if error.is_none() && *p == partition))
    }

    /// How often brokers answered the producers with this error.
    pub fn errors(&self, error: &str) -> u64 {
        self.record.clients.values().filter_map(|c| c.errors.get(error)).sum()
    }

    /// Why leaders moved, each reason once, in order of appearance.
    pub fn reasons(&self) -> Vec<&str> {
        let mut reasons: Vec<&str> = Vec::new();
        for m in &self.record.moves {
            if !reasons.contains(&m.why.as_str()) {
                reasons.push(&m.why);
            }
        }
        reasons
    }
}
