//! Exact laws: what must hold between two runs, to the nanosecond, whatever the cluster and its faults are. Each law names its premise, and
//! beside each stands a test in which the premise is broken and the law with it, so that the comparison is known to be able to fail.
//!
//! A failure prints where the two runs part first, and the cluster.

#[path = "laws/cluster.rs"]
mod cluster;
#[path = "laws/facts.rs"]
mod facts;

#[path = "laws/causality.rs"]
mod causality;
#[path = "laws/common_chance.rs"]
mod common_chance;
#[path = "laws/independence.rs"]
mod independence;
#[path = "laws/observers.rs"]
mod observers;
#[path = "laws/relabelling.rs"]
mod relabelling;
#[path = "laws/scaling.rs"]
mod scaling;
#[path = "laws/zero_delays.rs"]
mod zero_delays;
