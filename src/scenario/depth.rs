//! How deeply a document is nested. Tables are dropped and checked from within each other, and a stack ends.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Tables and lists within each other; a scenario has five, with the dots of Kafka's keys a dozen.
const DEEPEST: usize = 100;

/// The document, unless it is nested more deeply than any scenario.
pub(super) fn bounded(document: Spanned<DeTable<'_>>) -> Option<Spanned<DeTable<'_>>> {
    if is_shallow(document.get_ref()) {
        return Some(document);
    }
    take_apart(document.into_inner());
    None
}

fn is_shallow(table: &DeTable<'_>) -> bool {
    let mut rest: Vec<(usize, &Spanned<DeValue<'_>>)> = table.values().map(|value| (1, value)).collect();
    while let Some((depth, value)) = rest.pop() {
        if depth > DEEPEST {
            return false;
        }
        match value.get_ref() {
            DeValue::Table(inner) => rest.extend(inner.values().map(|value| (depth + 1, value))),
            DeValue::Array(inner) => rest.extend(inner.iter().map(|value| (depth + 1, value))),
            DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }
    true
}

/// Drops it from the outside in, where dropping it as a whole would go as deep as it does.
fn take_apart(table: DeTable<'_>) {
    let mut rest: Vec<Spanned<DeValue<'_>>> = table.into_iter().map(|(_, value)| value).collect();
    while let Some(value) = rest.pop() {
        match value.into_inner() {
            DeValue::Table(inner) => rest.extend(inner.into_iter().map(|(_, value)| value)),
            DeValue::Array(inner) => rest.extend(inner),
            DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TOML allows 80 dots in a key and 80 brackets: 6,400 tables within each other, in 13 KB.
    #[test]
    fn deep_tables_end_before_the_stack_does() {
        let key = "a.".repeat(78) + "a = {";
        let deep = key.repeat(78) + "b = 1" + &"}".repeat(78);
        let usual_stack = std::thread::Builder::new().stack_size(2 << 20);
        let thread = usual_stack.spawn(move || bounded(DeTable::parse_recoverable(&deep).0).is_none()).unwrap();
        assert!(thread.join().unwrap());
        assert!(bounded(DeTable::parse_recoverable("config.a.b.c = [[1], {d.e = 2}]").0).is_some());
    }
}
