//! Many flights: until all numbers are flown, the time is up, or somebody presses Ctrl-C.

use super::super::crew::{Crew, Done};
use super::super::exit::Failure;
use super::super::progress::Line;
use crate::printable::escape;
use crate::swarm::{self, Campaign, Flight, Options};
use std::time::{Duration, Instant};

/// What is to be flown.
pub(super) struct Mission {
    /// The first number.
    pub first: u64,
    /// How many at most.
    pub runs: u64,
    /// No run starts after this.
    pub lasting: Option<Duration>,
}

/// Flies them. The numbers that were begun are a row without gaps, whoever flew them.
///
/// # Errors
/// When no thread can be started.
pub(super) fn fly(mission: &Mission, crew: &Crew) -> Result<Campaign, Failure> {
    let (started, mut line, mut campaign) = (Instant::now(), Line::new(false), Campaign::default());
    let hear = |done: Option<Done<Flight>>| {
        if let Some(done) = done {
            let flight = done.result.expect("panics of flights are caught");
            if let Some(complaint) = flight.complaints.first() {
                // Told at once: a campaign of hours may be ended at any time.
                line.say(&format!("number {}: {}", done.number, escape(&complaint.text)));
            }
            campaign.add(flight);
        }
        if mission.lasting.is_some_and(|lasting| started.elapsed() >= lasting) {
            crew.stop.ask();
        }
        line.draw(|| progress(mission, &campaign, started));
        Ok(())
    };
    let numbers = mission.first..mission.first.saturating_add(mission.runs);
    crew.work(numbers, |number| swarm::fly(number, &Options::default()), hear)?;
    Ok(campaign)
}

fn progress(mission: &Mission, campaign: &Campaign, started: Instant) -> String {
    let of = if mission.lasting.is_none() { format!(" of {}", mission.runs) } else { String::new() };
    let (failed, seconds) = (campaign.failures().len(), started.elapsed().as_secs_f64());
    format!("{}{of} clusters, {failed} failed, {:.0} a second", campaign.runs, campaign.runs as f64 / seconds.max(0.001))
}
