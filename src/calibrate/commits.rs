//! When leaders were changed, by the metadata log, to hold the brokers' role changes against.

use super::clock::Moment;
use crate::kafka::text::metadata_dump::DumpLine;
use std::collections::BTreeMap;

/// A role change later than this after a commit is not its doing.
const LONGEST_MS: i64 = 30_000;
/// Both clocks are cut to whole milliseconds, so a role change may seem to come this much before its commit.
const CUT_MS: i64 = 1;
/// Role changes without a commit that are kept to find out why.
const KEPT: usize = 50;
/// Zones lie this far apart.
const QUARTER_HOUR_MS: i64 = 900_000;

/// A partition by its topic's id and its number.
type Place = (String, u32);

/// The changes of leaders.
#[derive(Default)]
pub struct Commits {
    /// The batch that is being read was made then.
    batch: Moment,
    ids: BTreeMap<String, String>,
    changes: BTreeMap<Place, Vec<(Moment, Option<u32>)>>,
    /// Role changes for which no commit was found.
    pub unmatched: u64,
    strays: Vec<(Place, Option<u32>, Moment)>,
}

impl Commits {
    /// Adds a line of the dump.
    pub fn add(&mut self, line: DumpLine) {
        match line {
            DumpLine::Batch(at) => self.batch = at,
            DumpLine::Topic { name, id } => self.name(&name, &id),
            DumpLine::Leader { topic_id, partition, leader } => {
                self.changes.entry((topic_id, partition)).or_default().push((self.batch, leader));
            }
            DumpLine::Other => {}
        }
    }

    /// Learns the id of a topic.
    pub fn name(&mut self, topic: &str, id: &str) {
        if self.ids.get(topic).is_none_or(|known| known != id) {
            self.ids.insert(topic.to_owned(), id.to_owned());
        }
    }

    /// Whether there is anything to hold against.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// When the change was committed that made `leader` lead the partition, and that a broker begins to apply at `begun`.
    pub fn behind(&mut self, topic: &str, partition: u32, leader: Option<u32>, begun: Moment) -> Option<Moment> {
        if self.changes.is_empty() {
            return None;
        }
        let place = (self.ids.get(topic).cloned().unwrap_or_default(), partition);
        let found = self.latest(&place, leader, begun);
        if found.is_none() {
            self.unmatched += 1;
            if self.strays.len() < KEPT {
                self.strays.push((place, leader, begun));
            }
        }
        found
    }

    fn latest(&self, place: &Place, leader: Option<u32>, begun: Moment) -> Option<Moment> {
        let fits = |(at, who): &&(Moment, Option<u32>)| *who == leader && (-CUT_MS..=LONGEST_MS).contains(&(begun - at));
        self.changes.get(place)?.iter().filter(fits).map(|(at, _)| *at).max()
    }

    /// A zone of the logs in which the role changes without a commit would have one, in milliseconds further ahead of UTC.
    pub fn other_zone(&self) -> Option<i64> {
        let hits = |ahead: i64| self.strays.iter().filter(|(place, who, at)| self.latest(place, *who, at - ahead).is_some()).count();
        let zones = (-48..=56).map(|quarters| quarters * QUARTER_HOUR_MS).filter(|ahead| *ahead != 0);
        zones.map(|ahead| (hits(ahead), ahead)).max().filter(|(hits, _)| *hits > 0).map(|(_, ahead)| ahead)
    }

    /// Role changes, of those kept, that a commit of the same change follows within so many milliseconds: clocks that differ.
    pub fn before_their_commit(&self, within_ms: i64) -> usize {
        let early = |(place, who, at): &&(Place, Option<u32>, Moment)| {
            let changes = self.changes.get(place).map_or(&[][..], Vec::as_slice);
            changes.iter().any(|(commit, leader)| leader == who && (1..=within_ms).contains(&(commit - at)))
        };
        self.strays.iter().filter(early).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(at: Moment) -> Commits {
        let mut commits = Commits::default();
        commits.add(DumpLine::Topic { name: "orders".to_owned(), id: "abc".to_owned() });
        commits.add(DumpLine::Batch(at));
        commits.add(DumpLine::Leader { topic_id: "abc".to_owned(), partition: 4, leader: Some(101) });
        commits
    }

    #[test]
    fn a_role_change_is_held_against_the_commit_that_it_follows() {
        let mut commits = committed(5_000);
        assert_eq!(commits.behind("orders", 4, Some(101), 5_040), Some(5_000));
        assert_eq!(commits.behind("orders", 4, Some(101), 4_999), Some(5_000), "both clocks are cut to milliseconds");
        assert_eq!(commits.unmatched, 0);
        assert_eq!(commits.behind("orders", 4, Some(102), 5_040), None, "another leader is another change");
        assert_eq!(commits.behind("orders", 4, Some(101), 50_000), None, "too late to be its doing");
        assert_eq!((commits.unmatched, commits.other_zone(), commits.before_their_commit(5_000)), (2, None, 0));
    }

    #[test]
    fn clocks_that_differ_are_noticed() {
        let mut commits = committed(3_600_000);
        assert_eq!(commits.behind("orders", 4, Some(101), 3_599_000), None);
        assert_eq!((commits.before_their_commit(5_000), commits.other_zone()), (1, None));
        assert_eq!(commits.behind("orders", 4, Some(101), 1_800_100), None);
        assert_eq!(commits.other_zone(), Some(-1_800_000), "half an hour behind UTC");
    }
}
