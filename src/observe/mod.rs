//! What is seen of a run: facts, and the readers of facts.

pub mod fact;
pub mod record;

pub use fact::Fact;
pub use record::RunRecord;
