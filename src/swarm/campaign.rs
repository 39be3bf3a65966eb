//! A campaign: what many flights came to.

use super::{Complaint, Coverage, Flight};
use crate::engine::Duration;

/// What many flights came to. The same flights give the same campaign, in whatever order they are added.
#[derive(Clone, Debug, Default)]
pub struct Campaign {
    /// How many clusters were run.
    pub runs: u64,
    /// Simulated time of all runs.
    pub simulated: Duration,
    /// Events of all runs.
    pub events: u64,
    /// Draws that rules between settings refused, and that were drawn again.
    pub redrawn: u64,
    /// What the runs reached.
    pub coverage: Coverage,
    /// The numbers that failed, in order, with their complaints.
    failures: Vec<(u64, Vec<Complaint>)>,
}

impl Campaign {
    /// Adds a flight.
    pub fn add(&mut self, flight: Flight) {
        self.runs += 1;
        self.simulated += flight.simulated;
        self.events += flight.events;
        self.redrawn += flight.redrawn;
        self.coverage.add(&flight.coverage);
        if !flight.is_good() {
            self.fail(flight.number, flight.complaints);
        }
    }

    /// The numbers that failed, in order, with their complaints.
    pub fn failures(&self) -> &[(u64, Vec<Complaint>)] {
        &self.failures
    }

    fn fail(&mut self, number: u64, complaints: Vec<Complaint>) {
        let at = self.failures.partition_point(|(before, _)| *before < number);
        self.failures.insert(at, (number, complaints));
    }
}
