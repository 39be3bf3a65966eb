//! Holds the TOML against the schema: unknown keys, wrong types, missing keys, all at once. What is wrong is taken out, so that
//! the rest can be read and checked further.

use super::diagnostic::Diagnostics;
use crate::fault::closest;
use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Checks `table` against the schema of a table, and says whether it can be read.
pub(super) fn check_table(schema: &Value, table: &mut DeTable<'_>, span: &Range<usize>, path: &str, found: &mut Diagnostics) -> bool {
    let Some(properties) = schema["properties"].as_object() else {
        flatten(table);
        return check_settings(&schema["additionalProperties"], table, path, found);
    };
    let mut bad = Vec::new();
    for (key, value) in table.iter_mut() {
        let name = key.get_ref().as_ref();
        let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match properties.get(name) {
            None => {
                unknown(name, &key.span(), properties.keys(), path, found);
                bad.push(name.to_owned());
            }
            Some(schema) if !check(schema, value, &inner, found) => bad.push(name.to_owned()),
            Some(_) => {}
        }
    }
    let mut whole = true;
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !table.contains_key(name) {
            found.add(Some(span), format!("`{path}` lacks its `{name}`"), format!("add a line `{name} = …`"));
        }
        whole &= table.contains_key(name) && !bad.iter().any(|b| b == name);
    }
    for name in &bad {
        table.remove(name.as_str());
    }
    whole
}

fn unknown<'a>(name: &str, span: &Range<usize>, known: impl Iterator<Item = &'a String> + Clone, path: &str, found: &mut Diagnostics) {
    let place = if path.is_empty() { "a scenario".to_owned() } else { format!("[{path}]") };
    let help = match closest(name, known.clone().map(String::as_str)) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("the keys of {place} are {}", known.cloned().collect::<Vec<_>>().join(", ")),
    };
    found.add(Some(span), format!("`{name}` is no key of {place}"), help);
}

/// Kafka's keys have dots, which TOML reads as tables within tables unless the key stands in quotes: they are joined again.
fn flatten(table: &mut DeTable<'_>) {
    let outer: Vec<_> = table.iter().filter(|(_, v)| v.get_ref().is_table()).map(|(k, _)| (k.get_ref().clone(), k.span())).collect();
    for (outer, span) in outer {
        let Some(DeValue::Table(mut inner)) = table.remove(outer.as_ref()).map(Spanned::into_inner) else { return };
        flatten(&mut inner);
        for (key, value) in inner {
            let joined = format!("{outer}.{}", key.get_ref());
            table.insert(Spanned::new(span.clone(), joined.into()), value);
        }
    }
}

fn check_settings(schema: &Value, table: &mut DeTable<'_>, path: &str, found: &mut Diagnostics) -> bool {
    let mut bad = Vec::new();
    for (key, value) in table.iter_mut() {
        if !check(schema, value, &format!("{path}.{}", key.get_ref()), found) {
            bad.push(key.get_ref().to_string());
        }
    }
    for name in &bad {
        table.remove(name.as_str());
    }
    true
}

/// Whether the value can be read as what the schema says.
fn check(schema: &Value, value: &mut Spanned<DeValue<'_>>, path: &str, found: &mut Diagnostics) -> bool {
    let span = value.span();
    if allows(schema, "string") && !value.get_ref().is_str() && !allows(schema, "number") {
        // `kafka = 4.3` and `duration = 30` are clear enough: their own readers say what is missing.
        if let Some(text) = literal(value.get_ref()) {
            *value.get_mut() = DeValue::String(text.into());
        }
    }
    let fits = match value.get_mut() {
        DeValue::Table(table) if allows(schema, "object") => return check_table(schema, table, &span, path, found),
        DeValue::Array(items) if allows(schema, "array") => {
            let name = |i| if allows(&schema["items"], "object") { path.to_owned() } else { format!("{path}[{i}]") };
            let all = std::mem::replace(items, DeArray::new()).into_iter().enumerate();
            let good = all.filter_map(|(i, mut item)| check(&schema["items"], &mut item, &name(i), found).then_some(item));
            *items = good.collect();
            true
        }
        DeValue::String(text) if allows(schema, "string") => match schema["enum"].as_array() {
            Some(words) if !words.iter().any(|w| w.as_str() == Some(text)) => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                found.add(Some(&span), format!("`{path}` cannot be `{text}`"), format!("write one of {}", words.join(", ")));
                return false;
            }
            Some(_) | None => true,
        },
        DeValue::Integer(number) => {
            let read = i128::from_str_radix(number.as_str(), number.radix());
            if !read.is_ok_and(|n| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&n)) {
                found.add(
                    Some(&span),
                    format!("`{path}` cannot be {}: no key takes such a number", number.as_str()),
                    "write a smaller one",
                );
                return false;
            }
            let negative = number.as_str().starts_with('-');
            if negative && schema["minimum"].as_f64() == Some(0.0) && allows(schema, "integer") {
                found.add(Some(&span), format!("`{path}` cannot be negative"), "write zero or a number above it");
                return false;
            }
            allows(schema, "integer") || allows(schema, "number")
        }
        DeValue::Float(_) => allows(schema, "number"),
        DeValue::Boolean(_) => allows(schema, "boolean"),
        DeValue::String(_) | DeValue::Datetime(_) | DeValue::Table(_) | DeValue::Array(_) => false,
    };
    if !fits {
        let shown = found.text(&span).unwrap_or_default().lines().next().unwrap_or_default().to_owned();
        let (what, example) = expected(schema, path);
        found.add(Some(&span), format!("`{path}` takes {what}, not {shown}"), example);
    }
    fits
}

fn literal(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::String(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// Whether the schema allows values of this JSON type.
pub(super) fn allows(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(only) => only == kind,
        Value::Array(kinds) => kinds.iter().any(|k| k == kind),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// What the schema wants, in words, and how it is written.
fn expected(schema: &Value, path: &str) -> (&'static str, String) {
    if allows(&schema["items"], "object") {
        return ("a list of tables", format!("write it as [[{path}]], with its keys below"));
    }
    if allows(schema, "object") {
        return ("a table", format!("write it as [{path}], with its keys below"));
    }
    for (kind, what, example) in [
        ("array", "a list", "write it in square brackets: [1, 2, 3]"),
        ("integer", "a whole number", "write a whole number, without quotes"),
        ("number", "a number", "write a number, without quotes"),
        ("boolean", "true or false", "write true or false, without quotes"),
        ("string", "text", "write it in quotes"),
    ] {
        if allows(schema, kind) {
            return (what, example.to_owned());
        }
    }
    ("another value", "see docs/SCENARIOS.md".to_owned())
}
