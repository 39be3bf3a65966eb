//! What a consumer's application sees when leaders move, die or fall silent.

use super::asks;
use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ErrorCode, Offset, PartitionIx};
use crate::model::client::bench::{Bench, at, consumer_spec, ms};
use crate::observe::Fact;
use crate::observe::fact::Position;

const RELEASE: &str = "franz-go-1.22";

fn consumer(leaders: &[u32]) -> Bench {
    Bench::warm_consumer(RELEASE, leaders, &[])
}

/// Records given to the application: partition and first offset.
fn given(bench: &Bench) -> Vec<(u32, u64)> {
    let given = |f: &Fact| match f {
        Fact::Delivered { partition, base, .. } => Some((partition.0, base.0)),
        _ => None,
    };
    bench.facts.iter().filter_map(|(_, f)| given(f)).collect()
}

fn closed(fact: &Fact) -> bool {
    matches!(fact, Fact::ConnectionLost { .. })
}

/// Records are written to a partition every 100 ms until then.
fn flow(bench: &mut Bench, partition: u32, epoch: u32, until: Instant) {
    while bench.now < until {
        bench.append(partition, 1, epoch);
        bench.run_to(bench.now + ms(100));
    }
}

/// When the application was first given records of partition 0.
fn first_of_0(bench: &Bench, origin: Instant) -> f64 {
    bench.times(origin, |f| matches!(f, Fact::Delivered { partition: PartitionIx(0), .. }))[0]
}

#[test]
fn records_arrive_a_network_way_after_they_were_written() {
    let mut bench = consumer(&[0, 1]);
    let start = bench.now;
    bench.append(0, 2, 0);
    bench.run_to(start + ms(100));
    assert_eq!(bench.delivered(start), [0.5]);
    assert_eq!(given(&bench), [(0, 1000)]);
}

#[test]
fn a_move_costs_one_error_one_metadata_request_and_a_pause_of_every_partition() {
    let mut bench = consumer(&[0, 1]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(2));
    // The partition that did not move is stopped too.
    bench.append(1, 1, 0);
    bench.append(0, 1, 1);
    flow(&mut bench, 1, 0, start + ms(1000));
    assert_eq!(bench.fetch_errors(ErrorCode::FencedLeaderEpoch, start), 1, "asked no more until its position is known to stand");
    assert_eq!(bench.times(start, asks).len(), 1);
    assert_eq!(bench.reading.validations.len(), 1, "the new leader is asked whether the epoch still stands");
    assert!((4.0..115.0).contains(&first_of_0(&bench, start)), "{}", first_of_0(&bench, start));
    assert!(!bench.times(start, closed).is_empty(), "fetches in flight are cancelled, and their connections with them");
}

#[test]
fn a_partition_that_moved_waits_for_the_fetch_that_is_already_out_at_its_new_leader() {
    let mut bench = consumer(&[0, 1]);
    let start = bench.now;
    bench.move_leader(0, Some(1), 1);
    bench.append(0, 1, 1);
    bench.run_to(start + ms(6000));
    let first = first_of_0(&bench, start);
    assert!((5000.0..5020.0).contains(&first), "nothing else comes from that broker, so kgo.FetchMaxWait passes: {first}");
}

#[test]
fn a_crash_is_over_when_the_pauses_of_the_source_have_added_up() {
    let mut bench = consumer(&[0, 1]);
    let start = bench.now;
    bench.kill(0);
    bench.run_to(start + ms(9000));
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.append(0, 1, 1);
    flow(&mut bench, 1, 0, start + ms(30_000));
    // Failures come after 0.25, 0.5, 1, 2, 4 s, each a fifth longer or shorter, and then every 5 s; those ask for metadata that find the
    // last answer 5 s old. The one after the first 5 s may find it younger by what that answer took, and drop its wish.
    let recovered = first_of_0(&bench, start);
    assert!((10_000.0..20_000.0).contains(&recovered), "{recovered}");
    assert!((2..=4).contains(&bench.times(start, asks).len()));
}

