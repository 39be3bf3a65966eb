//! The central study: what the age of metadata costs and saves, for each fault, load and library.

use crate::numbers::{Found, counts, milliseconds, over_time, panel, point, table, times};
use crate::page::Written;
use crate::plans::{AGE, AGES};
use kafkasim::report::plot::{Panel, Quantity, Series};
use kafkasim::statistics::Estimate;

/// How busy the clients are, as their names begin.
const LOADS: [(&str, &str); 3] =
    [("busy", "busy (10 records a second)"), ("sparse", "sparse (one record in 2 s)"), ("idle", "idle (one record in 50 s)")];
/// The libraries, as the clients' names end.
const LIBRARIES: [(&str, &str); 3] =
    [("java-4.3", "Java 4.3, leader hints"), ("java-3.6", "Java 3.6, no hints"), ("librdkafka", "librdkafka 2.16")];
/// The ages that the tables show: one worth a thought, and the default.
const SHOWN: [&str; 2] = ["15s", "5m"];
/// The faults whose pictures the page shows.
const PICTURED: [&str; 4] = ["rolling-restart", "crash", "cut-whole", "cut-controller"];

/// What is asked of a client.
type Ask = fn(&Found<'_>, usize, &str) -> Option<Estimate>;

/// The tables and pictures of the page.
pub fn written(found: &[Found<'_>]) -> Written {
    let of = |fault: &str| found.iter().find(|f| f.part.name == fault).expect("every fault was run");
    let stale = |fault: &str| {
        let title = format!("Stale requests per client over the age of metadata: {}", fault.replace('-', " "));
        (format!("stale-{fault}"), picture(of(fault), &title, "stale requests", Quantity::Plain, stale_requests))
    };
    let windows = picture(of("crash"), "Median stale window: crash", "stale window", Quantity::DurationMs, stale_window);
    let waits = picture(
        of("cut-whole"),
        "Longest wait of a record: a broker cut from everything",
        "longest wait",
        Quantity::DurationMs,
        longest_wait,
    );
    let more = [
        ("window-crash".to_owned(), windows),
        ("wait-cut-whole".to_owned(), waits),
        ("cost".to_owned(), cost_picture(of("rolling-restart"))),
    ];
    Written {
        blocks: vec![
            ("stale", by_fault(found, stale_requests, counts)),
            ("windows", by_fault(found, stale_window, times)),
            ("waits", by_fault(found, longest_wait, times)),
            ("cost", cost(of("rolling-restart"))),
            ("made", made(found)),
        ],
        pictures: PICTURED.map(stale).into_iter().chain(more).collect(),
    }
}

fn stale_requests(found: &Found<'_>, variant: usize, client: &str) -> Option<Estimate> {
    found.of_client(variant, client, "requests.stale")
}

fn stale_window(found: &Found<'_>, variant: usize, client: &str) -> Option<Estimate> {
    found.of_client(variant, client, "stale_window_ms.p50")
}

fn longest_wait(found: &Found<'_>, variant: usize, client: &str) -> Option<Estimate> {
    found.of_client(variant, client, "longest_wait_ms")
}

/// Metadata requests of a client in a minute: a run counts ten of them.
fn a_minute(found: &Found<'_>, variant: usize, client: &str) -> Option<Estimate> {
    let minutes = found.part.study.variants[variant].scenario.duration.as_millis_f64() / 60_000.0;
    let e = found.of_client(variant, client, "metadata_requests")?;
    Some(Estimate { value: e.value / minutes, low: e.low / minutes, high: e.high / minutes })
}

/// A panel for each load, a line for each library.
fn picture(found: &Found<'_>, title: &str, what: &str, quantity: Quantity, ask: Ask) -> String {
    let of = |(load, label): (&str, &str)| panel(&format!("{what}, {label}"), quantity, lines(found, load, ask));
    let panels: Vec<Panel> = LOADS.into_iter().map(of).collect();
    over_time(&[found], "metadata.max.age.ms, or topic.metadata.refresh.interval.ms of librdkafka", title, panels)
}

fn cost_picture(found: &Found<'_>) -> String {
    let requests = panel("metadata requests of an idle client in a minute", Quantity::Plain, lines(found, "idle", a_minute));
    let title = "What a lower age costs: metadata requests in a minute";
    over_time(&[found], "metadata.max.age.ms, or topic.metadata.refresh.interval.ms of librdkafka", title, vec![requests])
}

fn lines(found: &Found<'_>, load: &str, ask: Ask) -> Vec<Series> {
    let line = |(library, name): (&str, &str)| {
        let client = format!("{load}-{library}");
        let points = AGES.iter().enumerate().filter_map(|(i, age)| point(milliseconds(age), ask(found, i, &client)));
        Series { name: name.to_owned(), points: points.collect() }
    };
    LIBRARIES.into_iter().map(line).collect()
}

/// A row for each fault and load; two ages of each library.
fn by_fault(found: &[Found<'_>], ask: Ask, text: fn(Option<Estimate>) -> String) -> String {
    let columns = || LIBRARIES.into_iter().flat_map(|(library, name)| SHOWN.map(|age| (library, name, age)));
    let short = |name: &str| name.split(',').next().unwrap_or(name).to_owned();
    let head: Vec<String> = ["Fault".to_owned(), "Clients".to_owned()]
        .into_iter()
        .chain(columns().map(|(_, name, age)| format!("{}: {age}", short(name))))
        .collect();
    let row = |part: &Found<'_>, load: &str| {
        let cell = |(library, _, age): (&str, &str, &str)| text(ask(part, place(age), &format!("{load}-{library}")));
        [part.part.name.replace('-', " "), load.to_owned()].into_iter().chain(columns().map(cell)).collect()
    };
    let rows: Vec<Vec<String>> = found.iter().flat_map(|part| LOADS.map(|(load, _)| row(part, load))).collect();
    table(&head, 2, &rows)
}

/// What an idle client asks at each age.
fn cost(found: &Found<'_>) -> String {
    let head = ["Age"].into_iter().chain(LIBRARIES.map(|(_, name)| name)).map(str::to_owned).collect::<Vec<_>>();
    let row = |(i, age): (usize, &&str)| {
        let cells = LIBRARIES.map(|(library, _)| counts(a_minute(found, i, &format!("idle-{library}"))));
        [(*age).to_owned()].into_iter().chain(cells).collect()
    };
    let (asked, ms, bytes) =
        ["metadata_requests", "metadata_broker_ms", "metadata_bytes"].map(|path| found.of_run(0, path).map_or(0.0, |e| e.value)).into();
    format!(
        "{}\nOne answer is {:.0} bytes here (12 partitions) and takes {:.2} ms of a broker's threads.",
        table(&head, 1, &AGES.iter().enumerate().map(row).collect::<Vec<_>>()),
        bytes / asked,
        ms / asked
    )
}

/// What was run, part by part.
fn made(found: &[Found<'_>]) -> String {
    let row = |f: &Found<'_>| vec![f.scenario().to_owned(), f.results.all().len().to_string(), format!("`{}`", f.digest())];
    format!(
        "Each part varies `{AGE}`.\n\n{}",
        table(&["Scenario", "Runs", "Study"].map(str::to_owned), 1, &found.iter().map(row).collect::<Vec<_>>())
    )
}

/// The variant of an age.
fn place(age: &str) -> usize {
    AGES.iter().position(|known| *known == age).expect("the tables show ages that were run")
}
