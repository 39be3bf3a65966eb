//! The JSON file of `kafka-reassign-partitions.sh`. Source: `ReassignPartitionsCommand.parsePartitionReassignmentData` and
//! `parseExecuteAssignmentArgs`, whose rules these are.

use super::{Mistakes, TextError, check_size, column_at, lines, shown};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const SHAPE: &str = "the shape is {\"version\": 1, \"partitions\": [{\"topic\": \"t\", \"partition\": 0, \"replicas\": [1, 2]}]}";

/// Where one partition is to go.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Move {
    /// The topic.
    pub topic: String,
    /// The partition's index.
    pub partition: u32,
    /// The new replicas, preferred leader first.
    pub replicas: Vec<u32>,
    /// A log directory for each replica, or `any`.
    #[serde(default)]
    pub log_dirs: Option<Vec<String>>,
}

/// Reads a reassignment file.
///
/// # Errors
/// The first mistake of the JSON, or else all mistakes of its entries, each at the entry's opening brace.
pub fn parse(text: &str) -> Result<Vec<Move>, Vec<TextError>> {
    check_size(text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root: Value = serde_json::from_str(text).map_err(|e| vec![syntax(text, &e)])?;
    let mut mistakes = Mistakes::default();
    let version = root.get("version").map_or(Some(1), Value::as_i64);
    if version != Some(1) {
        mistakes.add((1, 1, 1), "`version` is not 1, the only one there is", SHAPE);
    }
    let entries = root.get("partitions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if entries.is_empty() {
        mistakes.add((1, 1, 1), "`partitions` lists nothing", SHAPE);
    }
    let places = entry_places(text);
    let mut seen: BTreeMap<(String, u32), usize> = BTreeMap::new();
    let mut moves = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let (line, column) = places.get(index).copied().unwrap_or((1, 1));
        match read_entry(entry) {
            Err((message, help)) => mistakes.add((line, column, 1), message, help),
            Ok(entry) => {
                let key = (entry.topic.clone(), entry.partition);
                if let Some(earlier) = seen.insert(key, line) {
                    let message = format!("{}-{} is moved a second time, first on line {earlier}", shown(&entry.topic), entry.partition);
                    mistakes.add((line, column, 1), message, "say once where a partition is to go");
                }
                moves.push(entry);
            }
        }
    }
    mistakes.result(moves)
}

fn read_entry(entry: &Value) -> Result<Move, (String, &'static str)> {
    let moved = Move::deserialize(entry).map_err(|e| (format!("not an entry: {}", shown(&e.to_string())), SHAPE))?;
    let name = format!("{}-{}", shown(&moved.topic), moved.partition);
    if moved.replicas.is_empty() {
        return Err((format!("{name} is given no replicas"), "name at least one broker"));
    }
    let twice = moved.replicas.iter().enumerate().find(|(i, id)| moved.replicas[..*i].contains(id));
    if let Some((_, id)) = twice {
        return Err((format!("{name} names broker {id} twice"), "each replica is on its own broker"));
    }
    if moved.log_dirs.as_ref().is_some_and(|dirs| dirs.len() != moved.replicas.len()) {
        return Err((format!("{name} has not as many log_dirs as replicas"), "give one for each replica, `any` where it does not matter"));
    }
    Ok(moved)
}

/// serde_json counts columns in bytes.
fn syntax(text: &str, error: &serde_json::Error) -> TextError {
    let line = error.line().max(1);
    let source = lines(text).nth(line - 1).map_or("", |(_, l)| l);
    let mut byte = error.column().saturating_sub(1).min(source.len());
    while !source.is_char_boundary(byte) {
        byte -= 1;
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    TextError { line, column: column_at(source, byte), length: 1, message: format!("no JSON: {message}"), help: SHAPE.to_owned() }
}

/// Line and column of each opening brace inside the array `partitions` of the root object. The text is known to be JSON.
fn entry_places(text: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    let (mut line, mut column, mut depth) = (1, 0, 0);
    let (mut in_string, mut escaped) = (false, false);
    let mut word = String::new();
    let mut in_partitions = false;
    for c in text.chars() {
        column += 1;
        if c == '\n' {
            (line, column) = (line + 1, 0);
        }
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            if in_string {
                word.push(c);
            }
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                word.clear();
            }
            ':' if depth == 1 => in_partitions = word == "partitions",
            '{' | '[' => {
                if c == '{' && depth == 2 && in_partitions {
                    places.push((line, column));
                }
                depth += 1;
            }
            '}' | ']' => depth -= 1,
            _ => {}
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_generate_proposes_is_read() {
        let text = r#"{"version":1,"partitions":[{"topic":"orders-v2","partition":0,"replicas":[104,103,101],"log_dirs":["any","any","any"]},
            {"topic":"orders-v2","partition":4,"replicas":[104,101,103]}]}"#;
        let moves = parse(text).unwrap();
        assert_eq!(moves[1].replicas, [104, 101, 103]);
        assert_eq!((moves.len(), moves[0].topic.as_str(), moves[0].partition), (2, "orders-v2", 0));
    }

    #[test]
    fn every_wrong_entry_is_named_with_its_place() {
        let text = "{\"partitions\": [\n  {\"topic\": \"t{\", \"partition\": 0, \"replicas\": [1]},\n  {\"topic\": \"t\", \"partition\": 0, \"replicas\": [1, 1]},\n\
            \x20 {\"topic\": \"t\", \"partition\": \"x\", \"replicas\": [1]},\n  {\"topic\": \"t\", \"partition\": 1, \"replicas\": []},\n\
            \x20 {\"topic\": \"t{\", \"partition\": 0, \"replicas\": [2], \"log_dirs\": [\"any\"]}\n]}";
        let errors = parse(text).unwrap_err();
        let places: Vec<_> = errors.iter().map(|e| (e.line, e.column)).collect();
        assert_eq!(places, [(3, 3), (4, 3), (5, 3), (6, 3)]);
        assert_eq!(errors[0].message, "t-0 names broker 1 twice");
        assert!(errors[1].message.contains("expected u32"), "{}", errors[1].message);
        assert_eq!(errors[3].message, "t{-0 is moved a second time, first on line 2");
    }

    #[test]
    fn broken_json_is_shown_where_it_breaks() {
        let errors = parse("{\"version\": 1,\n \"größe\": [1,, 2]}").unwrap_err();
        assert_eq!((errors.len(), errors[0].line, errors[0].column), (1, 2, 14));
        let errors = parse("{\"version\": 2, \"partitions\": []}").unwrap_err();
        assert_eq!(errors.len(), 2);
    }
}
