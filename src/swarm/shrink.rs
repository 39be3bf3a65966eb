//! Makes a case that fails smaller, as long as it fails in the same way: fewer faults, clients, topics, settings and processes, and less time.

use super::case::{Case, Network};
use super::{Change, Drawn, Flight, GoOn, Kind, Options, fly_case, read};
use crate::engine::Duration;
use crate::fault::{Action, Fault};

/// Events that all cases of a search may take together: a case that does not heal is run for an hour of its time.
const MAX_EVENTS: u64 = 60_000_000;

/// The smallest case that was found, and what came of it.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// Its run.
    pub flight: Flight,
    /// How many cases were run to find it.
    pub tried: usize,
}

/// Shrinks the cluster of a number that complains of `kind`. At most `tries` cases are run, and fewer where they take many events or are not
/// to go on: then it is the smallest so far, and none where the first run did not come to its end.
pub fn shrink(number: u64, kind: &Kind, options: &Options, tries: usize, go_on: GoOn<'_>) -> Option<Shrunk> {
    shrink_with(number, kind, options, tries, &|_| {}, go_on)
}

/// The same with a change to every scenario before it runs.
pub fn shrink_with(number: u64, kind: &Kind, options: &Options, tries: usize, change: Change<'_>, go_on: GoOn<'_>) -> Option<Shrunk> {
    let Drawn { case, scenario, .. } = Drawn::of(number);
    let flight = fly_case(&case, scenario, options, change, go_on);
    if flight.is_good() {
        return None;
    }
    let mut search = Search { kind, options, change, go_on, left: tries, events_left: MAX_EVENTS, tried: 0, best: case, flight };
    while search.left > 0 && search.pass() {}
    Some(Shrunk { flight: search.flight, tried: search.tried })
}

struct Search<'a> {
    kind: &'a Kind,
    options: &'a Options,
    change: Change<'a>,
    go_on: GoOn<'a>,
    left: usize,
    events_left: u64,
    tried: usize,
    best: Case,
    flight: Flight,
}

impl Search<'_> {
    /// Everything once; whether anything became smaller. What takes most away comes first.
    fn pass(&mut self) -> bool {
        let mut smaller = self.without_runs_of(|case| &mut case.storm);
        smaller |= self.without_runs_of(|case| &mut case.cluster.client);
        smaller |= self.without_runs_of(|case| &mut case.cluster.topic);
        for simplify in SIMPLER {
            smaller |= self.try_case(simplify);
        }
        for less in LESS {
            while self.try_case(less) {
                smaller = true;
            }
        }
        smaller |= self.without_settings();
        smaller |= self.shorter_faults();
        smaller
    }

    /// Whether the case fails in the same way with this made smaller; if so it is the best one.
    fn try_case(&mut self, change: impl FnOnce(&mut Case)) -> bool {
        let mut case = self.best.clone();
        change(&mut case);
        tidy(&mut case);
        if self.left == 0 || self.events_left == 0 || case == self.best || !(self.go_on)() {
            return false;
        }
        self.left -= 1;
        self.tried += 1;
        let flight = fly_case(&case, read(&case), self.options, self.change, self.go_on);
        self.events_left = self.events_left.saturating_sub(flight.events);
        let fails = flight.complaints.iter().any(|complaint| complaint.kind == *self.kind);
        if fails {
            self.best = case;
            self.flight = flight;
        }
        fails
    }

    /// Takes stretches out of a list: halves, then quarters, down to single ones.
    fn without_runs_of<T>(&mut self, list: fn(&mut Case) -> &mut Vec<T>) -> bool {
        let (mut smaller, mut stretch) = (false, list(&mut self.best).len().div_ceil(2));
        while stretch > 0 {
            let mut from = 0;
            while from < list(&mut self.best).len() {
                let to = (from + stretch).min(list(&mut self.best).len());
                if self.try_case(|case| drop(list(case).drain(from..to))) {
                    smaller = true;
                } else {
                    from = to;
                }
            }
            stretch /= 2;
        }
        smaller
    }

    /// Leaves each setting to its default.
    fn without_settings(&mut self) -> bool {
        let mut smaller = false;
        for place in 0..self.best.settings().len() {
            let keys: Vec<String> = self.best.settings()[place].keys().cloned().collect();
            for key in keys {
                smaller |= self.try_case(|case| drop(case.settings().swap_remove(place).remove(&key)));
            }
        }
        smaller
    }

    fn shorter_faults(&mut self) -> bool {
        let mut smaller = false;
        for i in 0..self.best.storm.len() {
            while self.try_case(|case| shorten(&mut case.storm[i])) {
                smaller = true;
            }
        }
        smaller
    }
}

