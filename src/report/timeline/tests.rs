//! The picture is well-formed, and shows what the timeline holds.

use super::{Look, first_move, svg};
use crate::timeline::Timeline;
use crate::timeline::tests::{scenario, told};
use roxmltree::Document;

fn look(title: &str) -> Look<'_> {
    Look { title, from: None, to: None }
}

#[test]
fn a_picture_is_well_formed_whatever_the_title_and_has_a_cross_for_each_stale_request() {
    let (_, timeline) = told(&scenario("preferred-election", &[]));
    let title = "<a & b> \"c\" \u{1b}\u{ffff}\u{202e}";
    let text = svg(&timeline, look(title));
    let picture = Document::parse(&text).unwrap();
    let crosses = picture.descendants().filter(|n| n.attribute("d").is_some_and(|d| d.ends_with("l8 8m0 -8l-8 8"))).count();
    assert_eq!(crosses as u64, timeline.counts.stale + 1, "and one in the legend");
    assert!(picture.root_element().attribute("viewBox").is_some());
    assert!(text.contains("stale window"));
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn the_first_move_is_looked_at_from_its_reason_until_the_last_client_knows() {
    let (_, timeline) = told(&scenario("preferred-election", &[]));
    let first = timeline.moves.iter().find(|m| m.at >= 0).unwrap();
    let (from, to) = first_move(&timeline).unwrap();
    assert!(from < first.asked && to > first.ready.unwrap());
    let text = svg(&timeline, Look { title: "a move", from: Some(from), to: Some(to) });
    assert!(Document::parse(&text).is_ok());
}

#[test]
fn a_run_without_anything_is_the_calm() {
    let calm = Timeline { to: 1, ..Timeline::default() };
    let text = svg(&calm, look("calm"));
    assert!(Document::parse(&text).is_ok());
    assert!(text.contains("this is the calm"));
    assert_eq!(first_move(&calm), None);
}
