//! The critical path of a recovery: its steps as slices where they happened, with arrows from each to the next.

use super::event::Event;
use crate::explain::record::Recovery;
use crate::model::Spec;
use serde_json::json;

/// The first thread of paths: each path has one of its own in every process.
const FIRST: u64 = 100;
/// Arrows of one path at most, for their numbers.
const ARROWS: u64 = 1_000_000;

/// Draws one path.
pub fn draw(spec: &Spec, recovery: &Recovery, nth: u64, warmup_ms: f64, put: &mut dyn FnMut(Event)) {
    let tid = FIRST + nth;
    let client = spec.client_by_name(&recovery.client).map(|c| spec.clients[c.index()].node.index() as u64 + 1);
    let pid_of = |process: Option<&str>| {
        let node = process.and_then(|name| spec.nodes.iter().position(|n| n.name == name));
        node.map(|ix| ix as u64 + 1).or(client)
    };
    let title = format!("why {} waited for {}-{}", recovery.client, recovery.topic, recovery.partition);
    let mut named = Vec::new();
    let mut before: Option<Drawn> = None;
    let steps = recovery.steps.iter().filter(|step| step.ms > 0.0);
    for (arrow, step) in steps.enumerate() {
        let Some(pid) = pid_of(step.process.as_deref()) else { continue };
        if !named.contains(&pid) {
            named.push(pid);
            put(Event::thread(pid, tid, &title));
        }
        let micros = |ms: f64| (ms + warmup_ms) * 1e3;
        let from = before.as_ref().map_or_else(|| micros(step.at_ms - step.ms), |last| last.to);
        let to = micros(step.at_ms).max(from);
        let details = json!({ "what": step.what, "waited for": step.waited_for, "governed by": step.setting, "share": step.share });
        put(Event::slice(pid, tid, "critical path", &step.waited_for, from, to).args(details));
        if let Some(last) = &before {
            let id = nth * ARROWS + arrow as u64;
            // An arrow belongs to the slice at its moment: at its end that would be the next one already.
            put(Event::leaves(last.pid, tid, id, last.from));
            put(Event::arrives(pid, tid, id, from));
        }
        before = Some(Drawn { pid, from, to });
    }
}

/// A step as it was drawn, in microseconds.
struct Drawn {
    pid: u64,
    from: f64,
    to: f64,
}
