//! librdkafka's lines as its default logger prints them: `%LEVEL|UNIX SECONDS|FACILITY|CLIENT| [thrd:…]: text`.
//! Source: `rd_kafka_log_print` (rdkafka.c), and the FAIL lines of `rdkafka_broker.c`.

use crate::kafka::text::log_time::LogTime;
use crate::triage::clue::{Loss, Partition, Party, Refusal, Target, What};
use crate::triage::cut::{after, between, until};

/// Reads a line; none when it is cut before its client's name.
pub fn read(text: &str) -> Option<(Option<LogTime>, Vec<What>)> {
    let mut fields = text.strip_prefix('%')?.splitn(5, '|');
    let (level, time, facility, _client, text) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    level.parse::<u8>().ok().filter(|level| *level <= 7)?;
    Some((Some(LogTime::Utc(unix(time)?)), says(facility, text)?))
}

/// `1795365629.511` in milliseconds.
fn unix(text: &str) -> Option<i64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    seconds.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(millis.parse().ok()?)
}

fn says(facility: &str, text: &str) -> Option<Vec<What>> {
    match facility {
        "FAIL" | "ERROR" => Some(lost(text)),
        "REQTMOUT" => Some(link(text, Loss::TimedOut)),
        "PARTCNT" | "METADATA" | "GETPID" | "TERMINATE" | "TERM" | "DESTROY" | "CONFWARN" | "FETCH" | "FETCHERR" | "LEADER" | "COORD"
        | "BROKER" | "BRKTMOUT" | "CONNECT" | "STATE" | "HEARTBEAT" | "SESSTMOUT" | "ASSIGN" | "CGRPOP" | "CLUSTERID" | "INIT"
        | "REBOOTSTRAP" | "MAXPOLL" | "OFFSET" | "PROTOERR" | "APIVERSION" | "APIFLUX" | "FEATURE" | "THROTTLE" | "LIBVER" | "DRMSG"
        | "DRERR" | "TIMEOUT" | "MSGSET" | "TOPIC" | "TOPPAR" | "PURGE" | "IDEMP" | "NOINFO" => Some(refused(text)),
        _ => None,
    }
}

fn lost(text: &str) -> Vec<What> {
    let loss = match text {
        _ if text.contains("Connection refused") => Loss::Refused,
        _ if text.contains("timed out") || text.contains("request(s) timed out") => Loss::TimedOut,
        _ if text.contains("Connection setup timed out") || text.contains("No route to host") || text.contains("unreachable") => {
            Loss::Unreachable
        }
        _ if text.contains("Disconnected")
            || text.contains("reset by peer")
            || text.contains("Receive failed")
            || text.contains("Send failed") =>
        {
            Loss::Closed
        }
        _ => return Vec::new(),
    };
    let loss = if text.contains("setup timed out") { Loss::Unreachable } else { loss };
    link(text, loss)
}

/// `[thrd:HOST:PORT/ID]`; a bootstrap connection has no id but the word `bootstrap`.
fn link(text: &str, loss: Loss) -> Vec<What> {
    let Some(thread) = between(text, "[thrd:", "]") else { return Vec::new() };
    let bare = thread.rsplit("://").next().unwrap_or_default();
    let (address, id) = bare.split_once('/').unwrap_or((bare, ""));
    match id.parse() {
        Ok(id) => vec![What::Link(Party::Client, Target::Node(id), loss), What::Address(id, address.to_owned())],
        Err(_) if address.contains(':') => vec![What::Link(Party::Client, Target::Address(address.to_owned()), loss)],
        Err(_) => Vec::new(),
    }
}

fn refused(text: &str) -> Vec<What> {
    let refusal = match text {
        _ if text.contains("Not leader for partition") => Refusal::NotLeader,
        _ if text.contains("Leader not available") => Refusal::NoLeader,
        _ if text.contains("Not enough in-sync replicas") => Refusal::TooFewReplicas,
        _ if text.contains("Message timed out") => Refusal::GivenUp,
        _ => return Vec::new(),
    };
    // `… t [4] …`
    let partition = after(text, " [").and_then(|rest| until(rest, &[']']).parse().ok()).zip(before_bracket(text));
    vec![What::Refused(refusal, partition.and_then(|(index, topic): (u32, &str)| Partition::named(&format!("{topic}-{index}"))))]
}

fn before_bracket(text: &str) -> Option<&str> {
    let (before, _) = text.split_once(" [")?;
    before.rsplit([' ', ':']).next().filter(|topic| !topic.is_empty())
}
