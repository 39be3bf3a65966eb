//! Stories of small quorums, told by a harness that passes messages with a small delay.

mod harness;
mod partition_change;
mod propagation;
mod stories;
mod swarm;
mod tables;
