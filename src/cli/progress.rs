//! How far something long has come, on a terminal.

use super::terminal;
use crate::engine::{Duration, Instant};
use std::io::Write;

/// Facts between two looks at the wall clock.
const STRIDE: u32 = 1 << 14;
/// How often a line is drawn.
const DRAWN_EVERY: std::time::Duration = std::time::Duration::from_millis(200);

/// One line on standard error that is rewritten, and removed at the end; nothing when nobody watches.
pub struct Line {
    watched: bool,
    drawn_at: std::time::Instant,
    drawn: bool,
}

impl Line {
    /// Nothing is drawn yet.
    pub fn new(quiet: bool) -> Line {
        Line { watched: !quiet && terminal::watched(), drawn_at: std::time::Instant::now(), drawn: false }
    }

    /// Whether somebody watches.
    pub fn watched(&self) -> bool {
        self.watched
    }

    /// Draws it, unless that was done just now.
    pub fn draw(&mut self, text: impl FnOnce() -> String) {
        if !self.watched || self.drawn_at.elapsed() < DRAWN_EVERY {
            return;
        }
        self.drawn_at = std::time::Instant::now();
        self.drawn = true;
        // A terminal that cannot be written to is no reason to stop.
        let _ = write!(std::io::stderr(), "\r{}\u{1b}[K", text());
    }

    /// Says something that stays.
    pub fn say(&mut self, text: &str) {
        self.remove();
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    fn remove(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.remove();
    }
}

/// How far one run has come.
pub struct Progress {
    whole: Duration,
    facts: u32,
    line: Line,
}

impl Progress {
    /// Progress of a run of this length; none when nobody watches.
    pub fn new(whole: Duration, quiet: bool) -> Option<Progress> {
        let line = Line::new(quiet);
        line.watched().then_some(Progress { whole, facts: 0, line })
    }

    /// The run stands at `at`.
    pub fn tick(&mut self, at: Instant) {
        self.facts += 1;
        if self.facts.is_multiple_of(STRIDE) {
            let (done, whole) = (at.since_start().as_secs_f64(), self.whole.as_secs_f64());
            self.line.draw(|| format!("{done:.0} of {whole:.0} simulated seconds"));
        }
    }
}
