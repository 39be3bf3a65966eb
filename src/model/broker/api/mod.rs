//! One file for each kind of request.

pub(super) mod fetch;
mod metadata;
mod offsets;
mod produce;
pub(super) mod replica_fetch;
