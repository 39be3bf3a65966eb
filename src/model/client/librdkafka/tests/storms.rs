//! Any client in any weather: every message has one fate, an idempotent producer keeps its word, a consumer reads everything in order.

use crate::engine::Duration;
use crate::kafka::{Offset, PartitionIx};
use crate::model::client::bench::{Bench, Health, consumer_spec, ms, spec};
use crate::model::spec::RECORDS_BEFORE;
use crate::observe::Fact;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const PROFILES: [&str; 5] = ["librdkafka-2.3", "librdkafka-2.4", "librdkafka-2.5", "librdkafka-2.10", "librdkafka-2.16"];

/// Something that happens, and how many milliseconds pass after it.
#[derive(Clone, Debug)]
enum Weather {
    /// Messages come, to the producer or to the log that the consumer reads.
    Messages {
        partition: u32,
        count: u64,
    },
    /// A leader (3: none) that the brokers apply these many milliseconds later.
    Move {
        partition: u32,
        leader: u32,
        lags: [u64; 3],
    },
    Kill(u32),
    Silence(u32),
    Heal(u32),
    Prefer(Option<u32>),
}

fn weather() -> impl Strategy<Value = (Weather, u64)> {
    let what = prop_oneof![
        4 => (0..3_u32, 1..9_u64).prop_map(|(partition, count)| Weather::Messages { partition, count }),
        2 => (0..3_u32, 0..4_u32, prop::array::uniform3(0..300_u64)).prop_map(|(partition, leader, lags)| Weather::Move { partition, leader, lags }),
        1 => (0..3_u32).prop_map(Weather::Kill),
        1 => (0..3_u32).prop_map(Weather::Silence),
        2 => (0..3_u32).prop_map(Weather::Heal),
        1 => prop::option::of(0..3_u32).prop_map(Weather::Prefer),
    ];
    (what, prop_oneof![Just(0), 0..20_u64, 0..2000_u64])
}

fn pass(bench: &mut Bench, long: u64) {
    let until = bench.now + ms(long);
    bench.run_to(until);
}

/// A client's whole story; `messages` is what messages are to it. Then all is well again for a while.
fn storm(mut bench: Bench, weathers: &[(Weather, u64)], calm: u64, messages: impl Fn(&mut Bench, u32, u64, u32)) -> Bench {
    let mut epochs = [0; 3];
    let moved = |bench: &mut Bench, partition: u32, leader: u32, lags: [u64; 3], epochs: &mut [u32; 3]| {
        epochs[partition as usize] += 1;
        bench.commit_move(partition, (leader < 3).then_some(leader), epochs[partition as usize]);
        for (broker, lag) in lags.into_iter().enumerate() {
            let at = bench.now + ms(lag);
            bench.apply(broker, at);
        }
    };
    for (what, wait) in weathers {
        match *what {
            Weather::Messages { partition, count } => messages(&mut bench, partition, count, epochs[partition as usize]),
            Weather::Move { partition, leader, lags } => moved(&mut bench, partition, leader, lags, &mut epochs),
            Weather::Kill(broker) => bench.kill(broker),
            Weather::Silence(broker) => bench.silence(broker),
            Weather::Heal(broker) => bench.brokers[broker as usize].health = Health::Up,
            Weather::Prefer(broker) => bench.reading.prefers = broker.map(crate::kafka::BrokerIx),
        }
        pass(&mut bench, *wait);
    }
    bench.brokers.iter_mut().for_each(|b| b.health = Health::Up);
    (0..3).for_each(|partition| moved(&mut bench, partition, partition, [0; 3], &mut epochs));
    pass(&mut bench, calm);
    bench
}

fn producing(profile: &str, warm: bool, config: &[(&str, &str)], weathers: &[(Weather, u64)]) -> Bench {
    let mut bench = Bench::of(spec(profile, &[0, 1, 2], config), &[0, 1, 2]);
    if warm {
        bench = bench.warmed();
    } else {
        bench.act(|client, ctx, out| client.start(ctx, out));
    }
    storm(bench, weathers, 700_000, |bench, partition, count, _| (0..count).for_each(|_| bench.send(partition)))
}

