//! The hold model: take the next event, put in a new one at a random distance. `cargo bench --bench queue`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kafkasim::engine::{Chance, Distribution, Duration, EventQueue};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

/// Hold operations of one iteration.
const HOLDS: u64 = 10_000;
/// Draws made beforehand, so that drawing is not what is measured.
const DELAYS: usize = 1 << 16;

/// An event as large as the simulator's own.
type Event = [u32; 5];

fn delays() -> Vec<Duration> {
    let stream = Chance::new(1).stream("hold");
    let exponential = Distribution::Exponential(Duration::from_millis(10));
    (0..DELAYS as u64).map(|i| exponential.sample(stream.at(i))).collect()
}

fn hold(c: &mut Criterion) {
    let delays = delays();
    let mut group = c.benchmark_group("hold");
    group.throughput(Throughput::Elements(HOLDS));
    for pending in [100, 1_000, 10_000, 100_000, 1_000_000] {
        group.bench_with_input(BenchmarkId::new("EventQueue", pending), &pending, |b, &pending| {
            let mut queue: EventQueue<Event> = EventQueue::new();
            for i in 0..pending {
                queue.push(kafkasim::engine::Instant::ZERO + delays[i % DELAYS], [i as u32; 5]);
            }
            let mut i = 0;
            b.iter(|| {
                for _ in 0..HOLDS {
                    let (at, event) = queue.pop().expect("the hold model never empties the queue");
                    queue.push(at + delays[i % DELAYS], event);
                    i += 1;
                }
                black_box(queue.len())
            });
        });
        group.bench_with_input(BenchmarkId::new("BinaryHeap", pending), &pending, |b, &pending| {
            let mut heap: BinaryHeap<Reverse<(u64, u64, Event)>> = BinaryHeap::new();
            for i in 0..pending {
                heap.push(Reverse((delays[i % DELAYS].as_nanos(), i as u64, [i as u32; 5])));
            }
            let mut i = pending;
            b.iter(|| {
                for _ in 0..HOLDS {
                    let Reverse((at, _, event)) = heap.pop().expect("the hold model never empties the heap");
                    heap.push(Reverse((at + delays[i % DELAYS].as_nanos(), i as u64, event)));
                    i += 1;
                }
                black_box(heap.len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, hold);
criterion_main!(benches);
