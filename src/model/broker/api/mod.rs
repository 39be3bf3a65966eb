//! One file for each kind of request.

pub(super) mod fetch;
mod metadata;
mod offsets;
mod produce;
mod replica_fetch;
