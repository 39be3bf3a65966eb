//! What could shorten a step: for each wait the settings that govern it, and values to try.

use super::push::{Awaited, Push};
use super::setting::{governors, half, least, length, setting, value, written};
use super::wait::{Owner, Wait};
use crate::engine::{Duration, Instant};
use crate::kafka::ClientIx;
use crate::model::Spec;
use crate::scenario::Scenario;

/// Something to change before a run is made again.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Change {
    /// As a person says it: `broker.session.timeout.ms=6s`.
    pub text: String,
    /// Keys and values of the scenario.
    pub sets: Vec<(String, String)>,
    /// Keys and values that brokers, controllers and clients have from a moment on, in the order of time: until then it is the same run.
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

/// Settings and costs from a moment on.
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
    for (governor, key) in governors(spec, ill.client, ill.wait) {
        let owner = governor.owner;
        let now = value(spec, ill.client, owner, &key).and_then(|value| length(&key, &value));
        // What is no length of time cannot be made shorter.
        if now.is_none() && owner != Owner::Cost {
            continue;
        }
        if let Some(now) = now.filter(|now| !now.is_zero()) {
            longest = longest.max(now);
            changes.push(set(spec, ill.client, vec![(owner, key.clone(), half(&key, now))], false));
        }
        let least = if matches!(owner, Owner::Cost | Owner::Workload) { Duration::ZERO } else { least(governor.key) };
        // What is as short already governs nothing here.
        if now.is_none_or(|now| now > least) {
            let least = written(&key, least);
            gone.push((owner, key, least));
        }
    }
    if !gone.is_empty() {
        changes.push(from_then_on(ill, gone, longest));
    }
    changes
}

/// What takes a step away by settings and costs: they are changed before the recovery begins, so that the run is the same until then, or before
/// a timer of this length was set that ends with the step.
fn from_then_on(ill: &Ill<'_>, keys: Vec<(Owner, String, String)>, timer: Duration) -> Change {
    let set = set(&ill.scenario.spec, ill.client, keys, true);
    let timer_set = before(ill.to, timer + UNDER_WAY);
    let retune = Retune { at: just_before(ill.set_at).min(timer_set), sets: set.sets };
    Change { text: format!("{} from its beginning on", set.text), retunes: vec![retune], removes: true, ..Change::default() }
}

/// What begins now sets out with what holds by then.
fn just_before(moment: Instant) -> Instant {
    before(moment, BEFORE)
}

fn before(moment: Instant, by: Duration) -> Instant {
    Instant::from_nanos(moment.as_nanos().saturating_sub(by.as_nanos()))
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
    let text = format!("no fault at {}", rounded(at));
    let change = Change { text, spared: vec![ill.struck], removes: true, ..Change::default() };
    scenario.plan.has(ill.struck).then_some(change)
}

/// To whole milliseconds: that is enough to read.
fn rounded(length: Duration) -> Duration {
    if length < Duration::from_millis(1) { length } else { Duration::from_millis(length.as_millis()) }
}

/// A cut or a pause that began before the step is over this long before it: what the step sets out with is not lost then.
const BEFORE: Duration = Duration::from_millis(1);
/// A timer that ends with a step was set by what took this long on its way at most.
const UNDER_WAY: Duration = Duration::from_millis(100);
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
        Awaited::Start(_) => ill.from + after + AFTER,
        // A broker that is heard of again has another session.
        Awaited::Session(_) => ill.from.max(away_since) + after + AFTER,
    };
    let when = if after.is_zero() { "at once".to_owned() } else { format!("after {}", rounded(after)) };
    let text = format!("{} {when}", what.words(&ill.scenario.spec));
    Some(Change { text, pushes: vec![Push { at, what }], removes: after.is_zero(), ..Change::default() })
}
