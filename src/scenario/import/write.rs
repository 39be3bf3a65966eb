//! The scenario's text.

use super::clients::{ClientDraft, RoleDraft};
use super::security::Security;
use super::servers::{Config, Controllers};
use super::topics::{Partitions, TopicDraft};
use super::{BrokerDraft, Draft, Findings};
use crate::kafka::text::describe::Partition;
use crate::printable;
use std::fmt::Write;

/// Lists are broken before this column.
const WIDTH: usize = 120;

/// The whole text, the same for the same draft.
pub(super) fn scenario(draft: &Draft, findings: &Findings, not_modelled: &[String]) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = top(&mut out, draft, findings, not_modelled);
    let _ = cluster(&mut out, draft);
    let _ = network(&mut out, draft);
    for b in &draft.brokers {
        let _ = broker(&mut out, b);
    }
    for t in &draft.topics {
        let _ = topic(&mut out, t);
    }
    for c in &draft.clients {
        let _ = client(&mut out, c);
    }
    out
}

fn top(out: &mut String, draft: &Draft, findings: &Findings, not_modelled: &[String]) -> std::fmt::Result {
    out.push_str("# Imported from a real cluster. It runs as it is: nothing happens to it until `faults` says so.\n");
    for sentence in &findings.took {
        writeln!(out, "# Taken: {sentence}")?;
    }
    writeln!(out, "\nkafka = {}", quoted(draft.release.name()))?;
    writeln!(out, "assumed_rates = {}", draft.assumed_rates)?;
    out.push_str("# What is assumed, and what the cluster has but the model does not.\n");
    let notes: Vec<String> =
        findings.assumed.iter().map(|a| format!("assumed: {a}")).chain(not_modelled.iter().map(|n| format!("not modelled: {n}"))).collect();
    out.push_str("notes = [\n");
    for note in notes {
        writeln!(out, "  {},", quoted(&note))?;
    }
    out.push_str("]\n");
    let first = draft.brokers.iter().find(|b| b.up).or(draft.brokers.first()).map_or(0, |b| b.id);
    out.push_str("# What the machines' own work costs is not in these files: it is that of the profile `typical`,\n");
    out.push_str("# until `kafkasim calibrate` measures yours.\n");
    writeln!(out, "# For example: faults = [\"at 0s kill broker {first} for 25s\"]\nfaults = []")
}

fn cluster(out: &mut String, draft: &Draft) -> std::fmt::Result {
    out.push_str("\n[cluster]\n");
    let mut ids: Vec<u32> = draft.brokers.iter().map(|b| b.id).collect();
    if let Controllers::Combined(voters) = &draft.controllers {
        // The first brokers are the controllers.
        ids.sort_by_key(|id| (voters.iter().position(|v| v == id).unwrap_or(voters.len()), *id));
    }
    list(out, "broker_ids", ids.iter().map(u32::to_string))?;
    match &draft.controllers {
        Controllers::Separate(voters) => list(out, "controller_ids", voters.iter().map(u32::to_string))?,
        Controllers::Combined(voters) => writeln!(out, "controllers = {}\ncombined = true", voters.len())?,
    }
    if !draft.config.is_empty() {
        out.push_str("\n# Keys of server.properties, for every broker and controller.\n[config]\n");
        for (key, value) in &draft.config {
            writeln!(out, "{} = {value}", quoted(key))?;
        }
    }
    Ok(())
}

fn network(out: &mut String, draft: &Draft) -> std::fmt::Result {
    let Security { tls, sasl } = draft.security;
    if (tls, sasl) == ("none", "none") {
        return Ok(());
    }
    writeln!(
        out,
        "\n# As the clients connect. Latencies are not known: set them, they count.\n[network]\ntls = {}\nsasl = {}",
        quoted(tls),
        quoted(sasl)
    )
}

fn broker(out: &mut String, broker: &BrokerDraft) -> std::fmt::Result {
    if broker.up && broker.rack.is_none() && broker.config.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n[[broker]]\nid = {}", broker.id)?;
    if let Some(rack) = &broker.rack {
        writeln!(out, "rack = {}", quoted(rack))?;
    }
    if !broker.up {
        out.push_str("up = false\n");
    }
    config(out, &broker.config)
}

