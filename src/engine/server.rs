//! A FIFO server with one or more workers, solved instead of simulated: `finish = max(now, free) + cost`.

use super::{Duration, Instant};
use smallvec::SmallVec;

/// Workers that take jobs first come, first served.
#[derive(Clone, Debug)]
pub struct FifoServer {
    free_at: SmallVec<[Instant; 8]>,
}

impl FifoServer {
    /// A server of `workers` (at least one) idle workers.
    pub fn new(workers: usize) -> Self {
        FifoServer { free_at: smallvec::smallvec![Instant::ZERO; workers.max(1)] }
    }
    /// Takes a job that needs `cost` and says when it is done.
    pub fn serve(&mut self, now: Instant, cost: Duration) -> Instant {
        let worker = self.free_at.iter_mut().min().expect("a server has at least one worker");
        *worker = (*worker).max(now) + cost;
        *worker
    }
    /// Shifts all unfinished work by a pause that lasted `pause` until `now`.
    pub fn delay(&mut self, now: Instant, pause: Duration) {
        for worker in &mut self.free_at {
            if *worker + pause > now {
                *worker += pause;
            }
        }
    }
}
