//! What the simulation must come to where the answer is known exactly: queues, a client that hears of a move only when its metadata are old,
//! the detection of a dead broker, and pairs of runs. Each interval is so narrow that an error of two in a hundred falls outside it.

#[path = "exact/interval.rs"]
mod interval;

#[path = "exact/detection.rs"]
mod detection;
#[path = "exact/pairing.rs"]
mod pairing;
#[path = "exact/periodic.rs"]
mod periodic;
#[path = "exact/queues.rs"]
mod queues;
