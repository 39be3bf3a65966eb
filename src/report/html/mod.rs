//! One run as one HTML file: the timeline to zoom, pan and play, the tables, the configuration and the command that repeats it.
//! It opens from disk, asks no network for anything, and needs no framework.

mod blocks;
#[cfg(test)]
mod tests;

use super::document::Document;
use crate::timeline::record::Timeline;
use blocks::escape;

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
const STYLE: &str = include_str!("page/page.css");
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

/// The whole file.
///
/// # Panics
/// Never: a timeline holds only numbers, strings and lists.
pub fn render(page: &Page<'_>) -> String {
    let title = escape(&page.document.title);
    let data = json(page.timeline);
    let calm = if page.timeline.counts.moves == 0 {
        "<p id=\"calm\"><strong>No leader moved in the counted time.</strong> What is shown is the calm: who leads, what clients believe, and what was sent.</p>\n"
    } else {
        ""
    };
    let good = if page.document.verdict.good { "verdict" } else { "verdict bad" };
    let verdict = escape(&page.document.verdict.text);
    let head = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"generator\" content=\"kafkasim {version}\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#board\">To the timeline</a>\n<header>\n<p class=\"tool\">kafkasim {version}: a simulated Kafka cluster</p>\n\
         <h1>{title}</h1>\n<p class=\"{good}\">{verdict}</p>\n</header>\n",
        version = escape(page.kafkasim),
    );
    let numbers: String = page.document.blocks.iter().map(blocks::html).collect();
    [
        head.as_str(),
        NAVIGATION,
        "<main>\n",
        "<noscript><p>The timeline is drawn by a program in this page, which is not run here. The tables below stand without it.</p></noscript>\n",
        calm,
        BOARD,
        "<section id=\"numbers\" aria-labelledby=\"numbers-title\">\n<h2 id=\"numbers-title\">The numbers</h2>\n",
        &numbers,
        "</section>\n",
        &configuration(page),
        &left_out(page.timeline),
        "</main>\n<div id=\"tip\" role=\"tooltip\" hidden></div>\n<script type=\"application/json\" id=\"data\">",
        &data,
        "</script>\n<script>\n\"use strict\";\n(() => {\n",
        &SCRIPTS.concat(),
        "})();\n</script>\n</body>\n</html>\n",
    ]
    .concat()
}

const NAVIGATION: &str = "<nav aria-label=\"Parts of this page\"><ul><li><a href=\"#board\">Timeline</a></li><li><a href=\"#topology\">Topology</a></li>\
    <li><a href=\"#story\">Story</a></li><li><a href=\"#numbers\">Numbers</a></li><li><a href=\"#configuration\">Configuration</a></li>\
    <li><a href=\"#left-out\">What is left out</a></li></ul></nav>\n";

fn configuration(page: &Page<'_>) -> String {
    format!(
        "<section id=\"configuration\" aria-labelledby=\"configuration-title\">\n<h2 id=\"configuration-title\">The configuration, and the command that repeats the run</h2>\n\
         <p>The same command, scenario and version give the same run.</p>\n<pre id=\"command-text\" tabindex=\"0\">{}</pre>\n\
         <div class=\"bar\"><button type=\"button\" id=\"copy\">Copy the command</button> <span id=\"copied\" role=\"status\"></span></div>\n\
         <details><summary>The scenario with all changes applied</summary>\n<pre tabindex=\"0\">{}</pre></details>\n</section>\n",
        escape(page.command),
        blocks::escape_lines(page.configuration)
    )
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
    format!(
        "<section id=\"left-out\" aria-labelledby=\"left-out-title\">\n<h2 id=\"left-out-title\">What this page leaves out</h2>\n<ul>\n{items}</ul>\n</section>\n"
    )
}

/// JSON that stands inside a script element: nothing in it ends the element or begins a comment.
fn json(timeline: &Timeline) -> String {
    let text = serde_json::to_string(timeline).expect("a timeline holds only numbers, strings and lists");
    crate::printable::json(&text).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
