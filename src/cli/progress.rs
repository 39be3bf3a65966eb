//! How far a long run has come, on a terminal.

use super::terminal;
use crate::engine::{Duration, Instant};
use std::io::Write;

/// Facts between two looks at the wall clock.
const STRIDE: u32 = 1 << 14;

/// Draws one line that is rewritten, and removes it at the end.
pub struct Progress {
    whole: Duration,
    facts: u32,
    drawn_at: std::time::Instant,
    drawn: bool,
}

impl Progress {
    /// Progress of a run of this length; none when nobody watches.
    pub fn new(whole: Duration, quiet: bool) -> Option<Progress> {
        if quiet || !terminal::watched() {
            return None;
        }
        Some(Progress { whole, facts: 0, drawn_at: std::time::Instant::now(), drawn: false })
    }

    /// The run stands at `at`.
    pub fn tick(&mut self, at: Instant) {
        self.facts += 1;
        if !self.facts.is_multiple_of(STRIDE) || self.drawn_at.elapsed().as_millis() < 200 {
            return;
        }
        self.drawn_at = std::time::Instant::now();
        self.drawn = true;
        let (done, whole) = (at.since_start().as_secs_f64(), self.whole.as_secs_f64());
        // A terminal that cannot be written to is no reason to stop.
        let _ = write!(std::io::stderr(), "\r{done:.0} of {whole:.0} simulated seconds");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
