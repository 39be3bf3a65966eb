//! Scaling every delay by two scales every time by two.

use super::cluster::{self, Cluster, Strike, client};
use super::facts::{self, Told, difference};
use kafkasim::engine::{Distribution, Duration, Instant};
use kafkasim::kafka::config::{BrokerConfig, ClientConfig, Key, Kind};
use kafkasim::model::Spec;
use kafkasim::model::cost::Costs;
use kafkasim::model::spec::Role;
use kafkasim::observe::Fact;
use proptest::prelude::*;
use std::sync::Arc;

/// The end of the run that is not scaled.
const END: Duration = Duration::from_secs(15);
/// Draws are rounded to whole nanoseconds before they are scaled and after; the times of a run differ by a few of these.
const ROUNDING: Duration = Duration::from_micros(1);

fn twice(distribution: &Distribution) -> Distribution {
    match distribution {
        Distribution::Constant(d) => Distribution::Constant(*d * 2),
        Distribution::Uniform(low, high) => Distribution::Uniform(*low * 2, *high * 2),
        Distribution::Exponential(mean) => Distribution::Exponential(*mean * 2),
        Distribution::LogNormal { median, sigma } => Distribution::LogNormal { median: *median * 2, sigma: *sigma },
        Distribution::Empirical(points) => Distribution::Empirical(points.iter().map(|(p, d)| (*p, *d * 2)).collect()),
    }
}

fn twice_costs(costs: &Costs) -> Costs {
    let mut costs = costs.clone();
    let all = [
        &mut costs.network_thread,
        &mut costs.request_queue,
        &mut costs.produce,
        &mut costs.fetch,
        &mut costs.replica_fetch,
        &mut costs.metadata,
        &mut costs.other,
        &mut costs.metadata_apply,
        &mut costs.first_follower_role,
        &mut costs.next_follower_role,
        &mut costs.first_leader_role,
        &mut costs.next_leader_role,
        &mut costs.cold,
        &mut costs.start,
        &mut costs.clean_recovery,
        &mut costs.unclean_recovery,
        &mut costs.listen,
        &mut costs.stop,
        &mut costs.controller_event,
        &mut costs.raft_flush,
        &mut costs.fetcher_turn,
        &mut costs.group_load,
    ];
    all.into_iter().for_each(|cost| *cost = twice(cost));
    costs
}

/// Sets every key that is a time to twice its value.
fn twice_keys(keys: &[Key], get: impl Fn(&str) -> Option<String>, mut set: impl FnMut(&str, &str)) {
    for key in keys.iter().filter(|k| matches!(k.kind, Kind::Millis | Kind::Seconds)) {
        let value: i64 = get(key.name).and_then(|text| text.parse().ok()).expect("a time is a number");
        set(key.name, &value.saturating_mul(2).min(key.max).to_string());
    }
}

fn twice_broker(config: &Arc<BrokerConfig>) -> Arc<BrokerConfig> {
    let mut new = (**config).clone();
    twice_keys(BrokerConfig::KEYS, |key| config.get(key), |key, text| new.set(key, text).expect("twice a time is a time"));
    Arc::new(new)
}

fn twice_client(config: &ClientConfig) -> ClientConfig {
    let mut new = config.clone();
    twice_keys(config.keys(), |key| config.get(key), |key, text| new.set(key, text).expect("twice a time is a time"));
    new
}

/// The same cluster, half as fast in everything that a scenario can say.
fn slower(spec: &Spec) -> Spec {
    let mut new = spec.clone();
    for broker in &mut new.brokers {
        (broker.config, broker.costs) = (twice_broker(&broker.config), Arc::new(twice_costs(&broker.costs)));
    }
    for voter in &mut new.voters {
        (voter.config, voter.costs) = (twice_broker(&voter.config), Arc::new(twice_costs(&voter.costs)));
    }
    for client in &mut new.clients {
        client.config = Arc::new(twice_client(&client.config));
        let Role::Producer(workload) = &mut client.role else { panic!("the law is about producers") };
        (workload.rate, workload.start) = (workload.rate / 2.0, workload.start * 2);
    }
    new.topology.graph.node_weights_mut().for_each(|place| place.inside.latency = twice(&place.inside.latency));
    new.topology.graph.edge_weights_mut().for_each(|link| link.latency = twice(&link.latency));
    new
}

