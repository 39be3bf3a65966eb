//! What a consumer reads, and what its application does with it.

use super::super::diagnostic::Diagnostics;
use super::super::distribution::{self, HELP};
use super::super::file::{ClientFile, FromFile};
use super::{Groups, producing, refuse, times, topics_of};
use crate::engine::Distribution;
use crate::kafka::GroupIx;
use crate::model::client::profile::Library;
use crate::model::spec::{Consumption, TopicSpec};
use std::ops::Range;

/// The keys that only a consumer has, and where they are written.
pub(super) fn keys(client: &ClientFile) -> [(&'static str, Option<&Range<usize>>); 3] {
    [
        ("group", client.group.as_ref().map(|g| &g.span)),
        ("from", client.from.as_ref().map(|f| &f.span)),
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
        found.add(Some(&written.span), message, "set auto.offset.reset in its `config`: it decides where nothing is committed");
    }
    written.value == FromFile::Beginning
}

fn processing(client: &ClientFile, found: &mut Diagnostics) -> Distribution {
    let Some(written) = &client.processing else { return Distribution::ZERO };
    distribution::parse(written).unwrap_or_else(|message| {
        found.add(Some(&written.span), message, HELP);
        Distribution::ZERO
    })
}
