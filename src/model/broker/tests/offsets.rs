//! Where logs and epochs end.

use super::bench::{A, B, BEFORE, Bench, C, EPOCH, P, registration};
use crate::engine::Duration;
use crate::kafka::{ClientIx, ErrorCode, LeaderEpoch, Offset};
use crate::model::message::{EpochAnswer, EpochQuery, Isolation, OffsetAnswer, OffsetQuery, OffsetSpec, Request, Response};

fn offset(bench: &mut Bench, spec: OffsetSpec, epoch: Option<u32>) -> OffsetAnswer {
    let query = OffsetQuery { partition: P, leader_epoch: epoch.map(LeaderEpoch), spec };
    let request = Request::ListOffsets { client: ClientIx(0), isolation: Isolation::ReadUncommitted, queries: vec![query] };
    let number = bench.request(request);
    bench.run_to(bench.now + Duration::from_millis(50));
    let Response::ListOffsets { answers } = &bench.answers[&number].1 else { panic!("no answer") };
    answers[0]
}

fn end_of(bench: &mut Bench, epoch: u32, current: Option<u32>) -> EpochAnswer {
    let query = EpochQuery { partition: P, current_leader_epoch: current.map(LeaderEpoch), leader_epoch: LeaderEpoch(epoch) };
    let number = bench.request(Request::OffsetsForLeaderEpoch { client: ClientIx(0), queries: vec![query] });
    bench.run_to(bench.now + Duration::from_millis(50));
    let Response::OffsetsForLeaderEpoch { answers } = &bench.answers[&number].1 else { panic!("no answer") };
    answers[0]
}

#[test]
fn the_latest_offset_is_the_high_watermark_and_a_leader_of_yesterday_does_not_say() {
    let mut bench = Bench::leading();
    bench.produce(5);
    assert_eq!(offset(&mut bench, OffsetSpec::Latest, Some(EPOCH)).offset, Offset(BEFORE), "five records are not committed yet");
    bench.replicated(&[B, C], BEFORE + 5, EPOCH);
    let latest = offset(&mut bench, OffsetSpec::Latest, None);
    assert_eq!((latest.offset, latest.leader_epoch), (Offset(BEFORE + 5), Some(LeaderEpoch(EPOCH))));
    assert_eq!(offset(&mut bench, OffsetSpec::Earliest, Some(EPOCH)).offset, Offset(0));
    bench.committed(registration(B, EPOCH + 1));
    assert_eq!(offset(&mut bench, OffsetSpec::Latest, Some(EPOCH)).error, ErrorCode::FencedLeaderEpoch);
    assert_eq!(offset(&mut bench, OffsetSpec::Latest, None).error, ErrorCode::NotLeaderOrFollower);
}

#[test]
fn a_new_leader_does_not_say_where_the_log_ends_until_its_high_watermark_has_come_to_its_own_term() {
    let mut bench = Bench::new(B, |_| {});
    bench.copied(B, BEFORE + 5, BEFORE, EPOCH);
    bench.committed(registration(A, EPOCH + 1));
    assert_eq!(offset(&mut bench, OffsetSpec::Latest, Some(EPOCH + 1)).error, ErrorCode::OffsetNotAvailable);
    assert_eq!(offset(&mut bench, OffsetSpec::Earliest, Some(EPOCH + 1)).error, ErrorCode::None);
    bench.replicated(&[B, C], BEFORE + 5, EPOCH + 1);
    assert_eq!(offset(&mut bench, OffsetSpec::Latest, Some(EPOCH + 1)).offset, Offset(BEFORE + 5));
}

#[test]
fn an_epoch_ends_where_the_next_begins_and_one_that_nobody_knows_has_no_end() {
    let mut bench = Bench::new(B, |_| {});
    bench.copied(B, BEFORE + 5, BEFORE, EPOCH);
    assert_eq!(end_of(&mut bench, EPOCH, Some(EPOCH)).error, ErrorCode::NotLeaderOrFollower);
    bench.committed(registration(A, EPOCH + 1));
    bench.produce(2);
    assert_eq!(end_of(&mut bench, EPOCH, Some(EPOCH + 1)).end, Some((LeaderEpoch(EPOCH), Offset(BEFORE + 5))));
    assert_eq!(end_of(&mut bench, EPOCH + 1, Some(EPOCH + 1)).end, Some((LeaderEpoch(EPOCH + 1), Offset(BEFORE + 7))));
    assert_eq!(end_of(&mut bench, EPOCH + 2, None).end, None);
    assert_eq!(end_of(&mut bench, EPOCH, Some(EPOCH)).error, ErrorCode::FencedLeaderEpoch);
    assert_eq!(end_of(&mut bench, EPOCH, Some(EPOCH + 2)).error, ErrorCode::UnknownLeaderEpoch);
}
