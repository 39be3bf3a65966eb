//! What a consumer reads, and what its application does with it.

use super::super::diagnostic::Diagnostics;
use super::super::distribution::{self, HELP};
use super::super::file::{ClientFile, CommitFile, FromFile};
use super::{Groups, producing, refuse, times, topics_of};
use crate::engine::Distribution;
use crate::kafka::GroupIx;
use crate::model::client::profile::Library;
use crate::model::spec::{Commits, Consumption, TopicSpec};
use std::ops::Range;

/// The keys that only a consumer has, and where they are written.
pub(super) fn keys(client: &ClientFile) -> [(&'static str, Option<&Range<usize>>); 4] {
    [
        ("group", client.group.as_ref().map(|g| &g.span)),
        ("from", client.from.as_ref().map(|f| &f.span)),
        ("commit", client.commit.as_ref().map(|c| &c.span)),
        ("processing", client.processing.as_ref().map(|p| &p.span)),
    ]
}

/// What a consumer reads.
pub(super) fn resolve(
    client: &ClientFile,
    library: Library,
    topics: &[TopicSpec],
    groups: &mut Groups,
    found: &mut Diagnostics,
) -> Consumption {
    refuse(client, &producing::keys(client), "consumer", "producer", found);
    let (start, stop) = times(client, found);
    Consumption {
        topics: topics_of(client, topics, found),
        group: group(client, library, groups, found),
        from_beginning: from_beginning(client, found),
        processing: processing(client, found),
        commits: commits(client, found),
        start,
        stop,
    }
}

fn group(client: &ClientFile, library: Library, groups: &mut Groups, found: &mut Diagnostics) -> Option<GroupIx> {
    let written = client.group.as_ref()?;
    let help = "leave `group` away: all partitions of its topics are then assigned to it by hand";
    if !library.has_groups() {
        let message = format!("client `{}` is in a group, and the model has no groups of {}", *client.name, library.names().1);
        found.add(Some(&written.span), message, help);
        return None;
    }
    if written.is_empty() {
        found.add(Some(&written.span), "a group cannot have an empty name".to_owned(), help);
    }
    Some(groups.intern(written))
}

fn from_beginning(client: &ClientFile, found: &mut Diagnostics) -> bool {
    let Some(written) = &client.from else { return false };
    if client.group.is_some() {
        let message = format!("client `{}` is in a group, which goes on where it committed", *client.name);
        found.add(
            Some(&written.span),
            message,
            "take `from` away; where nothing is committed its library decides (Java: auto.offset.reset in its `config`)",
        );
    }
    written.value == FromFile::Beginning
}

/// Who commits. An application that does has no library that does it too.
fn commits(client: &ClientFile, found: &mut Diagnostics) -> Commits {
    let Some(written) = &client.commit else { return Commits::Library };
    if client.group.is_none() {
        let message = format!("client `{}` is in no group: nothing is committed", *client.name);
        found.add(Some(&written.span), message, "name a `group`, or leave `commit` away");
    }
    let commits = match written.value {
        CommitFile::Library => return Commits::Library,
        CommitFile::BeforeProcessing => Commits::BeforeProcessing,
        CommitFile::AfterProcessing => Commits::AfterProcessing,
    };
    if client.config.iter().any(|(key, setting)| key.value == "enable.auto.commit" && setting.0.trim() == "true") {
        let message = format!("both the application and the library of client `{}` commit", *client.name);
        found.add(Some(&written.span), message, "set enable.auto.commit = false, or leave `commit` away");
    }
    commits
}

fn processing(client: &ClientFile, found: &mut Diagnostics) -> Distribution {
    let Some(written) = &client.processing else { return Distribution::ZERO };
    distribution::parse(written).unwrap_or_else(|message| {
        found.add(Some(&written.span), message, HELP);
        Distribution::ZERO
    })
}
