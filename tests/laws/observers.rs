//! An observer changes no fact.

use super::cluster::{self, Cluster};
use super::facts::difference;
use kafkasim::engine::{Duration, Instant};
use kafkasim::experiment::{RunOptions, Simulation, View, describe, run};
use kafkasim::kafka::{BrokerIx, ClientIx, PartitionIx};
use kafkasim::observe::{Fact, RunRecord};
use kafkasim::scenario::Scenario;
use kafkasim::world::World;
use proptest::prelude::*;

/// A way to look at a run on its way.
#[derive(Clone, Debug)]
enum Look {
    /// Let it run for so many microseconds.
    Slice(u64),
    /// Let it run until so many facts have been seen, for so many milliseconds at most.
    ToFact(usize, u64),
    /// Ask the world everything that can be asked.
    Ask,
    /// Print what Kafka's tools would show at so many milliseconds.
    Describe(u64),
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let look = prop_oneof![
        (0..3_000_000_u64).prop_map(Look::Slice),
        (1..2_000_usize, 1..5_000_u64).prop_map(|(facts, ms)| Look::ToFact(facts, ms)),
        Just(Look::Ask),
        (0..5_000_u64).prop_map(Look::Describe),
    ];
    prop::collection::vec(look, 1..20)
}

fn ask(world: &World) {
    let spec = world.spec();
    let brokers = (0..spec.brokers.len() as u32).map(BrokerIx);
    let serving = brokers.filter(|b| world.is_serving(*b) && world.broker(*b).image().is_some()).count();
    let led = (0..spec.partitions.len() as u32).map(PartitionIx).filter(|p| world.leader(*p).is_some()).count();
    let mut written = 0;
    world.audit(&mut |_, _, _| written += 1);
    (0..spec.clients.len() as u32).for_each(|c| {
        std::hint::black_box(world.client(ClientIx(c)));
    });
    let asked = (serving, led, written, world.under_replicated(), world.active_controller(), world.next_at(), world.events());
    std::hint::black_box(asked);
}

/// A run that is looked at in these ways until its end.
fn looked_at(scenario: &Scenario, looks: &[Look]) -> RunRecord {
    let mut simulation = Simulation::new(scenario, scenario.seed);
    let left = |s: &Simulation, wanted: Duration| wanted.min(s.end().since(s.now()));
    for look in looks {
        match look {
            Look::Slice(us) => {
                let length = left(&simulation, Duration::from_micros(*us));
                simulation.run_for(length);
            }
            Look::ToFact(count, ms) => {
                let (mut seen, patience) = (0, left(&simulation, Duration::from_millis(*ms)));
                simulation.run_until_fact(patience, |_, _| {
                    seen += 1;
                    seen >= *count
                });
            }
            Look::Ask => ask(simulation.world()),
            Look::Describe(ms) => {
                let views = [View::Topics, View::UnderReplicated, View::Quorum];
                views.iter().for_each(|view| assert!(describe(scenario, Duration::from_millis(*ms), *view).len() < 1_000_000));
            }
        }
    }
    simulation.run_for(left(&simulation, Duration::MAX));
    simulation.finish()
}

proptest! {
    #![proptest_config(cluster::cases(16))]

    /// Premise: none. A run that is traced, stepped to facts, cut into slices of any size, asked and described on its way leaves the same
    /// record as one that nobody looked at: digest of all facts, number of events, every count.
    #[test]
    fn whoever_looks_and_however_the_run_is_the_same(cluster in cluster::any(), looks in looks()) {
        let scenario = cluster.scenario();
        let mut traced = Vec::new();
        let whole = run(&scenario, &RunOptions::default(), None).expect("it ends");
        let with_trace = run(&scenario, &RunOptions::default(), Some(&mut |at, fact: &Fact| traced.push((at, fact.clone())))).expect("it ends");
        prop_assert_eq!(&whole, &with_trace);
        prop_assert_eq!(difference(&traced, &super::facts::of(&scenario)), None, "without any observer");
        prop_assert_eq!(&whole, &looked_at(&scenario, &looks));
    }
}

#[test]
fn who_pushes_is_no_observer() {
    let cluster = Cluster {
        seed: 3,
        kafka: "4.3",
        ties: "fifo",
        brokers: 3,
        controllers: 1,
        partitions: 3,
        replication: 3,
        config: Vec::new(),
        costs: Vec::new(),
        clients: vec![cluster::client("app", "java-4.3", "rate = 20")],
        faults: Vec::new(),
    };
    let scenario = cluster.scenario();
    let whole = run(&scenario, &RunOptions::default(), None).expect("it ends");
    let mut pushed = Simulation::new(&scenario, scenario.seed);
    pushed.run_for(Duration::from_secs(3));
    pushed.fault("pause broker 1 for 1ms").expect("it can be");
    pushed.run_for(pushed.end().since(Instant::ZERO + Duration::from_secs(3)));
    assert_ne!(pushed.finish().digest, whole.digest);
}
