//! Playing a horizon: one episode after the other, each until all is calm.

use super::Calendar;
use super::record::{Calm, Counts, Episode, HorizonRecord, SCHEMA};
use super::script::{Scene, Script};
use crate::engine::{Chance, Duration, Instant, Key};
use crate::experiment::Simulation;
use crate::fault::{Action, Fault};
use crate::observe::RunRecord;
use crate::scenario::{MAX_EVENTS, Scenario};

/// How often it is looked whether all is calm.
const LOOK: Duration = Duration::from_secs(1);
/// Before its first fault an episode is counted for so long: what waits when the fault comes has been counted.
const LEAD: Duration = Duration::from_secs(30);
/// An order to the cluster (an election) is carried out long before.
const SOONEST: Duration = Duration::from_secs(5);
/// A record that waits for longer is not steady traffic.
const PATIENCE: Duration = Duration::from_secs(30);
/// What takes longer never heals.
const LONGEST: Duration = Duration::from_secs(12 * 3600);
/// Bits of a seed that a scenario's text can say: those of TOML's integers above zero.
const SEEDS: u64 = i64::MAX as u64;
/// The run that stands for all time between episodes: one period of Kafka's slowest clocks (`metadata.max.age.ms`).
const CALM: Duration = Duration::from_secs(300);

/// A horizon that was played.
#[derive(Clone, Debug)]
pub struct Played {
    /// What happened.
    pub record: HorizonRecord,
    /// Each episode as the text of a scenario, which gives the same run.
    pub scripts: Vec<String>,
}

/// An episode that was played.
struct Act {
    scene: Scene,
    /// That as a scenario.
    text: String,
    record: RunRecord,
    /// The first fault that was left for later.
    next: usize,
}

/// Plays the horizon of a scenario from its first fault to its last; `progress` hears now and then how far it has come.
///
/// # Errors
/// In words, when the horizon cannot be cut ([`Calendar::of`]), when a client comes or goes in it, or when a disturbance does not end.
pub fn play(scenario: &Scenario, progress: &mut dyn FnMut(Duration)) -> Result<Played, String> {
    let calendar = Calendar::of(scenario)?;
    steady(scenario)?;
    let mut script = Script::new(scenario);
    let (calm, settled) = calm(scenario, &script);
    // Arrivals that are drawn take longer with some seeds.
    script.warm_after(scenario.count_from.max(settled.scale(1.5)));
    let (mut episodes, mut scripts, mut first) = (Vec::new(), Vec::new(), 0);
    while let Some((at, _)) = calendar.faults().get(first) {
        let number = episodes.len() as u64 + 1;
        let act = episode(scenario, &mut script, calendar.faults(), first, number, progress)?;
        episodes.push(Episode::of(number, *at, &act));
        first = act.next;
        scripts.push(act.text);
    }
    let simulated_ms = episodes.iter().map(|episode| episode.counted_ms).sum();
    let record = HorizonRecord {
        schema: SCHEMA.to_owned(),
        kafkasim: calm.kafkasim.clone(),
        scenario: scenario.name.clone(),
        scenario_digest: scenario.digest.clone(),
        kafka: calm.kafka.clone(),
        costs: calm.costs.clone(),
        assumed_rates: scenario.assumed_rates,
        seed: scenario.seed,
        length_ms: scenario.duration.as_millis_f64().max(episodes.last().map_or(0.0, |last| last.at_ms + last.lasted_ms)),
        simulated_ms,
        events: calm.events + episodes.iter().map(|episode| episode.events).sum::<u64>(),
        faults: calendar.faults().len() as u64,
        total: episodes.iter().map(|episode| episode.counts).sum(),
        calm: Calm {
            simulated_ms: calm.simulated_ms,
            counts: Counts::of(&calm),
            latency_ms: calm.total.latency_ms.clone(),
            digest: calm.digest.clone(),
        },
        episodes,
        not_modelled: unseasoned(settled).into_iter().chain(calm.not_modelled).collect(),
        repeat: String::new(),
    };
    Ok(Played { record, scripts })
}

/// Refuses clients and brokers that are not there all the time: an episode begins with everybody.
fn steady(scenario: &Scenario) -> Result<(), String> {
    let spec = &scenario.spec;
    for client in &spec.clients {
        let (start, stop) = match (client.workload(), client.consumption()) {
            (Some(workload), _) => (workload.start, workload.stop),
            (None, Some(consumption)) => (consumption.start, consumption.stop),
            (None, None) => continue,
        };
        if start > scenario.count_from || stop.is_some() {
            let name = &client.name;
            return Err(format!(
                "client {name} starts late or stops: in a horizon every client is there all the time; take its start and stop away"
            ));
        }
    }
    match spec.brokers.iter().find(|broker| !broker.up) {
        Some(broker) => Err(format!(
            "broker {} does not run at the start: a horizon begins with a whole cluster; take its `up = false` away, or let a fault stop it",
            broker.id
        )),
        None => Ok(()),
    }
}

