//! A run in your own hands: for tests of other programs, and under [`run`](super::run()).

use super::expectations::judge;
use crate::engine::{Duration, Instant};
use crate::fault::{self, Fault, Known, Mistake, Plan};
use crate::kafka::{ClientIx, ErrorCode};
use crate::observe::fact::RecordId;
use crate::observe::record::{RunRecord, SCHEMA, ScenarioRef};
use crate::observe::{Fact, Observers};
use crate::scenario::Scenario;
use crate::world::World;

/// How far the world runs between two looks at what happened: long enough to cost nothing, short enough to keep its buffer of facts small.
const SLICE: Duration = Duration::from_millis(20);
/// What makes a fault line out of an order for now.
const NOW: &str = "at 0s ";

/// A cluster in motion with its faults and its observers: step it, push on it, ask it, and let it judge itself at the end.
///
/// ```
/// use kafkasim::engine::Duration;
/// use kafkasim::experiment::Simulation;
/// use kafkasim::observe::Fact;
/// use kafkasim::scenario::Scenario;
///
/// let scenario: Scenario = r#"
///     duration = "1m"
///     cluster = { brokers = 3, controllers = 1 }
///     topic = [{ name = "orders", partitions = 1, replication_factor = 3 }]
///     client = [{ name = "app", profile = "java-4.3", rate = 0, topics = ["orders"] }]
/// "#.parse().unwrap();
/// let mut cluster = Simulation::new(&scenario, 7);
/// let orders = cluster.world().spec().partition_by_name("orders", 0).unwrap();
/// let leader = cluster.world().leader(orders).unwrap();
///
/// cluster.fault("kill broker 1").unwrap();
/// let moved = |fact: &Fact| matches!(fact, Fact::PartitionCommitted { leader: Some(l), .. } if *l != leader);
/// let at = cluster.run_until_fact(Duration::from_secs(15), |_, fact| moved(fact));
/// assert!(at.is_some(), "the session runs out after 9 s");
/// assert!(cluster.finish().checks.violated.is_empty());
/// ```
pub struct Simulation {
    scenario: Scenario,
    seed: u64,
    world: World,
    plan: Plan,
    observers: Observers,
    /// Somebody pushed on the cluster from a program: no command repeats the run.
    touched: bool,
}

