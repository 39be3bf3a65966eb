//! Ctrl-C: the first asks for an end, the second ends the process.

use super::exit::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Says that no new work is to be begun.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Is asked for by the first Ctrl-C; the second ends the process.
    ///
    /// # Errors
    /// When Ctrl-C cannot be listened for.
    pub fn on_interrupt() -> Result<Stop, Failure> {
        let stop = Stop::default();
        let asked = stop.clone();
        let handler = move || {
            if asked.0.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        };
        ctrlc::set_handler(handler).map_err(|error| Failure::new(format!("Ctrl-C cannot be listened for: {error}")))?;
        Ok(stop)
    }

    /// Asks for an end.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether an end was asked for.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
