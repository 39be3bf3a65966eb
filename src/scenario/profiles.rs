//! The client libraries by name.

use crate::model::client::profile::Profile;

const ALL: [Profile; 5] = [
    profile("java-3.6.0", "3.6.0", [false, false, false]),
    profile("java-3.6", "3.6.1 to 3.6.2", [false, true, false]),
    profile("java-3.7", "3.7 and 3.8", [true, true, true]),
    profile("java-3.9", "3.9", [true, true, true]),
    profile("java-4.3", "4.0 to 4.3", [true, true, true]),
];

const fn profile(name: &'static str, releases: &'static str, [backoff, epoch, hints]: [bool; 3]) -> Profile {
    Profile { name, releases, exponential_backoff: backoff, epoch_skips_backoff: epoch, leader_hints: hints, defaults: &[] }
}

pub(super) fn find(name: &str) -> Option<&'static Profile> {
    static PROFILES: [Profile; 5] = ALL;
    PROFILES.iter().find(|p| p.name == name)
}
