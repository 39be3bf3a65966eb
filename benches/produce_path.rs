//! The produce path in steady state: 3 brokers, 20 producers, acks=all, no fault. One element is one record from `send()` to its
//! acknowledgement; the second group counts events. `cargo bench --bench produce_path`

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kafkasim::engine::{Duration, Instant};
use kafkasim::scenario::{Source, load};
use kafkasim::world::World;
use std::hint::black_box;

const SCENARIO: &str = r#"
name = "produce-path"
[cluster]
brokers = 3
[[topic]]
name = "t"
partitions = 12
replication_factor = 3
config = { "min.insync.replicas" = 2 }
"#;
/// Producers and their rate in records a second.
const PRODUCERS: u64 = 20;
const RATE: u64 = 50;
/// Simulated seconds of one iteration.
const SECONDS: u64 = 10;

fn world() -> World {
    let clients: String =
        (0..PRODUCERS).map(|i| format!("[[client]]\nname = \"app-{i}\"\nrate = {RATE}.0\nconfig = {{ \"linger.ms\" = 0 }}\n")).collect();
    let source = Source { name: "produce-path".to_owned(), text: format!("{SCENARIO}{clients}") };
    let scenario = load(&source, &[]).unwrap_or_else(|e| panic!("{e}"));
    let mut world = World::build(scenario.spec, 1);
    world.run_until(Instant::ZERO + Duration::from_secs(20));
    world.drain_facts(&mut |_, _| {});
    world
}

/// Runs on for the simulated time of one iteration; facts are looked at by nobody.
fn advance(world: &mut World) -> u64 {
    let end = world.now() + Duration::from_secs(SECONDS);
    while world.now() < end {
        let next = (world.now() + Duration::from_millis(20)).min(end);
        world.run_until(next);
        world.drain_facts(&mut |_, fact| {
            black_box(fact);
        });
    }
    world.events()
}

fn produce_path(c: &mut Criterion) {
    let mut group = c.benchmark_group("produce_path");
    group.sample_size(20);
    group.throughput(Throughput::Elements(PRODUCERS * RATE * SECONDS));
    group.bench_function("records", |b| {
        let mut world = world();
        b.iter(|| advance(&mut world));
    });
    let mut probe = world();
    let before = probe.events();
    group.throughput(Throughput::Elements(advance(&mut probe) - before));
    group.bench_function("events", |b| {
        let mut world = world();
        b.iter(|| advance(&mut world));
    });
    group.finish();
}

criterion_group!(benches, produce_path);
criterion_main!(benches);
