//! Brokers die, hang and vanish.
