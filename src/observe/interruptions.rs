//! Interruptions: what of each recovery a client felt, because it had records waiting.

use super::latency::Sample;
use super::pairs::PairIx;
use crate::engine::{Duration, Instant};

/// A window, as far as its client felt it.
#[derive(Clone, Copy, Debug)]
pub struct Felt {
    /// Whose.
    pub pair: PairIx,
    /// From when on the leader had moved or was lost.
    pub start: Instant,
    /// The first success; none by the end of the run.
    pub recovered: Option<Instant>,
    /// Since when records had been waiting that the success served, or that still wait without one.
    pub waiting_since: Option<Instant>,
}

/// The interruptions of one client.
#[derive(Clone, Debug, Default)]
pub struct Interruptions {
    /// Those that ended; open are those that had not when the run did.
    pub lengths: Sample,
    /// The longest time for which records had been waiting then.
    pub longest_waiting: Duration,
}

impl Interruptions {
    /// Adds those of another client.
    pub fn merge(&mut self, other: &Interruptions) {
        self.lengths.merge(&other.lengths);
        self.longest_waiting = self.longest_waiting.max(other.longest_waiting);
    }

    /// Takes in all windows of one pair, in the order in which they began. `ordinary`: records that were acknowledged waited as long, so one
    /// that still waits at the `end` of the run is just under way.
    fn take(&mut self, windows: &[Felt], end: Instant, ordinary: Option<Duration>) {
        let mut rest = windows;
        while let Some(first) = rest.first() {
            // A leader that moved again before the first success opens another window, which ends with the same success.
            let same = rest.iter().take_while(|w| w.recovered == first.recovered).count();
            let (these, others) = rest.split_at(same);
            rest = others;
            match first.recovered {
                Some(recovered) => self.lengths.add(felt(these, recovered)),
                None => self.take_open(these, end, ordinary),
            }
        }
    }

    fn take_open(&mut self, windows: &[Felt], end: Instant, ordinary: Option<Duration>) {
        let waited = windows.iter().filter_map(|w| Some(end.since(w.waiting_since?.max(w.start)))).max();
        let Some(waited) = waited.filter(|waited| ordinary.is_none_or(|ordinary| *waited > ordinary)) else { return };
        self.lengths.add_open(1);
        self.longest_waiting = self.longest_waiting.max(waited);
    }
}

/// What the client felt of the windows that one success ended: only the time in which it had records waiting.
fn felt(windows: &[Felt], recovered: Instant) -> Duration {
    let start = windows.first().map_or(recovered, |w| w.start);
    let since = windows.iter().filter_map(|w| w.waiting_since).max();
    recovered.since(since.map_or(start, |since| since.max(start)))
}

/// The interruptions of every client. `client` tells whose a pair is, `ordinary` the longest wait of a client's acknowledged records.
pub fn of_clients(
    mut windows: Vec<Felt>,
    end: Instant,
    clients: usize,
    client: impl Fn(PairIx) -> usize,
    ordinary: impl Fn(usize) -> Option<Duration>,
) -> Vec<Interruptions> {
    let mut all = vec![Interruptions::default(); clients];
    // By pair, then by the success that ended them; those that none ended are last. Otherwise in the order in which they began.
    windows.sort_by_key(|w| (w.pair, w.recovered.unwrap_or(Instant::MAX)));
    for same in windows.chunk_by(|a, b| a.pair == b.pair) {
        let owner = client(same[0].pair);
        all[owner].take(same, end, ordinary(owner));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    fn window(start: u64, waiting_since: Option<u64>, recovered: Option<u64>) -> Felt {
        Felt { pair: 0, start: s(start), recovered: recovered.map(s), waiting_since: waiting_since.map(s) }
    }

    fn of(windows: &[Felt], ordinary: Option<Duration>) -> Interruptions {
        of_clients(windows.to_vec(), s(100), 1, |_| 0, |_| ordinary).remove(0)
    }

    fn longest(windows: &[Felt]) -> f64 {
        of(windows, None).lengths.quantiles().max
    }

    #[test]
    fn a_client_without_records_is_not_interrupted() {
        assert_eq!(longest(&[window(59, Some(58), Some(60))]), 1_000.0, "a record was waiting already when the leader moved");
        assert_eq!(longest(&[window(1, Some(60), Some(60))]), 0.0, "the first record came long after");
    }

    #[test]
    fn moves_that_one_success_ended_are_one_interruption() {
        let both = of(&[window(50, None, Some(60)), window(59, Some(49), Some(60))], None).lengths.quantiles();
        assert_eq!((both.count, both.max), (1, 10_000.0));
        assert_eq!(longest(&[window(50, None, Some(60)), window(58, Some(59), Some(60))]), 1_000.0);
    }

    #[test]
    fn what_still_waits_is_told_unless_records_usually_wait_as_long() {
        let still = of(&[window(90, Some(95), None), window(97, Some(95), None)], None);
        assert_eq!((still.lengths.clone().quantiles().open, still.longest_waiting), (1, Duration::from_secs(5)));
        let usual = of(&[window(90, Some(95), None)], Some(Duration::from_secs(6)));
        assert_eq!((usual.lengths.quantiles().open, usual.longest_waiting), (0, Duration::ZERO));
    }
}
