//! The network: places and links, connections, cuts.

pub mod topology;
