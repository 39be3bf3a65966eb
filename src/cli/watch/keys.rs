//! What each key does.

use super::view::View;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// The keys, for the last line of the picture.
pub const HELP: &str = "space play/pause  ←→ event  n/N move  s/S stale  +/- speed  ↑↓ partitions  q quit";

/// Takes in a key; false when it ends the show.
pub fn press(view: &mut View<'_>, key: KeyEvent) -> bool {
    if key.kind == KeyEventKind::Release {
        return true;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => return false,
        KeyCode::Char('c') if control => return false,
        KeyCode::Char(' ') => view.toggle(),
        KeyCode::Right => view.step(true),
        KeyCode::Left => view.step(false),
        KeyCode::Down => view.scroll(1),
        KeyCode::Up => view.scroll(-1),
        KeyCode::PageDown => view.scroll(10),
        KeyCode::PageUp => view.scroll(-10),
        KeyCode::Home => view.go(view.timeline.from),
        KeyCode::End => view.go(view.timeline.to),
        KeyCode::Char('n') => view.jump_move(true),
        KeyCode::Char('N' | 'p') => view.jump_move(false),
        KeyCode::Char('s') => view.jump_stale(true),
        KeyCode::Char('S') => view.jump_stale(false),
        KeyCode::Char('+' | '=') => view.faster(2.0),
        KeyCode::Char('-') => view.faster(0.5),
        // Every other key means nothing here.
        _ => {}
    }
    true
}
