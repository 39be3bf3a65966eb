//! When a client may and will ask for metadata. Source: `Metadata` (flags, `timeToNextUpdate`, `update`, `failedUpdate`).

use super::settings::Shared;
use crate::engine::{Draw, Duration, Instant, Stream, mix};
use crate::kafka::ClientIx;
use crate::model::{Broken, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Refresh as What;

/// The flags and times of a client's metadata refreshes.
#[derive(Clone, Debug)]
pub(super) struct Refresh {
    client: ClientIx,
    /// `needFullUpdate`.
    full: bool,
    /// `needPartialUpdate`.
    partial: bool,
    /// `lastRefreshMs`: the last answer or failure. None: long ago, or forgotten for a new topic.
    last: Option<Instant>,
    /// `lastSuccessfulRefreshMs + metadata.max.age.ms`.
    ages_out_at: Instant,
    /// Failures in a row.
    attempts: u32,
    /// `equivalentResponseCount`: answers in a row that taught no newer epoch.
    equivalents: u32,
    /// `requestVersion`: grows with every wish for a new topic.
    version: u32,
    in_flight: Option<InFlight>,
    /// Refreshes that ended, well or not: what their draws are addressed by.
    ended: u64,
    /// Looks at the pause since then: Java draws its jitter anew at each.
    looks: u64,
    /// Since when a due refresh has had no answer (`metadataAttemptStartMs`, KIP-1102).
    pub unanswered_since: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    partial: bool,
    version: u32,
    /// A full update was asked for since it left: its answer will erase that wish.
    wished: bool,
}

impl Refresh {
    /// A new client: it wants metadata (`Metadata.bootstrap` sets the full flag).
    pub(super) fn new(client: ClientIx) -> Self {
        Refresh {
            client,
            full: true,
            partial: false,
            last: None,
            ages_out_at: Instant::ZERO,
            attempts: 0,
            equivalents: 0,
            version: 0,
            in_flight: None,
            ended: 0,
            looks: 0,
            unanswered_since: None,
        }
    }

    /// A client whose last periodic refresh was long ago and taught nothing new.
    pub(super) fn warm(client: ClientIx, ages_out_at: Instant) -> Self {
        Refresh { full: false, ages_out_at, equivalents: 1, ..Refresh::new(client) }
    }

    /// The address of what is drawn at the present look.
    pub(super) fn look(&self) -> u64 {
        mix(self.ended, self.looks)
    }

    /// Whether a request is out.
    pub(super) fn is_in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Whether a refresh is wanted for another reason than age.
    pub(super) fn is_wanted(&self) -> bool {
        self.full || self.partial
    }

    /// `Metadata.requestUpdate(false)`: something looks stale.
    pub(super) fn request(&mut self, out: &mut Outbox) {
        let mut news = !self.is_wanted();
        if let Some(in_flight) = self.in_flight.as_mut().filter(|f| !f.partial && !f.wished) {
            in_flight.wished = true;
            news = true;
        }
        self.full = true;
        if news {
            out.fact(Fact::Refreshed { client: self.client, what: What::Wanted });
        }
    }

    /// `Metadata.requestUpdate(false)` of a turn that finds records, or a position, without a leader. Every turn repeats it, so
    /// the answer to a request in flight erases nothing.
    pub(super) fn keep_requesting(&mut self, out: &mut Outbox) {
        if self.in_flight.is_some() {
            self.full = true;
            return;
        }
        self.request(out);
    }

    /// `Metadata.requestUpdate(true)`: what the last answers did not teach stretches the pause no longer. A consumer without a leader to ask
    /// repeats it in every turn.
    pub(super) fn request_afresh(&mut self, out: &mut Outbox) {
        self.equivalents = 0;
        self.keep_requesting(out);
    }

    /// `Metadata.requestUpdateForNewTopics`: every pause is forgotten.
    pub(super) fn request_new_topics(&mut self, out: &mut Outbox) {
        if !self.is_wanted() {
            out.fact(Fact::Refreshed { client: self.client, what: What::Wanted });
        }
        self.last = None;
        self.partial = true;
        self.equivalents = 0;
        self.version += 1;
    }

    /// `Metadata.timeToNextUpdate`, as a moment. The jitter is drawn anew at each look; a Sender that spins looks so
    /// often that the gate opens at the lower edge of the jitter.
    pub(super) fn next_at(&mut self, now: Instant, settings: &Shared, draws: Stream, spinning: bool) -> Instant {
        if !self.is_wanted() && now < self.ages_out_at && self.last.is_none_or(|last| last + settings.retry.max() <= self.ages_out_at) {
            return self.ages_out_at;
        }
        if self.is_wanted() && settings.broken == Some(Broken::RefreshWithoutPause) {
            return now;
        }
        let look = self.look();
        self.looks += 1;
        let draw = |salt| if spinning { Draw::from_bits(0) } else { draws.at(mix(look, salt)) };
        if now >= self.ages_out_at {
            self.equivalents = 0;
        }
        let failures = settings.retry.at(self.attempts.saturating_sub(1), draw(0));
        let equivalents = match self.equivalents {
            n if n > 0 && settings.equivalent_backoff => settings.retry.at(n - 1, draw(1)),
            _ => Duration::ZERO,
        };
        let allowed = self.last.map_or(Instant::ZERO, |last| last + failures.max(equivalents));
        if self.is_wanted() { allowed } else { allowed.max(self.ages_out_at) }
    }

    /// Whether the next request will name only new topics (`Metadata.newMetadataRequestAndVersion`).
    pub(super) fn next_is_partial(&self, now: Instant) -> bool {
        !self.full && self.partial && now < self.ages_out_at
    }

    /// A request leaves.
    pub(super) fn sent(&mut self, partial: bool, out: &mut Outbox) {
        if !self.is_wanted() {
            out.fact(Fact::Refreshed { client: self.client, what: What::Wanted });
        }
        self.in_flight = Some(InFlight { partial, version: self.version, wished: false });
    }

    /// `Metadata.failedUpdate`: the flags stay set.
    pub(super) fn failed(&mut self, now: Instant, out: &mut Outbox) {
        self.in_flight = None;
        self.last = Some(now);
        self.attempts += 1;
        self.equivalents = 0;
        self.end();
        out.fact(Fact::Refreshed { client: self.client, what: What::Failed });
    }

    /// The first half of `Metadata.update`. True when the answer erased a wish that had arisen while it was out: full
    /// requests carry no version, so their answer clears the flag whatever it is older than.
    pub(super) fn answered(&mut self, now: Instant, max_age: Duration) -> bool {
        let Some(request) = self.in_flight.take() else { return false };
        self.partial = request.version < self.version;
        self.last = Some(now);
        self.attempts = 0;
        self.equivalents += 1;
        self.unanswered_since = None;
        self.end();
        if request.partial {
            return false;
        }
        self.full = false;
        self.ages_out_at = now + max_age;
        request.wished
    }

    /// An answer taught a newer epoch.
    pub(super) fn learned(&mut self) {
        self.equivalents = 0;
    }

    fn end(&mut self) {
        self.ended += 1;
        self.looks = 0;
    }
}
