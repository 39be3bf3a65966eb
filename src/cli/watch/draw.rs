//! The picture in the terminal.

use super::keys::HELP;
use super::view::{Cell, View};
use crate::timeline::record::Micros;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Cell as Field, Gauge, Paragraph, Row, Table, Wrap};

/// Colours of brokers: of the sixteen that every terminal has, so that its own theme is kept.
const COLOURS: [Color; 6] = [Color::Blue, Color::Yellow, Color::Green, Color::Magenta, Color::Cyan, Color::Red];
/// Columns of a client, in a wide terminal and in a narrow one.
const COLUMN: (u16, u16) = (14, 8);
/// A terminal narrower than this is narrow.
const WIDE: u16 = 80;

/// Draws the show. Without colour everything is told by text and signs alone.
pub fn draw(frame: &mut Frame<'_>, view: &View<'_>, colour: bool) {
    let area = frame.area();
    let brokers = (view.timeline.brokers.len() as u16 + 3).min(area.height / 3);
    let [head, progress, now, top, middle, story, help] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(4),
        Constraint::Length(brokers),
        Constraint::Min(4),
        Constraint::Length(area.height.saturating_sub(12).min(8)),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(heading(view)), head);
    frame.render_widget(gauge(view), progress);
    let sentence = Paragraph::new(view.sentence()).wrap(Wrap { trim: true });
    frame.render_widget(sentence.block(Block::bordered().title(" just happened ")), now);
    frame.render_widget(brokers_table(view, colour), top);
    matrix(frame, middle, view, colour);
    frame.render_widget(story_lines(view, story.height), story);
    frame.render_widget(Paragraph::new(HELP).style(Style::new().add_modifier(Modifier::DIM)), help);
}

/// A moment: `1 min 02.345678 s`.
fn moment(at: Micros) -> String {
    let sign = if at < 0 { "-" } else { "" };
    let abs = at.unsigned_abs();
    let (minutes, rest) = (abs / 60_000_000, abs % 60_000_000);
    let seconds = format!("{}.{:06} s", rest / 1_000_000, rest % 1_000_000);
    if minutes > 0 { format!("{sign}{minutes} min {seconds}") } else { format!("{sign}{seconds}") }
}

fn heading(view: &View<'_>) -> String {
    let state = if view.playing { "▶ plays" } else { "‖ stands" };
    format!("{}   {}   {state} at {} times real time   {}", view.name, moment(view.at), view.speed, view.controller())
}

