//! One run as a page: the timeline to zoom, pan and play, the tables, the configuration and the command that repeats it.

use super::blocks::{escape, escape_lines};
use super::shell::{Shell, numbers, program, section};
use crate::report::document::Document;
use crate::timeline::record::Timeline;

/// The page's program, in the order in which its parts need each other.
const SCRIPTS: [&str; 11] = [
    include_str!("page/data.js"),
    include_str!("page/look.js"),
    include_str!("page/canvas.js"),
    include_str!("page/rows.js"),
    include_str!("page/board.js"),
    include_str!("page/metrics.js"),
    include_str!("page/topology.js"),
    include_str!("page/story.js"),
    include_str!("page/player.js"),
    include_str!("page/input.js"),
    include_str!("page/start.js"),
];
const STYLE: &str = include_str!("page/board.css");
const BOARD: &str = include_str!("page/body.html");

/// What a page is made of.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// Version of kafkasim.
    pub kafkasim: &'a str,
    /// The answer with its tables.
    pub document: &'a Document,
    /// The run's course.
    pub timeline: &'a Timeline,
    /// The scenario with all changes applied, as TOML.
    pub configuration: &'a str,
    /// The command that repeats the run.
    pub command: &'a str,
}

const PARTS: [(&str, &str); 6] = [
    ("board", "Timeline"),
    ("topology", "Topology"),
    ("story", "Story"),
    ("numbers", "Numbers"),
    ("configuration", "Configuration"),
    ("left-out", "What is left out"),
];

const WITHOUT_PROGRAM: &str = "<noscript><p>The timeline is drawn by a program in this page, which is not run here. The tables below stand without it.</p></noscript>\n";
const CALM: &str = "<p id=\"calm\"><strong>No leader moved in the counted time.</strong> What is shown is the calm: who leads, what clients believe, and what was sent.</p>\n";
const TIP: &str = "<div id=\"tip\" role=\"tooltip\" hidden></div>\n";

/// The whole file.
///
/// # Panics
/// Never: a timeline holds only numbers, strings and lists.
pub fn render(page: &Page<'_>) -> String {
    let shell = Shell { kafkasim: page.kafkasim, document: page.document, style: STYLE, parts: &PARTS };
    let calm = if page.timeline.counts.moves == 0 { CALM } else { "" };
    let data = format!("<script type=\"application/json\" id=\"data\">{}</script>\n", json(page.timeline));
    let main = [WITHOUT_PROGRAM, calm, BOARD, &numbers(page.document), &configuration(page), &left_out(page.timeline)];
    shell.page(&main, &[TIP, &data, &program(&SCRIPTS)])
}

fn configuration(page: &Page<'_>) -> String {
    let body = format!(
        "<p>The same command, scenario and version give the same run.</p>\n<pre id=\"command-text\" tabindex=\"0\">{}</pre>\n\
         <div class=\"bar\"><button type=\"button\" id=\"copy\">Copy the command</button> <span id=\"copied\" role=\"status\"></span></div>\n\
         <details><summary>The scenario with all changes applied</summary>\n<pre tabindex=\"0\">{}</pre></details>\n",
        escape(page.command),
        escape_lines(page.configuration)
    );
    section("configuration", "The configuration, and the command that repeats the run", &body)
}

fn left_out(timeline: &Timeline) -> String {
    let counts = &timeline.counts;
    let mut sentences = vec![format!(
        "The timeline is made of {} facts. Requests that were right are shown one by one only within a second after a move of their partition, and counted everywhere; \
         records, appends and replication are counted and not shown one by one. The metrics count in stretches of {} ms.",
        timeline.facts,
        timeline.series.bucket as f64 / 1e3
    )];
    let alone = timeline.partitions.len() as u64;
    if counts.partitions > alone {
        sentences.push(format!("{alone} of {} partitions have a lane of their own (those that moved and were used come first); the others are grouped by topic.", counts.partitions));
    }
    if timeline.clients.iter().any(|client| client.members > 1) {
        sentences.push("Clients of a fleet share a lane: how many of their beliefs are stale is shown, not each belief.".to_owned());
    }
    sentences.extend(timeline.left_out.iter().cloned());
    let items: String = sentences.iter().map(|text| format!("<li>{}</li>\n", escape(text))).collect();
    section("left-out", "What this page leaves out", &format!("<ul>\n{items}</ul>\n"))
}

/// JSON that stands inside a script element: nothing in it ends the element or begins a comment.
fn json(timeline: &Timeline) -> String {
    let text = serde_json::to_string(timeline).expect("a timeline holds only numbers, strings and lists");
    crate::printable::json(&text).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
