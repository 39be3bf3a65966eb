//! What a library refuses of the settings of one file together, told at the lines of that file.

use super::super::at::{At, Setting};
use super::super::clients::refused;
use super::super::diagnostic::Diagnostics;
use super::super::file::Settings;
use super::Findings;
use crate::kafka::text::TextError;
use crate::kafka::text::properties::Property;
use crate::model::client::profile::Profile;

/// Lets the library look at what was read of a file: the keys under its own first names, each with its line.
pub(super) fn look(
    profile: &Profile,
    consumer: bool,
    in_group: bool,
    file: &str,
    read: &[(&'static str, &Property)],
    findings: &mut Findings,
) {
    // A span counts lines here: setting i stands at i.
    let mut found = Diagnostics::of(file, &"\n".repeat(read.len() + 1));
    let entry = |(i, (key, property)): (usize, &(&'static str, &Property))| {
        let key = At { value: (*key).to_owned(), span: i..i };
        (key, At { value: Setting(property.value.trim().to_owned()), span: i..i })
    };
    let written: Settings = read.iter().enumerate().map(entry).collect();
    refused(profile, consumer, in_group, &written, &mut found);
    for diagnostic in found.iter() {
        let Some((_, property)) = read.get(diagnostic.line - 1) else { continue };
        let (line, column, length) = (property.value_line, property.value_column, property.value.trim().chars().count().max(1));
        findings.error(file, TextError { line, column, length, message: diagnostic.message.clone(), help: diagnostic.help.clone() });
    }
}
