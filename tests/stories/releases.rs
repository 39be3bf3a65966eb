//! The same story under every release.

use crate::story::{BROKER_2, Story, tell};
use kafkasim::kafka::{ErrorCode, Release};
use kafkasim::observe::Fact;
use kafkasim::observe::fact::Told;

fn with(kafka: Release, client: &str, fault: &str) -> Story {
    tell(&[fault, &format!("kafka={kafka}"), &format!("client.app.profile={client}"), "client.app.rate=300", "duration=45s"])
}

fn hints(story: &Story) -> usize {
    story.count(0.0, f64::MAX, |f| matches!(f, Fact::BeliefChanged { told: Told::Hint(_), .. }))
}

#[test]
fn every_release_survives_a_restart_and_a_crash() {
    for kafka in Release::ALL {
        for client in ["java-3.6", "java-4.3"] {
            for fault in ["at 5s restart broker 2 down 5s", "at 5s kill broker 2 for 5s"] {
                let story = with(kafka, client, fault);
                let what = format!("Kafka {kafka}, {client}, {fault}");
                assert_eq!(story.record.kafka, kafka.name());
                assert_eq!((story.record.total.records.failed, story.record.total.records.lost), (0, 0), "{what}");
                assert_eq!(story.record.moves.len(), 2, "{what}: {:?}", story.record.moves);
                assert_eq!(story.record.cluster.under_replicated_at_end, 0, "{what}");
                let end = story.record.simulated_ms;
                assert!(story.acknowledged(end - 5000.0, end) > 1000, "{what}: it is served at the end");
            }
        }
    }
}

#[test]
fn leader_hints_need_a_broker_and_a_client_from_3_7_on() {
    let stop = "at 5s stop broker 2";
    assert_eq!(hints(&with(Release::V3_6, "java-4.3", stop)), 0, "the broker gives none");
    assert_eq!(hints(&with(Release::V4_3, "java-3.6", stop)), 0, "the client reads none");
    assert!(hints(&with(Release::V3_7, "java-3.7", stop)) > 0);
    assert!(hints(&with(Release::V4_3, "java-4.3", stop)) > 0);
}

#[test]
fn from_4_0_on_a_clean_restart_too_waits_for_the_old_session() {
    let refused = |kafka| {
        let story = with(kafka, "java-4.3", "at 5s restart broker 2 down 100ms");
        story.count(0.0, f64::MAX, |f| matches!(f, Fact::RegistrationRefused { broker: BROKER_2, .. }))
    };
    assert_eq!(refused(Release::V3_9), 0, "before, a fenced broker may register anew");
    assert!(refused(Release::V4_3) > 0, "KAFKA-17793 and KAFKA-19130");
}

/// KAFKA-15583, `Partition.effectiveMinIsr`.
#[test]
fn a_minimum_isr_above_the_number_of_replicas_is_refused_before_3_7_and_lowered_since() {
    let refused = |kafka| {
        let of_three = r#"topic.orders.config={ "min.insync.replicas" = 4 }"#;
        let story =
            tell(&["at 5s restart broker 2", &format!("kafka={kafka}"), of_three, "delivery.timeout.ms=3s", "request.timeout.ms=2s"]);
        let is_refusal = |f: &Fact| matches!(f, Fact::EntryAnswered { error: ErrorCode::NotEnoughReplicas, .. });
        let says = |words: &str| {
            assert!(story.record.not_modelled.iter().any(|note| note.contains(words)), "{words}: {:?}", story.record.not_modelled)
        };
        says(if kafka == Release::V3_6 { "take no record with acks=all" } else { "take it as 3" });
        (story.count(0.0, 4000.0, is_refusal) > 0, story.acknowledged(0.0, 4000.0) > 0)
    };
    assert_eq!(refused(Release::V3_6), (true, false));
    assert_eq!(refused(Release::V3_7), (false, true));
    assert_eq!(refused(Release::V4_3), (false, true));
}
