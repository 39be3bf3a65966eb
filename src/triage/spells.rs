//! When something that happens often happened: spells with their counts, and the first and last line of each. Bounded, whatever comes.

use super::evidence::Place;

/// Longest pause within one spell.
pub const PAUSE_MS: i64 = 5_000;
/// Most spells that are kept apart; beyond it the two that lie nearest become one.
const MOST: usize = 32;

/// Something that went on for a while.
#[derive(Clone, PartialEq, Debug)]
pub struct Spell {
    /// When it began.
    pub first: i64,
    /// When it was seen last.
    pub last: i64,
    /// How often.
    pub count: u64,
    /// The first line.
    pub begins: Place,
    /// The last line.
    pub ends: Place,
}

/// Spells in the order of time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Spells(Vec<Spell>);

impl Spells {
    /// It happened once more.
    pub fn add(&mut self, at: i64, place: Place) {
        let spell = Spell { first: at, last: at, count: 1, begins: place.clone(), ends: place };
        let next = self.0.partition_point(|other| other.first <= at);
        self.0.insert(next, spell);
        self.join(next);
        if let Some(before) = next.checked_sub(1) {
            self.join(before);
        }
        if self.0.len() > MOST {
            let gap = |i: &usize| self.0[i + 1].first - self.0[*i].last;
            let nearest = (0..self.0.len() - 1).min_by_key(gap).unwrap_or(0);
            self.merge(nearest);
        }
    }

    /// Joins a spell with what follows, if the pause between them is short.
    fn join(&mut self, at: usize) {
        if self.0.get(at + 1).is_some_and(|next| next.first <= self.0[at].last + PAUSE_MS) {
            self.merge(at);
        }
    }

    fn merge(&mut self, at: usize) {
        let next = self.0.remove(at + 1);
        let spell = &mut self.0[at];
        spell.count += next.count;
        if next.last >= spell.last {
            (spell.last, spell.ends) = (next.last, next.ends);
        }
    }

    /// In the order of time.
    pub fn iter(&self) -> impl Iterator<Item = &Spell> {
        self.0.iter()
    }

    /// How often in all.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|spell| spell.count).sum()
    }

    /// Those that touch a time.
    pub fn within(&self, from: i64, to: i64) -> impl Iterator<Item = &Spell> {
        self.0.iter().filter(move |spell| spell.last >= from && spell.first <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_close_together_is_one_spell_in_any_order() {
        let place = |line| Place { file: 0, line, text: String::new() };
        let mut spells = Spells::default();
        for (line, at) in [0, 60_000, 4_000, 8_000, 61_000].into_iter().enumerate() {
            spells.add(at, place(line as u64));
        }
        let shown: Vec<_> = spells.iter().map(|spell| (spell.first, spell.last, spell.count)).collect();
        assert_eq!(shown, [(0, 8_000, 3), (60_000, 61_000, 2)]);
        assert_eq!(spells.within(5_000, 59_000).count(), 1);
        (0..1000).for_each(|i| spells.add(i * 100_000, place(0)));
        assert_eq!((spells.0.len(), spells.count()), (MOST, 1005));
    }
}
