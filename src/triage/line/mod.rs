//! What one line of a log says, by the family that it is of. Each family has a file of its own.

mod components;
mod controller;
mod franz_go;
mod java_client;
mod journal;
mod kafkajs;
mod librdkafka;
mod log4j;
mod network;
mod sarama;
mod server;
mod state_change;
#[cfg(test)]
mod tests;

use super::clue::What;
use crate::kafka::text::log_time::LogTime;

/// Whose words a line is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Family {
    /// A broker's `server.log`.
    Server,
    /// A broker's `state-change.log`.
    StateChange,
    /// A controller's `controller.log`.
    Controller,
    /// A Java client.
    Java,
    /// librdkafka.
    Librdkafka,
    /// franz-go.
    FranzGo,
    /// sarama.
    Sarama,
    /// kafkajs.
    Kafkajs,
    /// The system's own journal.
    System,
}

impl Family {
    /// Its name, as answers have it.
    pub fn name(self) -> &'static str {
        match self {
            Family::Server => "server.log",
            Family::StateChange => "state-change.log",
            Family::Controller => "controller.log",
            Family::Java => "Java client",
            Family::Librdkafka => "librdkafka",
            Family::FranzGo => "franz-go",
            Family::Sarama => "sarama",
            Family::Kafkajs => "kafkajs",
            Family::System => "system journal",
        }
    }
}

/// What a line is.
#[derive(Clone, PartialEq, Debug)]
pub enum Reading {
    /// Nothing stands there.
    Blank,
    /// It goes on with the line before: a stack trace, a list of settings.
    Continued,
    /// A line of a known log.
    Line(Read),
    /// Nothing that is known.
    Foreign,
}

/// A line of a known log.
#[derive(Clone, PartialEq, Debug)]
pub struct Read {
    /// When it was logged; none when it does not say.
    pub time: Option<LogTime>,
    /// Whose words it is.
    pub family: Family,
    /// Which node's log it is, where the line tells.
    pub owner: Option<u32>,
    /// What it says that bears on the question; empty when it is known to be beside it.
    pub says: Vec<What>,
}

/// The parts of a line that has a time, a level and, where it was not cut, a logger.
struct Head<'a> {
    level: &'a str,
    message: &'a str,
    logger: &'a str,
}

/// What a family makes of a line: whose, which node's, and what; none when it is not one that it knows.
type Said = Option<(Family, Option<u32>, Vec<What>)>;

/// Reads a line, without its end.
pub fn read(line: &str) -> Reading {
    let line = line.trim_start_matches('\u{feff}');
    if line.trim().is_empty() {
        return Reading::Blank;
    }
    // Kafka's own layout, which most lines have, needs no look at the others.
    let (outer, text) = if is_kafkas(line) { (None, line) } else { journal::strip(line) };
    if !is_kafkas(line)
        && let Some((family, time, says)) = bare(text, outer.is_some())
    {
        return Reading::Line(Read { time: time.or(outer), family, owner: None, says });
    }
    if let Some((time, head)) = log4j::head(text) {
        return match of_java(&head) {
            Some((family, owner, says)) => Reading::Line(Read { time: time.or(outer), family, owner, says }),
            None => Reading::Foreign,
        };
    }
    if log4j::continues(text) { Reading::Continued } else { Reading::Foreign }
}

/// Whether a line begins as Kafka's own layout does: `[2026-`.
fn is_kafkas(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.len() > 6 && bytes[0] == b'[' && bytes[1..5].iter().all(u8::is_ascii_digit) && bytes[5] == b'-'
}

/// The families that do not print a level and a logger as log4j does.
fn bare(text: &str, in_journal: bool) -> Option<(Family, Option<LogTime>, Vec<What>)> {
    if text.starts_with('{') {
        return kafkajs::read(text).map(|(time, says)| (Family::Kafkajs, time, says));
    }
    if text.starts_with('%') {
        return librdkafka::read(text).map(|(time, says)| (Family::Librdkafka, time, says));
    }
    franz_go::read(text)
        .map(|(time, says)| (Family::FranzGo, time, says))
        .or_else(|| sarama::read(text).map(|(time, says)| (Family::Sarama, time, says)))
        .or_else(|| journal::system(text).filter(|_| in_journal).map(|says| (Family::System, None, says)))
}

fn of_java(head: &Head) -> Said {
    state_change::read(head).or_else(|| controller::read(head)).or_else(|| java_client::read(head)).or_else(|| server::read(head))
}