/// Of each record: how often its fate was told.
fn fates(bench: &Bench) -> BTreeMap<u64, usize> {
    let mut fates = BTreeMap::new();
    for (_, fact) in &bench.facts {
        match fact {
            Fact::RecordCreated { record, .. } => *fates.entry(*record).or_insert(0) += 0,
            Fact::RecordDone { record, .. } => *fates.entry(*record).or_insert(0) += 1,
            _ => {}
        }
    }
    fates
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_idempotent_producer_that_has_time_writes_every_record_once_and_in_order(
        profile in 0..5_usize, warm in any::<bool>(), weathers in prop::collection::vec(weather(), 1..40),
    ) {
        let config = [("enable.idempotence", "true"), ("linger.ms", "0"), ("batch.num.messages", "3"), ("delivery.timeout.ms", "0")];
        let bench = producing(PROFILES[profile], warm, &config, &weathers);
        prop_assert_eq!(bench.records(), (fates(&bench).len(), 0));
        for partition in (0..3).map(PartitionIx) {
            let mine = bench.log.iter().filter(|e| e.partition == partition);
            let batches: Vec<_> = mine.map(|e| e.batch).collect();
            prop_assert!(batches.is_sorted_by(|a, b| a < b), "{:?}", batches);
        }
    }

    #[test]
    fn every_message_has_one_fate_and_what_was_acknowledged_was_written(
        profile in 0..5_usize,
        warm in any::<bool>(),
        idempotence in prop::sample::select(vec!["true", "false"]),
        queue in prop::sample::select(vec!["10", "100000"]),
        linger in prop::sample::select(vec!["0", "5"]),
        weathers in prop::collection::vec(weather(), 1..40),
    ) {
        let config = [
            ("enable.idempotence", idempotence), ("batch.num.messages", "3"), ("queue.buffering.max.messages", queue),
            ("linger.ms", linger), ("delivery.timeout.ms", "31000"),
        ];
        let bench = producing(PROFILES[profile], warm, &config, &weathers);
        prop_assert!(fates(&bench).values().all(|n| *n == 1), "{:?}", fates(&bench));
        let written: BTreeSet<_> = bench.log.iter().map(|e| e.batch).collect();
        for (_, fact) in &bench.facts {
            if let Fact::RecordDone { batch: Some(batch), error, .. } = fact && error.is_none() {
                prop_assert!(written.contains(batch), "batch {}", batch);
            }
        }
    }

    #[test]
    fn a_consumer_is_given_every_record_once_and_in_order(
        profile in 0..5_usize,
        processing in prop::sample::select(vec![0, 5, 100]),
        queued in prop::sample::select(vec!["5", "100000"]),
        weathers in prop::collection::vec(weather(), 1..40),
    ) {
        let spec = consumer_spec(PROFILES[profile], &[0, 1, 2], &[("queued.min.messages", queued)], Duration::from_millis(processing));
        let bench = Bench::of(spec, &[0, 1, 2]).warmed();
        let bench = storm(bench, &weathers, 200_000, |bench, partition, count, epoch| bench.append(partition, count, epoch));
        let mut read: BTreeMap<PartitionIx, Offset> = BTreeMap::new();
        for (_, fact) in &bench.facts {
            if let Fact::Delivered { partition, base, end, .. } = fact {
                let next = read.insert(*partition, *end).unwrap_or(RECORDS_BEFORE);
                prop_assert_eq!(next, *base, "{:?}", partition);
            }
        }
        for partition in 0..3_u32 {
            let written: u64 = weathers.iter().map(|(w, _)| match w {
                Weather::Messages { partition: p, count } if *p == partition => *count,
                _ => 0,
            }).sum();
            let read = read.get(&PartitionIx(partition)).copied().unwrap_or(RECORDS_BEFORE);
            prop_assert_eq!(read, Offset(RECORDS_BEFORE.0 + written), "partition {}", partition);
        }
    }
}
