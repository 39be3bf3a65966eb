//! What the answer leads with.

use crate::report::document::Block;
use crate::triage::{Options, Triage};

#[test]
fn the_answer_leads_with_the_verdict_and_the_cause_and_shows_the_line() {
    let mut triage = Triage::new(Options::default());
    triage.begin("controller.log");
    for line in [
        "[2026-11-22 10:00:20,000] INFO [QuorumController id=1] Fencing broker 102 because its session has timed out. (x.ReplicationControlManager)",
        "[2026-11-22 10:00:39,000] INFO [QuorumController id=1] Registering a new incarnation of broker 102. Previous incarnation ID was a; new incarnation ID is b. (x.ClusterControlManager)",
        "[2026-11-22 10:00:40,000] INFO [QuorumController id=1] The request from broker 102 to unfence has been granted because it has caught up. (x.BrokerHeartbeatManager)",
    ] {
        triage.line(line, true);
    }
    let document = super::document(&triage.finish().0);
    let text = &document.verdict.text;
    assert!(text.starts_with("Transient: 1 burst of trouble") && text.contains("Most likely: broker-crash (score 0.86)"), "{text}");
    assert!(document.verdict.good && document.title.contains("100 % of 3 lines understood"), "{}", document.title);
    let items = document.blocks.iter().filter_map(|block| if let Block::Items(items) = block { Some(items.join(" ")) } else { None });
    assert!(items.into_iter().any(|text| text.contains("controller.log:1: [2026-11-22 10:00:20,000] INFO")));
}
