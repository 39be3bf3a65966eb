//! Logs of brokers. The parts of an input are, in this order: a metadata dump, a server log, a state-change log, a request log.

use super::words::{check_shown, parts};
use kafkasim::calibrate::{Calibration, Kind, Options, Window, Zone};
use kafkasim::engine::Duration;
use kafkasim::scenario::{Override, Source, load};

const KINDS: [Kind; 4] = [Kind::MetadataDump, Kind::ServerLog, Kind::StateChangeLog, Kind::RequestLog];

/// What is learnt are costs that a scenario takes.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut calibration = Calibration::new(options());
    for (kind, part) in KINDS.into_iter().zip(parts(text)).filter(|(_, part)| !part.is_empty()) {
        calibration.begin(kind, "a.log", None);
        part.lines().for_each(|line| calibration.line(Ok(line)));
        if let Err(why) = calibration.end() {
            return check_shown(&why);
        }
    }
    match calibration.finish() {
        Err(why) => check_shown(&why),
        Ok(profile) => {
            let costs = profile.toml();
            check_shown(&costs);
            let base = Source { name: "base.toml".to_owned(), text: BASE.to_owned() };
            if let Err(refused) = load(&base, &[Override::Costs { name: "costs.toml".to_owned(), text: costs.clone() }]) {
                panic!("{refused}\n{costs}");
            }
        }
    }
}

fn options() -> Options {
    let (window, zone) = (Window { from: None, to: None }, Zone { ahead_ms: 0 });
    Options { name: "ours".to_owned(), window, zone, linger: Duration::from_millis(25), handlers: 8 }
}

const BASE: &str = r#"
duration = "10s"
topic = [{ name = "orders", partitions = 3 }]
client = [{ name = "app", rate = 20 }]
"#;
