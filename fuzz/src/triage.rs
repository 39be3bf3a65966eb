//! Logs and dumps of a real cluster, as `kafkasim triage` reads them.

use kafkasim::triage::{Options, Triage};

/// A log, and the same text as a dump of every tool: the answer says of each file how much of it was understood, as a share.
pub fn take(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut triage = Triage::new(Options::default());
    triage.begin("a.log");
    text.split_inclusive('\n').for_each(|line| triage.line(line.trim_end_matches('\n'), line.ends_with('\n')));
    triage.topics("topics.txt", &text);
    triage.quorum("quorum.txt", &text);
    triage.api_versions("versions.txt", &text);
    triage.sockets("ss.txt", &text);
    triage.broker("server.properties", &text);
    let (record, _) = triage.finish();
    assert!(record.understood.values().all(|share| (0.0..=1.0).contains(share)), "{:?}", record.understood);
}
