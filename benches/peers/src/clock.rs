//! How long something took.

use cpu_time::ProcessTime;
use std::time::{Duration, Instant};

/// Time on the wall, and of this process on its processor. They are the same on a quiet machine, because everybody here keeps one thread
/// busy and waits for nothing; on a shared one the wall shows the neighbours too.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub wall: Duration,
    pub cpu: Duration,
}

/// Does it and times it.
pub fn timed(act: impl FnOnce()) -> Took {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    act();
    Took { cpu: cpu.elapsed(), wall: wall.elapsed() }
}