fn config(out: &mut String, config: &Config) -> std::fmt::Result {
    if config.is_empty() {
        return Ok(());
    }
    let pairs: Vec<String> = config.iter().map(|(key, value)| format!("{} = {value}", quoted(key))).collect();
    writeln!(out, "config = {{ {} }}", pairs.join(", "))
}

fn topic(out: &mut String, topic: &TopicDraft) -> std::fmt::Result {
    writeln!(out, "\n[[topic]]\nname = {}", quoted(&topic.name))?;
    config(out, &topic.config.iter().cloned().collect())?;
    let partitions = match &topic.partitions {
        Partitions::Even(count, replicas) => return writeln!(out, "partitions = {count}\nreplication_factor = {replicas}"),
        Partitions::Listed(partitions) => partitions,
    };
    list(out, "assignment", partitions.iter().map(|p| ids(&p.replicas)))?;
    // The defaults say exactly this much: all in sync in their order, the first leads.
    if partitions.iter().any(|p| p.isr != p.replicas || p.leader != p.replicas.first().copied()) {
        list(out, "leaders", partitions.iter().map(|p| p.leader.map_or("-1".to_owned(), |id| id.to_string())))?;
        list(out, "isr", partitions.iter().map(|p| ids(&p.isr)))?;
    }
    if partitions.iter().any(|p| p.elr.as_ref().is_some_and(|e| !e.is_empty())) {
        list(out, "elr", partitions.iter().map(|p| ids(p.elr.as_deref().unwrap_or_default())))?;
    }
    let last_known = |p: &Partition| p.last_known_elr.iter().flatten().next().map(u32::to_string);
    if partitions.iter().any(|p| last_known(p).is_some()) {
        list(out, "last_known_leaders", partitions.iter().map(|p| last_known(p).unwrap_or("-1".to_owned())))?;
    }
    Ok(())
}

fn client(out: &mut String, client: &ClientDraft) -> std::fmt::Result {
    writeln!(out, "\n[[client]]\nname = {}\nprofile = {}", quoted(&client.name), quoted(&client.profile))?;
    match &client.role {
        RoleDraft::Producer(_) => {}
        RoleDraft::Consumer(None) => out.push_str("role = \"consumer\"\n"),
        RoleDraft::Consumer(Some(group)) => writeln!(out, "group = {}", quoted(group))?,
    }
    list(out, "topics", client.topics.iter().map(|t| quoted(t)))?;
    if let RoleDraft::Producer(rate) = client.role {
        // `{:?}` keeps the point, which TOML wants of a float.
        writeln!(out, "rate = {rate:?}")?;
    }
    if !client.bootstrap.is_empty() {
        list(out, "bootstrap", client.bootstrap.iter().map(u32::to_string))?;
    }
    config(out, &client.config)
}

fn ids(list: &[u32]) -> String {
    format!("[{}]", list.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
}

/// A basic string, in which TOML has escapes for everything.
pub(super) fn quoted(text: &str) -> String {
    let mut string = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => string.extend(['\\', c]),
            '\n' => string.push_str("\\n"),
            '\t' => string.push_str("\\t"),
            _ => string.push(c),
        }
    }
    printable::toml(&(string + "\""))
}

/// `name = [a, b, …]`, on one line if it fits, else as many items a line as fit.
fn list(out: &mut String, name: &str, items: impl Iterator<Item = String>) -> std::fmt::Result {
    let items: Vec<String> = items.collect();
    let whole = format!("{name} = [{}]", items.join(", "));
    if whole.len() <= WIDTH {
        return writeln!(out, "{whole}");
    }
    write!(out, "{name} = [")?;
    let mut column = WIDTH;
    for item in items {
        if column + item.len() + 2 > WIDTH {
            out.push_str("\n  ");
            column = 2;
        } else {
            out.push(' ');
            column += 1;
        }
        write!(out, "{item},")?;
        column += item.len() + 1;
    }
    out.push_str("\n]\n");
    Ok(())
}
