//! The pending events, ordered by (time, tie, sequence).

use super::Instant;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A queue of small `Copy` events. Equal times come out by tie key, and equal tie keys in the order they went in.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    sequence: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    at: Instant,
    tie: u64,
    sequence: u64,
    event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl<E> Eq for Entry<E> {}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.tie, self.sequence).cmp(&(other.at, other.tie, other.sequence))
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
        EventQueue { heap: BinaryHeap::new(), sequence: 0 }
    }
    /// Adds an event; among events of the same time it comes after those already in.
    pub fn push(&mut self, at: Instant, event: E) {
        self.push_tied(at, 0, event);
    }
    /// Adds an event whose place among those of the same time is decided by `tie` first.
    pub fn push_tied(&mut self, at: Instant, tie: u64, event: E) {
        self.sequence += 1;
        self.heap.push(Reverse(Entry { at, tie, sequence: self.sequence, event }));
    }
    /// Takes the next event and its time.
    pub fn pop(&mut self) -> Option<(Instant, E)> {
        self.heap.pop().map(|Reverse(e)| (e.at, e.event))
    }
    /// The time of the next event.
    pub fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(e)| e.at)
    }
    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.heap.len()
    }
    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}
