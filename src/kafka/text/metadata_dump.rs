//! Lines of `kafka-dump-log.sh --cluster-metadata-decoder --files …`: when leaders were changed, as the metadata log has it.
//! Source: `DumpLogSegments.printBatchLevel`, `dumpLog`, `ClusterMetadataLogMessageParser` (3.6 to 4.3).

use serde::Deserialize;
use serde_json::Value;

/// A line of the dump that counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DumpLine {
    /// A batch begins; its records were made then, in milliseconds since 1970.
    Batch(i64),
    /// A topic and its id.
    Topic {
        /// Name.
        name: String,
        /// Id.
        id: String,
    },
    /// A partition got a leader, another one, or none.
    Leader {
        /// Id of its topic.
        topic_id: String,
        /// Its number.
        partition: u32,
        /// Who leads now.
        leader: Option<u32>,
    },
    /// Another record.
    Other,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    kind: String,
    data: Value,
}

/// Reads a line; none when it is no batch and no record.
///
/// # Errors
/// In words, when it is one and cannot be read.
pub fn parse(line: &str) -> Option<Result<DumpLine, String>> {
    if line.starts_with("baseOffset: ") {
        return Some(create_time(line).map(DumpLine::Batch).ok_or_else(|| "a batch without its CreateTime".to_owned()));
    }
    let (_, payload) = line.split_once(" payload: ").filter(|_| line.starts_with('|'))?;
    let payload = payload.trim();
    if !payload.starts_with('{') {
        return Some(Err("the tool could not decode the record".to_owned()));
    }
    let read = serde_json::from_str::<Payload>(payload)
        .map_err(|error| if error.is_eof() { "the line is cut off".to_owned() } else { format!("its JSON cannot be read: {error}") });
    Some(read.and_then(record))
}

fn create_time(line: &str) -> Option<i64> {
    let (_, time) = line.split_once("CreateTime: ")?;
    time.split(' ').next()?.parse().ok()
}

fn record(payload: Payload) -> Result<DumpLine, String> {
    let data = &payload.data;
    let missing = || format!("a {} without its fields", payload.kind);
    let text = |key: &str| data[key].as_str().map(str::to_owned).ok_or_else(missing);
    let number = |key: &str| data[key].as_i64();
    match payload.kind.as_str() {
        "TOPIC_RECORD" => Ok(DumpLine::Topic { name: text("name")?, id: text("topicId")? }),
        "PARTITION_RECORD" | "PARTITION_CHANGE_RECORD" => {
            // A change that leaves the leader alone does not have the field (-2 stands for that, -1 for no leader).
            let Some(leader) = number("leader").filter(|leader| *leader != -2) else { return Ok(DumpLine::Other) };
            let partition = number("partitionId").and_then(|p| u32::try_from(p).ok()).ok_or_else(missing)?;
            Ok(DumpLine::Leader { topic_id: text("topicId")?, partition, leader: u32::try_from(leader).ok() })
        }
        _ => Ok(DumpLine::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_leader_is_told_with_the_time_of_its_batch() {
        let batch = "baseOffset: 93 lastOffset: 97 count: 5 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: 1 \
                     isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 8123 CreateTime: 1795365534201 size: 421 \
                     magic: 2 compresscodec: none crc: 1 isvalid: true";
        assert_eq!(parse(batch), Some(Ok(DumpLine::Batch(1_795_365_534_201))));
        let head = "| offset: 94 CreateTime: 1795365534201 keySize: -1 valueSize: 27 sequence: -1 headerKeys: []";
        let change = |data: &str| format!("{head} payload: {{\"type\":\"PARTITION_CHANGE_RECORD\",\"version\":0,\"data\":{data}}}");
        let leader = |leader| DumpLine::Leader { topic_id: "abc".to_owned(), partition: 4, leader };
        let moved = change("{\"partitionId\":4,\"topicId\":\"abc\",\"isr\":[101,103],\"leader\":101}");
        assert_eq!(parse(&moved), Some(Ok(leader(Some(101)))));
        assert_eq!(parse(&change("{\"partitionId\":4,\"topicId\":\"abc\",\"leader\":-1}")), Some(Ok(leader(None))));
        assert_eq!(parse(&change("{\"partitionId\":4,\"topicId\":\"abc\",\"isr\":[101]}")), Some(Ok(DumpLine::Other)));
        let topic = "|  payload: {\"type\":\"TOPIC_RECORD\",\"version\":0,\"data\":{\"name\":\"orders\",\"topicId\":\"abc\"}}";
        assert_eq!(parse(topic), Some(Ok(DumpLine::Topic { name: "orders".to_owned(), id: "abc".to_owned() })));
        assert_eq!(parse(&format!("{head} SnapshotHeader {{}}")), None);
        assert_eq!(parse(&moved[..150]), Some(Err("the line is cut off".to_owned())));
        assert!(parse(&format!("{head} payload: Error at 94, skipping. x")).unwrap().is_err());
    }
}
