//! A cluster and the critical paths of its recoveries as a graph for Graphviz.

use super::record::Recovery;
use crate::model::Spec;
use std::fmt::Write;

/// Letters of a name that are shown.
const LONGEST: usize = 80;

/// The cluster with its clients and topics, and beside it each path: its steps and what each waited for.
pub fn dot(spec: &Spec, explained: &[Recovery]) -> String {
    let mut text = String::new();
    let mut line = |l: &str| {
        text.push_str(l);
        text.push('\n');
    };
    line(&format!("digraph {} {{", quoted(&spec.name)));
    line("  graph [rankdir=LR, fontname=\"sans-serif\", compound=true];");
    line("  node [shape=box, style=rounded, fontname=\"sans-serif\"];");
    line("  edge [fontname=\"sans-serif\", fontsize=10];");
    brokers(spec, &mut line);
    clients(spec, &mut line);
    explained.iter().enumerate().for_each(|(nth, recovery)| path(recovery, nth, &mut line));
    line("}");
    text
}

fn brokers(spec: &Spec, line: &mut dyn FnMut(&str)) {
    line("  subgraph cluster_controllers {");
    line("    label=\"controllers\";");
    for voter in &spec.voters {
        line(&format!("    {} [label={}];", node(voter.node.index()), quoted(&spec.nodes[voter.node.index()].name)));
    }
    line("  }");
    let mut racks: Vec<Option<&str>> = spec.brokers.iter().map(|b| b.rack.as_deref()).collect();
    racks.sort_unstable();
    racks.dedup();
    for (nth, rack) in racks.iter().enumerate() {
        line(&format!("  subgraph cluster_rack{nth} {{"));
        line(&format!("    label={};", quoted(&rack.map_or_else(|| "brokers".to_owned(), |rack| format!("rack {rack}")))));
        for (ix, broker) in spec.brokers.iter().enumerate().filter(|(_, b)| b.rack.as_deref() == *rack) {
            let leads = spec.partitions.iter().filter(|p| p.leader.is_some_and(|b| b.index() == ix)).count();
            let label = format!("{}\nleads {leads} partitions", shortened(&spec.nodes[broker.node.index()].name));
            line(&format!("    {} [label={}];", node(broker.node.index()), quoted(&label)));
        }
        line("  }");
    }
}

fn clients(spec: &Spec, line: &mut dyn FnMut(&str)) {
    for (ix, topic) in spec.topics.iter().enumerate() {
        let label = format!("{}\n{} partitions", shortened(&topic.name), topic.partitions.len());
        line(&format!("  topic{ix} [shape=folder, label={}];", quoted(&label)));
        let mut replicas = vec![0_u32; spec.brokers.len()];
        for partition in &topic.partitions {
            spec.partitions[partition.index()].replicas.iter().for_each(|b| replicas[b.index()] += 1);
        }
        for (broker, count) in replicas.iter().enumerate().filter(|(_, count)| **count > 0) {
            let to = node(spec.brokers[broker].node.index());
            line(&format!("  topic{ix} -> {to} [label={}, style=dashed, arrowhead=none];", quoted(&format!("{count} replicas"))));
        }
    }
    for client in &spec.clients {
        let name = node(client.node.index());
        let label = format!("{}\n{}", shortened(&client.name), client.profile.name);
        line(&format!("  {name} [shape=ellipse, label={}];", quoted(&label)));
        let topics = client.workload().map(|w| (&w.topics, true)).or_else(|| client.consumption().map(|c| (&c.topics, false)));
        let Some((topics, writes)) = topics else { continue };
        for topic in topics {
            let edge = if writes { format!("{name} -> topic{}", topic.index()) } else { format!("topic{} -> {name}", topic.index()) };
            line(&format!("  {edge};"));
        }
    }
}

fn path(recovery: &Recovery, nth: usize, line: &mut dyn FnMut(&str)) {
    line(&format!("  subgraph cluster_path{nth} {{"));
    let title = format!("why {} waited {} ms for {}-{}", recovery.client, recovery.recovery_ms, recovery.topic, recovery.partition);
    line(&format!("    label={};", quoted(&title)));
    for (ix, step) in recovery.steps.iter().enumerate() {
        let label = format!("{:.3} s\n{}", step.at_ms / 1e3, step.what);
        line(&format!("    path{nth}_{ix} [label={}];", quoted(&label)));
        if ix > 0 {
            let label = format!("{} ms\n{}", step.ms, step.waited_for);
            let width = 1.0 + 4.0 * step.share;
            line(&format!("    path{nth}_{} -> path{nth}_{ix} [label={}, penwidth={width:.2}];", ix - 1, quoted(&label)));
        }
    }
    line("  }");
}

fn node(ix: usize) -> String {
    format!("node{ix}")
}

/// A name of which a very long one shows its beginning.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST { name.to_owned() } else { name.chars().take(LONGEST).chain(['…']).collect() }
}

/// A quoted string of the DOT language: it is no HTML, whatever stands in it, and nothing in it ends it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if crate::printable::obeyed(c) => {
                let _ = write!(quoted, "\\\\u{{{:x}}}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{Made, Question};
    use crate::scenario::Source;

    /// Reads the quoted strings of a graph and gives what is left: if quoting fails, braces and quotes do not match.
    fn without_strings(dot: &str) -> String {
        let (mut rest, mut inside, mut chars) = (String::new(), false, dot.chars());
        while let Some(c) = chars.next() {
            match (inside, c) {
                (true, '\\') => {
                    chars.next();
                }
                (_, '"') => inside = !inside,
                (false, c) => rest.push(c),
                (true, _) => {}
            }
        }
        assert!(!inside, "a string does not end");
        rest
    }

    #[test]
    fn a_name_cannot_end_its_string_and_braces_match() {
        let toml = "duration = \"30s\"\nfaults = [\"at 5s kill broker 2\"]\ncluster = { brokers = 3, controllers = 1 }\n\
                    [[topic]]\nname = \"orders\"\npartitions = 3\n[[client]]\nname = \"a\\\"}<b>\\\\\"\nprofile = \"java-4.3\"\nrate = 30\npartitioning = \"round-robin\"\n";
        let source = Source { name: "a\"} story".to_owned(), text: toml.to_owned() };
        let question = Question { tries: false, ..Question::default() };
        let made = Made::run(&source, &[], &question).unwrap();
        let graph = dot(&made.spec, &made.explain(&question, None).unwrap().explained);
        let rest = without_strings(&graph);
        assert_eq!(rest.matches('{').count(), rest.matches('}').count(), "{rest}");
        assert!(!rest.contains('<'), "{rest}");
        assert!(graph.contains("path0_1 -> path0_2") || graph.contains("path0_0 -> path0_1"), "{graph}");
    }
}
