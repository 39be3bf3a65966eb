//! What could shorten a step: for each wait the settings that govern it, and values to try.

use super::push::{Awaited, Push};
use super::wait::{Owner, Wait};
use crate::engine::{Duration, Instant, parse_duration};
use crate::kafka::ClientIx;
use crate::kafka::config::counterparts;
use crate::model::Spec;
use crate::scenario::Scenario;

/// Something to change before a run is made again.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Change {
    /// As a person says it: `broker.session.timeout.ms=6s`.
    pub text: String,
    /// Keys and values of the scenario.
    pub sets: Vec<(String, String)>,
    /// Keys and values that brokers and controllers have from a moment on, in the order of time: until then it is the same run.
    pub retunes: Vec<Retune>,
    /// What is done to the run from outside, in the order of time.
    pub pushes: Vec<Push>,
    /// Moments of which the faults are left out.
    pub spared: Vec<Instant>,
    /// Meant to take the step away, and not only to shorten it.
    pub removes: bool,
}

impl Change {
    /// Both changes in one run.
    pub fn with(&self, other: &Change) -> Change {
        let mut both = self.clone();
        both.text = format!("{}, and {}", self.text, other.text);
        both.sets.extend(other.sets.iter().filter(|set| !self.sets.contains(set)).cloned());
        both.retunes.extend(other.retunes.iter().cloned());
        both.retunes.sort_by_key(|retune| retune.at);
        both.pushes.extend(&other.pushes);
        both.pushes.sort_unstable();
        both.spared.extend(&other.spared);
        both.removes = self.removes && other.removes;
        both
    }
}

/// Settings and costs of brokers and controllers from a moment on.
#[derive(Clone, PartialEq, Debug)]
pub struct Retune {
    /// The moment.
    pub at: Instant,
    /// Keys and values of the scenario.
    pub sets: Vec<(String, String)>,
}

/// A step to be shortened.
#[derive(Clone, Copy, Debug)]
pub struct Ill<'a> {
    /// The scenario as it ran.
    pub scenario: &'a Scenario,
    /// Whose recovery it is.
    pub client: ClientIx,
    /// What the time went by with.
    pub wait: Wait,
    /// When it began.
    pub from: Instant,
    /// When it ended.
    pub to: Instant,
    /// When its length was set, and that of all steps like it beside it.
    pub set_at: Instant,
    /// When the fault struck that ended it, if one did.
    pub struck: Instant,
    /// Who or what was waited for, where that can be made to come earlier, and since when it was away.
    pub awaited: Option<(Awaited, Instant)>,
}

impl Ill<'_> {
    /// How long it took.
    pub fn length(&self) -> Duration {
        self.to.since(self.from)
    }

    /// Whether the same is waited for.
    pub fn is_alike(&self, other: &Ill<'_>) -> bool {
        let whom = |ill: &Ill<'_>| ill.awaited.map(|(whom, _)| whom);
        (self.wait, whom(self)) == (other.wait, whom(other))
    }
}

/// What may be done against a step.
pub struct Treatment {
    /// What its time goes by with.
    pub wait: Wait,
    /// Who or what is waited for.
    pub(super) whom: Option<Awaited>,
    /// When it is over.
    pub(super) to: Instant,
    /// What governs its length.
    pub setting: Option<String>,
    /// Its length.
    pub length: Duration,
    /// What to try: first what only shortens it, then what takes it away.
    pub changes: Vec<Change>,
}

impl Treatment {
    /// That of this step.
    pub fn of(ill: &Ill<'_>) -> Treatment {
        let setting = setting(&ill.scenario.spec, ill.client, ill.wait);
        let whom = ill.awaited.map(|(whom, _)| whom);
        Treatment { wait: ill.wait, whom, to: ill.to, setting, length: ill.length(), changes: changes(ill) }
    }

    /// Whether a step is gone with it: the same is waited for, and not a second time after it.
    pub fn takes_away(&self, ill: &Ill<'_>) -> bool {
        let is_single = self.whom.is_some() || self.wait == Wait::LaterEvent;
        let is_later = is_single && ill.from >= self.to;
        (self.wait, self.whom) == (ill.wait, ill.awaited.map(|(whom, _)| whom)) && !is_later
    }

    /// What takes the step away.
    pub fn removal(&self) -> Option<&Change> {
        self.changes.iter().find(|change| change.removes)
    }
}

