//! The bare queue on the very events of a run: the same times in and out, and nothing done between.

use kafkasim::engine::{EventQueue, Instant};
use kafkasim::experiment::Simulation;
use kafkasim::scenario::Scenario;
use kafkasim::world::Step;
use std::hint::black_box;
use std::sync::{Arc, Mutex};

/// More events than this are not replayed: they would be most of the memory.
const MOST: usize = 5_000_000;
/// The fastest of so many replays counts.
const REPLAYS: usize = 5;

/// As large as the simulator's own.
type Event = [u32; 5];

/// What happened to the queue.
#[derive(Default)]
struct Trace {
    pushed: Vec<Instant>,
    /// When each event was.
    begun: Vec<Instant>,
    /// For each event taken, how many had been pushed by the end of its handling.
    taken: Vec<usize>,
}

fn record(scenario: &Scenario) -> Trace {
    let trace: Arc<Mutex<Trace>> = Arc::default();
    let seen = Arc::clone(&trace);
    let mut simulation = Simulation::new(scenario, scenario.seed);
    // What building the cluster has queued is not seen, nor taken in the replay.
    simulation.world_mut().measure(Box::new(move |step| {
        let Ok(mut trace) = seen.lock() else { return };
        match step {
            Step::Begins(at) => trace.begun.push(at),
            Step::Queues(at) => trace.pushed.push(at),
            Step::Ends(_) => {
                let pushed = trace.pushed.len();
                trace.taken.push(pushed);
            }
        }
    }));
    let end = simulation.end();
    simulation.run_to(end, &mut |_, _| {});
    drop(simulation);
    std::mem::take(&mut *trace.lock().expect("nobody panicked with it"))
}

fn replay(trace: &Trace) -> (u64, f64) {
    let began = std::time::Instant::now();
    let mut queue: EventQueue<Event> = EventQueue::new();
    let mut pushed = 0;
    let mut taken = 0;
    for (at, upto) in trace.begun.iter().zip(&trace.taken) {
        if queue.next_at().is_some_and(|next| next <= *at) {
            taken += u64::from(black_box(queue.pop()).is_some());
        }
        while pushed < *upto {
            queue.push(trace.pushed[pushed], [pushed as u32; 5]);
            pushed += 1;
        }
    }
    (taken, began.elapsed().as_nanos() as f64)
}

pub fn tell(scenario: &Scenario, model_ns: f64) {
    let trace = record(scenario);
    if trace.taken.len() > MOST {
        return println!("The bare queue was not timed on so many events.\n");
    }
    let (taken, nanos) = (0..REPLAYS).map(|_| replay(&trace)).min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
    let bare = nanos / taken.max(1) as f64;
    println!("The bare queue on the same events: {bare:.0} ns each; the whole simulator takes {:.1} times as long.\n", model_ns / bare);
}
