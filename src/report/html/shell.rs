//! What every page is: one file that opens from disk, asks no network for anything, says its answer first, and leads to its parts.

use super::blocks::escape;
use crate::report::document::Document;

/// The style sheet of all pages.
const STYLE: &str = include_str!("page/page.css");

/// A page, but for its parts.
pub struct Shell<'a> {
    /// Version of kafkasim.
    pub kafkasim: &'a str,
    /// Its title and answer.
    pub document: &'a Document,
    /// What its own parts look like.
    pub style: &'a str,
    /// The parts that it leads to: their id and name. A keyboard skips to the first.
    pub parts: &'a [(&'a str, &'a str)],
}

impl Shell<'_> {
    /// The whole file. `main` are its parts; `after` stands behind them.
    pub fn page(&self, main: &[&str], after: &[&str]) -> String {
        [self.head().as_str(), "<main>\n", &main.concat(), "</main>\n", &after.concat(), "</body>\n</html>\n"].concat()
    }

    fn head(&self) -> String {
        let title = escape(&self.document.title);
        let verdict = &self.document.verdict;
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
             <meta name=\"generator\" content=\"kafkasim {version}\">\n<title>{title}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n\
             {skip}<header>\n<p class=\"tool\">kafkasim {version}: a simulated Kafka cluster</p>\n\
             <h1>{title}</h1>\n<p class=\"{good}\">{text}</p>\n</header>\n{navigation}",
            version = escape(self.kafkasim),
            style = self.style,
            skip = self.skip(),
            good = if verdict.good { "verdict" } else { "verdict bad" },
            text = escape(&verdict.text),
            navigation = self.navigation(),
        )
    }

    fn skip(&self) -> String {
        let link = |(id, name): &(&str, &str)| format!("<a class=\"skip\" href=\"#{id}\">To the part: {name}</a>\n");
        self.parts.first().map(link).unwrap_or_default()
    }

    fn navigation(&self) -> String {
        let links: String = self.parts.iter().map(|(id, name)| format!("<li><a href=\"#{id}\">{name}</a></li>")).collect();
        format!("<nav aria-label=\"Parts of this page\"><ul>{links}</ul></nav>\n")
    }
}

/// A part under a title of its own.
pub fn section(id: &str, title: &str, body: &str) -> String {
    format!("<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n{body}</section>\n")
}

/// The tables and sentences of an answer.
pub fn numbers(document: &Document) -> String {
    let blocks: String = document.blocks.iter().map(super::blocks::html).collect();
    section("numbers", "The numbers", &blocks)
}

/// A program of a page, in a scope of its own.
pub fn program(scripts: &[&str]) -> String {
    format!("<script>\n\"use strict\";\n(() => {{\n{}}})();\n</script>\n", scripts.concat())
}
