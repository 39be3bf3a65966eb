//! Lines of a broker's `kafka-request.log` (logger `kafka.request.logger` at DEBUG): what each request cost.
//! Source: `RequestChannel.Request.updateRequestMetrics`, `RequestConvertToJson.requestDescMetrics`; JSON since Kafka 2.8, the same keys to 4.3.

use crate::engine::Duration;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

const MARK: &str = "Completed request:";
/// The topic of the metadata log, by its name and by its id (`KafkaRaftClient` fetches it with the same request as replicas do).
const METADATA_LOG: [&str; 2] = ["\"__cluster_metadata\"", "\"AAAAAAAAAAAAAAAAAAAAAQ\""];

/// A request that was answered.
#[derive(Clone, PartialEq, Debug)]
pub struct Completed<'a> {
    /// Its kind, as `PRODUCE`.
    pub api: Cow<'a, str>,
    /// A follower's fetch.
    pub from_replica: bool,
    /// A fetch of the metadata log, which a controller answers.
    pub of_metadata_log: bool,
    /// Wait for a request handler: `requestQueueTimeMs`.
    pub request_queue: Duration,
    /// The handler's work: `localTimeMs`.
    pub local: Duration,
    /// Wait in purgatory, for followers or for data: `remoteTimeMs`.
    pub remote: Duration,
    /// Wait for the network thread, and until the answer is written: `responseQueueTimeMs` and `sendTimeMs`.
    pub answering: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(borrow)]
    request_header: Header<'a>,
    request: Request,
    request_queue_time_ms: f64,
    local_time_ms: f64,
    remote_time_ms: f64,
    response_queue_time_ms: f64,
    send_time_ms: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    #[serde(borrow)]
    request_api_key_name: Cow<'a, str>,
}

/// What of the request itself counts: whether a replica sent it. It is an empty text where logging was switched on while it ran.
#[derive(Default)]
struct Request {
    replica: Option<i64>,
}

#[derive(Deserialize)]
struct ReplicaState {
    #[serde(rename = "replicaId")]
    replica: i64,
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(RequestVisitor)
    }
}

struct RequestVisitor;

impl<'de> Visitor<'de> for RequestVisitor {
    type Value = Request;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a request")
    }

    fn visit_str<E>(self, _: &str) -> Result<Request, E> {
        Ok(Request::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Request, A::Error> {
        let mut request = Request::default();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "replicaId" => request.replica = Some(map.next_value()?),
                // Since version 15 (KIP-903).
                "replicaState" => request.replica = Some(map.next_value::<ReplicaState>()?.replica),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(request)
    }
}

/// Reads a line; none when it is about something else than an answered request.
///
/// # Errors
/// In words, when it is about one and cannot be read: cut off, or of Kafka before 2.8.
pub fn parse(line: &str) -> Option<Result<Completed<'_>, String>> {
    let json = &line[line.find(MARK)? + MARK.len()..];
    if !json.trim_start().starts_with('{') {
        return Some(Err("the request is not written as JSON; Kafka does so since 2.8".to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_str(json);
    Some(Line::deserialize(&mut reader).map(|read| completed(read, json)).map_err(|error| {
        let (what, at) = (error.classify(), error.column());
        if what == serde_json::error::Category::Eof {
            "the line is cut off".to_owned()
        } else {
            format!("at byte {at} of its JSON: {error}")
        }
    }))
}

fn completed<'a>(line: Line<'a>, json: &str) -> Completed<'a> {
    let ms = Duration::from_millis_f64;
    let api = line.request_header.request_api_key_name;
    let is_fetch = api == "FETCH";
    Completed {
        from_replica: is_fetch && line.request.replica.is_some_and(|id| id >= 0),
        of_metadata_log: is_fetch && METADATA_LOG.iter().any(|topic| json.contains(topic)),
        api,
        request_queue: ms(line.request_queue_time_ms),
        local: ms(line.local_time_ms),
        remote: ms(line.remote_time_ms),
        answering: ms(line.response_queue_time_ms) + ms(line.send_time_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(api: &str, request: &str) -> String {
        format!(
            "DEBUG Completed request:{{\"isForwarded\":false,\"requestHeader\":{{\"requestApiKey\":1,\"requestApiVersion\":17,\"correlationId\":7,\
             \"clientId\":\"a \\\"quoted\\\" client\",\"requestApiKeyName\":\"{api}\"}},\"request\":{request},\"response\":{{\"responses\":[]}},\
             \"connection\":\"10.77.0.11:9092-10.77.0.31:40212-3\",\"totalTimeMs\":12.5,\"requestQueueTimeMs\":0.125,\"localTimeMs\":1.5,\
             \"remoteTimeMs\":10.0,\"throttleTimeMs\":0,\"responseQueueTimeMs\":0.25,\"sendTimeMs\":0.5,\"securityProtocol\":\"PLAINTEXT\",\
             \"principal\":\"User:ANONYMOUS\",\"listener\":\"PLAINTEXT\",\"clientInformation\":{{\"softwareName\":\"x\",\"softwareVersion\":\"1\"}}}} \
             (kafka.request.logger)"
        )
    }

    #[test]
    fn who_fetched_is_told_by_the_request() {
        let consumer = line("FETCH", "{\"maxWaitMs\":500,\"topics\":[{\"topicId\":\"x\",\"partitions\":[{\"partition\":3}]}]}");
        let read = parse(&consumer).unwrap().unwrap();
        assert_eq!((read.api.as_ref(), read.from_replica, read.of_metadata_log), ("FETCH", false, false));
        assert_eq!((read.request_queue, read.local), (Duration::from_micros(125), Duration::from_micros(1500)));
        assert_eq!((read.remote, read.answering), (Duration::from_millis(10), Duration::from_micros(750)));
        for (request, from_replica, of_metadata_log) in [
            ("{\"replicaId\":-1,\"topics\":[]}", false, false),
            ("{\"replicaId\":102,\"topics\":[]}", true, false),
            ("{\"replicaState\":{\"replicaId\":102,\"replicaEpoch\":16},\"topics\":[]}", true, false),
            (
                "{\"replicaState\":{\"replicaId\":102,\"replicaEpoch\":-1},\"topics\":[{\"topicId\":\"AAAAAAAAAAAAAAAAAAAAAQ\"}]}",
                true,
                true,
            ),
        ] {
            let fetch = line("FETCH", request);
            let read = parse(&fetch).unwrap().unwrap();
            assert_eq!((read.from_replica, read.of_metadata_log), (from_replica, of_metadata_log), "{request}");
        }
        let offsets = line("LIST_OFFSETS", "{\"replicaId\":102}");
        assert!(!parse(&offsets).unwrap().unwrap().from_replica);
        assert!(parse(&line("PRODUCE", "\"\"")).unwrap().is_ok(), "logging was switched on while it ran");
    }

    #[test]
    fn a_line_about_something_else_is_none_and_a_cut_one_an_error() {
        assert_eq!(parse("INFO Processor 3 listening (kafka.network.Processor)"), None);
        let whole = line("PRODUCE", "{}");
        assert_eq!(parse(&whole[..300]), Some(Err("the line is cut off".to_owned())));
        let old = "Completed request:RequestHeader(apiKey=PRODUCE, apiVersion=8) -- {acks=-1},response:{}";
        assert!(parse(old).unwrap().unwrap_err().contains("since 2.8"));
        assert!(parse("Completed request:{\"localTimeMs\":\"x\"}").unwrap().is_err());
    }
}
