//! Weeks of a cluster by their disturbances: an episode is an ordinary run, and a horizon tells what the whole run would have told.

use kafkasim::experiment::{RunOptions, run};
use kafkasim::horizon::record::{Counts, Horizon, HorizonRecord};
use kafkasim::horizon::{Calendar, Played, gather, play};
use kafkasim::observe::RunRecord;
use kafkasim::scenario::Scenario;
use kafkasim::statistics::Confidence;
use kafkasim::statistics::mean::mean;

const CLUSTER: &str = r#"
    cluster = { brokers = 3, controllers = 3 }
    topic = [{ name = "orders", partitions = 12 }]
    client = [
        { name = "shop", topics = ["orders"], rate = 20 },
        { name = "billing", role = "consumer", topics = ["orders"] },
    ]
"#;
const DAY: f64 = 86_400_000.0;

fn scenario(duration: &str, faults: &[&str], more: &str) -> Scenario {
    let text = format!("name = \"shop\"\nduration = \"{duration}\"\nfaults = {faults:?}\n{more}\n{CLUSTER}");
    text.parse().unwrap_or_else(|found| panic!("{found:?}"))
}

fn played(scenario: &Scenario) -> Played {
    play(scenario, &mut |_| {}).unwrap()
}

/// Who led what before and after each move, in order of the partitions.
fn moves<'r>(records: impl IntoIterator<Item = &'r RunRecord>) -> Vec<String> {
    let moves = records.into_iter().flat_map(|record| &record.moves);
    let mut all: Vec<String> = moves.map(|m| format!("{}-{} {:?} to {:?}: {}", m.topic, m.partition, m.from, m.to, m.why)).collect();
    all.sort();
    all
}

fn whole(scenario: &Scenario) -> RunRecord {
    run(scenario, &RunOptions::default(), None).unwrap()
}

#[test]
fn a_fortnight_is_told_by_episodes_and_each_is_an_ordinary_run_of_its_script() {
    let fortnight = scenario("14d", &["random kill of brokers every 3d for 2m", "at 2d rolling restart"], "");
    let Played { record, scripts } = played(&fortnight);
    assert!(record.length_ms >= 14.0 * DAY && record.simulated_ms < 0.1 * DAY, "{} of {}", record.simulated_ms, record.length_ms);
    assert!(record.episodes.len() >= 3 && record.faults as usize >= record.episodes.len());
    let planned: usize = record.episodes.iter().map(|episode| episode.faults.len()).sum();
    assert_eq!(planned as u64, record.faults, "every fault is in one episode");
    for (episode, script) in record.episodes.iter().zip(&scripts) {
        let again = whole(&script.parse().unwrap());
        assert_eq!((&again.digest, again.seed, Counts::of(&again)), (&episode.digest, episode.seed, episode.counts), "{}", episode.number);
        assert_eq!(again.cluster.under_replicated_at_end, 0);
        assert!(episode.counts.moves > 0 && episode.violated.is_empty(), "{episode:?}");
    }
    assert_eq!(record.total.moves, record.episodes.iter().map(|episode| episode.counts.moves).sum::<u64>());
    let sent = record.about(|counts| counts.sent);
    assert!((sent / (14.0 * 86_400.0 * 20.0) - 1.0).abs() < 0.001, "20 records a second for a fortnight: {sent}");
}

#[test]
fn the_same_seed_gives_the_same_horizon_and_another_another() {
    let week = |seed| scenario("7d", &["random kill of brokers every 3d for 1m"], &format!("seed = {seed}"));
    let [one, again, other] = [3, 3, 4].map(|seed| played(&week(seed)));
    assert_eq!((&one.record, &one.scripts), (&again.record, &again.scripts));
    assert_ne!(one.record.episodes[0].digest, other.record.episodes[0].digest);
}

#[test]
fn the_whole_run_has_the_same_moves_and_every_request_of_it_that_a_move_overtook() {
    let hour = scenario("1h", &["at 15m kill broker 1 for 1m", "at 40m rolling restart"], "");
    for seed in [1, 2] {
        let hour = hour.with_seed(seed);
        let (whole, played) = (whole(&hour), played(&hour));
        let episodes: Vec<RunRecord> = played.scripts.iter().map(|script| self::whole(&script.parse().unwrap())).collect();
        assert_eq!(episodes.len(), 2);
        assert_eq!(moves(&episodes), moves([&whole]), "seed {seed}");
        let both = [Counts::of(&whole), played.record.total];
        assert_eq!(both.map(|counts| (counts.failed, counts.lost, counts.duplicated)), [(0, 0, 0); 2]);
        // A move overtakes the fetch that is parked at the leader, unless that is just on its way.
        assert!(both[0].overtaken.abs_diff(both[1].overtaken) <= 8, "{both:?}");
    }
}