/// Each leaves something to its default.
const SIMPLER: [fn(&mut Case); 9] = [
    |case| case.patience = Duration::ZERO,
    |case| case.cluster.network = Network::default(),
    |case| case.cluster.config.clear(),
    |case| case.cluster.costs.clear(),
    |case| case.cluster.broker.clear(),
    |case| case.cluster.ties = "fifo",
    |case| case.cluster.processes.racks.clear(),
    |case| case.cluster.processes.combined = false,
    |case| case.cluster.client.iter_mut().for_each(plain),
];

/// Each makes something less, as often as it goes.
const LESS: [fn(&mut Case); 6] = [
    |case| case.cluster.processes.brokers = (case.cluster.processes.brokers - 1).max(1),
    |case| case.cluster.processes.controllers = if case.cluster.processes.controllers > 3 { 3 } else { 1 },
    |case| case.cluster.topic.iter_mut().for_each(|topic| topic.partitions = topic.partitions.div_ceil(2)),
    |case| case.cluster.topic.iter_mut().for_each(|topic| topic.replication_factor = (topic.replication_factor - 1).max(1)),
    |case| case.cluster.client.iter_mut().for_each(|client| client.count = client.count.filter(|n| *n > 2).map(|n| n / 2)),
    sooner,
];

fn plain(client: &mut super::case::Client) {
    client.arrivals = None;
    client.record_bytes = None;
    client.partitioning = None;
    client.processing = None;
    client.bootstrap = None;
    client.place = None;
    client.start = None;
}

/// The same storm in half the time.
fn sooner(case: &mut Case) {
    if case.storm_lasts < Duration::from_secs(1) {
        return;
    }
    case.storm_lasts = case.storm_lasts.scale(0.5);
    for fault in &mut case.storm {
        match fault {
            Fault::At(at, _) => *at = at.scale(0.5),
            Fault::Random(random) => random.to = Some(case.storm_lasts),
        }
    }
}

/// Half as long, in whole milliseconds.
fn shorten(fault: &mut Fault) {
    let half = |time: &mut Duration| *time = Duration::from_millis((time.as_millis() / 2).max(1));
    match fault {
        Fault::At(_, Action::Take { back: Some(time), .. }) => half(time),
        Fault::At(_, Action::Cut { lasting: Some(time), .. }) => half(time),
        Fault::At(_, Action::Slow { lasting: Some(time), .. } | Action::SlowDisk { lasting: Some(time), .. }) => half(time),
        Fault::At(_, Action::Restart { down, .. } | Action::Flap { down, .. } | Action::Rolling { down, .. }) => half(down),
        Fault::At(..) => {}
        Fault::Random(random) => half(&mut random.lasting),
    }
}

/// Takes out what no longer means anything: faults of processes, clients, racks and topics that are gone, more replicas than brokers.
fn tidy(case: &mut Case) {
    let cluster = &mut case.cluster;
    let brokers = cluster.processes.brokers;
    if cluster.processes.combined {
        cluster.processes.controllers = cluster.processes.controllers.min(if brokers >= 5 {
            5
        } else if brokers >= 3 {
            3
        } else {
            1
        });
    }
    cluster.broker.retain(|broker| broker.id <= brokers);
    cluster.topic.iter_mut().for_each(|topic| topic.replication_factor = topic.replication_factor.min(brokers));
    let topics: Vec<String> = cluster.topic.iter().map(|topic| topic.name.clone()).collect();
    for client in &mut cluster.client {
        client.topics.retain(|topic| topics.contains(topic));
        client.place = client.place.filter(|place| cluster.network.place.iter().any(|p| p.name == *place));
        client.bootstrap = client.bootstrap.take().filter(|ids| ids.iter().all(|id| *id <= brokers));
    }
    cluster.client.retain(|client| !client.topics.is_empty());
    let mut known = case.cluster.known();
    case.storm.retain(|fault| {
        let means_something = crate::fault::parse(&fault.to_string(), &known).is_ok();
        if means_something {
            known.learn(fault);
        }
        means_something
    });
}
