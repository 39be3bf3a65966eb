//! A run as a trace that Perfetto and Chrome's trace viewer open: the JSON of the *Trace Event Format*. Moments are microseconds from the
//! start of the run, its warm-up included.
//!
//! Each process of the cluster is a process of the trace. Pauses, down times and states of brokers are slices on its threads; roles, requests,
//! refreshes and windows overlap each other and are asynchronous slices; the critical path of a recovery is a thread of its own in each
//! process that it passes through, its steps joined by flows.

mod event;
mod paths;
mod slices;

use super::record::Recovery;
use crate::engine::{Duration, Instant};
use crate::model::Spec;
use crate::observe::record::Window;
use crate::observe::{Fact, RunRecord};
use event::Event;
use slices::Slices;

/// Writes a trace, event by event.
pub struct Perfetto<'s, 'o> {
    spec: &'s Spec,
    slices: Slices,
    out: Lines<'o>,
}

/// Where the text goes.
pub type Sink<'o> = &'o mut dyn FnMut(&str);

/// The list of events: one a line, commas between them.
struct Lines<'o> {
    sink: Sink<'o>,
    any: bool,
}

impl Lines<'_> {
    fn put(&mut self, event: Event) {
        let text = crate::printable::json(&event.text());
        (self.sink)(if self.any { ",\n" } else { "\n" });
        (self.sink)(&text);
        self.any = true;
    }
}

impl<'s, 'o> Perfetto<'s, 'o> {
    /// Begins a trace of a run of `spec`: the names of its processes, and what holds when it starts.
    pub fn begin(spec: &'s Spec, sink: Sink<'o>) -> Perfetto<'s, 'o> {
        sink("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
        let mut trace = Perfetto { spec, slices: Slices::new(spec), out: Lines { sink, any: false } };
        trace.names();
        let Perfetto { slices, out, .. } = &mut trace;
        slices.start(spec, &mut |event| out.put(event));
        trace
    }

    fn names(&mut self) {
        for (ix, node) in self.spec.nodes.iter().enumerate() {
            let pid = ix as u64 + 1;
            self.out.put(Event::process(pid, &node.name));
            // Controllers first, then brokers, then clients.
            let rank = if node.client.is_some() { 2 } else { u64::from(node.broker.is_some()) };
            self.out.put(Event::rank(pid, rank * 1_000_000 + pid));
            self.out.put(Event::thread(pid, slices::LIFE, "process"));
            if node.broker.is_some() {
                self.out.put(Event::thread(pid, slices::STATE, "broker state"));
            }
        }
    }

    /// Takes in the next fact of the run.
    pub fn see(&mut self, at: Instant, fact: &Fact) {
        let Perfetto { spec, slices, out } = self;
        slices.see(at, fact, spec, &mut |event| out.put(event));
    }

    /// Ends the trace: what is still open is closed at the end of the run, then come its windows and the paths that were explained.
    pub fn finish(mut self, record: &RunRecord, explained: &[Recovery]) {
        let origin = Instant::ZERO + Duration::from_millis_f64(record.warmup_ms);
        let end = origin + Duration::from_millis_f64(record.simulated_ms);
        let Perfetto { spec, slices, out } = &mut self;
        slices.close_states(end, spec, &mut |event| out.put(event));
        slices.close(end, &mut |event| out.put(event));
        record.windows.iter().for_each(|window| windows(spec, window, record, slices, &mut |event| out.put(event)));
        for (nth, recovery) in explained.iter().enumerate() {
            paths::draw(spec, recovery, nth as u64, record.warmup_ms, &mut |event| out.put(event));
        }
        (self.out.sink)("\n]}\n");
    }
}

/// The stale window and the recovery of a client on a partition.
fn windows(spec: &Spec, window: &Window, record: &RunRecord, slices: &mut Slices, put: &mut dyn FnMut(Event)) {
    let Some(client) = spec.client_by_name(&window.client) else { return };
    let pid = slices::pid(spec.clients[client.index()].node);
    let partition = format!("{}-{}", window.topic, window.partition);
    let micros = |ms: f64| (ms + record.warmup_ms) * 1e3;
    let end = micros(record.simulated_ms);
    let spans = [
        ("stale metadata", window.committed_ms, window.told_ms),
        ("recovery", window.recovery_ms.map(|_| window.start_ms), window.recovered_ms),
    ];
    for (name, from, to) in spans {
        let Some(from) = from else { continue };
        let id = slices.next_id();
        let (from, to) = (micros(from), to.map_or(end, micros));
        let name = format!("{name} of {partition}");
        put(Event::open(pid, "window", id, &name, from));
        put(Event::close(pid, "window", id, &name, to.max(from)));
    }
}

#[cfg(test)]
mod tests;
