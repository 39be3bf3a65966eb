//! What it costs to look: five minutes of a rolling restart of 3 brokers under 20 producers without a trace, with one that throws every fact away,
//! with one that keeps every fact, and with the record of the timeline (`run --report`). All give the same digest. One element is one event.
//! `cargo bench --bench tracing`

#[expect(dead_code, reason = "other benches use the rest")]
mod workloads;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kafkasim::engine::Instant;
use kafkasim::experiment::{RunOptions, Trace, run};
use kafkasim::observe::Fact;
use kafkasim::scenario::Scenario;
use kafkasim::timeline::Recorder;
use std::hint::black_box;

fn digest(scenario: &Scenario, trace: Option<Trace<'_>>) -> String {
    run(scenario, &RunOptions::default(), trace).unwrap_or_else(|e| panic!("{e}")).digest
}

fn kept(scenario: &Scenario) -> String {
    let mut facts: Vec<(Instant, Fact)> = Vec::new();
    let digest = digest(scenario, Some(&mut |at, fact| facts.push((at, fact.clone()))));
    black_box(facts);
    digest
}

fn drawn(scenario: &Scenario) -> String {
    let count_from = Instant::ZERO + scenario.count_from;
    let mut recorder = Recorder::new(&scenario.spec, count_from, count_from + scenario.duration);
    let digest = digest(scenario, Some(&mut |at, fact| recorder.on_fact(at, fact)));
    black_box(recorder);
    digest
}

fn tracing(c: &mut Criterion) {
    let scenario = workloads::rolling_restart();
    let record = run(&scenario, &RunOptions::default(), None).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!([kept(&scenario), drawn(&scenario)], [record.digest.clone(), record.digest], "nobody who looks changes a fact");
    let mut group = c.benchmark_group("tracing");
    group.sample_size(10);
    group.throughput(Throughput::Elements(record.events));
    group.bench_function("no trace", |b| b.iter(|| digest(&scenario, None)));
    group.bench_function("facts shown", |b| b.iter(|| digest(&scenario, Some(&mut |_, fact| _ = black_box(fact)))));
    group.bench_function("facts kept", |b| b.iter(|| kept(&scenario)));
    group.bench_function("timeline", |b| b.iter(|| drawn(&scenario)));
    group.finish();
}

criterion_group!(benches, tracing);
criterion_main!(benches);