fn gauge(view: &View<'_>) -> Gauge<'static> {
    let (from, to) = (view.timeline.from, view.timeline.to);
    let part = (view.at - from) as f64 / (to - from).max(1) as f64;
    Gauge::default().ratio(part.clamp(0.0, 1.0)).label(format!("{:.0} % of the run", part * 100.0)).use_unicode(true)
}

fn of_broker(broker: Option<u32>, colour: bool) -> Style {
    match broker {
        Some(broker) if colour => Style::new().fg(COLOURS[broker as usize % COLOURS.len()]),
        Some(_) | None => Style::new(),
    }
}

fn brokers_table(view: &View<'_>, colour: bool) -> Table<'static> {
    let row = |i: usize| {
        let broker = &view.timeline.brokers[i];
        let image = broker.images.partition_point(|image| image.0 <= view.at).checked_sub(1).map(|k| broker.images[k].1);
        let image = image.map_or_else(|| "-".to_owned(), |offset| offset.to_string());
        let fields = [broker.id.to_string(), view.state(i), view.leads(i).to_string(), image];
        Row::new(fields).style(of_broker(Some(i as u32), colour))
    };
    let rows: Vec<Row<'static>> = (0..view.timeline.brokers.len()).map(row).collect();
    let widths = [Constraint::Length(6), Constraint::Min(12), Constraint::Length(6), Constraint::Length(9)];
    let head = Row::new(["broker", "state", "leads", "metadata"]).style(Style::new().add_modifier(Modifier::BOLD));
    Table::new(rows, widths).header(head).block(Block::bordered().title(" brokers "))
}

/// Partitions down, clients across: who leads, and what each client believes.
fn matrix(frame: &mut Frame<'_>, area: Rect, view: &View<'_>, colour: bool) {
    let names = view.timeline.partitions.iter().map(|p| p.name.chars().count()).max().unwrap_or(9).clamp(13, 24) as u16;
    let column = if area.width < WIDE { COLUMN.1 } else { COLUMN.0 };
    let fixed = names + 8 + 5 + 3;
    let room = (area.width.saturating_sub(fixed + 2) / (column + 1)) as usize;
    let clients: Vec<_> = view.timeline.clients.iter().take(room).collect();
    let mut head = vec!["partition".to_owned(), "leader".to_owned(), "ISR".to_owned()];
    head.extend(clients.iter().map(|client| cut(&client.name, column as usize)));
    let mut rows = vec![stale_row(view, &clients)];
    for (place, partition) in view.partitions().take(area.height as usize) {
        let leader = view.truth(partition);
        let ready = leader.is_none_or(|leader| view.is_ready(partition, leader));
        let broker = leader.and_then(|leader| leader.broker);
        let waits = if ready { "" } else { " waits" };
        let in_sync = view.in_sync(partition).map_or_else(String::new, |(n, of)| format!("{n}/{of}"));
        let mut fields = vec![
            Field::from(cut(&partition.name, names as usize)),
            Field::from(format!("{}{waits}", id(view, broker))).style(of_broker(broker, colour)),
            Field::from(in_sync),
        ];
        for client in &clients {
            fields.push(belief(view, view.belief(client, place), colour));
        }
        rows.push(Row::new(fields));
    }
    let mut widths = vec![Constraint::Length(names), Constraint::Length(8), Constraint::Length(5)];
    widths.extend(clients.iter().map(|_| Constraint::Length(column)));
    let more = view.timeline.clients.len() - clients.len();
    let title = if more > 0 {
        format!(" leaders, and beliefs (≠ not true); {more} clients have no room ")
    } else {
        " leaders, and what each client believes (≠ not true) ".to_owned()
    };
    let head = Row::new(head).style(Style::new().add_modifier(Modifier::BOLD));
    frame.render_widget(Table::new(rows, widths).header(head).block(Block::bordered().title(title)), area);
}

fn stale_row(view: &View<'_>, clients: &[&crate::timeline::record::Client]) -> Row<'static> {
    let mut fields = vec!["stale beliefs".to_owned(), String::new(), String::new()];
    fields.extend(clients.iter().map(|client| view.stale(client).to_string()));
    Row::new(fields).style(Style::new().add_modifier(Modifier::DIM))
}

fn id(view: &View<'_>, broker: Option<u32>) -> String {
    broker.map_or_else(|| "none".to_owned(), |b| view.timeline.brokers[b as usize].id.to_string())
}

fn belief(view: &View<'_>, cell: Cell, colour: bool) -> Field<'static> {
    match cell {
        Cell::Nothing => Field::from("·"),
        Cell::True(broker) => Field::from(id(view, broker)).style(of_broker(broker, colour)),
        Cell::False(broker) => {
            Field::from(format!("{} ≠", id(view, broker))).style(of_broker(broker, colour).add_modifier(Modifier::REVERSED))
        }
    }
}

fn story_lines(view: &View<'_>, height: u16) -> Paragraph<'static> {
    let events = view.before(height.saturating_sub(2) as usize);
    let lines: Vec<Line<'static>> = events
        .iter()
        .map(|event| {
            let when = Span::styled(format!("{:>18}  ", moment(event.at)), Style::new().add_modifier(Modifier::DIM));
            Line::from(vec![when, Span::raw(event.text.clone())])
        })
        .collect();
    Paragraph::new(Text::from(lines)).block(Block::bordered().title(" story "))
}

fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}
