//! Any client in any weather: every record has one fate, and an idempotent producer keeps its word.

use crate::kafka::PartitionIx;
use crate::model::client::bench::{Bench, Health, ms};
use crate::model::client::profiles;
use crate::observe::Fact;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Something that happens, and how many milliseconds pass after it.
#[derive(Clone, Debug)]
enum Weather {
    Send {
        partition: u32,
        count: u32,
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
}

fn weather() -> impl Strategy<Value = (Weather, u64)> {
    let what = prop_oneof![
        4 => (0..3_u32, 1..9_u32).prop_map(|(partition, count)| Weather::Send { partition, count }),
        2 => (0..3_u32, 0..4_u32, prop::array::uniform3(0..300_u64)).prop_map(|(partition, leader, lags)| Weather::Move { partition, leader, lags }),
        1 => (0..3_u32).prop_map(Weather::Kill),
        1 => (0..3_u32).prop_map(Weather::Silence),
        2 => (0..3_u32).prop_map(Weather::Heal),
    ];
    (what, prop_oneof![Just(0), 0..20_u64, 0..2000_u64])
}

/// The whole story of a client: warm, or started into the storm.
fn storm(profile: usize, warm: bool, config: &[(&str, &str)], weathers: &[(Weather, u64)]) -> Bench {
    let name = profiles::all()[profile].name.as_ref();
    let mut bench = if warm { Bench::warm(name, &[0, 1, 2], config) } else { Bench::new(name, &[0, 1, 2], config) };
    if !warm {
        (0..3).for_each(|b| {
            if let Some((Weather::Kill(_), _)) = weathers.first() {
                bench.kill(b)
            }
        });
        bench.act(|client, ctx, out| client.start(ctx, out));
    }
    let mut epochs = [0; 3];
    let mut moved = |bench: &mut Bench, partition: u32, leader: u32, lags: [u64; 3]| {
        epochs[partition as usize] += 1;
        bench.commit_move(partition, (leader < 3).then_some(leader), epochs[partition as usize]);
        for (broker, lag) in lags.into_iter().enumerate() {
            bench.apply(broker, bench.now + ms(lag));
        }
    };
    for (what, wait) in weathers {
        match *what {
            Weather::Send { partition, count } => (0..count).for_each(|_| bench.send(partition)),
            Weather::Move { partition, leader, lags } => moved(&mut bench, partition, leader, lags),
            Weather::Kill(broker) => bench.kill(broker),
            Weather::Silence(broker) => bench.silence(broker),
            Weather::Heal(broker) => bench.brokers[broker as usize].health = Health::Up,
        }
        bench.run_to(bench.now + ms(*wait));
    }
    bench.brokers.iter_mut().for_each(|b| b.health = Health::Up);
    (0..3).for_each(|partition| moved(&mut bench, partition, partition, [0; 3]));
    bench.run_to(bench.now + ms(400_000));
    bench
}

/// Of each record: how often its fate was told.
fn fates(bench: &Bench) -> BTreeMap<u64, usize> {
    let mut fates = BTreeMap::new();
    for (_, fact) in &bench.facts {
        match fact {
            Fact::RecordCreated { record, .. } => {
                fates.entry(*record).or_insert(0);
            }
            Fact::RecordDone { record, .. } => *fates.entry(*record).or_insert(0) += 1,
            _ => {}
        }
    }
    fates
}

proptest! {
    #[test]
    fn an_idempotent_producer_that_has_time_writes_every_record_once_and_in_order(profile in 0..5_usize, warm in any::<bool>(), weathers in prop::collection::vec(weather(), 1..40)) {
        let config = [("linger.ms", "0"), ("batch.size", "300"), ("delivery.timeout.ms", "1000000")];
        let bench = storm(profile, warm, &config, &weathers);
        let sent = fates(&bench).len();
        prop_assert_eq!(bench.records(), (sent, 0));
        for partition in (0..3).map(PartitionIx) {
            let mine = bench.log.iter().filter(|e| e.partition == partition);
            let sequences: Vec<_> = mine.clone().map(|e| (e.producer_epoch, e.sequence.unwrap())).collect();
            prop_assert!(sequences.is_sorted_by(|a, b| a < b), "{:?}", sequences);
            let batches: Vec<_> = mine.map(|e| e.batch).collect();
            prop_assert!(batches.is_sorted_by(|a, b| a < b), "{:?}", batches);
        }
    }

    #[test]
    fn every_record_of_any_producer_has_one_fate_and_what_was_acknowledged_was_written(
        profile in 0..5_usize,
        warm in any::<bool>(),
        in_flight in prop::sample::select(vec!["1", "5"]),
        idempotence in prop::sample::select(vec!["true", "false"]),
        memory in prop::sample::select(vec!["900", "33554432"]),
        weathers in prop::collection::vec(weather(), 1..40),
    ) {
        let config = [
            ("batch.size", "300"), ("enable.idempotence", idempotence), ("max.in.flight.requests.per.connection", in_flight),
            ("buffer.memory", memory), ("delivery.timeout.ms", "31000"), ("max.block.ms", "5000"),
        ];
        let bench = storm(profile, warm, &config, &weathers);
        prop_assert!(fates(&bench).values().all(|n| *n == 1), "{:?}", fates(&bench));
        let written: BTreeSet<_> = bench.log.iter().map(|e| e.batch).collect();
        for (_, fact) in &bench.facts {
            if let Fact::RecordDone { batch: Some(batch), error, .. } = fact && error.is_none() {
                prop_assert!(written.contains(batch), "batch {}", batch);
            }
        }
    }
}
