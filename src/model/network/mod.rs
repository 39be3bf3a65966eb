//! The network: places and links, connections, cuts, and what TCP does about them.

pub mod connection;
pub mod cuts;
pub mod tcp;
pub mod topology;

use crate::engine::{Chance, Duration, Key, Stream, mix};
use crate::kafka::NodeIx;
use crate::model::Spec;
use topology::{Handshake, Topology};

/// How long messages take: the topology with its chance.
pub struct Delays {
    topology: Topology,
    stream: Stream,
    /// What draws about each process are addressed by.
    keys: Vec<Key>,
}

/// Pause before a lost packet is sent again, when others behind it are acknowledged.
const RETRANSMISSION: Duration = Duration::from_millis(200);
/// Bits of one byte.
const BITS: f64 = 8.0;

impl Delays {
    /// The delays of a run.
    pub fn new(spec: &Spec, chance: Chance) -> Self {
        let keys = (0..spec.nodes.len() as u32).map(|node| spec.node_key(NodeIx(node))).collect();
        Delays { topology: spec.topology.clone(), stream: chance.stream("network"), keys }
    }

    /// What draws about a process are addressed by.
    pub fn key(&self, node: NodeIx) -> Key {
        self.keys[node.index()]
    }

    /// One-way delay, and the time for which `bytes` keep the sender's side of the connection busy.
    /// `address` says what the message is for; the two legs of a request have different ones.
    pub fn one_way(&self, from: NodeIx, to: NodeIx, address: u64, bytes: u32) -> (Duration, Duration) {
        if from == to {
            return (Duration::from_micros(10), Duration::ZERO);
        }
        let base = mix(mix(address, self.key(from).bits()), self.key(to).bits());
        let mut delay = Duration::ZERO;
        let mut busy = Duration::ZERO;
        for (hop, link) in (0_u64..).zip(self.topology.route(from, to)) {
            delay += link.latency.sample(self.stream.at(mix(base, hop * 2)));
            if link.loss > 0.0 && self.stream.at(mix(base, hop * 2 + 1)).happens(link.loss) {
                delay += RETRANSMISSION;
            }
            if let Some(rate) = link.bits_per_second {
                busy = busy.max(Duration::from_millis_f64(f64::from(bytes) * BITS / rate * 1e3));
            }
        }
        (delay, busy)
    }

    /// What a client's connection costs beyond TCP.
    pub fn handshake(&self) -> &Handshake {
        &self.topology.handshake
    }

    /// A draw of the handshake's broker time.
    pub fn handshake_cpu(&self, address: u64) -> Duration {
        self.topology.handshake.cpu.sample(self.stream.at(mix(address, u64::MAX)))
    }
}
