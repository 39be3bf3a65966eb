//! The end of a run: what was recorded is put together.

use super::{Recorder, micros};
use crate::kafka::{ClientIx, PartitionIx};
use crate::observe::names::Names;
use crate::observe::sentence::told_by;
use crate::timeline::Timeline;
use crate::timeline::chain::Words;
use crate::timeline::groups::{chosen, grouped};
use crate::timeline::limits::BELIEFS;
use crate::timeline::record::{Belief, Beliefs as BeliefLane, Client, Counts, Flow, Move, Partition, SCHEMA, Stale};
use crate::timeline::requests::Places;

impl Recorder<'_> {
    /// The timeline, when the run is over.
    pub fn finish(mut self) -> Timeline {
        let mut left_out = Vec::new();
        let to = self.micros(self.end);
        self.under_replicated.1.close(&mut self.series.under_replicated);
        self.without_leader.1.close(&mut self.series.without_leader);
        self.stale_beliefs.close(&mut self.series.stale_beliefs);
        let of = &self.of;
        self.beliefs.close(&self.pairs, |client| of.of(client), &mut left_out);
        let (controllers, brokers) = self.lanes.finish(self.spec, &mut left_out);
        let leaders: Vec<_> = self.lanes.partitions.iter_mut().map(|p| std::mem::take(&mut p.leaders)).collect();
        let story = |p: PartitionIx| &self.lanes.partitions[p.index()];
        let changes = |p: PartitionIx| leaders[p.index()].len() + story(p).ready.len() + story(p).in_sync.len();
        let shown_partitions = chosen(&leaders, |p| !self.pairs.of_partition(p).is_empty(), changes);
        let groups = grouped(self.spec, &leaders, &shown_partitions, &mut left_out);
        let mut clients = self.client_lanes(&shown_partitions, &mut left_out);
        let n = Names(self.spec);
        let mut names = Words::default();
        for window in &self.beliefs.windows {
            let partition = names.place(&n.partition(window.partition));
            clients[self.of.of(window.client)].stale.push(Stale { partition, span: window.span });
        }
        let mut moves: Vec<Move> = Vec::new();
        for (partition, made) in std::mem::take(&mut self.moves) {
            moves.push(Move { partition: names.place(&n.partition(partition)), ..made });
        }
        let partitions = shown_partitions
            .iter()
            .map(|p| {
                let story = &self.lanes.partitions[p.index()];
                Partition {
                    name: n.partition(*p),
                    leaders: leaders[p.index()].clone(),
                    ready: story.ready.clone(),
                    in_sync: story.in_sync.clone(),
                }
            })
            .collect();
        let (mut outcomes, mut causes) = (Words::default(), Words::default());
        let of = &self.of;
        let mut places = Places {
            lane: &|client| of.of(client),
            member: &|client| (!of.is_single(client)).then(|| n.client(client)),
            partition: &mut |partition| names.place(&n.partition(partition)),
            outcomes: &mut outcomes,
            causes: &mut causes,
            steps: &self.steps,
        };
        let requests = std::mem::take(&mut self.requests).finish(&self.entries, &mut places, &mut left_out);
        self.say_left_out(&mut left_out);
        let counts = Counts {
            moves: self.moves_counted,
            windows: self.beliefs.opened,
            partitions: leaders.iter().filter(|l| !l.is_empty()).count() as u64,
            ..self.counts
        };
        let flows = self.flows.into_iter().map(|((client, broker), sent)| Flow { client, broker, sent }).collect();
        Timeline {
            schema: SCHEMA.to_owned(),
            from: self.series.from,
            to,
            facts: self.facts,
            controllers,
            brokers,
            partitions,
            groups,
            clients,
            names: names.finish(),
            moves,
            requests,
            outcomes: outcomes.finish(),
            causes: causes.finish(),
            steps: self.steps.finish(),
            refreshes: self.refreshes,
            faults: self.faults,
            events: self.story.finish(&mut left_out),
            series: self.series,
            flow_bucket: self.flow_bucket,
            flows,
            counts,
            left_out,
        }
    }

    fn say_left_out(&self, left_out: &mut Vec<String>) {
        if self.lanes.partitions.len() > self.spec.partitions.len() {
            left_out.push("Partitions that were made during the run are told by a number of their own, not by their topic.".to_owned());
        }
        if self.moves_left_out > 0 {
            left_out.push(format!("{} later leader moves are counted and not drawn one by one.", self.moves_left_out));
        }
        if self.refreshes_left_out > 0 {
            left_out.push(format!("{} later metadata refreshes are counted and not drawn one by one.", self.refreshes_left_out));
        }
    }

    fn client_lanes(&mut self, shown_partitions: &[PartitionIx], left_out: &mut Vec<String>) -> Vec<Client> {
        let mut clients = self.of.lanes.clone();
        let (mut room, mut without_room) = (BELIEFS, 0);
        for (i, spec) in self.spec.clients.iter().enumerate() {
            let client = ClientIx(i as u32);
            let lane = self.of.of(client);
            if clients[lane].members > 1 {
                continue;
            }
            clients[lane].down = self.lanes.down(spec.node);
            let mut lanes = Vec::new();
            let known: Vec<PartitionIx> = self.pairs.of_client(client).map(|pair| pair.partition).collect();
            for known in known {
                let Ok(partition) = shown_partitions.binary_search(&known) else { continue };
                let pair = self.pairs.index(client, known);
                let held = self.beliefs.held(pair);
                // Beliefs up to some moment would be taken for what is believed afterwards: a lane is whole or not there.
                if held.len() > room {
                    without_room += 1;
                    continue;
                }
                room -= held.len();
                let n = Names(self.spec);
                let mut told = Vec::new();
                for held in held {
                    told.push(Belief {
                        at: micros(self.origin, held.at),
                        broker: held.leader.map(|b| b.0),
                        epoch: held.epoch.0,
                        told: self.steps.place(micros(self.origin, held.at), told_by(n, held.told)),
                    });
                }
                if !told.is_empty() {
                    lanes.push(BeliefLane { partition: partition as u32, held: told });
                }
            }
            clients[lane].beliefs = lanes;
        }
        for (lane, client) in clients.iter_mut().enumerate() {
            client.stale_count = self.beliefs.count(lane);
        }
        if without_room > 0 {
            left_out
                .push(format!("What clients believe of a partition has no room in {without_room} cases; whether it is stale is counted."));
        }
        clients
    }
}
