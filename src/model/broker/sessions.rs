//! Fetch sessions of consumers (KIP-227): an answer inside a session leaves out partitions without news.
//! Source: `FetchSession.scala` (`FetchManager.newContext`, `FullFetchContext`, `IncrementalFetchContext`, `CachedPartition.maybeUpdateResponseData`).

use crate::engine::{Duration, Instant, Stream, mix};
use crate::kafka::{Offset, PartitionIx};
use crate::model::message::{FetchResult, FetchSession};
use std::collections::BTreeMap;

/// Sessions that a broker keeps (`max.incremental.fetch.session.cache.slots`).
const SLOTS: usize = 1000;
/// A session that nobody has used for longer gives its slot to another (`FetchSession`, `MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS`).
const IDLE: Duration = Duration::from_secs(120);

/// All sessions of a process: they are in memory and end with it.
#[derive(Debug)]
pub struct FetchSessions {
    sessions: BTreeMap<u64, Session>,
    made: u64,
    ids: Stream,
    life: u64,
}

#[derive(Debug)]
struct Session {
    last_used: Instant,
    /// The high watermark that the consumer was told last; none where it was told an error, or nothing yet.
    told: BTreeMap<PartitionIx, Option<Offset>>,
}

impl FetchSessions {
    /// No sessions, in the given life of a broker. Ids are drawn, so that one of a life before is not found (`newSessionId`).
    pub fn new(ids: Stream, life: u64) -> Self {
        FetchSessions { sessions: BTreeMap::new(), made: 0, ids, life }
    }

    /// Whether the session that a request names is there; a request without one needs none.
    pub fn knows(&mut self, session: FetchSession, now: Instant) -> bool {
        let FetchSession::Id(id) = session else { return true };
        let Some(found) = self.sessions.get_mut(&id) else { return false };
        found.last_used = now;
        true
    }

    /// Takes out of an answer what has no news in its session, and gives the session that the consumer may name next.
    pub fn settle(&mut self, session: FetchSession, results: &mut Vec<FetchResult>, now: Instant) -> FetchSession {
        match session {
            FetchSession::None => FetchSession::None,
            FetchSession::New => self.begin(results, now),
            FetchSession::Id(id) => match self.sessions.get_mut(&id) {
                Some(found) => {
                    // A partition that the request leaves out is forgotten (`toForget`), and new when it comes again.
                    found.told.retain(|partition, _| results.iter().any(|r| r.partition == *partition));
                    results.retain(|result| found.is_news(result));
                    session
                }
                // It was given away while the fetch was parked: the consumer hears of it with its next one.
                None => session,
            },
        }
    }

    fn begin(&mut self, results: &[FetchResult], now: Instant) -> FetchSession {
        if self.sessions.len() >= SLOTS && !self.evict(now) {
            return FetchSession::None;
        }
        self.made += 1;
        let id = self.ids.at(mix(mix(self.life, 3), self.made)).bits();
        let told = results.iter().map(|r| (r.partition, told(r))).collect();
        self.sessions.insert(id, Session { last_used: now, told });
        FetchSession::Id(id)
    }

    fn evict(&mut self, now: Instant) -> bool {
        let oldest = self.sessions.iter().min_by_key(|(_, s)| s.last_used).map(|(id, s)| (*id, s.last_used));
        let Some((id, _)) = oldest.filter(|(_, used)| now.since(*used) > IDLE) else { return false };
        self.sessions.remove(&id).is_some()
    }
}

impl Session {
    fn is_news(&mut self, result: &FetchResult) -> bool {
        let now = told(result);
        let before = self.told.insert(result.partition, now).flatten();
        now.is_none() || before != now || !result.records.is_empty() || result.preferred_replica.is_some()
    }
}

/// After an error the partition is told again, whatever comes.
fn told(result: &FetchResult) -> Option<Offset> {
    result.error.is_none().then_some(result.high_watermark)
}
