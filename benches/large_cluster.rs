//! Large clusters: 30 brokers with 10,000 partitions and 200 producers, 100 brokers with 100,000 partitions and 1,000 producers, each with a broker
//! that is killed. One element is one event. `cargo bench --bench large_cluster`

#[expect(dead_code, reason = "other benches use the rest")]
mod workloads;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kafkasim::experiment::{RunOptions, run};

fn large_cluster(c: &mut Criterion) {
    let mut group = c.benchmark_group("large_cluster");
    group.sample_size(10);
    for (name, scenario) in [("30 brokers", workloads::thirty_brokers()), ("100 brokers", workloads::hundred_brokers())] {
        let record = run(&scenario, &RunOptions::default(), None).unwrap_or_else(|e| panic!("{e}"));
        group.throughput(Throughput::Elements(record.events));
        group.bench_function(name, |b| b.iter(|| run(&scenario, &RunOptions::default(), None).map(|r| r.events)));
    }
    group.finish();
}

criterion_group!(benches, large_cluster);
criterion_main!(benches);