/// The setting that governs a wait, with its value: `broker.session.timeout.ms = 9s`.
pub fn setting(spec: &Spec, client: ClientIx, wait: Wait) -> Option<String> {
    let told = wait.governors().iter().filter_map(|governor| {
        let key = key(spec, client, governor.owner, governor.key)?;
        Some(match value(spec, client, governor.owner, &key) {
            Some(value) => format!("{key} = {}", shown(&key, &value)),
            None => key,
        })
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { None } else { Some(told.join(", ")) }
}

/// How long a client's setting says, by Java's name for it.
pub fn length_of(spec: &Spec, client: ClientIx, key_of_java: &str) -> Option<Duration> {
    let key = key(spec, client, Owner::Client, key_of_java)?;
    length(&key, &value(spec, client, Owner::Client, &key)?)
}

/// A key under the name that its owner has for it; none when it has none.
fn key(spec: &Spec, client: ClientIx, owner: Owner, key: &str) -> Option<String> {
    match owner {
        Owner::Controller | Owner::Broker | Owner::Faults => Some(key.to_owned()),
        Owner::Cost => Some(format!("costs.{key}")),
        Owner::Workload => Some(format!("client.{}.{key}", spec.clients[client.index()].name)),
        Owner::Client => {
            let client = &spec.clients[client.index()];
            let library = client.profile.library.names().0;
            // A producer's library may know a consumer's pauses too.
            if key == "fetch.error.backoff.ms" && client.consumption().is_none() {
                return None;
            }
            let concept = counterparts::concept("java", key).or_else(|| counterparts::concept("librdkafka", key));
            let known = concept.map_or(Some(key), |concept| concept.of(library))?;
            client.config.key(known).map(|k| k.name.to_owned())
        }
    }
}

fn value(spec: &Spec, client: ClientIx, owner: Owner, key: &str) -> Option<String> {
    match owner {
        Owner::Controller => spec.voters.first()?.config.get(key),
        Owner::Broker => spec.brokers.first()?.config.get(key),
        Owner::Client => spec.clients[client.index()].config.get(key),
        Owner::Cost | Owner::Faults => None,
        Owner::Workload => spec.clients[client.index()].workload().map(|w| w.rate.to_string()),
    }
}

/// Settings in milliseconds read better with their unit.
fn shown(key: &str, value: &str) -> String {
    length(key, value).map_or_else(|| value.to_owned(), |length| length.to_string())
}

/// A value as a length of time, if it is one.
fn length(key: &str, value: &str) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        let is_seconds = key.ends_with(".seconds");
        let is_time = is_seconds || key.ends_with("ms") || is_of_go_or_node(key);
        return is_time.then(|| Duration::from_millis_f64(number * if is_seconds { 1000.0 } else { 1.0 }));
    }
    parse_duration(value).ok()
}

/// Keys of libraries that name no unit; their tables hold milliseconds.
fn is_of_go_or_node(key: &str) -> bool {
    const WORDS: [&str; 12] = [
        "Backoff",
        "Timeout",
        "RefreshFrequency",
        "MaxAge",
        "MinAge",
        "Linger",
        "Frequency",
        "retryTime",
        "RetryTime",
        "metadataMaxAge",
        "MetadataTTL",
        "maxWait",
    ];
    WORDS.iter().any(|word| key.contains(word))
}

/// What to try against a step: first what only shortens it, then what takes it away.
fn changes(ill: &Ill<'_>) -> Vec<Change> {
    let spec = &ill.scenario.spec;
    if matches!(ill.wait, Wait::DownTime | Wait::Pause | Wait::Cut) {
        return [push(ill, 0.5), push(ill, 0.0)].into_iter().flatten().collect();
    }
    if ill.wait == Wait::Retransmit {
        return push(ill, 0.0).into_iter().collect();
    }
    if ill.wait == Wait::LaterEvent {
        return spare(ill).into_iter().collect();
    }
    if ill.wait == Wait::NoRecord {
        return more_records(ill);
    }
    if ill.wait == Wait::Session {
        return shorter_session(spec).into_iter().chain(push(ill, 0.0)).collect();
    }
    let mut changes = Vec::new();
    let mut gone = Vec::new();
    let mut longest = Duration::ZERO;
    for governor in ill.wait.governors() {
        let Some(key) = key(spec, ill.client, governor.owner, governor.key) else { continue };
        let now = value(spec, ill.client, governor.owner, &key).and_then(|value| length(&key, &value));
        if let Some(now) = now.filter(|now| !now.is_zero()) {
            longest = longest.max(now);
            changes.push(set(spec, ill.client, vec![(governor.owner, key.clone(), half(&key, now))], false));
        }
        let least = if governor.owner == Owner::Cost { Duration::ZERO } else { least(governor.key) };
        // What is as short already governs nothing here.
        if now.is_none_or(|now| now > least) {
            let least = written(&key, least);
            gone.push((governor.owner, key, least));
        }
    }
    if !gone.is_empty() {
        changes.push(from_then_on(ill, gone, longest));
    }
    changes
}

/// What takes a step away by settings and costs: those of brokers and controllers are changed just before the recovery begins, so that the run is
/// the same until then, or before a timer of this length was set that ends with the step; a client reads its own when it starts.
fn from_then_on(ill: &Ill<'_>, keys: Vec<(Owner, String, String)>, timer: Duration) -> Change {
    let (own, theirs): (Vec<_>, Vec<_>) = keys.into_iter().partition(|(owner, ..)| matches!(owner, Owner::Client | Owner::Workload));
    let mut change = set(&ill.scenario.spec, ill.client, own, true);
    if theirs.is_empty() {
        return change;
    }
    let retuned = set(&ill.scenario.spec, ill.client, theirs, true);
    let texts = [change.text, format!("{} from its beginning on", retuned.text)];
    change.text = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    let timer_set = Instant::from_nanos(ill.to.as_nanos().saturating_sub(timer.as_nanos()));
    change.retunes = vec![Retune { at: just_before(ill.set_at.min(timer_set)), sets: retuned.sets }];
    change
}

