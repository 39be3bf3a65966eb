//! What the cluster's own metrics showed, and whether a page on them would have come before the clients noticed.

use super::{heading, paragraph};
use crate::observe::record::gauges::{Gauge, Gauges};
use crate::report::document::{Block, Table};
use crate::report::quantity::{NONE, count, counted, duration, moment, percent};

/// Brokers that are named in a sentence; the JSON answer has all of them.
const BROKERS: usize = 10;

/// The metrics that moved, in a row each, and the names of those that did not.
pub fn section(gauges: &Gauges) -> Vec<Block> {
    if gauges.metrics.is_empty() {
        return Vec::new();
    }
    let (moved, still): (Vec<&Gauge>, Vec<&Gauge>) = gauges.metrics.iter().partition(|g| g.total.moved_ms.is_some());
    let mut blocks = vec![heading("What the cluster's own metrics showed")];
    if !moved.is_empty() {
        blocks.push(paragraph(explanation(gauges)));
        blocks.push(Block::Table(table(&moved)));
    }
    blocks.extend(leaders(gauges).map(paragraph));
    blocks.extend(standing_still(&still).map(paragraph));
    blocks.extend(gauges.not_told.iter().map(paragraph));
    blocks
}

fn explanation(gauges: &Gauges) -> String {
    format!(
        "A page comes when a metric is above what it was at rest (`up` and ActiveBrokerCount: below; the counts of leaders, partitions and active \
         controllers: another than that): at once, for eyes that never close; scraped, where it is read every {} and half of \
         the moments at which these readings may begin have seen it. {} Brokers' metrics are added up over the brokers that answer, each from its own \
         state; a process that is down, paused or cut off from everybody shows nothing.",
        duration(gauges.scrape_every_ms),
        noticed(gauges)
    )
}

/// When the clients noticed.
fn noticed(gauges: &Gauges) -> String {
    let error = match gauges.first_request_error_ms {
        Some(at) => format!("A client first heard of an error at {}", moment(at)),
        None => "No client heard of an error".to_owned(),
    };
    match gauges.first_connection_lost_ms {
        Some(at) => format!("{error}; one first lost a connection at {}.", moment(at)),
        None => format!("{error}, and none lost a connection."),
    }
}

fn table(moved: &[&Gauge]) -> Table {
    let mut table = Table::new(&["Metric", ">At rest", ">Least", ">Most", ">Moved at", ">Back at", ">Page at once", ">Page, scraped"]);
    for gauge in moved {
        let total = &gauge.total;
        table.row([
            gauge.name.clone(),
            number(total.at_start),
            number(total.least),
            number(total.most),
            total.moved_ms.map_or_else(|| NONE.to_owned(), moment),
            back(gauge),
            lead(gauge.page.ideal_ms, gauge.page.ideal_lead_ms),
            scraped(gauge),
        ]);
    }
    table
}

/// Which broker leads how many partitions after the run, where that is another number than before it.
fn leaders(gauges: &Gauges) -> Option<String> {
    let leaders = gauges.metrics.iter().find(|g| g.name == "LeaderCount")?;
    let other = leaders.nodes.iter().filter(|(_, course)| course.at_start != course.at_end);
    let texts: Vec<String> =
        other.map(|(id, course)| format!("{id} from {} to {}", number(course.at_start), number(course.at_end))).collect();
    let (shown, more) = (texts.len().min(BROKERS), texts.len().saturating_sub(BROKERS));
    let rest = if more > 0 { format!(", and {}", counted(more as u64, "more broker")) } else { String::new() };
    (!texts.is_empty())
        .then(|| format!("LeaderCount of brokers, from the start of counting to the end: {}{rest}.", texts[..shown].join(", ")))
}

fn number(n: Option<u64>) -> String {
    n.map_or_else(|| "not shown".to_owned(), count)
}

fn back(gauge: &Gauge) -> String {
    match gauge.total.back_ms {
        Some(at) => moment(at),
        None if gauge.counts_up => "counts up".to_owned(),
        None => "not by the end".to_owned(),
    }
}

/// A page against the first error.
fn lead(page_ms: Option<f64>, lead_ms: Option<f64>) -> String {
    match (page_ms, lead_ms) {
        (None, _) => NONE.to_owned(),
        (Some(_), None) => "no error to be before".to_owned(),
        (Some(_), Some(lead)) if lead > 0.0 => format!("{} before", duration(lead)),
        (Some(_), Some(lead)) => format!("{} after", duration(-lead)),
    }
}

fn scraped(gauge: &Gauge) -> String {
    match gauge.page.scraped_ms {
        Some(_) => lead(gauge.page.scraped_ms, gauge.page.scraped_lead_ms),
        None if gauge.page.ideal_ms.is_none() => NONE.to_owned(),
        None if gauge.page.scraped_share > 0.0 => format!("seen by {} only", percent(gauge.page.scraped_share)),
        None => "never seen".to_owned(),
    }
}

fn standing_still(still: &[&Gauge]) -> Option<String> {
    if still.is_empty() {
        return None;
    }
    let names: Vec<&str> = still.iter().map(|g| g.name.as_str()).collect();
    Some(format!("{} stood still: {}.", counted(still.len() as u64, "metric"), names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::record::gauges::{Course, Page};
    use crate::report::document::{Document, Verdict};
    use crate::report::text::{Look, render};

    fn gauge(name: &str, moved_ms: Option<f64>, page: Page) -> Gauge {
        let total = Course { at_start: Some(0), least: Some(0), most: Some(4), moved_ms, ..Course::default() };
        Gauge { name: name.to_owned(), total, page, ..Gauge::default() }
    }

    #[test]
    fn a_page_is_told_against_the_first_error() {
        let early = Page { ideal_ms: Some(2_000.0), ideal_lead_ms: Some(3_000.0), scraped_share: 0.2, ..Page::default() };
        let late = Page {
            ideal_ms: Some(6_000.0),
            ideal_lead_ms: Some(-1_000.0),
            scraped_ms: Some(12_000.0),
            scraped_share: 1.0,
            scraped_lead_ms: Some(-7_000.0),
        };
        let gauges = Gauges {
            first_request_error_ms: Some(5_000.0),
            scrape_every_ms: 15_000.0,
            metrics: vec![
                gauge("UnderReplicatedPartitions", Some(2_000.0), early),
                gauge("FencedBrokerCount", Some(6_000.0), late),
                gauge("IsrShrinksPerSec", None, Page::default()),
            ],
            ..Gauges::default()
        };
        let document = Document { title: String::new(), verdict: Verdict { text: String::new(), good: true }, blocks: section(&gauges) };
        let text = render(&document, Look { width: 160, colour: false });
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for expected in [
            "A client first heard of an error at 5.000 s",
            "3 s before",
            "seen by 20 % only",
            "1 s after",
            "7 s after",
            "1 metric stood still: IsrShrinksPerSec.",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }
}
