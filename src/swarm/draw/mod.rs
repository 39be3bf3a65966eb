//! Draws a case from a number: a cluster, its clients, and a storm of faults.

mod clients;
mod cluster;
mod faults;
mod settings;

use super::case::Case;
use super::dice::Dice;
use super::features::{Feature, Features};
use crate::engine::Duration;

/// The case of a number and the features that it was drawn with. Where a draw is refused as a scenario, there is another `attempt`.
pub(super) fn case(number: u64, attempt: u64) -> (Case, Features) {
    let mut dice = Dice::new(number, attempt);
    let features = Features::draw(&mut dice);
    let mut cluster = cluster::draw(number, &features, &mut dice);
    cluster.client = clients::draw(&cluster, &features, &mut dice);
    let storm_lasts = dice.time_between(2_000, 40_000);
    let storm = faults::draw(&cluster, storm_lasts, &features, &mut dice);
    let patience = if features.has(Feature::Patience) { dice.time_between(10_000, 150_000) } else { Duration::ZERO };
    // Drawn last: a number keeps the rest of its cluster.
    if features.has(Feature::DownAtStart) && !cluster.processes.combined && dice.chance(30) {
        cluster::first_down(&mut cluster);
    }
    (Case { cluster, storm, storm_lasts, patience }, features)
}
