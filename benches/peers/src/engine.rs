//! Who does the work.

use crate::nexo::nexosim;
use crate::plain::{binary_heap, kafkasim};
use crate::simpy::{Server, simpy};
use crate::work::{Run, Work};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    Kafkasim,
    BinaryHeap,
    Nexosim,
    Simpy(Server),
}

impl Engine {
    /// As the table names it.
    pub fn title(self) -> &'static str {
        match self {
            Engine::Kafkasim => "kafkasim",
            Engine::BinaryHeap => "BinaryHeap loop",
            Engine::Nexosim => "nexosim",
            Engine::Simpy(Server::Solved) => "SimPy",
            Engine::Simpy(Server::Resource) => "SimPy, Resource",
        }
    }
    /// Of so many requests it is given one: an engine in Python gets a tenth of the work.
    pub fn share(self) -> u64 {
        match self {
            Engine::Kafkasim | Engine::BinaryHeap | Engine::Nexosim => 1,
            Engine::Simpy(_) => 10,
        }
    }
    /// Does the work until the horizon.
    pub fn run(self, work: Work, horizon_ns: u64) -> Result<Run, String> {
        match self {
            Engine::Kafkasim => Ok(kafkasim(work, horizon_ns)),
            Engine::BinaryHeap => Ok(binary_heap(work, horizon_ns)),
            Engine::Nexosim => Ok(nexosim(work, horizon_ns)),
            Engine::Simpy(server) => simpy(work, server, horizon_ns),
        }
    }
}

/// Who does this work, kafkasim first.
pub fn engines(work: Work, with_simpy: bool) -> Vec<Engine> {
    let mut engines = vec![Engine::Kafkasim, Engine::BinaryHeap, Engine::Nexosim];
    if with_simpy {
        engines.push(Engine::Simpy(Server::Solved));
        engines.extend((work == Work::Network).then_some(Engine::Simpy(Server::Resource)));
    }
    engines
}
