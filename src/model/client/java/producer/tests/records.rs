//! Records on their way into batches.

use crate::engine::Instant;
use crate::kafka::{BrokerIx, TopicIx};
use crate::model::client::bench::{Bench, acknowledged, at, ms, sent};
use crate::model::spec::{ArrivalLaw, Partitioning, Role};
use crate::observe::Fact;

#[test]
fn a_fresh_producer_learns_brokers_and_topic_and_gets_its_producer_id_before_it_sends() {
    let mut bench = Bench::new("java-4.3", &[0, 1], &[("linger.ms", "0")]);
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.send(0);
    bench.run_to(at(1000));
    assert_eq!(bench.records(), (1, 0));
    let first = bench.times(Instant::ZERO, |f| matches!(f, Fact::BeliefChanged { .. }));
    assert_eq!(first, [3.0, 3.0], "connect, ApiVersions, Metadata: three round trips");
    assert_eq!(bench.times(Instant::ZERO, acknowledged), [7.0], "connect, ApiVersions, Produce with its replication");
}

#[test]
fn records_linger_into_one_batch() {
    let mut bench = Bench::warm("java-4.3", &[0], &[]);
    let start = bench.now;
    for _ in 0..3 {
        bench.send(0);
        bench.run_to(bench.now + ms(1));
    }
    bench.run_to(start + ms(100));
    assert_eq!(bench.times(start, sent), [5.0], "linger.ms is 5 in 4.x");
    assert_eq!(bench.times(start, acknowledged), [7.0; 3]);
}

#[test]
fn a_full_buffer_blocks_records_in_order_until_max_block() {
    // Room for two batches of 1000 bytes, each of nine records.
    let config = [("linger.ms", "0"), ("batch.size", "1000"), ("buffer.memory", "2000"), ("max.in.flight.requests.per.connection", "1")];
    let mut bench = Bench::warm("java-4.3", &[0], &config);
    let start = bench.now;
    bench.silence(0);
    for _ in 0..12 {
        bench.send(0);
    }
    bench.run_to(start + ms(61_000));
    let failed: Vec<_> = bench
        .facts
        .iter()
        .filter_map(|(at, f)| match f {
            Fact::RecordDone { record, batch: None, .. } => Some((at.millis_after(start), *record)),
            _ => None,
        })
        .collect();
    assert_eq!(failed, [(60_000.0, 10)], "only the first that blocks has used up its time: the next send() began when it failed");
    assert_eq!(bench.records(), (0, 1));
}

#[test]
fn acks_0_counts_what_is_written_as_done_and_loses_it_silently_at_a_stale_leader() {
    let mut bench = Bench::warm("java-4.3", &[0, 1], &[("linger.ms", "0"), ("acks", "0")]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.send(0);
    bench.run_to(start + ms(100));
    assert_eq!(bench.times(start, acknowledged), [0.0]);
    assert!(bench.log.is_empty());
    bench.send(0);
    bench.run_to(start + ms(200));
    assert_eq!(bench.log.len(), 1, "the closed connection made it refresh");
    assert_eq!(bench.client.believes(bench.log[0].partition, &bench.history, &bench.spec).0, Some(BrokerIx(1)));
}

#[test]
fn the_workload_arrives_at_its_rate_and_goes_round_the_partitions() {
    for arrivals in [ArrivalLaw::Constant, ArrivalLaw::Poisson] {
        let mut bench = Bench::new("java-4.3", &[0, 1, 2], &[]);
        let Role::Producer(workload) = &mut bench.spec.clients[0].role else { unreachable!() };
        workload.rate = 1000.0;
        workload.arrivals = arrivals;
        workload.stop = Some(ms(5000));
        bench.client = crate::model::client::Client::new(crate::kafka::ClientIx(0), &bench.spec, crate::engine::Chance::new(3));
        bench.act(|client, ctx, out| client.start_warm(ctx, out));
        bench.run_to(at(6000));
        let (good, bad) = bench.records();
        assert!((4700..=5300).contains(&good), "{good}");
        assert_eq!(bad, 0);
        let to_first = bench.times(Instant::ZERO, |f| matches!(f, Fact::RecordCreated { partition, .. } if partition.0 == 0)).len();
        assert_eq!(to_first, good.div_ceil(3));
    }
}

#[test]
fn records_without_a_key_stick_to_a_partition_for_a_batch_of_bytes() {
    let mut bench = Bench::new("java-4.3", &[0, 1, 2], &[("batch.size", "1000")]);
    let Role::Producer(workload) = &mut bench.spec.clients[0].role else { unreachable!() };
    workload.partitioning = Partitioning::Sticky;
    bench.act(|client, ctx, out| client.start_warm(ctx, out));
    for _ in 0..200 {
        bench.act(|client, ctx, out| {
            client.send(TopicIx(0), None, 100, ctx, out);
        });
        bench.run_to(bench.now + ms(1));
    }
    let partitions: Vec<_> = bench
        .facts
        .iter()
        .filter_map(|(_, f)| if let Fact::RecordCreated { partition, .. } = f { Some(*partition) } else { None })
        .collect();
    let runs = partitions.chunk_by(|a, b| a == b).map(<[_]>::len);
    assert!(runs.clone().all(|run| run >= 10 || run == partitions.len() % 10), "{:?}", runs.collect::<Vec<_>>());
    assert!((0..3).all(|p| partitions.iter().any(|q| q.0 == p)));
}
