//! The timeline as one picture for slides and lessons: lanes of brokers, partitions and clients, with the stale windows hatched.

mod lanes;
mod svg;
#[cfg(test)]
mod tests;

use crate::timeline::record::{Micros, Timeline};
use lanes::Picture;

/// Lanes of partitions and of clients that a picture has room for.
const PARTITIONS: usize = 24;
const CLIENTS: usize = 24;

/// What a picture shows.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// What stands above it.
    pub title: &'a str,
    /// From when on; none: from the moment from which the scenario counts.
    pub from: Option<Micros>,
    /// Until when; none: until the end of the run.
    pub to: Option<Micros>,
}

/// The picture as SVG, light or dark as its reader prefers.
pub fn svg(timeline: &Timeline, look: Look<'_>) -> String {
    let from = look.from.unwrap_or(0).clamp(timeline.from, timeline.to);
    let to = look.to.unwrap_or(timeline.to).clamp(from, timeline.to).max(from + 1);
    let mut picture = Picture::new(timeline, from, to);
    picture.title(look.title);
    picture.faults();
    picture.controllers();
    picture.brokers();
    picture.partitions(PARTITIONS);
    picture.clients(CLIENTS);
    picture.axis();
    picture.legend();
    picture.caption();
    picture.finish(look.title)
}

/// From when until when the first leader move of the counted time is to be looked at: from what caused it until the last client knew. None when
/// no leader moved.
pub fn first_move(timeline: &Timeline) -> Option<(Micros, Micros)> {
    let first = timeline.moves.iter().find(|m| m.at >= 0)?;
    // Moves of one cause are committed within moments of each other.
    const TOGETHER: Micros = 50_000;
    let together = |at: Micros| (first.at..=first.at + TOGETHER).contains(&at);
    let mut end = first.at;
    for made in timeline.moves.iter().filter(|m| together(m.at)) {
        end = end.max(made.at).max(made.ready.unwrap_or(made.at));
    }
    for stale in timeline.clients.iter().flat_map(|client| &client.stale).filter(|s| together(s.span.0)) {
        end = end.max(stale.span.1.unwrap_or(timeline.to));
    }
    let begin = first.asked.max(first.at - 5_000_000);
    let room = (end - begin) / 10 + 1_000;
    Some((begin - room, end + room))
}
