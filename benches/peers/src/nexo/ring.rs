//! The token ring: a model for each node, its output connected to the next.

use super::{bench, now_ns, simulate};
use crate::draws::Stream;
use crate::work::{NODES, Outcome, Run, TOKENS, Tally, checksum};
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{Output, QuerySource};
use nexosim::simulation::Mailbox;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct Node {
    next: Output<u32>,
    /// The token that comes first from outside.
    first: Option<u32>,
    stream: Stream,
    arrivals: Tally,
}

#[Model]
impl Node {
    fn new(place: usize) -> Node {
        let every = NODES / TOKENS;
        let first = place.is_multiple_of(every).then_some((place / every) as u32);
        Node { next: Output::default(), first, stream: Stream::of(place), arrivals: Tally::default() }
    }
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        if let Some(token) = self.first {
            let delay = Duration::from_nanos(self.stream.draw().delay_ns);
            cx.schedule_event(delay, schedulable!(Self::arrive), token).expect("it is in the future");
        }
    }
    #[nexosim(schedulable)]
    async fn arrive(&mut self, token: u32, cx: &Context<Self>) {
        self.arrivals.add(now_ns(cx));
        let kept = Duration::from_nanos(self.stream.draw().delay_ns);
        cx.schedule_event(kept, schedulable!(Self::pass), token).expect("it is in the future");
    }
    #[nexosim(schedulable)]
    async fn pass(&mut self, token: u32) {
        self.next.send(token).await;
    }
    async fn report(&mut self) -> Tally {
        self.arrivals
    }
}

pub fn run(horizon_ns: u64) -> Run {
    let mut bench = bench();
    let mailboxes: Vec<Mailbox<Node>> = (0..NODES).map(|_| Mailbox::new()).collect();
    let mut nodes: Vec<Node> = (0..NODES).map(Node::new).collect();
    for (place, node) in nodes.iter_mut().enumerate() {
        node.next.connect(Node::arrive, &mailboxes[(place + 1) % NODES]);
    }
    let reports: Vec<_> = mailboxes.iter().map(|mailbox| QuerySource::new().connect(Node::report, mailbox).register(&mut bench)).collect();
    for (node, mailbox) in nodes.into_iter().zip(mailboxes) {
        bench = bench.add_model(node, mailbox, "node");
    }
    let (mut simulation, took) = simulate(bench, horizon_ns);
    let arrivals: Vec<Tally> = reports.iter().map(|report| simulation.process_query(report, ()).expect("a node answers")).collect();
    let requests = arrivals.iter().map(|node| node.count).sum();
    Run { outcome: Outcome { requests, checksum: checksum(&arrivals) }, took }
}
