//! Variants of a scenario are compared seed by seed, because they meet the same chance. Where a setting does not matter nothing of it is
//! left in the differences; where it does, they vary less than the runs do.

use super::interval::sure;
use kafkasim::scenario::Source;
use kafkasim::statistics::Confidence;
use kafkasim::statistics::paired::paired;
use kafkasim::study::metric::{client_metrics, run_metrics};
use kafkasim::study::record::Difference;
use kafkasim::study::{Column, Proposal, Results, Seeds, Study, Variant, compare, fixed};
use rayon::prelude::*;

const SEEDS: u64 = 40;

/// Crashes at random and two clients, one of them with requests at random.
const SCENARIO: &str = r#"
    kafka = "4.3"
    count_from = "5s"
    duration = "40s"
    faults = ["random kill of brokers every 15s for 5s"]
    cluster = { brokers = 3, controllers = 1 }
    network = { latency = "lognormal(median 0.5ms, p99 5ms)" }
    topic = [{ name = "orders", partitions = 6 }]

    [[client]]
    name = "shop"
    profile = "java-4.3"
    rate = 10
    arrivals = "poisson"
    partitioning = "round-robin"

    [[client]]
    name = "audit"
    profile = "java-4.3"
    rate = 5
    partitioning = "round-robin"
"#;

/// Two variants under the same seeds.
fn study(variants: [&str; 2]) -> Study {
    let proposal = |text: &str| Proposal {
        variant: Variant::parse(text).unwrap_or_else(|problem| panic!("{problem}")),
        source: Source { name: "pairing".to_owned(), text: SCENARIO.to_owned() },
        changes: Vec::new(),
    };
    let study = Study::load(variants.map(proposal).into(), Seeds { first: 1, count: SEEDS });
    study.unwrap_or_else(|found| panic!("{found:?}"))
}

fn run(study: &Study) -> Results<'_> {
    Results::new(study, (0..study.runs()).into_par_iter().map(|number| study.run(study.job(number))).collect())
}

/// The second variant against the first in every metric, of all clients together and of one.
fn compared(results: &Results<'_>) -> Vec<Difference> {
    let of_shop = client_metrics().into_iter().map(|(path, _)| format!("clients.shop.{path}"));
    let metrics: Vec<String> = run_metrics().into_iter().map(|(path, _)| path.to_owned()).chain(of_shop).collect();
    let mut record = compare(results, &metrics, fixed(SEEDS), Confidence::default(), "").unwrap_or_else(|problem| panic!("{problem}"));
    record.comparisons.remove(0).metrics
}

fn of<'d>(differences: &'d [Difference], metric: &str) -> &'d Difference {
    differences.iter().find(|difference| difference.metric == metric).expect("it is compared")
}

#[test]
fn what_does_not_matter_makes_no_difference_in_any_seed() {
    // No record waits for minutes here, and within one nobody looks at how long a log is kept.
    let study = study(["as it is", "other:client.*.delivery.timeout.ms=180000,config.log.retention.hours=24"]);
    let differences = compared(&run(&study));
    assert!(differences.len() > 100, "{}", differences.len());
    for found in &differences {
        assert_eq!((found.equal, found.lower, found.higher), (found.pairs, 0, 0), "{found:?}");
        assert_eq!((found.difference.value, found.difference.low, found.difference.high), (0.0, Some(0.0), Some(0.0)), "{found:?}");
        assert!(!found.supported && found.pairing.is_none(), "{found:?}");
    }
    let stale = of(&differences, "requests.stale");
    assert!(stale.before > 0.0 && stale.pairs == SEEDS, "leaders moved in vain: {stale:?}");
}

#[test]
fn five_milliseconds_of_linger_are_found_among_seconds_of_crashes() {
    let study = study(["at once:client.shop.linger.ms=0", "linger:client.shop.linger.ms=5"]);
    let differences = compared(&run(&study));
    for metric in ["clients.shop.latency_ms.p50", "clients.shop.latency_ms.p99", "latency_ms.p99", "requests.stale"] {
        let found = of(&differences, metric);
        let low = found.pairing.and_then(|ratio| ratio.low).unwrap_or_default();
        println!("{metric}: {:?}, pairing {:?}", found.difference, found.pairing);
        assert!(low > 20.0, "{found:?}");
    }
    let median = of(&differences, "clients.shop.latency_ms.p50");
    let (low, high) = (median.difference.low.unwrap_or_default(), median.difference.high.unwrap_or_default());
    assert!(median.supported && low > 4.0 && (low..high).contains(&5.0), "{median:?}");
}

#[test]
fn runs_of_different_seeds_have_nothing_in_common() {
    let study = study(["at once:client.shop.linger.ms=0", "linger:client.shop.linger.ms=5"]);
    let results = run(&study);
    let metric = Column::parse("latency_ms.p99", &[]).unwrap_or_else(|problem| panic!("{problem}"));
    let [mut at_once, linger] = [0, 1].map(|variant| results.values(variant, &metric));
    // Each with the next seed of the other: their correlation is known to be zero, so that pairing divides the variance by 1.
    at_once.rotate_left(1);
    let apart = paired(&at_once, &linger, sure()).and_then(|found| found.variance_ratio).expect("they vary");
    println!("seeds apart: {apart:?}");
    assert!(apart.low < 1.0 && apart.high.is_some_and(|high| (1.0..2.0).contains(&high)), "{apart:?}");
}