/// The times that a fact tells, taken out of it: what is left is the same in both runs.
fn without_times((at, fact): &Told) -> (Vec<u64>, Fact) {
    let mut times = vec![at.as_nanos()];
    let mut fact = fact.clone();
    let mut take = |instant: &mut Instant| times.push(std::mem::take(instant).as_nanos());
    match &mut fact {
        Fact::PartitionCommitted { asked_at, decided_at, .. } => {
            take(asked_at);
            take(decided_at);
        }
        Fact::SessionExpired { last_heartbeat: at, .. } | Fact::RecordDone { created_at: at, .. } => take(at),
        Fact::RequestServed { busy, .. } => times.push(std::mem::take(busy).as_nanos()),
        Fact::LinkLost { waited, .. } => times.push(std::mem::take(waited).as_nanos()),
        _ => {}
    }
    (times, fact)
}

/// Where the slower run is not the other one at twice its times.
fn parts(one: &[Told], slower: &[Told]) -> Option<String> {
    let halves = |a: &Told, b: &Told| {
        let ((times, fact), (doubled, same)) = (without_times(a), without_times(b));
        let close = |(t, d): (&u64, &u64)| (t * 2).abs_diff(*d) <= ROUNDING.as_nanos();
        fact == same && times.iter().zip(&doubled).all(close)
    };
    let same = one.iter().zip(slower).take_while(|(a, b)| halves(a, b)).count();
    if same == one.len() && same == slower.len() {
        return None;
    }
    difference(&one[same.saturating_sub(3)..], &slower[same.saturating_sub(3)..]).map(|text| format!("from fact {same} on, {text}"))
}

/// Work that always takes as long: a draw that is rounded would be rounded twice.
const COSTS: [&str; 22] = [
    "network_thread = \"13us\"",
    "request_queue = \"21us\"",
    "produce = \"310us\"",
    "fetch = \"110us\"",
    "replica_fetch = \"97us\"",
    "metadata = \"430us\"",
    "other = \"101us\"",
    "metadata_apply = \"3100us\"",
    "first_follower_role = \"530us\"",
    "next_follower_role = \"111us\"",
    "first_leader_role = \"2300us\"",
    "next_leader_role = \"570us\"",
    "cold = \"41ms\"",
    "start = \"2501ms\"",
    "clean_recovery = \"401ms\"",
    "unclean_recovery = \"1003ms\"",
    "listen = \"17ms\"",
    "stop = \"607ms\"",
    "controller_event = \"303us\"",
    "raft_flush = \"1009us\"",
    "fetcher_turn = \"103us\"",
    "group_load = \"11ms\"",
];

fn cluster(seed: u64, kafka: &'static str, clients: &[String], faults: &[Strike]) -> Cluster {
    // No-op records of several voters answer raft fetches before their longest wait, which the code fixes.
    let config = [
        "\"metadata.max.idle.interval.ms\" = 200",
        "\"broker.session.timeout.ms\" = 6000",
        "\"leader.imbalance.check.interval.seconds\" = 5",
    ];
    Cluster {
        seed,
        kafka,
        ties: "fifo",
        brokers: 4,
        controllers: 3,
        partitions: 6,
        replication: 3,
        config: config.map(str::to_owned).to_vec(),
        costs: COSTS.map(str::to_owned).to_vec(),
        clients: ["[network]\nlatency = \"257us\"\n".to_owned()].into_iter().chain(clients.iter().cloned()).collect(),
        faults: faults.to_vec(),
    }
}

