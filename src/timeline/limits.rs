//! How much a timeline may hold, so that its page opens quickly whatever was run. What is left out is said, never dropped in silence.

/// Stretches of time into which requests and errors are counted, at most.
pub const BUCKETS: u64 = 1_000;
/// Partitions with a lane of their own; the others are grouped by topic.
pub const PARTITION_LANES: usize = 64;
/// Topics with a group of their own.
pub const GROUP_LANES: usize = 40;
/// Moments of one group at which its leaders are told.
pub const GROUP_STEPS: usize = 400;
/// Numbers of one group: at each moment there is one for each broker.
pub const GROUP_NUMBERS: usize = 20_000;
/// Changes of all partitions with a lane; those that change most are grouped until the others have room.
pub const PARTITION_CHANGES: usize = 60_000;
/// Clients with a lane of their own; the others are grouped.
pub const CLIENT_LANES: usize = 60;
/// Beliefs, over all clients.
pub const BELIEFS: usize = 20_000;
/// Beliefs that are kept while it is not yet known which partitions have a lane.
pub const RAW_BELIEFS: usize = 4_000_000;
/// Stale windows that are drawn one by one, of clients with a lane of their own.
pub const WINDOWS: usize = 40_000;
/// Stale windows that are kept of clients that share a lane, which tells how many they are.
pub const SHARED_WINDOWS: usize = 2_000;
/// Requests that went wrong and are shown one by one.
pub const WRONG_REQUESTS: usize = 8_000;
/// Requests that went right, soon after a move, and are shown one by one.
pub const RIGHT_REQUESTS: usize = 2_000;
/// Leader moves that are shown one by one.
pub const MOVES: usize = 4_000;
/// Events of one kind that are told in a sentence.
pub const EVENTS_OF_A_KIND: usize = 800;
/// Events of one kind at one moment that are told in a sentence each.
pub const EVENTS_OF_A_MOMENT: usize = 6;
/// Metadata refreshes.
pub const REFRESHES: usize = 6_000;
/// Moments at which brokers' metadata moved on, over all brokers.
pub const IMAGES: usize = 60_000;
/// Moments at which the number of stale beliefs of one client is told.
pub const COUNT_STEPS: usize = 1_000;
