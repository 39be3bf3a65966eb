//! What the simulation must come to where the answer is known exactly: queues, and the detection of a dead broker. Each interval is so narrow
//! that an error of two in a hundred falls outside it.

#[path = "exact/queues.rs"]
mod queues;
