//! Which step counts by the runs, where it is not the longest alone.

use crate::explain::record::{Counts, Lever, Recovery, Rival, Try, counts};

fn without(change: &str, ms: f64) -> Try {
    Try { change: change.to_owned(), removes: true, recovery_ms: Some(ms), waited_ms: Some(ms), refused: None }
}

fn lever(waited_for: &str, ms: f64, tries: Vec<Try>, rivals: Vec<Rival>) -> Lever {
    Lever { step: 0, waited_for: waited_for.to_owned(), ms, saves_ms: ms, tries, rivals }
}

fn rival(waited_for: &str, ms: f64, alone: f64, together: f64) -> Rival {
    let tries = vec![without(waited_for, alone)];
    Rival { waited_for: waited_for.to_owned(), setting: None, ms, tries, together: Some(without("all", together)) }
}

/// A recovery of ten seconds.
fn recovery(levers: Vec<Lever>) -> Recovery {
    Recovery {
        client: "app".to_owned(),
        topic: "orders".to_owned(),
        partition: 0,
        start_ms: 0.0,
        end_ms: 10_000.0,
        recovery_ms: 10_000.0,
        waited_ms: 10_000.0,
        began_with: String::new(),
        steps: Vec::new(),
        beside: Vec::new(),
        levers,
    }
}

#[test]
fn the_longest_step_counts_when_half_of_it_is_saved() {
    let it = recovery(vec![lever("session", 8_000.0, vec![without("session", 6_000.0)], Vec::new())]);
    assert_eq!(counts(&it), Counts::Longest);
    assert_eq!(counts(&recovery(Vec::new())), Counts::Untried);
}

#[test]
fn of_three_beside_it_that_one_counts_without_which_it_is_the_shortest() {
    let beside = vec![
        rival("start", 4_000.0, 7_000.0, 6_500.0),
        rival("role", 1_000.0, 9_900.0, 6_400.0),
        rival("pause", 5_000.0, 5_000.0, 1_000.0),
    ];
    let it = recovery(vec![lever("session", 8_000.0, vec![without("session", 9_000.0)], beside)]);
    let Counts::Instead(other) = counts(&it) else { panic!("{:?}", counts(&it)) };
    assert_eq!((other.waited_for, other.tried.recovery_ms), ("pause", Some(5_000.0)));
}

#[test]
fn a_shorter_step_of_the_same_path_may_be_what_counts() {
    let second = lever("start", 2_000.0, vec![without("start", 8_500.0)], Vec::new());
    let it = recovery(vec![lever("session", 8_000.0, vec![without("session", 9_000.0)], Vec::new()), second]);
    assert!(matches!(counts(&it), Counts::Instead(other) if other.waited_for == "start"));
}

#[test]
fn two_that_hide_each_other_count_together_and_what_no_run_shortens_does_not_count() {
    let together = vec![rival("start", 4_000.0, 10_000.0, 2_000.0)];
    let it = recovery(vec![lever("session", 8_000.0, vec![without("session", 9_000.0)], together)]);
    assert_eq!(counts(&it), Counts::Together);
    let vain = vec![rival("start", 4_000.0, 10_000.0, 9_500.0)];
    let it = recovery(vec![lever("session", 8_000.0, vec![without("session", 9_000.0)], vain)]);
    assert_eq!(counts(&it), Counts::None);
}
