//! A client that no error tells of a move hears of it when its metadata are older than `metadata.max.age.ms` (A). Until its first stale
//! request a Java producer is such a client. The moment of a move is anywhere in its period, so that the stale window is uniform between
//! nothing and A, and with Poisson requests at rate r the first one after the move is stale with the chance `1 - (1 - e^(-rA)) / rA`.
//!
//! The period is a little longer than A: the age begins with the answer (`Metadata.update` sets `lastSuccessfulRefreshMs`), and the next
//! request leaves without a jitter when it is over (`Metadata.timeToNextUpdate`). That adds the way to a broker and back, and the commit
//! takes some milliseconds to reach the broker that answers: together some 10 ms of 10 s.

use super::interval::{assert_exact, sure};
use kafkasim::engine::Duration;
use kafkasim::experiment::Simulation;
use kafkasim::kafka::{BrokerIx, ClientIx};
use kafkasim::observe::Fact;
use kafkasim::observe::fact::Told;
use kafkasim::scenario::Scenario;
use kafkasim::statistics::mean::mean;
use kafkasim::statistics::proportion::proportion;
use rayon::prelude::*;
use std::collections::BTreeMap;

const AGE: Duration = Duration::from_secs(10);
/// The members of a fleet, each a process with a phase of its own.
const MEMBERS: u64 = 1_000;

/// An operator gives one partition back to its preferred leader, while the old one goes on: no connection is lost. Nothing else moves it.
/// Requests leave when their records come (`linger.ms`), so that they are Poisson too.
fn fleet(rate: f64) -> Scenario {
    format!(
        r#"
        count_from = "0s"
        duration = "30s"
        faults = ["at 12s elect preferred all"]
        cluster = {{ brokers = 2, controllers = 1 }}
        config = {{ "auto.leader.rebalance.enable" = false }}
        topic = [{{ name = "orders", assignment = [[2, 1]], leaders = [1] }}]

        [[client]]
        name = "app"
        profile = "java-4.3"
        count = {MEMBERS}
        rate = {rate}
        arrivals = "poisson"
        config = {{ "metadata.max.age.ms" = {}, "linger.ms" = 0 }}
        "#,
        AGE.as_millis_f64()
    )
    .parse()
    .unwrap_or_else(|found| panic!("{found:?}"))
}

/// What the members did after the leader had moved.
#[derive(Default)]
struct AfterTheMove {
    leader: Option<BrokerIx>,
    /// Whom each sent its first request to.
    first: BTreeMap<ClientIx, BrokerIx>,
    /// After how many milliseconds an answer to a metadata request named the new leader.
    told_ms: BTreeMap<ClientIx, f64>,
}

impl AfterTheMove {
    /// Until a full period after the move, when every member knows of it.
    fn of(rate: f64, seed: u64) -> AfterTheMove {
        let mut cluster = Simulation::new(&fleet(rate), seed);
        let moves = |fact: &Fact| matches!(fact, Fact::PartitionCommitted { old_leader: Some(old), leader: Some(new), .. } if old != new);
        let moved_at = cluster.run_until_fact(Duration::from_secs(13), |_, fact| moves(fact)).expect("the preferred leader is elected");
        let orders = cluster.world().spec().partition_by_name("orders", 0).expect("it is the topic's only partition");
        let mut found = AfterTheMove { leader: cluster.world().leader(orders), ..AfterTheMove::default() };
        cluster.run_to(moved_at + AGE + Duration::from_millis(500), &mut |at, fact| match fact {
            Fact::EntrySent { client, broker, .. } => {
                found.first.entry(*client).or_insert(*broker);
            }
            Fact::BeliefChanged { client, leader, told: Told::Metadata(..), .. } if *leader == found.leader => {
                found.told_ms.entry(*client).or_insert(at.since(moved_at).as_millis_f64());
            }
            _ => {}
        });
        found
    }

    fn stale(&self) -> u64 {
        self.first.values().filter(|broker| Some(**broker) != self.leader).count() as u64
    }
}

#[test]
fn the_first_request_after_a_move_is_stale_as_often_as_the_age_of_metadata_says() {
    // Requests a second, and as many fleets as the interval wants: a rare answer takes more of them.
    for (rate, fleets) in [(0.2, 30), (0.4, 15)] {
        let stale = (1..=fleets).into_par_iter().map(|seed| AfterTheMove::of(rate, seed).stale()).sum();
        let requests_in_an_age = rate * AGE.as_millis_f64() / 1_000.0;
        let exact = 1.0 - (1.0 - (-requests_in_an_age).exp()) / requests_in_an_age;
        assert_exact(&format!("stale first requests, rA = {requests_in_an_age}"), proportion(stale, fleets * MEMBERS, sure()), exact);
    }
}

#[test]
fn who_sends_nothing_is_stale_for_half_the_age_of_metadata() {
    let windows = (1..=30_u64).into_par_iter().flat_map_iter(|seed| {
        let found = AfterTheMove::of(0.0, seed);
        assert_eq!(found.told_ms.len() as u64, MEMBERS, "every member was told in time");
        found.told_ms.into_values()
    });
    let windows: Vec<f64> = windows.collect();
    assert_exact("stale window in ms", mean(&windows, sure()), AGE.as_millis_f64() / 2.0);
}