impl Simulation {
    /// The scenario's cluster at time zero, before its warm-up, with its faults planned. The scenario's random faults stay as they were
    /// drawn when it was read, whatever the seed.
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        let world = World::build(scenario.spec.clone(), seed);
        let observers = Observers::new(world.spec(), Instant::ZERO + scenario.count_from);
        Simulation { scenario: scenario.clone(), seed, world, plan: scenario.plan.clone(), observers, touched: false }
    }

    /// The cluster, to be asked.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The cluster, to be pushed on: [`World::send`], [`World::kill`], [`World::cut`] and the other handles.
    /// Facts are the simulation's own: do not take them with [`World::drain_facts`], or the record leaves them out.
    pub fn world_mut(&mut self) -> &mut World {
        self.touched = true;
        &mut self.world
    }

    /// The simulated time.
    pub fn now(&self) -> Instant {
        self.world.now()
    }

    /// When the scenario ends: warm-up and counted time.
    pub fn end(&self) -> Instant {
        Instant::ZERO + self.scenario.count_from + self.scenario.duration
    }

    /// What keeps the cluster from being calm, in words; none when it is whole and nobody feels any more what happened before the last
    /// `patience`: no fault goes on, all brokers and controllers serve, replicas are in sync, no leader is about to be moved, no window is
    /// open, no client believes in a wrong leader, and no record has waited longer than that. Faults still to begin are not looked at.
    pub fn unrest(&self, patience: Duration) -> Option<&'static str> {
        let since = Instant::ZERO + self.now().since_start().saturating_sub(patience);
        match () {
            () if !self.plan.is_at_rest() => Some("a fault goes on"),
            () if !self.world.is_whole() => Some("a process is missing, a replica is not in sync, or a leader is still to be moved"),
            () if !self.observers.has_settled(since) => Some("a client has not recovered, or records wait"),
            () => None,
        }
    }

    /// How many pairs of a client and a partition have been used by a request so far: a sticky producer takes its time to come to all of its own.
    pub fn used_pairs(&self) -> usize {
        self.observers.used()
    }

    /// Does one fault now: a line of a scenario without its `at TIME`, such as `kill broker 2 for 25s`.
    /// With `at TIME`, which counts from the end of the warm-up, it is done then.
    ///
    /// # Errors
    /// The first mistake of the line; also a moment that has passed, and a `random` line, which belongs into a scenario.
    pub fn fault(&mut self, line: &str) -> Result<(), Mistake> {
        let whole = |message: &str| Mistake { message: message.to_owned(), span: 0..line.len(), help: None };
        let first = line.split_whitespace().next().unwrap_or_default();
        let is_planned = first == "at";
        let known = Known::of(self.world.spec(), Duration::MAX);
        let (text, before) = if is_planned { (line.to_owned(), 0) } else { (format!("{NOW}{line}"), NOW.len()) };
        let parsed =
            if first == "random" { None } else { Some(fault::parse(&text, &known).map_err(|mistake| mistake.moved_left(before))?) };
        let Some(Fault::At(at, action)) = parsed else { return Err(whole("random faults are drawn when a scenario is read")) };
        let at = if is_planned { Instant::ZERO + self.scenario.count_from + at } else { self.now() };
        if at < self.now() {
            return Err(whole("this moment has passed"));
        }
        self.touched = true;
        self.plan.add(at, action);
        self.plan.act(self.world.now(), &mut self.world);
        self.watch(&mut |_, _| {});
        Ok(())
    }

    /// Runs for `length` of simulated time.
    pub fn run_for(&mut self, length: Duration) {
        self.run_to(self.now() + length, &mut |_, _| {});
    }

    /// What becomes of a record that [`World::send`] took, within `patience`: acknowledged ([`ErrorCode::None`]) or failed with an error.
    pub fn fate(&mut self, client: ClientIx, record: RecordId, patience: Duration) -> Option<ErrorCode> {
        let mut fate = None;
        self.run_until_fact(patience, |_, fact| {
            if let Fact::RecordDone { client: c, record: r, error, .. } = fact
                && (*c, *r) == (client, record)
            {
                fate = Some(*error);
            }
            fate.is_some()
        });
        fate
    }

    /// Runs until a fact is the one that is wanted, but for `patience` at most; says when it was. Looks at facts since the last step, so
    /// also at what [`Simulation::world_mut`] has caused since.
    /// Everything else of the event that brought it has happened too.
    pub fn run_until_fact(&mut self, patience: Duration, mut wanted: impl FnMut(Instant, &Fact) -> bool) -> Option<Instant> {
        let deadline = self.now() + patience;
        loop {
            let mut found = None;
            let ended = !self.step(deadline);
            self.watch(&mut |at, fact| {
                if found.is_none() && wanted(at, fact) {
                    found = Some(at);
                }
            });
            if found.is_some() || ended {
                return found;
            }
        }
    }

    /// One event or the faults of one moment, at or before `deadline`; false when there was none left and the world stands at `deadline`.
    fn step(&mut self, deadline: Instant) -> bool {
        let fault = self.plan.next_at().filter(|at| *at <= deadline);
        let stop = fault.unwrap_or(deadline);
        if self.world.next_at().is_some_and(|at| at <= stop) {
            self.world.step();
            return true;
        }
        self.world.run_until(stop);
        if fault.is_some() {
            self.plan.act(self.world.now(), &mut self.world);
        }
        fault.is_some()
    }

    /// Runs up to and including `target`, waking each fault at its moment, after the events of that moment; `seen` is shown every fact.
    pub fn run_to(&mut self, target: Instant, seen: &mut dyn FnMut(Instant, &Fact)) {
        loop {
            let fault = self.plan.next_at().filter(|at| *at <= target);
            let stop = fault.unwrap_or(target).max(self.now()).min(self.now() + SLICE);
            self.world.run_until(stop);
            if fault.is_some_and(|at| at <= stop) {
                self.plan.act(stop, &mut self.world);
            }
            self.watch(seen);
            let more_faults_now = self.plan.next_at().is_some_and(|at| at <= stop);
            if stop >= target && !more_faults_now {
                return;
            }
        }
    }

    /// Shows what has happened to the observers and to `seen`.
    fn watch(&mut self, seen: &mut dyn FnMut(Instant, &Fact)) {
        let observers = &mut self.observers;
        self.world.drain_facts(&mut |at, fact| {
            observers.on_fact(at, fact);
            seen(at, fact);
        });
    }

    /// Ends the run here and tells all that was found, as `kafkasim run` would: counts, windows, the fate of every record, the checks.
    pub fn finish(mut self) -> RunRecord {
        self.watch(&mut |_, _| {});
        let Simulation { scenario, seed, world, mut observers, touched, .. } = self;
        world.audit(&mut |_, batch, _| observers.audit(batch));
        let found = observers.finish(world.spec(), world.now());
        let counted = world.now().since(Instant::ZERO + scenario.count_from);
        let mut record = RunRecord {
            schema: SCHEMA.to_owned(),
            kafkasim: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: ScenarioRef { name: scenario.name.clone(), digest: scenario.digest.clone(), assumed_rates: scenario.assumed_rates },
            kafka: world.spec().release.name().to_owned(),
            costs: costs(&scenario),
            seed,
            digest: found.digest,
            simulated_ms: counted.as_millis_f64(),
            warmup_ms: scenario.count_from.as_millis_f64(),
            events: world.events(),
            total: found.total,
            clients: found.clients,
            moves: found.moves,
            windows: found.windows,
            recovery_phases: found.recovery_phases,
            window_phases: found.window_phases,
            groups: found.groups,
            checks: found.checks,
            cluster: found.cluster,
            gauges: found.gauges,
            expectations: Vec::new(),
            not_modelled: scenario.notes.clone(),
            repeat: if touched { "none: a program pushed on this run".to_owned() } else { scenario.command(seed) },
        };
        record.expectations = judge(&scenario.expect, &record);
        record
    }
}

/// The names of the machine costs that a scenario uses, each once.
pub fn costs(scenario: &Scenario) -> String {
    let mut names: Vec<&str> = scenario.spec.brokers.iter().map(|b| b.costs.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}
