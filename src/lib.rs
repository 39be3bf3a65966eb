//! kafkasim: a deterministic, seeded, in-process simulator of a Kafka cluster.
//!
//! It simulates brokers, the KRaft controller quorum, producers and consumers of seven client libraries with their cached metadata, the
//! network and faults, and counts how often, for how long and why requests meet a stale leader. The rules are listed in `docs/MODEL.md`, the definitions in
//! `docs/OBSERVING.md`, the keys of a scenario in `docs/SCENARIOS.md`.
//!
//! # From a scenario to a record
//!
//! A [`scenario::Scenario`] is TOML. [`experiment::run`] takes it through to its end and gives an [`observe::RunRecord`]:
//!
//! ```
//! use kafkasim::experiment::{RunOptions, run};
//! use kafkasim::scenario::{Source, load};
//!
//! let scenario = load(&Source::catalogue("broker-crash").unwrap(), &[]).unwrap();
//! let record = run(&scenario, &RunOptions { seed: Some(3), ..RunOptions::default() }, None).unwrap();
//! assert!(record.checks.violated.is_empty());
//! println!("{} of {} requests met a stale leader", record.total.requests.stale, record.total.requests.total);
//! ```
//!
//! # A cluster inside your own test
//!
//! [`experiment::Simulation`] is the same run in your hands: build, seed, step to a time or to a fact, inject a fault, send a record,
//! ask, and let it judge itself at the end. `docs/EMBEDDING.md` shows a whole test.
//!
//! ```
//! use kafkasim::engine::Duration;
//! use kafkasim::experiment::Simulation;
//! use kafkasim::kafka::ErrorCode;
//!
//! let scenario = r#"
//!     duration = "1m"
//!     cluster = { brokers = 3, controllers = 1 }
//!     topic = [{ name = "orders", partitions = 6, replication_factor = 3 }]
//!     client = [{ name = "app", profile = "java-4.3", rate = 0, topics = ["orders"] }]
//! "#;
//! let mut cluster = Simulation::new(&scenario.parse().unwrap(), 7);
//! let spec = cluster.world().spec();
//! let (app, orders) = (spec.client_by_name("app").unwrap(), spec.topic_by_name("orders").unwrap());
//!
//! cluster.run_for(Duration::from_secs(2));
//! cluster.fault("kill broker 1 for 20s").unwrap();
//! let record = cluster.world_mut().send(app, orders, None, 200);
//! let fate = cluster.fate(app, record, Duration::from_secs(30));
//! assert_eq!(fate, Some(ErrorCode::None), "acks=all waits until the dead broker is fenced, and is then acknowledged");
//! ```
//!
//! # The parts
//!
//! [`engine`] knows time, events and chance and no Kafka; [`kafka`] holds Kafka's own words; [`model`] holds controller, broker, client
//! and network as plain state machines; [`world`] alone joins the two; [`fault`] pushes on it; [`observe`] reads facts and cannot
//! influence a run; [`scenario`], [`experiment`], [`horizon`], [`swarm`], [`explain`], [`logs`], [`triage`], [`report`] and [`cli`] stand above. `docs/ARCHITECTURE.md` is the map.
#![forbid(unsafe_code)]

pub mod calibrate;
pub mod cli;
pub mod engine;
pub mod experiment;
pub mod explain;
pub mod fault;
pub mod horizon;
pub mod kafka;
pub mod logs;
pub mod model;
pub mod observe;
pub mod printable;
pub mod report;
pub mod scenario;
pub mod statistics;
pub mod study;
pub mod swarm;
pub mod timeline;
pub mod triage;
pub mod world;
