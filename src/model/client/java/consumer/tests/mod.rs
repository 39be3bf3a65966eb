//! Stories of the consumer, on the bench.

mod moves;
