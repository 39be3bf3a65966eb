//! What a kafkajs client does when its broker does something. Milliseconds are from the `send()`; a round trip is one.

mod consumer;
mod producer;
