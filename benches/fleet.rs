//! What each further client of a fleet costs: a minute of 3 brokers and 12 partitions with one crash, under 10, 100 and 1,000 producers of
//! one record a second each. One element is one client. `cargo bench --bench fleet`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kafkasim::experiment::{RunOptions, run};
use kafkasim::scenario::{Scenario, Source, load};

const SCENARIO: &str = r#"
name = "fleet"
duration = "50s"
faults = ["at 10s kill broker 2 for 20s"]
[cluster]
brokers = 3
[[topic]]
name = "t"
partitions = 12
replication_factor = 3
config = { "min.insync.replicas" = 2 }
[[client]]
name = "app"
rate = 1
partitioning = "round-robin"
"#;

fn scenario(members: u64) -> Scenario {
    let source = Source { name: "fleet".to_owned(), text: format!("{SCENARIO}count = {members}\n") };
    load(&source, &[]).unwrap_or_else(|e| panic!("{e}"))
}

fn fleet(c: &mut Criterion) {
    let mut group = c.benchmark_group("fleet");
    group.sample_size(10);
    for members in [10, 100, 1_000] {
        let scenario = scenario(members);
        group.throughput(Throughput::Elements(members));
        group.bench_with_input(BenchmarkId::from_parameter(members), &scenario, |b, scenario| {
            b.iter(|| run(scenario, &RunOptions::default(), None).map(|r| r.events));
        });
    }
    group.finish();
}

criterion_group!(benches, fleet);
criterion_main!(benches);
