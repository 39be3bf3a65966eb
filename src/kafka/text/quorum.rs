//! `kafka-metadata-quorum.sh describe --status`, parsed and printed. Source: `MetadataQuorumCommand.handleDescribeStatus`.

use super::{Mistakes, TextError, check_size, column_at, lines, shown};
use crate::kafka::Release;
use serde_json::{Value, json};
use std::fmt::Write;

const LABELS: [&str; 8] = [
    "ClusterId",
    "LeaderId",
    "LeaderEpoch",
    "HighWatermark",
    "MaxFollowerLag",
    "MaxFollowerLagTimeMs",
    "CurrentVoters",
    "CurrentObservers",
];
const CUT: &str = "give the whole output of `kafka-metadata-quorum.sh describe --status`";

/// What the quorum tool says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Quorum {
    /// `ClusterId`.
    pub cluster_id: String,
    /// `LeaderId`: the active controller.
    pub leader_id: u32,
    /// `LeaderEpoch` of the metadata log.
    pub leader_epoch: u32,
    /// `HighWatermark` of the metadata log.
    pub high_watermark: i64,
    /// `MaxFollowerLag`, in records.
    pub max_follower_lag: i64,
    /// `MaxFollowerLagTimeMs`; -1 when unknown.
    pub max_follower_lag_time_ms: i64,
    /// `CurrentVoters`: the controllers.
    pub voters: Vec<Member>,
    /// `CurrentObservers`: brokers, and controllers that do not vote.
    pub observers: Vec<Member>,
}

/// A voter or observer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Member {
    /// Its `node.id`.
    pub id: u32,
    /// Its directory id, where the quorum knows it (3.9 and later).
    pub directory_id: Option<String>,
    /// Its endpoints, where known (3.9 and later).
    pub endpoints: Vec<String>,
}

/// Reads the output of `describe --status`; lines that hold none of its labels are skipped.
///
/// # Errors
/// All mistakes: missing labels, malformed numbers and lists, a leader that is no voter.
pub fn parse(text: &str) -> Result<Quorum, Vec<TextError>> {
    check_size(text)?;
    let rows: Vec<Row> = lines(text).filter_map(|(number, line)| Row::of(number, line)).collect();
    let mut mistakes = Mistakes::default();
    let missing: Vec<&str> = LABELS.into_iter().filter(|l| !rows.iter().any(|r| r.label == *l)).collect();
    if !missing.is_empty() {
        let replication = text.trim_start().starts_with("NodeId") || text.trim_start().starts_with("ReplicaId");
        let help = if replication { "this is the output of --replication; give that of `describe --status`" } else { CUT };
        let last = lines(text).filter(|(_, l)| !l.trim().is_empty()).last().map_or(1, |(n, _)| n);
        mistakes.add((last, 1, 1), format!("no line has {}", missing.join(", ")), help);
    }
    let mut quorum = Quorum::default();
    for row in &rows {
        row.read(&mut quorum, &mut mistakes);
    }
    let led = quorum.voters.iter().any(|v| v.id == quorum.leader_id);
    if mistakes.is_empty() && !led {
        let line = rows.iter().find(|r| r.label == "LeaderId").map_or(1, |r| r.number);
        mistakes.add((line, 1, 1), format!("leader {} is not among the voters", quorum.leader_id), CUT);
    }
    mistakes.result(quorum)
}

/// One labelled line.
struct Row<'a> {
    number: usize,
    line: &'a str,
    label: &'static str,
    value: &'a str,
}

impl<'a> Row<'a> {
    fn of(number: usize, line: &'a str) -> Option<Self> {
        let (label, value) = line.split_once(':')?;
        let label = LABELS.into_iter().find(|l| *l == label.trim())?;
        Some(Row { number, line, label, value: value.trim() })
    }

    fn place(&self) -> (usize, usize, usize) {
        let colon = self.line.find(':').unwrap_or(0) + 1;
        let blank = self.line[colon..].len() - self.line[colon..].trim_start().len();
        (self.number, column_at(self.line, colon + blank), self.value.chars().count())
    }

    fn read(&self, quorum: &mut Quorum, mistakes: &mut Mistakes) {
        match self.label {
            "ClusterId" => quorum.cluster_id = self.value.to_owned(),
            "LeaderId" => quorum.leader_id = self.number(mistakes) as u32,
            "LeaderEpoch" => quorum.leader_epoch = self.number(mistakes) as u32,
            "HighWatermark" => quorum.high_watermark = self.number(mistakes),
            "MaxFollowerLag" => quorum.max_follower_lag = self.number(mistakes),
            "MaxFollowerLagTimeMs" => quorum.max_follower_lag_time_ms = self.number(mistakes),
            "CurrentVoters" => quorum.voters = self.members(mistakes),
            _ => quorum.observers = self.members(mistakes),
        }
    }

    /// Ids and epochs are Java ints that are not negative; offsets and lags are longs, -1 where unknown.
    fn number(&self, mistakes: &mut Mistakes) -> i64 {
        let range = if matches!(self.label, "LeaderId" | "LeaderEpoch") { 0..=i64::from(i32::MAX) } else { -1..=i64::MAX };
        match self.value.parse::<i64>() {
            Ok(n) if range.contains(&n) => n,
            _ => {
                mistakes.add(self.place(), format!("{} `{}` is no number that fits", self.label, shown(self.value)), CUT);
                0
            }
        }
    }

