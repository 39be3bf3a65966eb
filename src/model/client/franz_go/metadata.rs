//! When a client asks for metadata. Source: `updateMetadataLoop`, `triggerUpdateMetadata`, `triggerUpdateMetadataNow` (metadata.go).
//!
//! One loop hears two kinds of wishes. A *normal* one waits until the last update is `kgo.MetadataMinAge` old: this, and no pause of its
//! own, is what a failed batch waits for. A *now* one does not wait, and while the answer has errors in it is repeated every 250 ms.

use super::settings::{Settings, retry_backoff};
use crate::engine::{Duration, Instant, Stream, mix};

/// Wishes that come close together are served as one.
const PILE: Duration = Duration::from_millis(10);

/// The loop and what it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    phase: Phase,
    /// A wish is queued: both channels hold one.
    normal: bool,
    now: bool,
    /// The ticker of `kgo.MetadataMaxAge`.
    tick_at: Instant,
    /// `lastAt`: when the last update ended, well or not. None: long ago.
    last_at: Option<Instant>,
    /// `metawait.lastUpdate`: when what waits for updates was last woken.
    last_update: Option<Instant>,
    /// Updates in a row without any answer.
    errors: u32,
    /// Updates so far: what draws are addressed by.
    pub rounds: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    /// A normal update waits for its age.
    MinAge(Instant),
    /// An update waits for others to pile on.
    Piling(Instant, Round),
    Asking(Round),
    /// The pause between quick rounds.
    Quick(Instant, Round),
    /// No broker answered.
    BackOff(Instant),
}

/// One update: whether it was asked for at once, and which of its rounds it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Round {
    now: bool,
    tries: u32,
}

/// How an update ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    /// It is merged, and nothing in it was wrong.
    Well,
    /// It is merged; some topic or partition had an error or an older epoch.
    InnerErrors,
    /// No broker answered.
    Failed,
}

impl Loop {
    /// A loop whose ticker comes first at `tick_at`.
    pub(super) fn new(tick_at: Instant) -> Self {
        Loop { phase: Phase::Idle, normal: false, now: false, tick_at, last_at: None, last_update: None, errors: 0, rounds: 0 }
    }

    /// Whether some wish is queued or being served.
    pub(super) fn is_wanted(&self) -> bool {
        self.normal || self.now || self.phase != Phase::Idle
    }

    /// Whether the last update is younger than the least age: `triggerUpdateMetadata(must=false)` wishes for nothing then.
    fn is_young(&self, at: Instant, settings: &Settings) -> bool {
        self.last_update.is_some_and(|last| at.since(last) < settings.metadata_min_age)
    }

    /// `triggerUpdateMetadata`: false when the wish was dropped.
    pub(super) fn trigger(&mut self, must: bool, at: Instant, settings: &Settings) -> bool {
        if !must && self.is_young(at, settings) {
            return false;
        }
        self.normal = true;
        true
    }

    /// `triggerUpdateMetadataNow`.
    pub(super) fn trigger_now(&mut self) {
        self.now = true;
    }

    /// Whether functions that may not run beside an update can run (`blockingMetadataFn`).
    pub(super) fn runs_functions(&self) -> bool {
        !matches!(self.phase, Phase::Asking(_) | Phase::Piling(..))
    }

    /// When the loop goes on by itself.
    pub(super) fn next_at(&self, at: Instant) -> Instant {
        match self.phase {
            Phase::Idle if self.normal || self.now => at,
            Phase::Idle => self.tick_at,
            Phase::MinAge(_) if self.now => at,
            Phase::MinAge(until) | Phase::Piling(until, _) | Phase::Quick(until, _) | Phase::BackOff(until) => until,
            Phase::Asking(_) => Instant::MAX,
        }
    }

    /// Goes on as far as the moment allows; true when a request is to be sent.
    pub(super) fn step(&mut self, at: Instant, settings: &Settings, draws: Stream) -> bool {
        loop {
            if self.next_at(at) > at {
                return false;
            }
            match self.phase {
                Phase::Idle => {
                    let now = self.hear(at, settings, draws);
                    self.begin(Round { now, tries: 1 }, at, settings);
                }
                Phase::MinAge(_) => {
                    self.now = false;
                    self.pile(Round { now: false, tries: 1 });
                }
                Phase::Piling(_, round) => {
                    (self.normal, self.now) = (false, false);
                    self.phase = Phase::Asking(round);
                    self.rounds += 1;
                    return true;
                }
                Phase::Quick(_, round) => self.begin(Round { now: true, tries: round.tries + 1 }, at, settings),
                Phase::BackOff(_) => self.phase = Phase::Idle,
                Phase::Asking(_) => return false,
            }
        }
    }

    /// Takes one wish; where several kinds wait, Go's `select` picks any. True when it is to be served at once.
    fn hear(&mut self, at: Instant, settings: &Settings, draws: Stream) -> bool {
        let tick = self.tick_at <= at;
        while self.tick_at <= at {
            self.tick_at += settings.metadata_max_age;
        }
        let other = self.normal || tick;
        if self.now && (!other || draws.at(mix(self.rounds, 1)).below(2) == 0) {
            self.now = false;
            return true;
        }
        self.normal = false;
        false
    }

    fn begin(&mut self, round: Round, at: Instant, settings: &Settings) {
        let aged = self.last_at.map(|last| last + settings.metadata_min_age);
        match aged.filter(|aged| !round.now && *aged > at) {
            Some(aged) => self.phase = Phase::MinAge(aged),
            None => self.pile(round),
        }
    }

    fn pile(&mut self, round: Round) {
        self.phase = Phase::Piling(self.last_at.map_or(Instant::ZERO, |last| last + PILE), round);
    }

    /// An update ended; true when what waits for updates is woken.
    pub(super) fn ended(&mut self, ended: Ended, at: Instant, settings: &Settings, draws: Stream) -> bool {
        let Phase::Asking(round) = self.phase else { return false };
        self.last_at = Some(at);
        if ended == Ended::InnerErrors && round.now && round.tries < settings.policies.quick_rounds {
            self.phase = Phase::Quick(at + settings.metadata_min_age.min(settings.policies.quick_pause), round);
            return !settings.policies.silent_rounds && self.signal(at);
        }
        self.normal |= ended != Ended::Well;
        if ended == Ended::Failed {
            self.errors += 1;
            self.phase = Phase::BackOff(at + retry_backoff(self.errors, draws.at(mix(self.rounds, 2))));
            return false;
        }
        self.errors = 0;
        self.phase = Phase::Idle;
        self.signal(at)
    }

    fn signal(&mut self, at: Instant) -> bool {
        self.last_update = Some(at);
        true
    }
}
