//! Followers' fetch sessions (KIP-227): only what changes is looked at, and nobody can tell.

use super::bench::{B, BEFORE, Bench, C, ms};
use crate::kafka::BrokerIx;
use crate::model::message::Response;
use crate::observe::Fact;

/// Whom the leader has proposed to leave in the ISR with it, and when.
fn proposals(bench: &Bench) -> Vec<(f64, Vec<BrokerIx>)> {
    let proposed = |fact: &Fact| if let Fact::IsrProposed { isr, .. } = fact { Some(isr[1..].to_vec()) } else { None };
    bench.facts.iter().filter_map(|(at, fact)| Some((at.since_start().as_millis_f64() / 1e3, proposed(fact)?))).collect()
}

#[test]
fn a_follower_that_had_everything_for_long_lags_from_its_last_fetch_on() {
    let mut bench = Bench::leading();
    for second in 0..40 {
        for follower in [B, C] {
            bench.follower_waits(follower, 1, (second == 0).then_some(BEFORE));
        }
        bench.run_to(ms(1_000 * (second + 1)));
    }
    // Their last fetches came at 39 s. Nobody has looked at the partition since the first ones.
    bench.produce(1);
    bench.run_to(ms(68_900));
    assert_eq!(proposals(&bench), [], "`replica.lag.time.max.ms` is 30 s");
    bench.run_to(ms(90_000));
    let proposals = proposals(&bench);
    assert!(matches!(&proposals[..], [(at, isr)] if isr.is_empty() && (69.0..84.1).contains(at)), "{proposals:?}");
}

#[test]
fn a_fetch_of_a_lost_connection_that_is_handled_late_does_not_end_the_session_of_the_next() {
    let mut bench = Bench::leading();
    let waits = bench.follower_waits(B, 2, Some(BEFORE));
    bench.follower_waits(B, 1, Some(BEFORE - 1));
    bench.run_to(ms(100));
    assert!(!bench.is_answered(waits));
    bench.produce(1);
    let Some((_, Response::ReplicaFetch { partitions })) = bench.answers.get(&waits) else { panic!("it is not answered") };
    assert_eq!(partitions[0].end.0, BEFORE + 1);
}
