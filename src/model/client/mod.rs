//! Clients.

pub mod profile;
