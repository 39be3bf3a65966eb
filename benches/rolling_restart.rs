//! A whole run, accounting included: five minutes of a rolling restart of 3 brokers under 20 producers.
//! One element is one event. `cargo bench --bench rolling_restart`

#[expect(dead_code, reason = "other benches use the rest")]
mod workloads;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kafkasim::experiment::{RunOptions, run};

fn rolling_restart(c: &mut Criterion) {
    let scenario = workloads::rolling_restart();
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
