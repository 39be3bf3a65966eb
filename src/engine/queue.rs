//! The pending events, ordered by (time, tie, order of arrival).
//!
//! A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990): simulated time never goes back, so an event is filed by the highest digit
//! (of four bits) in which its time differs from the time of the last one taken, and by that digit. Equal times always share a file and
//! files keep their order, so first in, first out among equals costs nothing. A file of few events is not dealt out to lower digits but
//! sorted, which moves each less often. Measured beside other queues in docs/PERFORMANCE.md.

use super::Instant;

/// Bits of a digit.
const DIGIT: usize = 4;
/// Values of a digit.
const VALUES: usize = 1 << DIGIT;
/// A file of at most so many events is sorted instead of dealt out.
const FEW: usize = 16;
/// When so many are pending in the sorted list and one more comes, they are filed again.
const MANY: usize = 2 * FEW;
/// Digits of a time stamp.
const DIGITS: usize = 64 / DIGIT;

/// A queue of small `Copy` events. Equal times come out by tie key, and equal tie keys in the order they went in.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    /// Time of the last event taken; nothing earlier may be pending.
    last: u64,
    /// The next events in their order, from `head` on: all whose times differ from `last` in bits of `span` only.
    current: Vec<Entry<E>>,
    head: usize,
    span: u64,
    /// File (i, v), at i * VALUES + v, holds events whose time differs from `last` first in digit i, which is v.
    files: Vec<Vec<Entry<E>>>,
    /// Which files of each digit hold something.
    values: [u16; DIGITS],
    /// Which digits have a file that holds something.
    digits: u16,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    at: u64,
    tie: u64,
    event: E,
}

