//! The layout of Kafka's own logs and of Java clients: time, level, message, logger; and what goes on below a line.
//! Source: `[%d] %p %m (%c)%n` in Kafka's `config/log4j2.yaml`; logback's and Spring Boot's defaults for clients.

use super::Head;
use crate::kafka::text::log_time::{LogTime, log_time};

const LEVELS: [&str; 6] = ["INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL"];
/// How far into a line a level stands in the layouts of applications.
const LEVEL_WITHIN: usize = 120;

/// The parts of a line; none when it has no level where one stands.
pub fn head(text: &str) -> Option<(Option<LogTime>, Head<'_>)> {
    let (time, rest) = match log_time(text) {
        Some((time, rest)) => (Some(time), rest),
        None => (None, text),
    };
    let of_kafka = kafkas(rest);
    if let Some(head) = applications(rest).filter(|_| of_kafka.as_ref().is_none_or(|head| head.logger.is_empty())) {
        return Some((time, head));
    }
    of_kafka.map(|head| (time, head))
}

/// `INFO message (logger)`; the end may have been cut off.
fn kafkas(text: &str) -> Option<Head<'_>> {
    let (level, rest) = text.split_once(' ')?;
    let level = LEVELS.iter().find(|known| **known == level)?;
    let rest = rest.trim();
    let logger = rest.strip_suffix(')').and_then(|text| text.rsplit_once('(')).filter(|(_, logger)| is_logger(logger));
    Some(match logger {
        Some((message, logger)) => Head { level, message: message.trim(), logger },
        None => Head { level, message: rest, logger: "" },
    })
}

/// `[thread] INFO  logger - message`, `INFO 1 --- [thread] logger : message`.
fn applications(text: &str) -> Option<Head<'_>> {
    let mut end = text.len().min(LEVEL_WITHIN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let near = &text[..end];
    let (at, level) = LEVELS.iter().filter_map(|level| Some((word(near, level)?, *level))).min()?;
    let rest = &text[at + level.len()..];
    let (logger, message) = [" - ", " : ", ": "].iter().find_map(|mark| rest.split_once(mark))?;
    let logger = logger.split_whitespace().last()?;
    (is_logger(logger) && logger.contains('.')).then(|| Head { level, message: message.trim(), logger })
}

/// Where a word stands by itself.
fn word(text: &str, wanted: &str) -> Option<usize> {
    let alone = |at: usize| {
        let before = text[..at].chars().next_back().is_none_or(|c| c == ' ' || c == '[' || c == ']');
        let after = text[at + wanted.len()..].chars().next().is_none_or(|c| c == ' ' || c == ']');
        before && after
    };
    text.match_indices(wanted).map(|(at, _)| at).find(|at| alone(*at))
}

fn is_logger(text: &str) -> bool {
    !text.is_empty() && text.len() < 200 && text.chars().all(|c| c.is_ascii_alphanumeric() || "._$-".contains(c))
}

/// Whether a line without a head goes on with the one before: a stack trace, settings, an exception's name.
pub fn continues(text: &str) -> bool {
    let plain = !text.chars().any(|c| c.is_control() && c != '\t' || c == char::REPLACEMENT_CHARACTER);
    let inner = text.trim_start();
    let traced = ["at ", "... ", "Caused by: ", "Suppressed: "].iter().any(|mark| inner.starts_with(mark));
    let indented = text.starts_with([' ', '\t']);
    let setting = indented && inner.contains(" = ");
    // A list of settings ends with the logger's name on a line of its own.
    let logger = indented && inner.strip_prefix('(').and_then(|name| name.strip_suffix(')')).is_some_and(is_logger);
    plain && (traced || setting || logger || is_exception(inner))
}

/// `java.io.IOException: why`.
fn is_exception(text: &str) -> bool {
    let name = text.split(':').next().unwrap_or_default().trim_end();
    let class = name.rsplit(['.', '$']).next().unwrap_or_default();
    is_logger(name) && name.contains('.') && ["Exception", "Error", "Throwable"].iter().any(|end| class.ends_with(end))
}
