//! A whole run, accounting included: five minutes of a rolling restart of 3 brokers under 20 producers.
//! One element is one event. `cargo bench --bench rolling_restart`

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kafkasim::experiment::{RunOptions, run};
use kafkasim::scenario::{Scenario, Source, load};

const SCENARIO: &str = r#"
name = "rolling-restart-20"
duration = "280s"
faults = ["at 10s rolling restart wait urp 0"]
[cluster]
brokers = 3
[[topic]]
name = "t"
partitions = 12
replication_factor = 3
config = { "min.insync.replicas" = 2 }
"#;
/// Producers, and records a second of each.
const PRODUCERS: u64 = 20;
const RATE: u64 = 18;

fn scenario() -> Scenario {
    let clients: String = (0..PRODUCERS).map(|i| format!("[[client]]\nname = \"app-{i}\"\nrate = {RATE}.0\n")).collect();
    let source = Source { name: "rolling-restart-20".to_owned(), text: format!("{SCENARIO}{clients}") };
    load(&source, &[]).unwrap_or_else(|e| panic!("{e}"))
}

fn rolling_restart(c: &mut Criterion) {
    let scenario = scenario();
    let record = run(&scenario, &RunOptions::default(), None).unwrap_or_else(|e| panic!("{e}"));
    let mut group = c.benchmark_group("rolling_restart");
    group.sample_size(10);
    group.throughput(Throughput::Elements(record.events));
    group.bench_function("3 brokers, 20 producers, 5 min", |b| {
        b.iter(|| run(&scenario, &RunOptions::default(), None).map(|r| r.events));
    });
    group.finish();
}

criterion_group!(benches, rolling_restart);
criterion_main!(benches);
