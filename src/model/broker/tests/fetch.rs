//! Fetches at the leader: what is given, what waits, what is refused.

use super::bench::{A, Ask, B, BEFORE, Bench, C, EPOCH, ask, ms, registration};
use crate::engine::Duration;
use crate::kafka::{ErrorCode, LeaderEpoch, Offset, Release};
use crate::model::message::{FetchSession, Response};

#[test]
fn a_consumer_is_given_what_all_replicas_in_sync_have_and_waits_for_the_rest() {
    let mut bench = Bench::leading();
    bench.produce(3);
    let waiting = bench.fetch(&ask(BEFORE));
    bench.run_to(ms(200));
    assert!(!bench.is_answered(waiting), "three records stand in the log, and none of them is committed");
    bench.replicated(&[B], BEFORE + 3, EPOCH);
    assert!(!bench.is_answered(waiting), "C has not got them");
    bench.replicated(&[C], BEFORE + 3, EPOCH);
    let given = bench.result(waiting);
    assert_eq!((given.high_watermark, given.records.len()), (Offset(BEFORE + 3), 1));
    assert_eq!((given.records[0].batch, given.records[0].base, given.records[0].end), (Some(0), Offset(BEFORE), Offset(BEFORE + 3)));
}

#[test]
fn an_empty_fetch_is_answered_after_fetch_max_wait_ms() {
    let (result, waited) = Bench::leading().fetched(&ask(BEFORE));
    assert_eq!((result.error, result.records.len()), (ErrorCode::None, 0));
    assert!((500.0..520.0).contains(&waited), "{waited}");
}

#[test]
fn a_fetch_waits_for_fetch_min_bytes_and_no_longer_than_its_time() {
    let mut bench = Bench::leading();
    let patient = Ask { min_bytes: 500, max_wait: Duration::from_secs(1), ..ask(BEFORE) };
    let waiting = bench.fetch(&patient);
    for end in [BEFORE + 3, BEFORE + 6] {
        bench.produce(3);
        assert!(!bench.is_answered(waiting));
        bench.replicated(&[B, C], end, EPOCH);
    }
    assert_eq!(bench.result(waiting).records.len(), 2, "300 bytes were too few, 600 are enough");
    let waiting = bench.fetch(&Ask { offset: BEFORE + 6, ..patient });
    bench.produce(1);
    bench.replicated(&[B, C], BEFORE + 7, EPOCH);
    assert!(!bench.is_answered(waiting));
    bench.run_to(bench.now + Duration::from_secs(1));
    assert_eq!(bench.result(waiting).records.len(), 1, "its time is over: it gets the hundred bytes that there are");
}

#[test]
fn an_answer_is_cut_at_whole_batches_but_never_empty_when_there_is_data() {
    let mut bench = Bench::leading();
    (0..3).for_each(|_| bench.produce(10));
    bench.replicated(&[B, C], BEFORE + 30, EPOCH);
    let end = |bytes: u32, offset: u64, bench: &mut Bench| {
        let (result, _) = bench.fetched(&Ask { partition_max_bytes: bytes, ..ask(offset) });
        result.records.last().map(|r| r.end.0 - BEFORE)
    };
    assert_eq!(end(2_500, BEFORE, &mut bench), Some(20), "of three batches of a thousand bytes two fit");
    assert_eq!(end(10, BEFORE, &mut bench), Some(10), "the first is given whole");
    let (old, _) = bench.fetched(&Ask { partition_max_bytes: 2_500, ..ask(0) });
    assert_eq!((old.records[0].batch, old.records[0].base, old.records[0].end), (None, Offset(0), Offset(2)));
    let (middle, _) = bench.fetched(&ask(BEFORE + 4));
    assert_eq!(middle.records[0].base, Offset(BEFORE + 4), "a position within a batch is given from there on");
}

#[test]
fn an_offset_beyond_the_log_is_out_of_range() {
    let (result, waited) = Bench::leading().fetched(&ask(BEFORE + 1));
    assert_eq!(result.error, ErrorCode::OffsetOutOfRange);
    assert!(waited < 10.0, "{waited}");
}

#[test]
fn a_deposed_leader_that_knows_it_fences_the_epoch_and_serves_those_who_send_none() {
    let mut bench = Bench::leading();
    bench.committed(registration(B, EPOCH + 1));
    let (fenced, _) = bench.fetched(&ask(BEFORE));
    assert_eq!(fenced.error, ErrorCode::FencedLeaderEpoch);
    let hint = fenced.hint.expect("the answer names the new leader");
    assert_eq!((hint.leader, hint.leader_epoch), (B, LeaderEpoch(EPOCH + 1)));
    let (served, _) = bench.fetched(&Ask { epoch: None, ..ask(BEFORE - 1) });
    assert_eq!((served.error, served.records.len()), (ErrorCode::None, 1), "it is served by a follower");
    let (old, _) = bench.fetched(&Ask { epoch: None, only_leader: true, ..ask(BEFORE - 1) });
    assert_eq!(old.error, ErrorCode::NotLeaderOrFollower, "versions before 11 are for leaders alone");
    assert_eq!(old.hint.map(|h| h.leader), Some(B));
}

