//! `[[profile]]`, `policies` and the settings of clients: the input is the rest of a scenario with one client.

use super::scenario;

/// As any scenario.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    scenario::take(format!("{HEAD}{text}").as_bytes());
}

const HEAD: &str = r#"
duration = "10s"
topic = [{ name = "orders", partitions = 3 }]
"#;