/// What begins now sets out with what holds by then.
fn just_before(moment: Instant) -> Instant {
    Instant::from_nanos(moment.as_nanos().saturating_sub(BEFORE.as_nanos()))
}

/// Half of a length, in the unit of its key.
fn half(key: &str, now: Duration) -> String {
    written(key, Duration::from_nanos(now.as_nanos() / 2).max(Duration::from_millis(1)))
}

fn written(key: &str, length: Duration) -> String {
    if key.ends_with(".seconds") {
        (length.as_millis() / 1000).max(1).to_string()
    } else {
        Duration::from_millis(length.as_millis()).to_string()
    }
}

/// So little that it does not matter, and that its owner still takes, by the key that the governor has.
fn least(key: &str) -> Duration {
    Duration::from_millis(match key {
        "controller.quorum.append.linger.ms" => 0,
        "linger.ms" => 1,
        "controller.quorum.fetch.timeout.ms" | "controller.quorum.election.timeout.ms" => 200,
        "replica.lag.time.max.ms" => 1500,
        "socket.connection.setup.timeout.ms" | "socket.connection.setup.timeout.max.ms" | "request.timeout.ms" | "socket.timeout.ms" => {
            1000
        }
        "leader.imbalance.check.interval.seconds" => 1000,
        _ => 10,
    })
}

fn set(spec: &Spec, client: ClientIx, keys: Vec<(Owner, String, String)>, removes: bool) -> Change {
    let name = &spec.clients[client.index()].name;
    let text: Vec<String> = keys.iter().map(|(_, key, value)| format!("{key}={value}")).collect();
    let path = |owner: Owner, key: String| if owner == Owner::Client { format!("client.{name}.config.{key}") } else { key };
    let sets = keys.into_iter().map(|(owner, key, value)| (path(owner, key), value)).collect();
    Change { text: text.join(" "), sets, removes, ..Change::default() }
}

/// A shorter session. Heartbeats must stay well within it.
fn shorter_session(spec: &Spec) -> Option<Change> {
    let voter = spec.voters.first()?;
    let (now, beat) = (voter.config.broker_session_timeout, voter.config.broker_heartbeat_interval);
    let shorter = Duration::from_millis((now.as_millis() * 2 / 3).max(1));
    let mut sets = vec![("broker.session.timeout.ms".to_owned(), shorter.to_string())];
    if beat * 2 > shorter {
        sets.push(("broker.heartbeat.interval.ms".to_owned(), Duration::from_millis((shorter.as_millis() / 4).max(1)).to_string()));
    }
    let text: Vec<String> = sets.iter().map(|(key, value)| format!("{key}={value}")).collect();
    Some(Change { text: text.join(" "), sets, ..Change::default() })
}

fn more_records(ill: &Ill<'_>) -> Vec<Change> {
    let client = &ill.scenario.spec.clients[ill.client.index()];
    let Some(workload) = client.workload() else { return Vec::new() };
    let key = format!("client.{}.rate", client.name);
    let of = |factor: f64, removes: bool| {
        let value = (workload.rate * factor).to_string();
        Change { text: format!("rate={value}"), sets: vec![(key.clone(), value)], removes, ..Change::default() }
    };
    vec![of(2.0, false), of(20.0, true)]
}

/// The same run, but what struck when the step ended does not happen. Only a fault of the scenario can be left out.
fn spare(ill: &Ill<'_>) -> Option<Change> {
    let scenario = ill.scenario;
    let at = ill.struck.since(Instant::ZERO + scenario.count_from.min(ill.struck.since_start()));
    let text = format!("no fault at {at}");
    let change = Change { text, spared: vec![ill.struck], removes: true, ..Change::default() };
    scenario.plan.has(ill.struck).then_some(change)
}

/// A cut or a pause that began before the step is over this long before it: what the step sets out with is not lost then.
const BEFORE: Duration = Duration::from_millis(1);
/// What ends a process, or was its last heartbeat, has taken its effect this long after.
const AFTER: Duration = Duration::from_millis(50);

/// The same run until the step; but what it waits for comes about when this part of it has passed.
fn push(ill: &Ill<'_>, part: f64) -> Option<Change> {
    let (what, away_since) = ill.awaited?;
    let after = ill.length().scale(part);
    let at = match what {
        // What was lost is sent again the later the longer the cut was.
        Awaited::Heal(_) if ill.wait == Wait::Retransmit => away_since,
        Awaited::Resume(_) | Awaited::Heal(_) if after.is_zero() => away_since.max(just_before(ill.from)),
        Awaited::Resume(_) | Awaited::Heal(_) => ill.from + after,
        Awaited::Start(_) | Awaited::Session(_) => ill.from + after + AFTER,
    };
    let when = if after.is_zero() { "at once".to_owned() } else { format!("after {after}") };
    let text = format!("{} {when}", what.words(&ill.scenario.spec));
    Some(Change { text, pushes: vec![Push { at, what }], removes: after.is_zero(), ..Change::default() })
}
