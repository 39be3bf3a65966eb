//! Sequence numbers of an idempotent producer.

use super::MEASURED;
use crate::model::client::bench::{Bench, Health, ms};

/// How many records the application was told to be written, and how many are, of one every 200 ms, where the leader is away for eight seconds.
fn told_and_written(profile: &str) -> (usize, u32) {
    let idempotent = [("Producer.Idempotent", "true"), ("Producer.RequiredAcks", "WaitForAll"), ("Net.MaxOpenRequests", "1")];
    let mut bench = Bench::warm(profile, &[0], &idempotent);
    let start = bench.now;
    for i in 0..60 {
        bench.run_to(start + ms(200 * i));
        match i {
            5 => bench.kill(0),
            45 => bench.brokers[0].health = Health::Up,
            _ => {}
        }
        bench.send(0);
    }
    bench.run_to(start + ms(20_000));
    (bench.records().0, bench.log.iter().map(|entry| entry.records).sum())
}

#[test]
fn before_1_61_1_a_record_keeps_its_number_in_a_newer_epoch_and_its_leader_takes_it_for_another() {
    let (told, written) = told_and_written(MEASURED);
    assert!(told > 15, "{told}");
    assert_eq!(told as u32, written);
    let (told, written) = told_and_written("sarama-1.47");
    assert!(told as u32 > written, "{told} were acknowledged and {written} are there");
}