#[test]
fn two_faults_of_which_the_second_comes_before_all_is_calm_are_one_episode() {
    let close = scenario("1h", &["at 20m kill broker 1 for 1m", "at 22m kill broker 2 for 1m", "at 50m kill broker 3 for 1m"], "");
    let record = played(&close).record;
    assert_eq!(record.episodes.iter().map(|episode| episode.faults.len()).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(record.episodes[0].faults, ["at 30s kill broker 1 for 1m", "at 150s kill broker 2 for 1m"]);
    assert_eq!(record.episodes[1].at_ms, 50.0 * 60_000.0);
}

#[test]
fn where_nobody_moves_leaders_back_the_next_episode_begins_with_those_that_lead() {
    let off = "config = { \"auto.leader.rebalance.enable\" = false }";
    let kept = scenario("3h", &["at 1h kill broker 1 for 1m", "at 2h kill broker 1 for 1m"], off);
    let Played { record, scripts } = played(&kept);
    assert!(record.episodes[0].counts.moves == 4 && !scripts[0].contains("leaders"), "{:?}", record.episodes[0]);
    assert!(record.episodes[1].counts.moves == 0 && scripts[1].contains("leaders"), "it leads nothing any more: {:?}", record.episodes[1]);
}

#[test]
fn what_cannot_be_cut_is_refused_with_the_reason_and_the_remedy() {
    let refused = |faults: &[&str], broker: &str, client: &str| {
        let text = format!(
            "duration = \"30d\"\nfaults = {faults:?}\ncluster = {{ brokers = 2, controllers = 1 }}\ntopic = [{{ name = \"orders\", partitions = 1 }}]\n\
             {broker}\n[[client]]\nname = \"app\"\nrate = 0\ntopics = [\"orders\"]\n{client}\n"
        );
        play(&text.parse().unwrap_or_else(|found| panic!("{found:?}")), &mut |_| {}).unwrap_err()
    };
    let kill = "at 1h kill broker 1 for 1m";
    for (refused, words) in [
        (refused(&["at 1h kill broker 1"], "", ""), ["after `at 60m kill broker 1` it is not calm again", "let every fault end"]),
        (refused(&["at 1h slow broker 2 by 3"], "", ""), ["slow broker 2 by 3", "`for 10m`"]),
        (refused(&[], "", ""), ["nothing happens", "--fault"]),
        (refused(&[kill], "[[broker]]\nid = 2\nup = false", ""), ["broker 2 does not run at the start", "whole cluster"]),
        (refused(&[kill], "", "start = \"1d\""), ["client app starts late", "take its start and stop away"]),
    ] {
        assert!(words.iter().all(|word| refused.contains(word)), "{refused}");
    }
}

/// Months in which nothing happens count too: without them faults would look too frequent.
#[test]
fn many_months_are_told_by_their_means_and_chances_and_each_is_the_month_of_its_seed() {
    let month = scenario("30d", &["random kill of brokers every 30d for 1m"], "");
    let records: Vec<HorizonRecord> = (1..=6).map(|seed| played(&month.with_seed(seed)).record).collect();
    let all = gather(&records[0], records.iter().map(Horizon::of).collect(), 6);
    assert_eq!(all.horizons.iter().map(|horizon| horizon.seed).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    let eventful = all.horizons.iter().filter(|horizon| horizon.counts.moves > 0).count() as u64;
    assert!(eventful > 0 && eventful < 6, "some months have a fault, and some have none: {eventful}");
    assert!(all.horizons.iter().all(|horizon| (horizon.counts.moves > 0) == (horizon.faults > 0)));
    let figure = |name: &str| all.figures.iter().find(|figure| figure.figure == name).unwrap();
    let (moves, lost) = (figure("moves"), figure("lost"));
    let sum: u64 = records.iter().map(|record| record.total.moves).sum();
    assert!((moves.mean.unwrap().value - sum as f64 / 6.0).abs() < 1e-9 && moves.least == 0.0 && moves.seen_in == eventful);
    assert_eq!(records.iter().find(|record| record.seed == moves.most_seed).unwrap().total.moves as f64, moves.most);
    let at_most = 1.0 - 0.025_f64.powf(1.0 / 6.0);
    assert!(lost.seen_in == 0 && (lost.chance.high - at_most).abs() < 1e-6, "none of six is not never: {:?}", lost.chance);
}

#[test]
fn the_month_of_the_budget_has_the_faults_that_its_page_tells() {
    let month: Scenario = include_str!("../benches/month.toml").parse().unwrap();
    assert_eq!(Calendar::of(&month).unwrap().faults().len(), 13);
}

/// The largest seed is none that a scenario's text can say.
#[test]
fn any_seed_gives_a_month() {
    let day = scenario("1d", &["at 1h kill broker 1 for 10s"], "").with_seed(u64::MAX);
    assert_eq!(played(&day).record.total.moves, 8);
}

/// A column of the comparison: its name, and how it is read.
type Column = (&'static str, fn(&Side) -> f64);

/// What is compared over many seeds: the whole run beside the sum of its episodes.
const COMPARED: [Column; 6] = [
    ("leader changes", |side| side.counts.moves as f64),
    ("requests that met a stale leader", |side| side.counts.stale as f64),
    ("requests parked while the leader moved", |side| side.counts.overtaken as f64),
    ("records failed", |side| side.counts.failed as f64),
    ("acknowledged records lost", |side| side.counts.lost as f64),
    ("longest interruption, s", |side| side.longest_ms / 1e3),
];

/// The table of docs/HORIZONS.md: `cargo test --release --test horizon -- --ignored --nocapture`.
#[test]
#[ignore = "hundreds of hours are run event by event: minutes with optimisation"]
fn over_many_seeds_a_horizon_counts_what_the_whole_run_counts() {
    let two_kills = ["at 20m kill broker 1 for 1m", "at 40m kill broker 2 for 1m"];
    let cut_and_kill = ["at 20m cut broker 1 from everything for 30s", "at 40m kill broker 2 for 1m"];
    let random = ["at 10m pause broker 2 for 30s", "random kill,pause of brokers every 10m for 30s from 15m to 45m"];
    for (name, faults, config) in [
        ("cut and kill, `acks=1`, 6 s to deliver", &cut_and_kill[..], HASTY),
        ("two kills", &two_kills, ""),
        ("rolling restart", &["at 40m rolling restart"], ""),
        ("cut", &["at 20m cut broker 1 from everything for 30s"], ""),
        ("random kills and pauses", &random, ""),
    ] {
        let seeds = 1..=80;
        let pairs: Vec<[Side; 2]> = seeds.map(|seed| both(&hour(faults, config).with_seed(seed))).collect();
        for (figure, of) in COMPARED {
            let differences: Vec<f64> = pairs.iter().map(|[whole, cut]| of(cut) - of(whole)).collect();
            let of_whole = pairs.iter().map(|[whole, _]| of(whole)).sum::<f64>() / pairs.len() as f64;
            let same = differences.iter().filter(|difference| **difference == 0.0).count();
            let found = mean(&differences, Confidence::new(0.999).unwrap()).unwrap();
            println!(
                "| {name} | {figure} | {of_whole:.2} | {:+.2} ({:+.2} to {:+.2}) | {same} of 80 |",
                found.value, found.low, found.high
            );
            assert!(found.low <= 0.0 && found.high >= 0.0, "{name}, {figure}: {found:?}");
        }
    }
}

#[test]
#[ignore = "ten hours are run event by event"]
fn latency_between_episodes_is_that_of_a_whole_calm_hour() {
    for seed in 1..=10 {
        let hour = whole(&hour(&[], "").with_seed(seed)).total.latency_ms;
        let calm = played(&self::hour(&["at 20m kill broker 1 for 10s"], "").with_seed(seed)).record.calm.latency_ms;
        let off = [(calm.p50, hour.p50), (calm.p99, hour.p99), (calm.p999, hour.p999)].map(|(calm, hour)| (calm / hour - 1.0).abs());
        println!("seed {seed}: p50, p99, p999 are off by {off:.4?}; longest {} ms against {} ms", calm.max, hour.max);
        assert!(off[0] < 0.02 && off[1] < 0.05 && off[2] < 0.1, "{off:?}");
    }
}

/// A producer that gives up soon and asks for little.
const HASTY: &str = r#"acks = "1", "enable.idempotence" = false, "delivery.timeout.ms" = "6s", "request.timeout.ms" = "2s""#;

fn hour(faults: &[&str], config: &str) -> Scenario {
    let cluster = CLUSTER.replace("rate = 20", &format!("rate = 20, config = {{ {config} }}"));
    format!("name = \"shop\"\nduration = \"1h\"\nfaults = {faults:?}\n{cluster}").parse().unwrap()
}

/// An hour, run whole or by its episodes.
struct Side {
    counts: Counts,
    longest_ms: f64,
}

fn both(scenario: &Scenario) -> [Side; 2] {
    let (whole, cut) = (whole(scenario), played(scenario).record);
    let longest_ms = cut.episodes.iter().map(|episode| episode.interruption_ms.max).fold(0.0, f64::max);
    [Side { counts: Counts::of(&whole), longest_ms: whole.total.interruption_ms.max }, Side { counts: cut.total, longest_ms }]
}
