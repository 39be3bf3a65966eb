//! Time by kind of event. What observers do with the facts of an event is not part of it, but is given as a whole.

use kafkasim::experiment::Simulation;
use kafkasim::scenario::Scenario;
use kafkasim::world::Step;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// A kind must have this share of the time to have a line of its own.
const LEAST_SHARE: f64 = 0.01;

#[derive(Clone, Copy, Default)]
struct Kind {
    events: u64,
    nanos: u64,
}

/// What two looks at the clock cost by themselves, in nanoseconds.
fn clock_cost() -> u64 {
    const LOOKS: u32 = 1_000_000;
    let began = Instant::now();
    let seen: u32 = (0..LOOKS).map(|_| Instant::now().elapsed().subsec_nanos() & 1).sum();
    (began.elapsed().as_nanos() as u64).saturating_sub(u64::from(seen & 1)) / u64::from(LOOKS)
}

pub fn tell(scenario: &Scenario, simulated: f64) {
    let kinds: Arc<Mutex<BTreeMap<&'static str, Kind>>> = Arc::default();
    let clock = clock_cost();
    let seen = Arc::clone(&kinds);
    let mut began = Instant::now();
    let mut simulation = Simulation::new(scenario, scenario.seed);
    simulation.world_mut().measure(Box::new(move |step| match step {
        Step::Begins(_) => began = Instant::now(),
        Step::Queues(_) => {}
        Step::Ends(name) => {
            let nanos = began.elapsed().as_nanos() as u64;
            if let Ok(mut kinds) = seen.lock() {
                let kind = kinds.entry(name).or_default();
                kind.events += 1;
                kind.nanos += nanos.saturating_sub(clock);
            }
        }
    }));
    let end = simulation.end();
    simulation.run_to(end, &mut |_, _| {});
    drop(simulation);
    let Ok(kinds) = kinds.lock() else { return };
    let total: u64 = kinds.values().map(|k| k.nanos).sum();
    let mut rows: Vec<(&str, Kind)> = kinds.iter().map(|(name, kind)| (*name, *kind)).collect();
    rows.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.nanos));
    println!("| event | a simulated second | share of the model's time | ns each |\n|---|---:|---:|---:|");
    let line = |name: &str, kind: Kind| {
        let share = kind.nanos as f64 / total.max(1) as f64;
        let each = kind.nanos as f64 / kind.events.max(1) as f64;
        println!("| {name} | {:.1} | {:.0} % | {each:.0} |", kind.events as f64 / simulated, share * 100.0);
    };
    let is_small = |kind: &Kind| (kind.nanos as f64) < LEAST_SHARE * total as f64;
    rows.iter().filter(|(_, kind)| !is_small(kind)).for_each(|(name, kind)| line(name, *kind));
    let add = |a: Kind, (_, b): &(&str, Kind)| Kind { events: a.events + b.events, nanos: a.nanos + b.nanos };
    line("all others", rows.iter().filter(|(_, kind)| is_small(kind)).fold(Kind::default(), add));
    line("all", rows.iter().fold(Kind::default(), add));
}
