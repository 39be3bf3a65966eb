//! Texts that Kafka's tools print and read.