/// Plays the episode that begins with the fault of this place in the calendar.
fn episode(
    whole: &Scenario,
    script: &mut Script,
    calendar: &[(Duration, Action)],
    first: usize,
    number: u64,
    progress: &mut dyn FnMut(Duration),
) -> Result<Act, String> {
    let at = calendar[first].0;
    let begin = at.saturating_sub(LEAD);
    let before = |end: Duration| {
        let faults = calendar[first..].iter().take_while(|(at, _)| *at <= end);
        faults.map(|(at, action)| (at.saturating_sub(begin), action.clone())).collect::<Vec<_>>()
    };
    let mut scene = Scene {
        title: format!("episode {number}"),
        about: format!("Episode {number} of {} with seed {}.", whole.name, whole.seed),
        seed: Chance::new(whole.seed).of(Key::kind("episode").part(number)).stream("seed").at(0).bits() >> 32,
        faults: before(begin + LONGEST),
        length: LONGEST,
    };
    let scenario = script.scenario(&scene);
    let mut run = Simulation::new(&scenario, scene.seed);
    let origin = Instant::ZERO + scenario.count_from;
    run.run_to(origin + at.saturating_sub(begin), &mut |_, _| {});
    loop {
        run.run_for(LOOK);
        let (length, now) = (run.now().since(origin), begin + run.now().since(origin));
        progress(now);
        let next = first + before(now).len();
        let is_alone = calendar.get(next).is_none_or(|(next, _)| *next > now + scenario.count_from + LEAD);
        let unrest = run.unrest(PATIENCE);
        if now >= at + SOONEST && is_alone && unrest.is_none() {
            (scene.faults, scene.length) = (before(now), length);
            let text = script.text(&scene);
            script.go_on_from(run.world());
            return Ok(Act { scene, text, record: run.finish(), next });
        }
        if length >= LONGEST || run.world().events() as f64 > MAX_EVENTS {
            let line = Fault::At(at, calendar[first].1.clone());
            let why = unrest.unwrap_or("one fault follows the other");
            let hours = length.as_secs_f64() / 3600.0;
            let events = run.world().events();
            return Err(format!(
                "after `{line}` it is not calm again in {hours:.1} h and {events} events: {why}; let every fault end (as `for 10m`)"
            ));
        }
    }
}

/// The same cluster when nothing happens, and when its clients had used all partitions that they used by its end: from then on a client
/// meets a fault as one that has run for long.
fn calm(whole: &Scenario, script: &Script) -> (RunRecord, Duration) {
    let scene = Scene {
        title: "calm".to_owned(),
        about: "Without any fault.".to_owned(),
        seed: whole.seed & SEEDS,
        faults: Vec::new(),
        length: CALM,
    };
    let mut run = Simulation::new(&script.scenario(&scene), scene.seed);
    let (mut used, mut settled) = (0, Duration::ZERO);
    while run.now() < run.end() {
        run.run_to(run.end().min(run.now() + LOOK), &mut |_, _| {});
        if run.used_pairs() > used {
            (used, settled) = (run.used_pairs(), run.now().since_start());
        }
    }
    (run.finish(), settled)
}

/// A sentence for clients that are so slow that episodes begin with partitions that are new to them.
fn unseasoned(settled: Duration) -> Option<String> {
    let is_slow = settled > CALM.scale(0.7);
    is_slow.then(|| {
        "Some client took more than three minutes to use all its partitions: in episodes some may be new to it, and a producer's first \
         batch for a partition fares otherwise in a fault than later ones."
            .to_owned()
    })
}

impl Episode {
    fn of(number: u64, at: Duration, act: &Act) -> Episode {
        let record = &act.record;
        Episode {
            number,
            at_ms: at.as_millis_f64(),
            lasted_ms: record.simulated_ms - at.min(LEAD).as_millis_f64(),
            counted_ms: record.simulated_ms,
            faults: act.scene.faults.iter().map(|(at, action)| Fault::At(*at, action.clone()).to_string()).collect(),
            counts: Counts::of(record),
            latency_ms: record.total.latency_ms.clone(),
            recovery_ms: record.total.recovery_ms.clone(),
            interruption_ms: record.total.interruption_ms.clone(),
            events: record.events,
            seed: act.scene.seed,
            digest: record.digest.clone(),
            violated: record.checks.violated.iter().map(|violation| violation.check.clone()).collect(),
        }
    }
}
