//! Bytes of a cluster in motion, accounting included, by what it is made of: what one more of each adds.

use crate::allocations::live_bytes;
use crate::workloads::Size;
use kafkasim::engine::Duration;
use kafkasim::experiment::Simulation;

const BASE: Size = Size { brokers: 30, topics: 100, partitions: 50, rate: 1.0, duration: "1m", faults: "" };
/// Long enough for every client to have written and every broker to have fetched.
const SETTLED: Duration = Duration::from_secs(5);

fn bytes(size: &Size) -> f64 {
    let scenario = size.scenario("memory");
    let before = live_bytes();
    let mut simulation = Simulation::new(&scenario, 1);
    simulation.run_for(SETTLED);
    let bytes = live_bytes() - before;
    drop(simulation);
    bytes
}

pub fn tell() {
    let base = bytes(&BASE);
    let partitions = bytes(&Size { partitions: 2 * BASE.partitions, ..BASE });
    let topics = bytes(&Size { topics: 2 * BASE.topics, ..BASE });
    let brokers = bytes(&Size { brokers: 2 * BASE.brokers, ..BASE });
    let each_partition = (partitions - base) / f64::from(BASE.topics * BASE.partitions);
    let each_client = (topics - base) / f64::from(BASE.topics) - f64::from(BASE.partitions) * each_partition;
    let each_broker = (brokers - base) / f64::from(BASE.brokers);
    println!("\n## Memory\n");
    println!("A cluster of 30 brokers, 5,000 partitions and 100 clients after 5 simulated seconds: {:.1} MiB.\n", base / 1_048_576.0);
    println!("| one more | bytes |\n|---|---:|");
    println!("| partition with three replicas, written to | {each_partition:.0} |");
    println!("| client with its topic of 50 partitions, without these | {each_client:.0} |");
    println!("| broker, connections to the 30 others included | {each_broker:.0} |");
}
