//! Changes from the command line: a line is `KEY=VALUE` of `--set`, or else the text of a `--fault`.

use super::words::check_shown;
use kafkasim::scenario::{Override, Source, load};

/// What is refused is refused in words.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let change = |line: &str| match line.split_once('=') {
        Some((key, value)) => Override::Set { key: key.to_owned(), value: value.to_owned() },
        None => Override::Fault(line.to_owned()),
    };
    let changes: Vec<Override> = text.lines().take(20).map(change).collect();
    let base = Source { name: "base.toml".to_owned(), text: BASE.to_owned() };
    match load(&base, &changes) {
        Err(refused) => check_shown(&refused.render(false)),
        Ok(scenario) => {
            scenario.estimated_events();
        }
    }
}

const BASE: &str = r#"
duration = "10s"
faults = ["at 1s kill broker 1 for 2s"]
broker = [{ id = 2, rack = "b" }]
topic = [{ name = "orders", partitions = 3, config = { "min.insync.replicas" = 2 } }]
client = [
  { name = "app", rate = 20 },
  { name = "readers", group = "g", count = 2, topics = ["orders"] },
  { name = "go", profile = "sarama-1.60" },
]
"#;
