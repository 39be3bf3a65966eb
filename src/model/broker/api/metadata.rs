//! `Metadata`: answered wholly from the broker's own cache, with no check of its freshness.
//! Source: `KafkaApis.handleTopicMetadataRequest`, `KRaftMetadataCache`.

use crate::engine::mix;
use crate::model::broker::Broker;
use crate::model::message::{Response, Topics};
use crate::model::{Ctx, Outbox, Token};
use crate::observe::fact::Api;

/// Size of an answer on the wire: fixed part, each broker's, each partition's, each replica's.
const BYTES: (u32, u32, u32, u32) = (40, 40, 30, 8);

impl Broker {
    pub(in crate::model::broker) fn metadata(&mut self, token: Token, topics: Topics, ctx: &mut Ctx, out: &mut Outbox) {
        let offset = self.image().unwrap_or_default();
        let mut bytes = BYTES.0 + BYTES.1 * ctx.history.listed_brokers(offset).count() as u32;
        if let Topics::Some(topics) = &topics {
            for partition in topics.iter().filter_map(|t| ctx.history.topic(*t, offset)).flat_map(|t| &t.partitions) {
                let replicas = ctx.history.partition(*partition, offset).map_or(0, |r| r.replicas.len() as u32);
                bytes += BYTES.2 + 2 * BYTES.3 * replicas;
            }
        }
        if let Some(client) = ctx.spec.nodes[token.from.index()].client {
            let busy = self.cost(&self.costs.metadata, mix(token.address, 2));
            self.served(client, Api::Metadata, busy, bytes, out);
        }
        out.reply(token, Response::Metadata { broker: self.ix, offset, topics }, bytes);
    }
}
