//! Small random clusters with clients and faults, as TOML.

use kafkasim::scenario::{Scenario, Source, load};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::fmt::Write;

/// Faults are drawn within this time; the run goes on until `END_MS`.
pub const STORM_MS: u64 = 20_000;
/// The length of a run.
pub const END_MS: u64 = 30_000;

/// One fault: its moment and its line without `at`.
pub type Strike = (u64, String);

/// What a scenario is made of.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub seed: u64,
    pub kafka: &'static str,
    pub ties: &'static str,
    pub brokers: u64,
    pub controllers: u64,
    pub partitions: u64,
    pub replication: u64,
    /// Lines of `[config]`.
    pub config: Vec<String>,
    /// Lines of `[costs]`.
    pub costs: Vec<String>,
    /// Whole `[[client]]` sections.
    pub clients: Vec<String>,
    pub faults: Vec<Strike>,
}

impl Cluster {
    /// The scenario, as a user would write it.
    pub fn text(&self) -> String {
        let Cluster { seed, kafka, ties, brokers, controllers, partitions, replication, .. } = self;
        let mut text =
            format!("kafka = \"{kafka}\"\nseed = {seed}\nties = \"{ties}\"\ncount_from = \"0s\"\nduration = \"{END_MS}ms\"\nfaults = [\n");
        self.faults.iter().for_each(|(at, line)| writeln!(text, "  \"at {at}ms {line}\",").expect("text takes text"));
        write!(
            text,
            "]\n[cluster]\nbrokers = {brokers}\ncontrollers = {controllers}\n[config]\n{}\n[costs]\n{}\n\
             [[topic]]\nname = \"t\"\npartitions = {partitions}\nreplication_factor = {replication}\n{}",
            self.config.join("\n"),
            self.costs.join("\n"),
            self.clients.join("\n")
        )
        .expect("text takes text");
        text
    }

    /// The scenario, ready to run.
    pub fn scenario(&self) -> Scenario {
        scenario(&self.text())
    }

    /// The same with other faults beside its own.
    pub fn and(&self, faults: &[Strike]) -> Cluster {
        let mut more = self.clone();
        more.faults.extend_from_slice(faults);
        more
    }
}

/// A scenario from its text.
pub fn scenario(text: &str) -> Scenario {
    load(&Source { name: "law".to_owned(), text: text.to_owned() }, &[]).unwrap_or_else(|found| {
        let all: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
        panic!("{all:?}\n{text}")
    })
}

/// A client of a library, with what else stands in its section.
pub fn client(name: &str, profile: &str, rest: &str) -> String {
    format!("[[client]]\nname = \"{name}\"\nprofile = \"{profile}\"\ntopics = [\"t\"]\n{rest}\n")
}

/// Any cluster: releases, quorums, producers and consumers of every library, and a storm.
pub fn any() -> impl Strategy<Value = Cluster> {
    let size = (1_u64..=4, prop::sample::select(vec![1_u64, 1, 3]), 1_u64..=6);
    let rules = (prop::sample::select(vec!["3.6", "3.9", "4.0", "4.3"]), prop::sample::select(vec!["fifo", "shuffled"]));
    (any_seed(), size, rules, prop::collection::vec(any_client(), 1..4)).prop_flat_map(|(seed, size, (kafka, ties), clients)| {
        let (brokers, controllers, partitions) = size;
        let clients = clients.iter().enumerate().map(|(i, (profile, rest))| client(&format!("c{i}"), profile, rest)).collect::<Vec<_>>();
        let replication = brokers.min(3);
        storm(brokers, 0..STORM_MS, 6).prop_map(move |faults| Cluster {
            seed,
            kafka,
            ties,
            brokers,
            controllers,
            partitions,
            replication,
            config: vec!["\"broker.session.timeout.ms\" = 6000".to_owned()],
            costs: Vec::new(),
            clients: clients.clone(),
            faults,
        })
    })
}

pub fn any_seed() -> impl Strategy<Value = u64> {
    1..1_000_000_u64
}

fn any_client() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("java-4.3", "rate = 20"),
        ("java-3.6", "rate = 20\nconfig = { acks = \"1\" }"),
        ("java-3.9", "role = \"consumer\""),
        ("librdkafka-2.16", "rate = 10"),
        ("librdkafka-2.5", "role = \"consumer\""),
        ("franz-go-1.22", "rate = 10"),
        ("sarama-1.61", "rate = 10"),
        ("kafkajs-2.2", "rate = 5"),
        ("kafka-go-0.4", "rate = 5"),
        ("kafka-python-3.0", "rate = 5"),
    ])
}

/// Faults of a cluster with so many brokers, in no order.
pub fn storm(brokers: u64, when: std::ops::Range<u64>, most: usize) -> impl Strategy<Value = Vec<Strike>> {
    prop::collection::vec((when, 0_u32..12, 1..=brokers, 1..=brokers, 100_u64..9_000), 0..most).prop_map(|drawn| {
        let mut strikes: Vec<Strike> = drawn.into_iter().map(|(at, kind, b, other, ms)| (at, strike(kind, b, other, ms))).collect();
        strikes.sort();
        strikes
    })
}

fn strike(kind: u32, broker: u64, other: u64, ms: u64) -> String {
    match kind {
        0 | 1 => format!("kill broker {broker} for {ms}ms"),
        2 => format!("restart broker {broker} down {ms}ms"),
        3 => format!("power-off broker {broker} for {ms}ms"),
        4 => format!("pause broker {broker} for {ms}ms"),
        5 => format!("cut broker {broker} from controllers for {ms}ms"),
        6 if broker != other => format!("cut broker {broker} from broker {other} one way for {ms}ms"),
        6 | 7 => format!("cut broker {broker} from clients for {ms}ms"),
        8 => "kill controller leader for 1s".to_owned(),
        9 => "elect preferred all".to_owned(),
        10 => format!("reassign t-0 to {broker}"),
        _ => format!("slow broker {broker} by 20 for {ms}ms"),
    }
}

/// What the cases of every change are drawn by.
const SEED: u64 = 2;

/// So many cases of a law, the same ones every time; `KAFKASIM_LAWS_CASES` asks for another number of them, drawn anew, for a campaign. A
/// failure is printed and not kept in a file: what it shows becomes a test of its own.
pub fn cases(usual: u32) -> ProptestConfig {
    let asked: Option<u32> = std::env::var("KAFKASIM_LAWS_CASES").ok().and_then(|text| text.parse().ok());
    let rng_seed = if asked.is_some() { RngSeed::Random } else { RngSeed::Fixed(SEED) };
    ProptestConfig { cases: asked.unwrap_or(usual), failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}
