//! One file for each kind of request.

mod metadata;
mod produce;
mod replica_fetch;
