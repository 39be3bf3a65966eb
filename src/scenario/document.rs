//! The text of a scenario and the changes from outside, joined to one document and read.

use super::diagnostic::Diagnostics;
use super::file::File;
use super::overrides::{Override, apply};
use super::schema::schema;
use super::{Source, shape};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Bytes of a line; a longer one is no scenario, and no error message would be read.
const LONGEST_LINE: usize = 1 << 20;

/// Reads the file with all changes applied. What could not be read is noted and left out of the file.
///
/// # Errors
/// When the text is no TOML or is empty: then nothing else can be said of it.
pub(super) fn read(source: &Source, overrides: &[Override]) -> Result<(File, Diagnostics), Diagnostics> {
    refuse_long_lines(source)?;
    let mut found = Diagnostics::of(&source.name, &source.text);
    let (mut document, errors) = DeTable::parse_recoverable(&source.text);
    errors.iter().for_each(|error| no_toml(error, &mut found));
    if found.is_empty() && document.get_ref().is_empty() {
        let help = "`kafkasim show rolling-restart` prints a scenario to begin with";
        found.add(None, "the scenario is empty".to_owned(), help);
    }
    if !found.is_empty() {
        found.sort();
        return Err(found);
    }
    let schema = schema();
    let words: Vec<(String, usize)> = overrides.iter().map(Override::words).collect();
    let mut offset = source.text.len() + 1;
    let mut padded = Vec::new();
    for (change, (text, value_at)) in overrides.iter().zip(&words) {
        found.source(offset, change.label(), text);
        // The same text, so far to the right that its spans are those of the joined document.
        let key = if matches!(change, Override::Costs { .. }) { "" } else { "v = " };
        padded.push(" ".repeat(offset + value_at - key.len()) + key + &text[*value_at..]);
        offset += text.len() + 1;
    }
    let mut at = source.text.len() + 1;
    for ((change, padded), (text, value_at)) in overrides.iter().zip(&padded).zip(&words) {
        let span = at + value_at..at + text.len();
        if let Override::Costs { .. } = change {
            whole_file(change, padded, document.get_mut(), &schema, &mut found);
            at += text.len() + 1;
            continue;
        }
        let value =
            value(change, padded).unwrap_or_else(|| Spanned::new(span.clone(), DeValue::String(text[*value_at..].to_owned().into())));
        apply(change, Spanned::new(span, value.into_inner()), document.get_mut(), &schema, &mut found);
        at += text.len() + 1;
    }
    let whole = 0..0;
    shape::check_table(&schema, document.get_mut(), &whole, "", &mut found);
    let file = File::deserialize(toml::de::Deserializer::from(document)).unwrap_or_else(|error| {
        found.add(error.span().as_ref(), error.message().to_owned(), "see docs/SCENARIOS.md");
        File::default()
    });
    Ok((file, found))
}

/// Applies a change that is a document of its own.
fn whole_file<'a>(change: &'a Override, padded: &'a str, document: &mut DeTable<'a>, schema: &Value, found: &mut Diagnostics) {
    match DeTable::parse(padded) {
        Ok(file) => apply(change, Spanned::new(file.span(), DeValue::Table(file.into_inner())), document, schema, found),
        Err(error) => no_toml(&error, found),
    }
}

fn no_toml(error: &toml::de::Error, found: &mut Diagnostics) {
    let span = error.span().unwrap_or(0..0);
    found.add(
        Some(&span),
        format!("this is no TOML: {}", error.message()),
        "see https://toml.io; text stands in quotes, tables begin with [name]",
    );
}

fn refuse_long_lines(source: &Source) -> Result<(), Diagnostics> {
    let Some((i, line)) = source.text.lines().enumerate().find(|(_, line)| line.len() > LONGEST_LINE) else { return Ok(()) };
    let mut found = Diagnostics::of(&source.name, "");
    let message = format!("line {} has {} bytes; {LONGEST_LINE} at most are read", i + 1, line.len());
    found.add(None, message, "is this the right file?");
    Err(found)
}

/// The value of `--set` as TOML; bare words are text, and a fault line always is.
fn value<'a>(change: &Override, padded: &'a str) -> Option<Spanned<DeValue<'a>>> {
    match change {
        Override::Fault(_) | Override::Costs { .. } => None,
        Override::Set { .. } | Override::Seed(_) => DeTable::parse(padded).ok()?.into_inner().remove("v"),
    }
}
