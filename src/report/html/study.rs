//! A study as a page: its answer, pictures and tables, and the single runs that it leads to.

use super::blocks::{self, escape, escape_lines};
use super::shell::{Shell, numbers, program, section};
use crate::report::document::{Block, Document};
use crate::report::study::{Group, Picture, SingleRun, SingleRuns};

const STYLE: &str = include_str!("page/study.css");
const SCRIPTS: [&str; 2] = [include_str!("page/sort.js"), include_str!("page/copy.js")];

const PARTS: [(&str, &str); 4] =
    [("pictures", "Pictures"), ("runs", "Single runs"), ("numbers", "Numbers"), ("configuration", "Configuration")];

/// What a page is made of.
#[derive(Clone, Copy)]
pub struct StudyPage<'a> {
    /// Version of kafkasim.
    pub kafkasim: &'a str,
    /// The answer with its tables.
    pub document: &'a Document,
    /// Its pictures.
    pub pictures: &'a [Picture],
    /// The runs that are worth a look.
    pub runs: &'a SingleRuns,
    /// The scenarios that were run.
    pub configurations: &'a [Configuration],
    /// The command that repeats the study.
    pub command: &'a str,
}

/// A scenario that was run.
#[derive(Clone, PartialEq, Debug)]
pub struct Configuration {
    /// Whose it is.
    pub name: String,
    /// The scenario with all changes applied, as TOML.
    pub text: String,
}

/// The whole file.
pub fn render_study(page: &StudyPage<'_>) -> String {
    let shell = Shell { kafkasim: page.kafkasim, document: page.document, style: STYLE, parts: &PARTS };
    let main = [pictures(page.pictures), runs(page.runs), numbers(page.document), configuration(page)];
    shell.page(&main.each_ref().map(String::as_str), &[SAID, &program(&SCRIPTS)])
}

/// What a program of the page says to those who do not see what it did.
const SAID: &str = "<p id=\"said\" role=\"status\"></p>\n";

fn pictures(pictures: &[Picture]) -> String {
    let figures: String = pictures.iter().map(figure).collect();
    let none = "<p>There is nothing to draw: the numbers are in the tables below.</p>\n";
    let body = if figures.is_empty() { none.to_owned() } else { format!("<div class=\"figures\">\n{figures}</div>\n") };
    section("pictures", "Pictures", &body)
}

/// The picture says itself what it shows; what is wider than the window is scrolled.
fn figure(picture: &Picture) -> String {
    let title = escape(&picture.plot.title);
    let numbers = picture.numbers.clone().map_or_else(String::new, |table| {
        format!("<details><summary>In numbers: {title}</summary>\n{}</details>\n", blocks::html(&Block::Table(table)))
    });
    format!(
        "<figure>\n<div class=\"picture\" role=\"region\" tabindex=\"0\" aria-label=\"Picture: {title}\">{}</div>\n{numbers}</figure>\n",
        picture.plot.svg
    )
}

fn runs(runs: &SingleRuns) -> String {
    let about: String = runs.about.iter().map(|text| format!("<p>{}</p>\n", escape(text))).collect();
    let table = runs.table.clone().map_or_else(String::new, |table| blocks::html(&Block::Table(table)));
    let groups: String = runs.groups.iter().enumerate().map(|(i, one)| group(one, i == 0)).collect();
    section("runs", "From the study to single runs", &[about, table, groups].concat())
}

fn group(group: &Group, open: bool) -> String {
    let runs: String = group.runs.iter().map(run).collect();
    let open = if open { " open" } else { "" };
    format!("<details{open}><summary><strong>{}</strong>: {}</summary>\n{runs}</details>\n", escape(&group.title), escape(&group.summary))
}

fn run(run: &SingleRun) -> String {
    let why: String = run.why.iter().map(|text| format!("<li>{}</li>\n", escape(text))).collect();
    let commands: String =
        run.commands.iter().map(|(what, text)| format!("<p class=\"what\">{}</p>\n{}", escape(what), command(text))).collect();
    format!("<div class=\"run\">\n<h3>Seed {}</h3>\n<ul>\n{why}</ul>\n{commands}</div>\n", run.seed)
}

/// A command with the button that copies it.
fn command(text: &str) -> String {
    format!("<div class=\"command\"><pre tabindex=\"0\">{}</pre><button type=\"button\" class=\"copy\">Copy</button></div>\n", escape(text))
}

fn configuration(page: &StudyPage<'_>) -> String {
    let scenario = |one: &Configuration| {
        format!("<details><summary>{}</summary>\n<pre tabindex=\"0\">{}</pre></details>\n", escape(&one.name), escape_lines(&one.text))
    };
    let scenarios: String = page.configurations.iter().map(scenario).collect();
    let body = format!("<p>The same command, scenario and version give the same study.</p>\n{}{scenarios}", command(page.command));
    section("configuration", "The configuration, and the command that repeats the study", &body)
}
