//! Variants of a scenario are compared seed by seed, because they meet the same chance. Where a setting does not matter nothing of it is
//! left in the differences; where it does, they vary less than the runs do.

use kafkasim::scenario::Source;
use kafkasim::statistics::Confidence;
use kafkasim::study::metric::{client_metrics, run_metrics};
use kafkasim::study::record::{CompareRecord, Difference};
use kafkasim::study::{Proposal, Results, Seeds, Study, Variant, compare, fixed};
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

/// Compares variants with the first in every metric.
fn compared(variants: &[&str]) -> CompareRecord {
    let proposal = |text: &&str| Proposal {
        variant: Variant::parse(text).unwrap_or_else(|problem| panic!("{problem}")),
        source: Source { name: "pairing".to_owned(), text: SCENARIO.to_owned() },
        changes: Vec::new(),
    };
    let study = Study::load(variants.iter().map(proposal).collect(), Seeds { first: 1, count: SEEDS });
    let study = study.unwrap_or_else(|found| panic!("{found:?}"));
    let outcomes = (0..study.runs()).into_par_iter().map(|number| study.run(study.job(number))).collect();
    let of_clients = client_metrics().into_iter().map(|(path, _)| format!("clients.shop.{path}"));
    let metrics: Vec<String> = run_metrics().into_iter().map(|(path, _)| path.to_owned()).chain(of_clients).collect();
    compare(&Results::new(&study, outcomes), &metrics, fixed(SEEDS), Confidence::default(), "").unwrap_or_else(|problem| panic!("{problem}"))
}

fn difference<'r>(record: &'r CompareRecord, metric: &str) -> &'r Difference {
    record.comparisons[0].metrics.iter().find(|difference| difference.metric == metric).expect("it is compared")
}

#[test]
fn what_does_not_matter_makes_no_difference_in_any_seed() {
    // The application's patience is never needed to its end, and nobody looks at how long a log is kept within a minute.
    let record = compared(&["as it is", "patient:client.*.delivery.timeout.ms=180000,config.log.retention.hours=24"]);
    let metrics = &record.comparisons[0].metrics;
    assert!(metrics.len() > 50, "{}", metrics.len());
    for found in metrics {
        assert_eq!((found.equal, found.lower, found.higher), (found.pairs, 0, 0), "{found:?}");
        assert_eq!((found.difference.value, found.difference.low, found.difference.high), (0.0, Some(0.0), Some(0.0)), "{found:?}");
        assert!(!found.supported && found.pairing.is_none(), "{found:?}");
    }
    assert!(difference(&record, "requests.stale").before > 0.0, "leaders moved");
}

#[test]
fn what_matters_is_told_apart_with_far_fewer_runs() {
    let record = compared(&["at once:client.shop.linger.ms=0", "patient:client.shop.linger.ms=5"]);
    for found in &record.comparisons[0].metrics {
        println!("{:50} {:10.3} {:10.3} {:?} {:?}", found.metric, found.before, found.after, found.difference, found.pairing);
    }
}
