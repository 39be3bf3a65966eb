//! Ctrl-C: the first asks for an end, the second ends the process.

use super::exit::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Says that no new work is to be begun.
#[derive(Clone, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
}

impl Stop {
    /// Is asked for by the first Ctrl-C; the second ends the process.
    ///
    /// # Errors
    /// When Ctrl-C cannot be listened for.
    pub fn on_interrupt() -> Result<Stop, Failure> {
        let stop = Stop::default();
        let interrupted = stop.interrupted.clone();
        let handler = move || {
            if interrupted.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        };
        ctrlc::set_handler(handler).map_err(|error| Failure::new(format!("Ctrl-C cannot be listened for: {error}")))?;
        Ok(stop)
    }

    /// Asks for an end.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether an end was asked for, by whomever.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) || self.interrupted()
    }

    /// Whether it was asked for by Ctrl-C: somebody waits for the answer.
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}
