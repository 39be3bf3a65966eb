//! An import of a whole set of files. The parts of an input are, in this order: a description of topics, a broker's properties, a client's
//! properties, a quorum's status, racks, a topic's load, a release.

use super::words::{check_shown, parts};
use kafkasim::scenario::import::{Input, Sources, import};
use kafkasim::scenario::{Source, load};

/// What is imported is a scenario that loads.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match import(&sources(text)) {
        Err(mistakes) => assert!(!mistakes.is_empty()),
        Ok(imported) => {
            check_shown(&imported.scenario_toml);
            let source = Source { name: "imported".to_owned(), text: imported.scenario_toml };
            if let Err(refused) = load(&source, &[]) {
                panic!("{refused}\n{}", source.text);
            }
        }
    }
}

fn sources(text: &str) -> Sources {
    let mut parts = parts(text).map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()));
    let mut next = || parts.next().flatten();
    let input = |name: &str, text: String| Input { name: name.to_owned(), text };
    Sources {
        topics: next().map(|text| input("describe.txt", text)),
        brokers: next().map(|text| input("server.properties", text)).into_iter().collect(),
        clients: next().map(|text| ("app".to_owned(), input("app.properties", text))).into_iter().collect(),
        quorum: next().map(|text| input("quorum.txt", text)),
        racks: next(),
        loads: next().and_then(|load| load.split_once('=').map(|(topic, _)| (topic.to_owned(), 200.0))).into_iter().collect(),
        kafka: next(),
    }
}
