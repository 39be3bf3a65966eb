//! What a kafka-go client does when its broker does something. Milliseconds are from `WriteMessages`; a round trip is one.

mod reader;
mod writer;
