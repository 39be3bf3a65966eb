//! Whether a very large cluster fits: it is built, and two seconds of it are simulated.

use crate::allocations::live_bytes;
use crate::workloads;
use kafkasim::engine::Duration;
use kafkasim::experiment::Simulation;
use std::time::Instant;

const SIMULATED: Duration = Duration::from_secs(2);

pub fn tell() {
    let began = Instant::now();
    let scenario = workloads::thousand_brokers();
    let read_seconds = began.elapsed().as_secs_f64();
    let mut simulation = Simulation::new(&scenario, scenario.seed);
    simulation.run_for(SIMULATED);
    let bytes = live_bytes();
    let record = simulation.finish();
    println!("\n## 1,000 brokers, 1,000,000 partitions, 10,000 clients\n");
    println!(
        "Read in {read_seconds:.0} s, built and {SIMULATED} of it simulated in {:.0} s of one core: {} events, {:.1} GiB.",
        began.elapsed().as_secs_f64() - read_seconds,
        record.events,
        bytes / 1_073_741_824.0
    );
}