#[test]
fn a_deposed_leader_that_does_not_know_it_serves_its_frozen_high_watermark() {
    let mut bench = Bench::leading();
    bench.produce(5);
    bench.replicated(&[B, C], BEFORE + 5, EPOCH);
    let (result, _) = bench.fetched(&ask(BEFORE));
    assert_eq!((result.error, result.high_watermark), (ErrorCode::None, Offset(BEFORE + 5)));
    let (ahead, _) = bench.fetched(&Ask { epoch: Some(EPOCH + 1), ..ask(BEFORE + 5) });
    assert_eq!((ahead.error, ahead.hint), (ErrorCode::UnknownLeaderEpoch, None), "a consumer that knows more is told nothing");
}

#[test]
fn a_parked_fetch_is_answered_when_its_leader_learns_that_it_is_none() {
    let mut bench = Bench::leading();
    let patient = Ask { max_wait: Duration::from_secs(10), ..ask(BEFORE) };
    let (with_epoch, without) = (bench.fetch(&patient), bench.fetch(&Ask { epoch: None, ..patient.clone() }));
    let old = bench.fetch(&Ask { epoch: None, only_leader: true, ..patient });
    bench.run_to(ms(1000));
    bench.committed(registration(B, EPOCH + 1));
    assert_eq!(bench.result(with_epoch).error, ErrorCode::FencedLeaderEpoch);
    assert_eq!(bench.result(old).error, ErrorCode::NotLeaderOrFollower);
    assert!(!bench.is_answered(without), "without an epoch it goes on waiting, at a follower now");
    bench.run_to(ms(11_000));
    assert_eq!(bench.result(without).error, ErrorCode::None);
}

#[test]
fn before_3_7_an_error_names_no_leader() {
    let mut bench = Bench::new(A, |spec| spec.release = Release::V3_6);
    bench.committed(registration(B, EPOCH + 1));
    let (fenced, _) = bench.fetched(&ask(BEFORE));
    assert_eq!((fenced.error, fenced.hint), (ErrorCode::FencedLeaderEpoch, None));
}

#[test]
fn a_consumer_ahead_of_a_new_leaders_high_watermark_is_answered_at_once_and_empty() {
    let mut bench = Bench::new(B, |_| {});
    bench.copied(B, BEFORE + 5, BEFORE, EPOCH);
    bench.committed(registration(A, EPOCH + 1));
    let at_new = Ask { epoch: Some(EPOCH + 1), ..ask(BEFORE + 5) };
    let (result, waited) = bench.fetched(&at_new);
    assert_eq!((result.error, result.records.len(), result.high_watermark), (ErrorCode::None, 0, Offset(BEFORE)));
    assert!(waited < 10.0, "not parked: {waited}");
    bench.replicated(&[B, C], BEFORE + 5, EPOCH + 1);
    let (_, waited) = bench.fetched(&at_new);
    assert!(waited > 490.0, "the high watermark has come to it: {waited}");
}

#[test]
fn inside_a_session_only_news_is_told_and_a_process_that_died_has_forgotten_it() {
    let mut bench = Bench::leading();
    let first = bench.fetch(&Ask { session: FetchSession::New, max_wait: Duration::ZERO, ..ask(BEFORE) });
    bench.run_to(ms(100));
    let session_of = |bench: &Bench, number: u32| match &bench.answers[&number].1 {
        Response::Fetch { session, results, error, .. } => (*session, results.len(), *error),
        other => panic!("{other:?}"),
    };
    let (session, told, _) = session_of(&bench, first);
    assert!(matches!(session, FetchSession::Id(_)));
    assert_eq!(told, 1, "a full answer tells of every partition");
    let inside = Ask { session, max_wait: Duration::ZERO, ..ask(BEFORE) };
    let second = bench.fetch(&inside);
    bench.run_to(ms(200));
    assert_eq!(session_of(&bench, second), (session, 0, ErrorCode::None));
    bench.produce(1);
    bench.replicated(&[B, C], BEFORE + 1, EPOCH);
    let third = bench.fetch(&inside);
    bench.run_to(ms(400));
    assert_eq!(session_of(&bench, third).1, 1);
    bench.restart();
    let fourth = bench.fetch(&inside);
    bench.run_to(bench.now + Duration::from_millis(100));
    assert_eq!(session_of(&bench, fourth), (FetchSession::None, 0, ErrorCode::FetchSessionIdNotFound));
}
