//! The times at which brokers were away, from the steps of their lives that any log tells.

use super::clue::Step;
use super::evidence::{Evidence, Noted, Place};
use std::collections::BTreeMap;

/// Clocks of different machines may differ by this; what seems to begin again within it is the same.
const SKEW_MS: i64 = 2_000;
/// Most steps of one outage that are kept.
const MOST_STEPS: usize = 40;

/// Why a broker was away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// It was stopped in an orderly way.
    Restart,
    /// Its process ended without a word.
    Crash,
    /// The same process came back: it, or the way to it, was silent.
    Silence,
    /// Its session ran out, and nothing tells yet whether the process lives.
    Gone,
    /// A process began, and nothing tells how the one before ended.
    Started,
}

/// A time at which a broker was away.
#[derive(Clone, PartialEq, Debug)]
pub struct Outage {
    /// `node.id`.
    pub broker: u32,
    /// When it began, as far as the logs tell.
    pub from: i64,
    /// When it was over; none when the logs end before.
    pub to: Option<i64>,
    /// What was told of it.
    pub steps: Vec<Noted<Step>>,
}

impl Outage {
    /// Whether this step was told.
    pub fn has(&self, step: Step) -> bool {
        self.step(step).is_some()
    }

    /// The first telling of this step.
    pub fn step(&self, step: Step) -> Option<&Noted<Step>> {
        self.steps.iter().find(|noted| noted.what == step)
    }

    /// Whether a new process began in it.
    pub fn restarted(&self) -> bool {
        [Step::Starting, Step::NewIncarnation, Step::Refused, Step::CleanLogs, Step::UncleanLogs].into_iter().any(|step| self.has(step))
    }

    /// Why the broker was away.
    pub fn kind(&self) -> Kind {
        if self.has(Step::Killed) {
            return Kind::Crash;
        }
        if self.has(Step::Leaving) || self.has(Step::Signalled) || self.has(Step::Stopped) {
            return Kind::Restart;
        }
        if self.has(Step::UncleanLogs) || self.has(Step::Refused) || (self.has(Step::SessionLost) && self.restarted()) {
            return Kind::Crash;
        }
        if self.has(Step::CleanLogs) {
            return Kind::Restart;
        }
        if self.restarted() {
            return Kind::Started;
        }
        if self.to.is_some() { Kind::Silence } else { Kind::Gone }
    }

    /// The line that shows it best.
    pub fn place(&self) -> Option<&Place> {
        const TELLING: [Step; 6] = [Step::SessionLost, Step::Leaving, Step::Killed, Step::Signalled, Step::NewIncarnation, Step::Starting];
        TELLING.into_iter().find_map(|step| self.step(step)).or(self.steps.first()).map(|noted| &noted.place)
    }
}

/// All outages, each broker's in the order of time. A broker's very first start is none.
pub fn outages(evidence: &Evidence) -> BTreeMap<u32, Vec<Outage>> {
    let mut all: BTreeMap<u32, Vec<Outage>> = BTreeMap::new();
    for noted in &evidence.lives {
        let (Some(broker), step) = noted.what else { continue };
        let outages = all.entry(broker).or_default();
        take(outages, broker, step, Noted { at: noted.at, what: step, place: noted.place.clone() });
    }
    for outages in all.values_mut() {
        outages.retain(|outage| !(outage.has(Step::FirstRegistration) && !outage.has(Step::SessionLost) && !outage.has(Step::Leaving)));
    }
    all.retain(|_, outages| !outages.is_empty());
    all
}

fn take(outages: &mut Vec<Outage>, broker: u32, step: Step, noted: Noted<Step>) {
    let open = outages.last_mut().filter(|outage| outage.to.is_none());
    match (open, step) {
        (Some(outage), Step::Unfenced) => {
            outage.to = Some(noted.at);
            outage.steps.push(noted);
        }
        (Some(outage), _) => {
            if outage.steps.len() < MOST_STEPS {
                outage.steps.push(noted);
            }
        }
        (None, Step::Unfenced) => {}
        (None, _) => begin(outages, broker, noted),
    }
}

/// A new outage; or, where clocks differ, a late word on the one before.
fn begin(outages: &mut Vec<Outage>, broker: u32, noted: Noted<Step>) {
    let of_a_start = matches!(
        noted.what,
        Step::Starting | Step::CleanLogs | Step::UncleanLogs | Step::NewIncarnation | Step::Refused | Step::Fenced | Step::Stopped
    );
    if let Some(before) = outages.last_mut().filter(|before| of_a_start && before.to.is_some_and(|to| noted.at <= to + SKEW_MS)) {
        before.steps.push(noted);
        return;
    }
    outages.push(Outage { broker, from: noted.at, to: None, steps: vec![noted] });
}