    /// `[3000,3001]` before 3.9, else JSON objects.
    fn members(&self, mistakes: &mut Mistakes) -> Vec<Member> {
        let read = match serde_json::from_str::<Vec<Value>>(self.value) {
            Ok(values) => values.iter().map(member).collect::<Option<Vec<_>>>().ok_or_else(|| "a member has no id".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(members) => members,
            Err(why) => {
                mistakes.add(self.place(), format!("{} is no list of members: {why}", self.label), CUT);
                Vec::new()
            }
        }
    }
}

fn member(value: &Value) -> Option<Member> {
    let id = |v: &Value| v.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= i32::MAX as u32);
    if let Some(id) = id(value) {
        return Some(Member { id, ..Member::default() });
    }
    let endpoints = value.get("endpoints").and_then(Value::as_array);
    Some(Member {
        id: id(value.get("id")?)?,
        directory_id: value.get("directoryId").and_then(Value::as_str).map(str::to_owned),
        endpoints: endpoints.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

/// The tool's output as the tool of a release prints it.
pub fn print(quorum: &Quorum, release: Release) -> String {
    format!(
        "ClusterId:              {}\nLeaderId:               {}\nLeaderEpoch:            {}\nHighWatermark:          {}\n\
         MaxFollowerLag:         {}\nMaxFollowerLagTimeMs:   {}\nCurrentVoters:          {}\nCurrentObservers:       {}\n",
        quorum.cluster_id,
        quorum.leader_id,
        quorum.leader_epoch,
        quorum.high_watermark,
        quorum.max_follower_lag,
        quorum.max_follower_lag_time_ms,
        members_text(&quorum.voters, release),
        members_text(&quorum.observers, release),
    )
}

/// Ids alone before 3.9 (KAFKA-16521); an unknown directory as `null` until 4.1 left it out (KAFKA-19109).
fn members_text(members: &[Member], release: Release) -> String {
    if release < Release::V3_9 {
        return format!("[{}]", members.iter().map(|m| m.id.to_string()).collect::<Vec<_>>().join(","));
    }
    let one = |m: &Member| {
        let mut out = format!("{{\"id\": {}", m.id);
        // Writing into a String cannot fail.
        let _ = match &m.directory_id {
            Some(id) => write!(out, ", \"directoryId\": {}", json!(id)),
            None if release < Release::V4_1 => write!(out, ", \"directoryId\": null"),
            None => Ok(()),
        };
        if !m.endpoints.is_empty() {
            let quoted: Vec<String> = m.endpoints.iter().map(|e| json!(e).to_string()).collect();
            let _ = write!(out, ", \"endpoints\": [{}]", quoted.join(", "));
        }
        out.push('}');
        out
    };
    format!("[{}]", members.iter().map(one).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &str = include_str!("../../../tests/data/quorum/4.3.1.txt");
    const REPLICATION: &str = include_str!("../../../tests/data/quorum/4.3.1-replication.txt");

    #[test]
    fn what_a_real_tool_printed_is_printed_again_byte_for_byte() {
        let read = parse(REAL).unwrap();
        assert_eq!(print(&read, Release::V4_3), REAL);
        assert_eq!((read.leader_id, read.voters[0].endpoints[0].as_str()), (1, "CONTROLLER://10.77.0.21:9093"));
        assert_eq!(read.observers.iter().map(|m| m.id).collect::<Vec<_>>(), [101, 103, 102]);
    }

    #[test]
    fn each_release_has_its_own_way_to_list_voters() {
        let text = "ClusterId:              fMCL8kv1SWm87L_Md-I2hg\nLeaderId:               3002\nLeaderEpoch:            2\nHighWatermark:          10\n\
            MaxFollowerLag:         0\nMaxFollowerLagTimeMs:   -1\nCurrentVoters:          [3000,3001,3002]\nCurrentObservers:       []\n";
        let read = parse(text).unwrap();
        assert_eq!(print(&read, Release::V3_7), text);
        assert!(print(&read, Release::V4_0).contains("[{\"id\": 3000, \"directoryId\": null}, {\"id\": 3001"));
        assert!(print(&read, Release::V4_1).contains("[{\"id\": 3000}, {\"id\": 3001}"));
        assert_eq!(parse(&print(&read, Release::V4_0)).unwrap(), read);
    }

    /// Found by fuzzing: what was printed was no JSON.
    #[test]
    fn an_endpoint_with_a_quote_in_it_is_read_again() {
        let read = parse(&REAL.replace("CONTROLLER://", "\\\"\\u0001")).unwrap();
        assert!(read.voters[0].endpoints[0].starts_with("\"\u{1}"));
        assert_eq!(parse(&print(&read, Release::V4_3)).unwrap(), read);
    }

    #[test]
    fn the_other_report_and_a_cut_one_are_told_apart() {
        let errors = parse(REPLICATION).unwrap_err();
        assert!(errors[0].help.contains("output of --replication"), "{}", errors[0].help);
        let cut = REAL.split("CurrentObs").next().unwrap();
        let errors = parse(&cut.replace("54", "many").replace("\"id\": 1,", "\"id\": 1")).unwrap_err();
        let messages: Vec<_> = errors.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(errors.len(), 3, "{messages:?}");
        assert_eq!(messages[0], "HighWatermark `many` is no number that fits");
        assert_eq!((errors[0].line, errors[0].column, errors[0].length), (4, 25, 4));
        assert!(messages[1..].contains(&"no line has CurrentObservers"), "{messages:?}");
        let errors = parse(&REAL.replace("LeaderId:               1", "LeaderId:               7")).unwrap_err();
        assert_eq!((errors[0].line, errors[0].message.as_str()), (2, "leader 7 is not among the voters"));
    }
}
