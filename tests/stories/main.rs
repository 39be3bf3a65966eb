//! Stories of small clusters, as an operator who reads the logs would tell them: each builds a cluster from a scenario, lets something
//! happen to it, and looks at what then happened, in order.

mod applications;
mod clients;
mod consumers;
mod controllers;
mod crashes;
mod data;
mod groups;
mod moves;
mod network;
mod published;
mod releases;
mod stops;
mod story;
mod topics;
