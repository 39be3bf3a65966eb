//! Any consumer in any weather: every record is delivered once, and in order.

use crate::engine::Duration;
use crate::kafka::{Offset, PartitionIx};
use crate::model::client::bench::{Bench, Health, consumer_spec, ms};
use crate::model::client::profile::Library;
use crate::model::client::profiles;
use crate::model::spec::RECORDS_BEFORE;
use crate::observe::Fact;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Something that happens, and how many milliseconds pass after it.
#[derive(Clone, Debug)]
enum Weather {
    Append {
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
    Forget,
    Prefer(Option<u32>),
}

fn weather() -> impl Strategy<Value = (Weather, u64)> {
    let what = prop_oneof![
        4 => (0..3_u32, 1..9_u64).prop_map(|(partition, count)| Weather::Append { partition, count }),
        2 => (0..3_u32, 0..4_u32, prop::array::uniform3(0..300_u64)).prop_map(|(partition, leader, lags)| Weather::Move { partition, leader, lags }),
        1 => (0..3_u32).prop_map(Weather::Kill),
        1 => (0..3_u32).prop_map(Weather::Silence),
        2 => (0..3_u32).prop_map(Weather::Heal),
        1 => Just(Weather::Forget),
        1 => prop::option::of(0..3_u32).prop_map(Weather::Prefer),
    ];
    (what, prop_oneof![Just(0), 0..20_u64, 0..2000_u64])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_record_is_delivered_once_and_in_order(
        profile in prop::sample::select(profiles::all().iter().filter(|p| p.library == Library::Java).map(|p| p.name.to_string()).collect::<Vec<_>>()),
        processing in prop::sample::select(vec![0, 5, 400]),
        polled in prop::sample::select(vec!["1", "3", "500"]),
        weathers in prop::collection::vec(weather(), 1..40),
    ) {
        let spec = consumer_spec(&profile, &[0, 1, 2], &[("max.poll.records", polled)], Duration::from_millis(processing));
        let mut bench = Bench::of(spec, &[0, 1, 2]).warmed();
        let mut epochs = [0; 3];
        let mut written = [RECORDS_BEFORE.0; 3];
        let moved = |bench: &mut Bench, partition: u32, leader: u32, lags: [u64; 3], epochs: &mut [u32; 3]| {
            epochs[partition as usize] += 1;
            bench.commit_move(partition, (leader < 3).then_some(leader), epochs[partition as usize]);
            for (broker, lag) in lags.into_iter().enumerate() {
                bench.apply(broker, bench.now + ms(lag));
            }
        };
        for (what, wait) in &weathers {
            match *what {
                Weather::Append { partition, count } => {
                    written[partition as usize] += count;
                    bench.append(partition, count, epochs[partition as usize]);
                }
                Weather::Move { partition, leader, lags } => moved(&mut bench, partition, leader, lags, &mut epochs),
                Weather::Kill(broker) => bench.kill(broker),
                Weather::Silence(broker) => bench.silence(broker),
                Weather::Heal(broker) => bench.brokers[broker as usize].health = Health::Up,
                Weather::Forget => bench.forget_sessions(),
                Weather::Prefer(broker) => bench.reading.prefers = broker.map(crate::kafka::BrokerIx),
            }
            bench.run_to(bench.now + ms(*wait));
        }
        bench.brokers.iter_mut().for_each(|b| b.health = Health::Up);
        (0..3).for_each(|partition| moved(&mut bench, partition, partition, [0; 3], &mut epochs));
        bench.run_to(bench.now + ms(100_000));
        let mut read: BTreeMap<PartitionIx, Offset> = BTreeMap::new();
        for (_, fact) in &bench.facts {
            if let Fact::Delivered { partition, base, end, .. } = fact {
                let next = read.insert(*partition, *end).unwrap_or(RECORDS_BEFORE);
                prop_assert_eq!(next, *base, "{:?}", partition);
            }
        }
        for (partition, end) in written.into_iter().enumerate() {
            let read = read.get(&PartitionIx(partition as u32)).copied().unwrap_or(RECORDS_BEFORE);
            prop_assert_eq!(read, Offset(end), "partition {}", partition);
        }
    }
}
