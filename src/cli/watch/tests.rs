//! The show as it looks, of a small run.

use super::draw::draw;
use super::keys::press;
use super::view::{Cell, View};
use crate::timeline::Timeline;
use crate::timeline::tests::{scenario, told};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn timeline() -> Timeline {
    told(&scenario("preferred-election", &[])).1
}

fn picture(view: &View<'_>, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view, false)).unwrap();
    terminal.backend().to_string()
}

fn keys(view: &mut View<'_>, keys: &[KeyCode]) -> bool {
    keys.iter().all(|code| press(view, KeyEvent::new(*code, KeyModifiers::NONE)))
}

#[test]
fn the_first_stale_request_is_shown_with_what_was_true_and_what_was_believed() {
    let timeline = timeline();
    let mut view = View::new("preferred-election", &timeline, 1.0);
    keys(&mut view, &[KeyCode::Char('s')]);
    insta::assert_snapshot!(picture(&view, 100, 32));
}

#[test]
fn a_narrow_terminal_says_what_has_no_room() {
    let timeline = timeline();
    let mut view = View::new("preferred-election", &timeline, 0.01);
    keys(&mut view, &[KeyCode::Char('n'), KeyCode::Char(' ')]);
    insta::assert_snapshot!(picture(&view, 44, 20));
}

#[test]
fn it_goes_forward_and_back_by_events_moves_and_stale_requests() {
    let timeline = timeline();
    let mut view = View::new("x", &timeline, 1.0);
    keys(&mut view, &[KeyCode::Char('n')]);
    let first = view.at;
    assert_eq!(first, timeline.moves.iter().map(|m| m.at).find(|at| *at > 0).unwrap());
    keys(&mut view, &[KeyCode::Char('n'), KeyCode::Char('N')]);
    assert!(view.at <= first, "back again, or to a move of the same moment");

    keys(&mut view, &[KeyCode::Home]);
    let mut told = Vec::new();
    for _ in 0..timeline.events.len() + 3 {
        told.push(view.sentence());
        keys(&mut view, &[KeyCode::Right]);
    }
    told.dedup();
    assert!(told.len() > timeline.events.len() / 2, "every event is told");
    assert_eq!(view.at, timeline.events.last().unwrap().at, "it stops at the last event");
    keys(&mut view, &[KeyCode::Left]);
    assert!(view.at <= timeline.events.last().unwrap().at);

    let stale = timeline.counts.stale as usize;
    keys(&mut view, &[KeyCode::Home]);
    for _ in 0..stale {
        keys(&mut view, &[KeyCode::Char('s')]);
        assert!(view.sentence().starts_with("stale request"), "{}", view.sentence());
    }
    keys(&mut view, &[KeyCode::Char('s')]);
    assert_eq!(view.sentence(), "there is no later stale request");
}

#[test]
fn what_a_client_believes_is_false_from_the_move_until_it_is_told() {
    let timeline = timeline();
    let mut view = View::new("x", &timeline, 1.0);
    let client = &timeline.clients[0];
    let window = client.stale.iter().find(|w| w.span.0 > 0).expect("a client was stale");
    let name = &timeline.names[window.partition as usize];
    let partition = timeline.partitions.iter().position(|p| p.name == *name).unwrap();
    view.go(window.span.0 - 1);
    assert!(matches!(view.belief(client, partition), Cell::True(_)));
    view.go(window.span.0);
    assert!(matches!(view.belief(client, partition), Cell::False(_)));
    view.go(window.span.1.unwrap());
    assert!(matches!(view.belief(client, partition), Cell::True(_)));
}

#[test]
fn playing_takes_as_long_as_its_speed_says_and_ends_with_the_run() {
    let timeline = timeline();
    let mut view = View::new("x", &timeline, 0.5);
    view.pass(1.0);
    assert_eq!(view.at, 0, "it stands");
    view.toggle();
    view.pass(1.0);
    assert_eq!(view.at, 500_000);
    view.faster(4.0);
    view.pass(1.0);
    assert_eq!(view.at, 2_500_000);
    view.pass(1e9);
    assert_eq!((view.at, view.playing), (timeline.to, false));
}
