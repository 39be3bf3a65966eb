//! What retries save in a crash: lost and doubled messages of three libraries, each set in four ways.

use crate::numbers::{Found, caption, counts, estimate, panel, point, table, times, words};
use crate::page::Written;
use kafkasim::report::plot::{Axis, LinePlot, Quantity, Scale, Series};
use kafkasim::report::quantity::percent;
use kafkasim::statistics::{Confidence, proportion::proportion};

/// The tables and the picture of the page.
pub fn written(found: &[Found<'_>]) -> Written {
    let [crash] = found else { panic!("the study has one part") };
    let clients = clients(crash);
    let lost = |(place, client): (usize, &String)| point(place as f64, crash.of_client(0, client, "messages.lost"));
    let series = Series { name: "mean of a run".to_owned(), points: clients.iter().enumerate().filter_map(lost).collect() };
    let panels = vec![panel("messages lost in one crash", Quantity::Plain, vec![series])];
    let x = Axis { label: "client".to_owned(), scale: Scale::Named(clients.clone()), quantity: Quantity::Plain };
    let words = words(&[crash], "Messages that no log holds after the crash of a broker", &panels);
    Written {
        blocks: vec![("clients", by_client(crash, &clients))],
        pictures: vec![("lost".to_owned(), LinePlot { words, x, panels }.svg())],
    }
}

/// In the order of the scenario.
fn clients(found: &Found<'_>) -> Vec<String> {
    found.part.study.variants[0].scenario.spec.clients.iter().map(|client| client.name.to_string()).collect()
}

fn by_client(found: &Found<'_>, clients: &[String]) -> String {
    let head = ["Client", "Messages lost", "In how many runs", "Records failed", "Failed, yet written", "Extra copies", "Longest wait"]
        .map(str::to_owned);
    let row = |client: &String| {
        let of = |path: &str| counts(found.of_client(0, client, path));
        let wait = times(found.of_client(0, client, "longest_wait_ms"));
        vec![
            client.clone(),
            of("messages.lost"),
            runs(found, client),
            of("records.failed"),
            of("records.failed_but_written"),
            of("messages.extra_copies"),
            wait,
        ]
    };
    let rows: Vec<Vec<String>> = clients.iter().map(row).collect();
    let handed = estimate(&found.values(0, &format!("clients.{}.messages.handed_over", clients[0]), 1.0));
    format!("{}\nEach client hands over {} messages in a run. {}", table(&head, 1, &rows), counts(handed), caption(&[found]))
}

/// In how many runs a message was lost, with the exact bounds of its chance: what never happened may happen yet.
fn runs(found: &Found<'_>, client: &str) -> String {
    let lost = found.values(0, &format!("clients.{client}.messages.lost"), 1.0);
    let (some, of) = (lost.iter().filter(|n| **n > 0.0).count() as u64, lost.len() as u64);
    let bounds = proportion(some, of, Confidence::default()).map(|e| format!(" ({} to {})", percent(e.low), percent(e.high)));
    format!("{some} of {of}{}", bounds.unwrap_or_default())
}
