//! A small set as an ascending list.

/// A set that is mostly empty or small: members stand in a row, so that to find one takes fewer steps than in a tree, and to put one in or take
/// one out allocates nothing. Where it is large, that moves all behind it.
#[derive(Clone, Debug)]
pub struct SortedList<T>(Vec<T>);

impl<T> Default for SortedList<T> {
    fn default() -> Self {
        SortedList(Vec::new())
    }
}

impl<T: Ord + Copy> SortedList<T> {
    /// Puts it in.
    pub fn insert(&mut self, item: T) {
        if let Err(place) = self.0.binary_search(&item) {
            self.0.insert(place, item);
        }
    }

    /// Takes it out; says whether it was in.
    pub fn remove(&mut self, item: T) -> bool {
        let place = self.0.binary_search(&item);
        place.map(|place| self.0.remove(place)).is_ok()
    }

    /// Takes everything out; the list keeps its memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether it is in.
    pub fn contains(&self, item: T) -> bool {
        self.0.binary_search(&item).is_ok()
    }

    /// Whether nothing is in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The least.
    pub fn first(&self) -> Option<T> {
        self.0.first().copied()
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::SortedList;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set_in_order(steps in proptest::collection::vec((any::<bool>(), 0_u8..20), 0..200)) {
            let (mut list, mut set) = (SortedList::default(), BTreeSet::new());
            for (comes, item) in steps {
                if comes {
                    list.insert(item);
                    set.insert(item);
                } else {
                    prop_assert_eq!(list.remove(item), set.remove(&item));
                }
                prop_assert!(list.iter().eq(set.iter().copied()));
                prop_assert_eq!((list.first(), list.is_empty(), list.contains(item)), (set.first().copied(), set.is_empty(), comes));
            }
        }
    }
}
