//! How well a sweep uses the machine: the same 128 runs with `kafkasim sweep` on one thread and on all cores, as processes, answers and all.
//! One element is one run. At the end stands the efficiency: the fastest sweep on all cores against cores x the fastest on one thread.
//! On a machine that does other work it says nothing. `cargo bench --bench sweep`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::num::NonZero;
use std::process::{Command, Stdio};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

const RUNS: u64 = 128;

/// What one sweep takes from its start to its end.
fn sweep(threads: usize) -> Duration {
    let (runs, threads) = (RUNS.to_string(), threads.to_string());
    let mut sweep = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
    sweep.args(["sweep", "broker-crash", "--seeds", &runs, "--threads", &threads]).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let ended = sweep.status().expect("it can be started");
    assert!(ended.success(), "{ended}");
    began.elapsed()
}

fn efficiency(c: &mut Criterion) {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let mut group = c.benchmark_group("sweep");
    group.sample_size(10).throughput(Throughput::Elements(RUNS));
    let fastest = [1, cores].map(|threads| {
        let mut fastest = Duration::MAX;
        group.bench_function(BenchmarkId::new("threads", threads), |b| {
            b.iter_custom(|times| {
                let took: Vec<Duration> = (0..times).map(|_| sweep(threads)).collect();
                fastest = took.iter().copied().min().unwrap_or(fastest).min(fastest);
                took.iter().sum()
            });
        });
        fastest
    });
    group.finish();
    let share = fastest[0].as_secs_f64() / fastest[1].as_secs_f64() / cores as f64;
    println!("sweep on {cores} cores: {:.1} % of {cores} x the speed of one thread", 100.0 * share);
}

criterion_group!(benches, efficiency);
criterion_main!(benches);
