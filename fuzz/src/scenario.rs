//! Scenarios in TOML.

use super::words::check_shown;
use kafkasim::scenario::{Scenario, Source, load};

/// What is read is written and read again as the same run.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match load(&Source { name: "case.toml".to_owned(), text: text.to_owned() }, &[]) {
        Err(refused) => check_shown(&refused.render(false)),
        Ok(scenario) => {
            scenario.estimated_events();
            let again: Scenario = scenario.canonical.parse().unwrap_or_else(|refused| panic!("{refused}\n{}", scenario.canonical));
            assert_eq!(again.canonical, scenario.canonical);
            assert_eq!((again.digest, again.seed), (scenario.digest, scenario.seed));
        }
    }
}
