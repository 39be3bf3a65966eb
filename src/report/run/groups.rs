//! Consumer groups: how often they rebalanced, how long members had nothing to read, what became of commits.

use super::{heading, paragraph};
use crate::observe::RunRecord;
use crate::observe::record::{GroupRecord, Quantiles};
use crate::report::document::{Block, Table};
use crate::report::quantity::{count, maybe};

/// The groups, if there are any.
pub fn section(record: &RunRecord) -> Vec<Block> {
    if record.groups.is_empty() {
        return Vec::new();
    }
    let mut members =
        Table::new(&["Group", ">Members", ">Coordinator moves", ">Rebalances", ">Expelled", ">Pauses", ">Median", ">Longest", ">Open"]);
    let mut commits = Table::new(&["Group", ">Commits", ">Failed", ">Gap p50", ">Longest gap", "Failed with"]);
    for (name, group) in &record.groups {
        let pause = &group.unassigned_ms;
        members.row([
            name.clone(),
            count(group.members),
            count(group.coordinator_moves),
            count(group.rebalances),
            count(group.sessions_expired),
            count(pause.count),
            ended(pause, pause.p50),
            ended(pause, pause.max),
            count(pause.open),
        ]);
        let gap = &group.commit_gap_ms;
        commits.row([name.clone(), count(group.commits), count(failed(group)), ended(gap, gap.p50), ended(gap, gap.max), errors(group)]);
    }
    vec![
        heading("Consumer groups"),
        Block::Table(members),
        paragraph(
            "A coordinator moves when another broker has read the group's partition of the offsets topic. Expelled: members whose session ran out. \
             A pause is from the moment when a member gives up its partitions until it has been assigned some again; open are members without any \
             at the end.",
        ),
        Block::Table(commits),
        paragraph(
            "Each partition in a commit counts. A gap is the time between two accepted commits of one member; NETWORK_EXCEPTION stands for a \
             commit that had no answer.",
        ),
    ]
}

/// A figure of durations of which some must have ended.
fn ended(all: &Quantiles, value: f64) -> String {
    maybe(Some(value).filter(|_| all.count > 0))
}

fn failed(group: &GroupRecord) -> u64 {
    group.commits_failed.values().sum()
}

fn errors(group: &GroupRecord) -> String {
    let one = |(name, n): (&String, &u64)| format!("{name} {}", count(*n));
    let all: Vec<String> = group.commits_failed.iter().map(one).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
