//! Triage: what logs and dumps of a real cluster tell of a burst of leadership errors. Is it transient or sustained, what caused it,
//! what to look at next, and what to do. Nothing is claimed beyond the evidence, and what is missing is said.
//!
//! [`Triage`] takes the files line by line, [`Triage::finish`] gives the [`record::TriageRecord`]. `docs/TRIAGE.md` holds the rules.

mod advice;
mod burst;
mod causes;
mod churn;
mod clock;
mod clue;
mod cut;
mod dumps;
mod evidence;
mod line;
mod outage;
pub mod record;
mod scenario;
mod spells;
mod story;
#[cfg(test)]
mod tests;
mod verdict;

pub use scenario::Reproduction;

use crate::kafka::text::log_time::{DAY_MS, LogTime};
use dumps::Dumps;
use evidence::{Evidence, File, Place, excerpt};
use line::{Family, Reading};
use record::TriageRecord;

/// How the files are to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// How far clocks whose logs print no zone are ahead of UTC, in milliseconds.
    pub ahead_ms: i64,
    /// Only what happened from this time on.
    pub since: Option<LogTime>,
    /// Only what happened up to this time.
    pub until: Option<LogTime>,
}

/// The evidence as it is read.
#[derive(Default)]
pub struct Triage {
    options: Options,
    evidence: Evidence,
    dumps: Dumps,
    current: Option<Current>,
}

/// A log that is being read.
struct Current {
    file: File,
    number: u64,
    /// The moment of the last line that had one.
    at: Option<i64>,
    /// Whether the last line with a head was understood: what goes on below it is then, too.
    known: bool,
}

impl Triage {
    /// Nothing is read yet.
    pub fn new(options: Options) -> Triage {
        Triage { options, ..Triage::default() }
    }

    /// A log begins.
    pub fn begin(&mut self, name: &str) {
        self.end();
        let clock = clock::Clock { ahead_ms: self.options.ahead_ms, ..clock::Clock::default() };
        let file = File { name: name.to_owned(), clock, is_log: true, ..File::default() };
        self.current = Some(Current { file, number: 0, at: None, known: false });
    }

    /// The next line of the log, without its end. `whole`: the line has an end; the last one of a file that is still written has none.
    pub fn line(&mut self, text: &str, whole: bool) {
        let Some(mut current) = self.current.take() else { return };
        self.read(&mut current, text, whole);
        self.current = Some(current);
    }

    /// Something about the log that the answer should say.
    pub fn note(&mut self, note: String) {
        if let Some(current) = &mut self.current {
            current.file.notes.push(note);
        }
    }

    /// The log is over.
    pub fn end(&mut self) {
        if let Some(current) = self.current.take() {
            self.evidence.files.push(current.file);
        }
    }

    /// An output of `kafka-topics.sh --describe`; several in the order of time.
    pub fn topics(&mut self, name: &str, text: &str) {
        self.end();
        let file = self.dumps.topics(name, text, self.evidence.files.len());
        self.evidence.files.push(file);
    }

    /// An output of `kafka-metadata-quorum.sh describe --status`; several in the order of time.
    pub fn quorum(&mut self, name: &str, text: &str) {
        self.end();
        let file = self.dumps.quorum(name, text, self.evidence.files.len());
        self.evidence.files.push(file);
    }

    /// An output of `kafka-broker-api-versions.sh`.
    pub fn api_versions(&mut self, name: &str, text: &str) {
        self.end();
        let file = self.dumps.api_versions(name, text, self.evidence.files.len());
        self.evidence.files.push(file);
    }

    /// An output of `ss -ltnp`.
    pub fn sockets(&mut self, name: &str, text: &str) {
        self.end();
        let file = self.dumps.sockets(name, text, self.evidence.files.len());
        self.evidence.files.push(file);
    }

    /// A broker's `server.properties`.
    pub fn broker(&mut self, name: &str, text: &str) {
        self.end();
        let file = self.dumps.properties(name, text, self.evidence.files.len());
        self.evidence.files.push(file);
    }

    /// The answer, and what to write a scenario from.
    pub fn finish(mut self) -> (TriageRecord, Reproduction) {
        self.end();
        for (address, node) in self.dumps.addresses() {
            self.evidence.addresses.insert(address, node);
        }
        self.evidence.settle();
        let story = story::Story::of(&self.evidence, &self.dumps);
        let record = record::of(&story, &self.options);
        let reproduction = Reproduction::of(&story, &record);
        (record, reproduction)
    }

    fn read(&mut self, current: &mut Current, text: &str, whole: bool) {
        current.number += 1;
        let reading = line::read(text);
        if reading == Reading::Blank {
            return;
        }
        if !whole && reading == Reading::Foreign {
            current.file.notes.push(format!("line {}, the last, is not finished: the file was still being written", current.number));
            return;
        }
        let file = &mut current.file;
        file.lines += 1;
        match reading {
            Reading::Blank => {}
            Reading::Continued => file.understood += u64::from(current.known),
            Reading::Foreign => {
                current.known = false;
                file.first_foreign.get_or_insert_with(|| (current.number, excerpt(text)));
            }
            Reading::Line(read) => {
                current.known = true;
                file.understood += 1;
                *file.families.entry(read.family).or_default() += 1;
                if matches!(read.family, Family::Server | Family::StateChange | Family::Controller) {
                    file.owners.extend(read.owner.filter(|_| file.owners.len() < 16));
                }
                let at = read.time.map(|time| self.moment(current, time)).or(current.at);
                let Some(at) = at else { return };
                current.at = Some(at);
                self.take(current, at, text, read.says);
            }
        }
    }

    fn moment(&self, current: &mut Current, time: LogTime) -> i64 {
        if let (LogTime::TimeOfDay(ms), None) = (time, current.file.clock.first_day) {
            let day = self.evidence.span.map_or(0, |span| clock::day_of(ms, self.options.ahead_ms, span));
            current.file.clock.first_day = Some(day);
        }
        current.file.clock.utc(time)
    }

    fn take(&mut self, current: &mut Current, at: i64, text: &str, says: Vec<clue::What>) {
        let file = &mut current.file;
        if !self.options.holds(at) {
            file.outside += 1;
            return;
        }
        let widen = |span: Option<(i64, i64)>| span.map_or((at, at), |(first, last)| (first.min(at), last.max(at)));
        (file.span, self.evidence.span) = (Some(widen(file.span)), Some(widen(self.evidence.span)));
        if says.is_empty() {
            return;
        }
        let place = Place { file: self.evidence.files.len(), line: current.number, text: excerpt(text) };
        says.into_iter().for_each(|what| self.evidence.take(at, &place, what));
    }
}

impl Options {
    /// Whether a moment lies between `since` and `until`.
    fn holds(&self, at: i64) -> bool {
        let compare = |limit: LogTime| match limit {
            LogTime::Utc(ms) => at.cmp(&ms),
            LogTime::Local(ms) => at.cmp(&(ms - self.ahead_ms)),
            LogTime::TimeOfDay(ms) => (at + self.ahead_ms).rem_euclid(DAY_MS).cmp(&ms),
        };
        self.since.is_none_or(|since| compare(since).is_ge()) && self.until.is_none_or(|until| compare(until).is_le())
    }
}

/// The time that a line of any known log has; none where it has none.
pub fn time_of(line: &str) -> Option<LogTime> {
    match line::read(line) {
        Reading::Line(read) => read.time,
        Reading::Blank | Reading::Continued | Reading::Foreign => None,
    }
}
