//! What one broker answers to consumers, played request by request.

mod bench;
mod fetch;
mod offsets;
mod replicas;
mod sessions;