/// Where a cluster and the same one at half its speed part.
fn scaled(cluster: &Cluster, change: impl FnOnce(&mut Spec)) -> Option<String> {
    let scenario = cluster.scenario();
    let later = Cluster { faults: cluster.faults.iter().map(|(at, line)| (at * 2, line.clone())).collect(), ..cluster.clone() }.scenario();
    let mut slow = slower(&scenario.spec);
    change(&mut slow);
    let one = facts::of_spec(scenario.spec, scenario.plan, scenario.seed, Instant::ZERO + END);
    let two = facts::of_spec(slow, later.plan, later.seed, Instant::ZERO + END * 2);
    parts(&one, &two)
}

fn orders() -> impl Strategy<Value = Vec<Strike>> {
    let order = (500..14_000_u64, 0_u32..4, 1_u64..=4, 0_u64..6).prop_map(|(at, kind, broker, partition)| {
        let line = match kind {
            0 => "elect preferred all".to_owned(),
            1 => format!("slow broker {broker} by 3"),
            _ => format!("reassign t-{partition} to {broker},{}", 1 + broker % 4),
        };
        (at, line)
    });
    prop::collection::vec(order, 0..6)
}

fn crashes() -> impl Strategy<Value = Vec<Strike>> {
    let crash = (500..14_000_u64, 1_u64..=4, any::<bool>()).prop_map(|(at, broker, power)| {
        let verb = if power { "power-off" } else { "kill" };
        (at, format!("{verb} broker {broker}"))
    });
    prop::collection::vec(crash, 1)
}

/// The same cluster with a controller whose events take no time.
fn unhurried(cluster: &Cluster) -> Cluster {
    let mut unhurried = cluster.clone();
    unhurried.costs.retain(|line| !line.starts_with("controller_event"));
    unhurried.costs.push("controller_event = \"0us\"".to_owned());
    unhurried
}

fn producers() -> Vec<String> {
    let acks = |acks: &str| format!("rate = 20\npartitioning = \"round-robin\"\nconfig = {{ acks = \"{acks}\", \"linger.ms\" = 7 }}");
    vec![client("a", "java-3.6", &acks("all")), client("b", "java-3.6", &acks("1"))]
}

proptest! {
    #![proptest_config(cluster::cases(12))]

    /// Premise: no time that the code fixes is of consequence, and none is rounded to milliseconds.
    #[test]
    fn a_cluster_half_as_fast_does_the_same_at_twice_the_time(
        seed in cluster::any_seed(),
        kafka in prop::sample::select(vec!["3.6", "4.0", "4.3"]),
        orders in orders(),
    ) {
        prop_assert_eq!(scaled(&cluster(seed, kafka, &producers(), &orders), |_| {}), None);
    }

    /// Premise: as above; no clients, whose pauses are whole milliseconds; a release in which a commit wakes parked raft fetches; and a controller
    /// whose events wait for nothing, because its first look after it has fenced a broker comes at a time that the code fixes.
    #[test]
    fn crashes_are_noticed_and_mended_at_twice_the_time(
        seed in cluster::any_seed(),
        crashes in crashes(),
    ) {
        prop_assert_eq!(scaled(&unhurried(&cluster(seed, "4.3", &[], &crashes)), |_| {}), None);
    }
}

#[test]
fn a_time_that_is_not_scaled_is_found() {
    let cluster = cluster(1, "4.3", &producers(), &[(3_000, "reassign t-0 to 4,1".to_owned())]);
    assert_eq!(scaled(&cluster, |_| {}), None);
    let forget = |spec: &mut Spec| {
        let mut costs = (*spec.brokers[2].costs).clone();
        costs.produce = Distribution::Constant(Duration::from_micros(310));
        spec.brokers[2].costs = Arc::new(costs);
    };
    assert!(scaled(&cluster, forget).is_some());
}

/// The controller looks again 10 ms after it has fenced a broker (`PeriodicTask`), which no setting changes: its next look is not at twice the time.
#[test]
fn a_time_that_the_code_fixes_is_found() {
    let crashes = [(2_175, "power-off broker 4".to_owned()), (4_105, "kill broker 2".to_owned())];
    assert!(scaled(&cluster(894_951, "4.3", &[], &crashes), |_| {}).is_some());
    assert_eq!(scaled(&cluster(894_951, "4.3", &[], &crashes[..1]), |_| {}), None);
}
