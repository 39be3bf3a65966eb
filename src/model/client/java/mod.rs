//! The Java client, and what runs on its machine. Producer and consumer share `network` (its NetworkClient), `refresh` (when it asks for
//! metadata anew), `policies` (what no setting changes, by release) and `settings`.

mod consumer;
mod network;
mod policies;
mod producer;
mod refresh;
mod settings;

pub(super) use self::consumer::Consumer;
pub(super) use self::policies::Policies;
pub(super) use self::producer::Producer;
