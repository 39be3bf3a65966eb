//! Documents of explanations.

use super::document;
use crate::explain::{ExplanationRecord, Question, explain};
use crate::report::markdown;
use crate::report::text::{Look, render};
use crate::scenario::Source;

fn answer(name: &str) -> ExplanationRecord {
    let mut answer = explain(&Source::catalogue(name).unwrap(), &[], &Question::default()).unwrap();
    answer.repeat = format!("kafkasim explain {name} --seed 1");
    answer
}

#[test]
fn the_first_lines_say_what_it_waited_for_and_what_would_have_helped() {
    let text = render(&document(&answer("broker-crash")), Look { width: 160, colour: false });
    let lead: String = text.lines().skip(2).take(4).collect::<Vec<_>>().join(" ");
    assert!(lead.contains("shop was not served on orders-10 for 8.95 s; it began with this: broker 2 is killed."), "{lead}");
    assert!(lead.contains("broker.session.timeout.ms = 9s"), "{lead}");
    assert!(lead.contains("With broker.session.timeout.ms=6s it would have been 6.10 s."), "{lead}");
}

#[test]
fn an_explanation_is_data_that_can_be_read_again() {
    let answer = answer("preferred-election");
    let json = crate::report::json(&answer);
    let again: ExplanationRecord = serde_json::from_str(&json).unwrap();
    assert_eq!(again, answer);
    assert!(markdown::render(&document(&answer)).contains("replica.fetch.backoff.ms"));
}

#[test]
fn a_calm_run_says_so_and_shows_the_calm() {
    let calm = Source {
        name: "calm".to_owned(),
        text: "duration = \"10s\"\ncluster = { brokers = 3, controllers = 1 }\n[[topic]]\nname = \"orders\"\npartitions = 3\n".to_owned(),
    };
    let text = render(&document(&explain(&calm, &[], &Question::default()).unwrap()), Look { width: 100, colour: false });
    assert!(text.contains("There is nothing to explain: no leader changed, and no client lost one."), "{text}");
    assert!(text.contains("leader changes, of all partitions"), "{text}");
}
