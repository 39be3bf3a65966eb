//! What the code around the producer does when a record fails.

use super::MEASURED;
use crate::engine::Instant;
use crate::model::client::bench::{Bench, acknowledged, at, ms, spec};
use crate::model::spec::{OnFailure, Role};
use crate::observe::record::Messages;
use crate::observe::{Fact, Observers};

/// A producer of thirty records a second to three partitions, whose library tries so often and whose application does this.
fn application(on_failure: OnFailure, retries: &str) -> Bench {
    let mut spec = spec(MEASURED, &[0, 1, 2], &[("Producer.Retry.Max", retries), ("Metadata.RefreshFrequency", "100000000")]);
    if let Role::Producer(workload) = &mut spec.clients[0].role {
        (workload.rate, workload.on_failure) = (30.0, on_failure);
        (workload.start, workload.stop) = (ms(10_000), Some(ms(12_000)));
    }
    let mut bench = Bench::of(spec, &[0, 1, 2]);
    bench.act(|client, ctx, out| client.start_warm(ctx, out));
    bench.run_to(at(9_999));
    bench
}

/// Broker 0 dies half a millisecond after it has appended a record and before it has answered.
fn dies_unheard(bench: &mut Bench) {
    while !bench.log.iter().any(|e| e.partition.0 == 0) {
        bench.run_to(bench.now + crate::engine::Duration::from_micros(100));
    }
    bench.kill(0);
    bench.fence(0);
    bench.move_leader(0, Some(1), 1);
}

/// The fates of all messages, held against what stands in the logs.
fn messages(bench: &Bench) -> Messages {
    let mut observers = Observers::new(&bench.spec, Instant::ZERO);
    bench.facts.iter().for_each(|(at, fact)| observers.on_fact(*at, fact));
    bench.log.iter().for_each(|entry| observers.audit(entry.batch));
    observers.finish(&bench.spec, bench.now).total.messages
}

#[test]
fn an_application_that_says_it_again_writes_it_twice_when_the_first_had_been_written() {
    for (on_failure, extra_copies, repeats) in [(OnFailure::GiveUp, 0, 0), (OnFailure::Retry(ms(100)), 1, 1)] {
        let mut bench = application(on_failure, "0");
        dies_unheard(&mut bench);
        bench.run_to(at(20_000));
        assert_eq!(bench.times(Instant::ZERO, |f| matches!(f, Fact::RecordRepeats { .. })).len(), repeats, "{on_failure:?}");
        let seen = messages(&bench);
        let all = Messages { handed_over: 60, written: 60, lost: 0, extra_copies, open: 0 };
        assert_eq!(seen, all, "{on_failure:?}: nothing is lost, failed or not");
    }
}

#[test]
fn an_application_that_crashes_loses_what_its_library_had_and_what_comes_while_it_is_down() {
    let mut bench = application(OnFailure::Crash(ms(500)), "3");
    bench.run_to(at(10_500));
    bench.kill(0);
    let crashes = |b: &Bench| b.times(Instant::ZERO, |f| matches!(f, Fact::ProcessEnded { .. }));
    while crashes(&bench).is_empty() {
        bench.run_to(bench.now + ms(1));
    }
    bench.fence(0);
    bench.move_leader(0, Some(1), 1);
    bench.run_to(at(20_000));
    let down = crashes(&bench);
    assert_eq!(down.len(), 1, "{down:?}");
    assert!((10_800.0..11_200.0).contains(&down[0]), "when the first record has failed three times: {down:?}");
    let seen = messages(&bench);
    assert!((44..=46).contains(&seen.handed_over), "half a second of thirty records a second never came: {seen:?}");
    assert!((3..=7).contains(&seen.lost), "the one that failed, and those of its partition that waited behind it: {seen:?}");
    assert_eq!((seen.written + seen.lost, seen.open), (seen.handed_over, 0));
    let said = bench.times(Instant::ZERO, acknowledged);
    assert!(said.iter().all(|t| *t <= down[0] || *t >= down[0] + 500.0), "nothing is said while it is down");
}
