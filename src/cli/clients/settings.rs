//! The settings of a client with the defaults of its release.

use crate::engine::Duration;
use crate::kafka::config::{Key, Kind, counterparts, known};
use crate::model::client::profile::Profile;
use serde::Serialize;

/// A setting and its default in a release.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Under the library's own name.
    pub key: &'static str,
    /// As a program of that library has it, or would print it.
    pub default: String,
    /// What it does.
    pub meaning: &'static str,
    /// What it stands for in every library, if others have the like.
    #[serde(skip)]
    pub concept: Option<&'static str>,
}

/// The settings of a producer or consumer; none when the model has no such client.
pub fn of(profile: &Profile, consumer: bool) -> Vec<Setting> {
    let Some(config) = profile.config(consumer) else { return Vec::new() };
    let library = profile.library.names().0;
    let setting = |key: &Key| Setting {
        key: key.name,
        default: config.get(key.name).map_or_else(String::new, |text| shown(key, &text)),
        meaning: key.doc.trim(),
        concept: counterparts::aliases(library, key.name)
            .find_map(|name| counterparts::concept_in(library, name, consumer))
            .map(|c| c.meaning),
    };
    let known = known::client(library, consumer);
    config.keys().iter().filter(|key| !known.ignores(key.name)).map(setting).collect()
}

/// A value for people: times with their unit, and what has no end in words.
pub fn shown(key: &Key, text: &str) -> String {
    let number = text.parse::<u64>().ok();
    match (key.kind, number) {
        (Kind::Millis, Some(ms)) => Duration::from_millis(ms).to_string(),
        (Kind::Seconds, Some(seconds)) => Duration::from_secs(seconds).to_string(),
        (Kind::Int, Some(n)) if n == u64::from(i32::MAX as u32) || n == i64::MAX as u64 => "unlimited".to_owned(),
        _ if text.is_empty() => "none".to_owned(),
        _ => text.to_owned(),
    }
}

/// What acknowledgements are called: all, the leader's, none.
const ACKS: [&[&str]; 3] =
    [&["all", "-1", "AllISRAcks", "WaitForAll"], &["1", "one", "LeaderAck", "WaitForLocal"], &["0", "none", "NoAck", "NoResponse"]];

/// Whether two libraries say the same in their own words.
pub fn alike(a: &Setting, b: &Setting) -> bool {
    let same_acks = || ACKS.iter().any(|words| words.contains(&a.default.as_str()) && words.contains(&b.default.as_str()));
    a.default == b.default || (a.concept == Some("acknowledgement") && same_acks())
}