#[test]
fn a_silent_leader_is_given_up_five_and_ten_seconds_after_the_last_fetch() {
    let mut bench = consumer(&[0, 1]);
    let start = bench.now;
    bench.silence(0);
    bench.run_to(start + ms(9000));
    bench.move_leader(0, Some(1), 1);
    bench.fence(0);
    bench.append(0, 1, 1);
    flow(&mut bench, 1, 0, start + ms(30_000));
    let recovered = first_of_0(&bench, start);
    // The silent leader itself may be asked for metadata first, which takes 10 s more.
    assert!((10_000.0..15_310.0).contains(&recovered) || (20_000.0..25_310.0).contains(&recovered), "{recovered}");
}

#[test]
fn what_was_lost_in_an_unclean_election_is_found_out_and_not_waited_for() {
    let mut bench = consumer(&[0, 1]);
    bench.append(0, 10, 0);
    bench.run_to(bench.now + ms(100));
    bench.facts.clear();
    let start = bench.now;
    bench.truncate(0, 1004);
    bench.move_leader(0, Some(1), 1);
    bench.run_to(start + ms(100));
    bench.append(0, 1, 1);
    flow(&mut bench, 1, 0, start + ms(1000));
    let set = bench.facts.iter().find_map(|(_, f)| match f {
        Fact::PositionSet { partition, from, to, why, .. } => Some((*partition, *from, *to, *why)),
        _ => None,
    });
    assert_eq!(set, Some((PartitionIx(0), Some(Offset(1010)), Offset(1004), Position::Truncated)));
    let of_0: Vec<_> = given(&bench).into_iter().filter(|g| g.0 == 0).collect();
    assert_eq!(of_0, [(0, 1004)]);
}

#[test]
fn records_that_wait_for_a_busy_application_are_dropped_by_a_move_and_read_again() {
    let config = [("kgo.MetadataMaxAge", "3600000")];
    let spec = consumer_spec(RELEASE, &[0, 1], &config, Duration::from_millis(300));
    let mut bench = Bench::of(spec, &[0, 1]).warmed();
    bench.append(1, 1, 0);
    bench.run_to(bench.now + ms(10));
    bench.append(1, 2, 0);
    bench.run_to(bench.now + ms(10));
    bench.move_leader(0, Some(1), 1);
    bench.run_to(bench.now + ms(3000));
    assert_eq!(given(&bench), [(1, 1000), (1, 1001)], "each record once");
    let lost = bench.facts.iter().filter(|(_, f)| matches!(f, Fact::EntrySent { partition: PartitionIx(1), .. })).count();
    assert!(lost >= 3, "the second two were fetched twice");
}

#[test]
fn a_consumer_is_sent_to_a_replica_nearby_and_stays_there() {
    let mut bench = Bench::warm_consumer(RELEASE, &[0], &[("kgo.Rack", "a")]);
    bench.reading.prefers = Some(BrokerIx(2));
    let start = bench.now;
    bench.append(0, 1, 0);
    bench.run_to(start + ms(100));
    bench.append(0, 1, 0);
    bench.run_to(start + ms(200));
    assert_eq!(given(&bench), [(0, 1000), (0, 1001)]);
    let from = |f: &Fact| matches!(f, Fact::EntrySent { broker: BrokerIx(2), .. });
    assert!(bench.times(start, from).len() >= 3, "{:?}", bench.times(start, from));
}

#[test]
fn a_consumer_that_starts_cold_begins_at_the_end_within_a_few_round_trips() {
    let spec = consumer_spec(RELEASE, &[0, 1], &[], Duration::ZERO);
    let mut bench = Bench::of(spec, &[0, 1]);
    bench.act(|client, ctx, out| client.start(ctx, out));
    bench.run_to(at(100));
    bench.append(0, 1, 0);
    bench.run_to(at(200));
    assert_eq!(given(&bench), [(0, 1000)]);
    let begun = |f: &Fact| matches!(f, Fact::PositionSet { why: Position::Begun, .. });
    assert_eq!(bench.times(at(0), begun).len(), 2);
}

#[test]
fn a_broker_that_forgot_the_fetch_session_is_asked_again_at_once() {
    let mut bench = consumer(&[0]);
    let start = bench.now;
    bench.forget_sessions();
    bench.append(0, 1, 0);
    bench.run_to(start + ms(6000));
    bench.append(0, 1, 0);
    bench.run_to(start + ms(6100));
    assert_eq!(given(&bench), [(0, 1000), (0, 1001)]);
}