impl<E> Entry<E> {
    /// Where it stands in the order; equals stand as they came.
    fn place(&self) -> (u64, u64) {
        (self.at, self.tie)
    }
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> EventQueue<E> {
    /// An empty queue.
    pub fn new() -> Self {
        EventQueue {
            last: 0,
            current: Vec::new(),
            head: 0,
            span: 0,
            files: (0..DIGITS * VALUES).map(|_| Vec::new()).collect(),
            values: [0; DIGITS],
            digits: 0,
            len: 0,
        }
    }

    /// Adds an event; among events of the same time it comes after those already in.
    ///
    /// # Panics
    /// When `at` is before the last event taken.
    pub fn push(&mut self, at: Instant, event: E) {
        self.push_tied(at, 0, event);
    }

    /// Adds an event whose place among those of the same time is decided by `tie` first.
    ///
    /// # Panics
    /// When `at` is before the last event taken.
    pub fn push_tied(&mut self, at: Instant, tie: u64, event: E) {
        let at = at.as_nanos();
        assert!(at >= self.last, "an event cannot be in the past");
        self.len += 1;
        self.file(Entry { at, tie, event });
    }

    /// Takes the next event and its time.
    pub fn pop(&mut self) -> Option<(Instant, E)> {
        if self.head == self.current.len() {
            self.advance()?;
        }
        let entry = self.current[self.head];
        self.head += 1;
        self.len -= 1;
        self.last = entry.at;
        Some((Instant::from_nanos(entry.at), entry.event))
    }

    /// The time of the next event.
    pub fn next_at(&self) -> Option<Instant> {
        if self.head < self.current.len() {
            return Some(Instant::from_nanos(self.current[self.head].at));
        }
        let nearest = &self.files[self.nearest()?];
        nearest.iter().map(|e| e.at).min().map(Instant::from_nanos)
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The file that holds the next event: of the lowest digit that has one, the least value.
    fn nearest(&self) -> Option<usize> {
        if self.digits == 0 {
            return None;
        }
        let digit = self.digits.trailing_zeros() as usize;
        Some(digit * VALUES + self.values[digit].trailing_zeros() as usize)
    }

    /// Goes on to the nearest file: a small one is sorted, a larger one is dealt out anew.
    fn advance(&mut self) -> Option<()> {
        let nearest = self.nearest()?;
        let (digit, value) = (nearest / VALUES, nearest % VALUES);
        self.values[digit] &= !(1 << value);
        if self.values[digit] == 0 {
            self.digits &= !(1 << digit);
        }
        let mut dealt = std::mem::take(&mut self.files[nearest]);
        self.current.clear();
        self.head = 0;
        self.last = dealt.iter().map(|e| e.at).min()?;
        if dealt.len() <= FEW {
            dealt.sort_by_key(Entry::place);
            self.span = (1 << (digit * DIGIT)) - 1;
            self.current.append(&mut dealt);
        } else {
            self.span = 0;
            dealt.drain(..).for_each(|entry| self.file(entry));
        }
        // The file keeps its memory: nothing is allocated in steady state.
        self.files[nearest] = dealt;
        Some(())
    }

    fn file(&mut self, entry: Entry<E>) {
        let differs = (entry.at ^ self.last) & !self.span;
        if differs == 0 {
            return self.insert(entry);
        }
        let digit = (63 - differs.leading_zeros() as usize) / DIGIT;
        let value = (entry.at >> (digit * DIGIT)) as usize % VALUES;
        self.values[digit] |= 1 << value;
        self.digits |= 1 << digit;
        self.files[digit * VALUES + value].push(entry);
    }

    /// Puts an event in its place among the next ones.
    fn insert(&mut self, entry: Entry<E>) {
        if self.span != 0 && self.current.len() - self.head >= MANY {
            self.file_again();
            return self.file(entry);
        }
        if self.head >= MANY && self.head * 2 >= self.current.len() {
            self.current.drain(..self.head);
            self.head = 0;
        }
        if self.current[self.head..].last().is_none_or(|e| e.place() <= entry.place()) {
            return self.current.push(entry);
        }
        let place = self.head + self.current[self.head..].partition_point(|e| e.place() <= entry.place());
        self.current.insert(place, entry);
    }

    /// The next events have become too many for a sorted list: only those of this moment stay there.
    fn file_again(&mut self) {
        self.span = 0;
        let mut next = std::mem::take(&mut self.current);
        let taken = std::mem::take(&mut self.head);
        next.drain(..).skip(taken).for_each(|entry| self.file(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ns: u64) -> Instant {
        Instant::from_nanos(ns)
    }

    #[test]
    fn events_of_one_moment_come_out_as_they_went_in() {
        let mut queue = EventQueue::new();
        for event in 0..5 {
            queue.push(at(7), event);
        }
        queue.push(at(3), 99);
        assert_eq!(queue.next_at(), Some(at(3)));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, e)| e).collect();
        assert_eq!(order, [99, 0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_tie_key_decides_among_events_of_one_moment() {
        let mut queue = EventQueue::new();
        for (tie, event) in [(5, 'c'), (2, 'a'), (9, 'd'), (2, 'b')] {
            queue.push_tied(at(7), tie, event);
        }
        let order: String = std::iter::from_fn(|| queue.pop()).map(|(_, e)| e).collect();
        assert_eq!(order, "abcd");
    }

    /// The sorted list fills up while it is used, is filed again, and what was taken from it is given back.
    #[test]
    fn a_crowd_before_the_next_event_keeps_its_order() {
        let mut queue = EventQueue::new();
        queue.push(at(1 << 20), 0);
        queue.push(at((1 << 20) + 60_000), 1);
        assert_eq!(queue.pop(), Some((at(1 << 20), 0)));
        for i in 0..1_000 {
            queue.push(at((1 << 20) + i * 7_919 % 1_000), 2 + i);
        }
        let times: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(at, _)| at).collect();
        assert!(times.is_sorted() && times.len() == 1_001);
        queue.push(at((1 << 21) + 200_000), 0);
        for i in 0..100_000 {
            queue.push(at((1 << 21) + i), i);
            assert_eq!(queue.pop(), Some((at((1 << 21) + i), i)));
        }
        assert!(queue.current.capacity() < 1_000, "{} events are kept", queue.current.capacity());
    }

    proptest! {
        /// Against the obvious: a stable sort of everything pending at each step.
        #[test]
        fn it_agrees_with_a_sorted_list(steps in prop::collection::vec((0_u64..50, 0_u64..3, any::<bool>()), 1..300), scale in 0..12) {
            let mut queue = EventQueue::new();
            let mut list: Vec<(u64, u64, usize)> = Vec::new();
            let mut now = 0;
            for (i, (delay, tie, take)) in steps.into_iter().enumerate() {
                let delay = delay << scale;
                queue.push_tied(at(now + delay * delay), tie, i);
                list.push((now + delay * delay, tie, i));
                if take {
                    list.sort();
                    let (time, _, event) = list.remove(0);
                    prop_assert_eq!(queue.next_at(), Some(at(time)));
                    prop_assert_eq!(queue.pop(), Some((at(time), event)));
                    now = time;
                }
                prop_assert_eq!(queue.len(), list.len());
            }
        }
    }
}
