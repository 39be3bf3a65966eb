//! What stands before a line: the prefix of `journalctl`, of containers, of a viewer. And what systemd and the kernel say themselves.
//! Source: `journalctl(1)`, output modes short, short-iso, short-precise and short-unix; `docker compose logs`; `kubectl logs --timestamps`.

use crate::kafka::text::log_time::{LogTime, log_time};
use crate::triage::clue::{Step, What};

/// Takes a prefix off: its time, if it has one that can be placed, and what follows.
pub fn strip(line: &str) -> (Option<LogTime>, &str) {
    let line = contained(line);
    if let Some((time, rest)) = iso(line).or_else(|| short(line))
        && let Some(text) = unit(rest)
    {
        return (time, text);
    }
    // kubectl: a time before the line's own.
    if let Some((time, rest)) = log_time(line)
        && matches!(time, LogTime::Utc(_))
        && (rest.starts_with('[') && log_time(rest).is_some() || rest.starts_with(['{', '%']))
    {
        return (Some(time), rest);
    }
    (None, line)
}

/// `broker-1  | text`.
fn contained(line: &str) -> &str {
    let Some((name, text)) = line.split_once(" | ") else { return line };
    let name = name.trim_end();
    let named = !name.is_empty() && name.len() <= 60 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if named { text } else { line }
}

fn iso(line: &str) -> Option<(Option<LogTime>, &str)> {
    if line.starts_with('[') {
        return None;
    }
    let unix = line.split_once(' ').filter(|(time, _)| time.split_once('.').is_some_and(|(seconds, _)| seconds.len() == 10));
    if let Some((time, rest)) = unix {
        let (seconds, fraction) = time.split_once('.')?;
        let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
        let at = seconds.parse::<i64>().ok()? * 1000 + millis.parse::<i64>().ok()?;
        return Some((Some(LogTime::Utc(at)), rest));
    }
    let (time, rest) = log_time(line)?;
    (!matches!(time, LogTime::TimeOfDay(_))).then_some((Some(time), rest))
}

/// `Nov 22 16:38:54 host …`: the year is not told, so that only the time of day counts.
fn short(line: &str) -> Option<(Option<LogTime>, &str)> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (month, rest) = line.split_once(' ')?;
    MONTHS.contains(&month).then_some(())?;
    let (day, rest) = rest.trim_start().split_once(' ')?;
    day.parse::<u8>().ok().filter(|day| (1..=31).contains(day))?;
    let (time, rest) = log_time(rest)?;
    matches!(time, LogTime::TimeOfDay(_)).then_some((Some(time), rest))
}

/// `host unit[pid]: text`.
fn unit(rest: &str) -> Option<&str> {
    let (_host, rest) = rest.split_once(' ')?;
    let (unit, text) = rest.split_once(": ").or_else(|| rest.strip_suffix(':').map(|unit| (unit, "")))?;
    let name = unit.split('[').next().unwrap_or_default();
    let is_name = !name.is_empty() && name.len() <= 80 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@()/".contains(c));
    is_name.then_some(text)
}

/// What systemd or the kernel says of a process; none when it is about nothing that is known.
pub fn system(text: &str) -> Option<Vec<What>> {
    let of_kafka = text.to_ascii_lowercase().contains("kafka") || text.contains("(java)");
    let life = |step: Step| if of_kafka { vec![What::Life(None, step)] } else { Vec::new() };
    match text {
        _ if text.contains("Out of memory: Killed process") || text.contains("oom-kill:") => Some(life(Step::Killed)),
        _ if text.contains("Main process exited, code=killed") || text.contains("code=dumped") || text.contains("status=9/KILL") => {
            Some(life(Step::Killed))
        }
        _ if text.starts_with("Stopping ") => Some(life(Step::Signalled)),
        _ if text.starts_with("Started ") => Some(life(Step::Starting)),
        _ if text.starts_with("Stopped ") => Some(life(Step::Stopped)),
        _ if text.starts_with("Starting ") || text.contains("Consumed ") || text.contains("Deactivated successfully") => Some(Vec::new()),
        _ if text.contains("Scheduled restart job") || text.contains("Failed with result") || text.contains("Main process exited") => {
            Some(Vec::new())
        }
        _ => None,
    }
}
