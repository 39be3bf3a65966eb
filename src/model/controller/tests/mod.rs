//! Stories of small quorums, told by a harness that passes messages with a fixed delay.

mod harness;
mod partition_change;
mod stories;
mod tables;
