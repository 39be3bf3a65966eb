//! `[costs]` and `[[cost_profile]]`: what the machines' own work costs.

use super::at::At;
use super::diagnostic::Diagnostics;
use super::distribution;
use crate::engine::Distribution;
use crate::model::cost::Costs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Declares the costs of the file beside the fields of [`Costs`] that they set, so that there is one list.
macro_rules! costs_file {
    ($($(#[doc = $doc:literal])* $field:ident;)*) => {
        /// The costs of one kind of machine. Each is a duration or a distribution.
        #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct CostsFile {
            /// Its name. Default for `[costs]`: the name of its base.
            pub name: Option<At<String>>,
            /// What it starts from: `typical`, or (in a `[[cost_profile]]`) the name of a profile above it. Default: `typical`.
            pub base: Option<At<String>>,
            $($(#[doc = $doc])* pub $field: Option<At<String>>,)*
        }

        impl CostsFile {
            fn fields<'a>(&'a self, costs: &'a mut Costs) -> Vec<(Option<&'a At<String>>, &'a mut Distribution)> {
                vec![$((self.$field.as_ref(), &mut costs.$field),)*]
            }
        }
    };
}

costs_file! {
    /// Time of a network thread to read a request and to write its answer.
    network_thread;
    /// Wait in the request queue beyond that for busy handlers.
    request_queue;
    /// Handler time of a produce request.
    produce;
    /// Handler time of a consumer's fetch.
    fetch;
    /// Handler time of a follower's fetch.
    replica_fetch;
    /// Handler time of a metadata request.
    metadata;
    /// Handler time of any other request.
    other;
    /// From knowing that a metadata batch is committed to starting its role changes.
    metadata_apply;
    /// From the start of a batch of role changes to the first follower role done.
    first_follower_role;
    /// Each further follower role of the batch.
    next_follower_role;
    /// From the last follower role of a batch to answering the requests that were parked for the partitions that it lost.
    parked_answers;
    /// From the start of a batch of role changes to the first leader role done.
    first_leader_role;
    /// Each further leader role of the batch.
    next_leader_role;
    /// Added to the first role change, first fetch and first metadata answer of a freshly started process.
    cold;
    /// From the start of the process to its first registration request.
    start;
    /// Loading logs after a clean end.
    clean_recovery;
    /// Loading logs after an unclean end.
    unclean_recovery;
    /// From being unfenced to listening.
    listen;
    /// From the last word of the controller to the end of the process.
    stop;
    /// Handling of one event by the controller.
    controller_event;
    /// Writing a raft batch to disk on a voter.
    raft_flush;
    /// Processing an answer on a fetcher thread before the next fetch leaves.
    fetcher_turn;
    /// Reading a partition of the offsets topic after taking its leader role, before its groups are served.
    group_load;
}

/// Every kind of machine of a scenario: the common one first.
pub(super) fn resolve(common: Option<&CostsFile>, profiles: &[CostsFile], found: &mut Diagnostics) -> Vec<Arc<Costs>> {
    let mut all = vec![Arc::new(Costs::default())];
    if let Some(file) = common {
        all[0] = Arc::new(read(file, &[], found));
    }
    for file in profiles {
        let Some(name) = &file.name else {
            found.add(None, "a [[cost_profile]] has no name".to_owned(), "give it one, for brokers to name it: name = \"slow\"");
            continue;
        };
        if all.iter().skip(1).any(|c| c.name == **name) {
            found.add(Some(&name.span), format!("there are two cost profiles `{}`", **name), "give each a name of its own");
        }
        let costs = read(file, &all, found);
        all.push(Arc::new(costs));
    }
    all
}

fn read(file: &CostsFile, above: &[Arc<Costs>], found: &mut Diagnostics) -> Costs {
    let mut costs = Costs::default();
    if let Some(base) = file.base.as_ref().filter(|b| ***b != costs.name) {
        match above.iter().find(|c| c.name == **base) {
            Some(profile) => costs = (**profile).clone(),
            None => found.add(
                Some(&base.span),
                format!("there is no kind of machine `{}` to start from", **base),
                "write base = \"typical\", or the name of a profile above this one",
            ),
        }
    }
    let mut changed = false;
    for (text, cost) in file.fields(&mut costs) {
        let Some(text) = text else { continue };
        changed = true;
        match distribution::parse(text) {
            Ok(parsed) => *cost = parsed,
            Err(message) => found.add(Some(&text.span), message, distribution::HELP),
        }
    }
    match &file.name {
        Some(name) => costs.name = name.value.clone(),
        None if changed => costs.name = format!("{}, changed", costs.name),
        None => {}
    }
    costs
}
