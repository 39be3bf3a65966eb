//! Documents of explanations.

use super::document;
use crate::explain::record::{Rival, Try};
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

#[test]
fn the_first_lines_say_which_step_counts_where_that_is_not_the_longest() {
    let mut answer = answer("broker-crash");
    let recovery = &mut answer.explained[0];
    let whole = recovery.recovery_ms;
    recovery.levers.truncate(1);
    let lever = &mut recovery.levers[0];
    let tried =
        |change: &str, ms: f64| Try { change: change.to_owned(), removes: true, recovery_ms: Some(ms), waited_ms: Some(ms), refused: None };
    (lever.tries, lever.rivals) = (vec![tried("the session of broker 2 ending at once", whole)], Vec::new());
    let lead = |answer: &ExplanationRecord| {
        let text = render(&document(answer), Look { width: 160, colour: false });
        text.lines().skip(2).take(5).collect::<Vec<_>>().join(" ")
    };
    let unknown = "No run without one of the long steps was much shorter: what it waited for is not known.";
    assert!(lead(&answer).contains(unknown), "{}", lead(&answer));
    let rival = Rival {
        waited_for: "a process is down".to_owned(),
        setting: Some("how long the fault lasts".to_owned()),
        ms: 4_000.0,
        tries: vec![tried("broker 3 started at once", 2_500.0)],
        together: None,
    };
    answer.explained[0].levers[0].rivals.push(rival);
    let said = "What counts, by the runs, is another step: a process is down (how long the fault lasts). With broker 3 started at once it would have been 2.50 s.";
    assert!(lead(&answer).contains(said), "{}", lead(&answer));
}
