//! Records of studies made by hand.

use crate::study::record::singles::{Bad, PairedMetric, SeedPair, SeedValue, Singles, VariantSingles, Worst};
use crate::study::record::{
    COMPARE_SCHEMA, Choice, CompareRecord, Comparison, Difference, Ended, EventRecord, Front, Interval, KeyRecord, KeyShare, LengthRecord,
    MetricRecord, RateRecord, SWEEP_SCHEMA, Sensitivity, Stopping, StudyRecord, SweepRecord, VariantRecord,
};
use std::collections::BTreeMap;

const RUNS: u64 = 200;
const AGE: &str = "metadata.max.age.ms";

fn interval(value: f64, half: f64) -> Interval {
    Interval { value, low: Some(value - half), high: Some(value + half) }
}

/// A number of each run, with half the width of the interval of its mean.
pub fn number(mean: f64, half: f64) -> MetricRecord {
    let (min, max) = if half == 0.0 { (mean, mean) } else { (mean - 10.0 * half, mean + 10.0 * half) };
    MetricRecord { runs: RUNS, mean: interval(mean, half), median: interval(mean, half), min, max }
}

/// Gives a metric of a variant another number.
pub fn cell(variant: &mut VariantRecord, path: &str, metric: MetricRecord) {
    variant.metrics.insert(path.to_owned(), metric);
}

fn event(runs: u64, value: f64, low: f64, high: f64) -> EventRecord {
    EventRecord { runs, of: RUNS, chance: Interval { value, low: Some(low), high: Some(high) } }
}

/// An acknowledged record was lost in so many runs.
pub fn lost_in(variant: &mut VariantRecord, runs: u64, low: f64, high: f64) {
    let chance = event(runs, runs as f64 / RUNS as f64, low, high);
    variant.events.insert("an acknowledged record was lost".to_owned(), chance);
}

fn length(count: u64, open: u64, p50: f64, p99: f64) -> LengthRecord {
    let ended = (1..=20).map(|i| Ended { ms: p50 * f64::from(i) / 10.0, share: f64::from(i) / 20.0 * (1.0 - open as f64 / count as f64) });
    LengthRecord {
        count,
        open,
        p50: Some(interval(p50, p50 / 20.0)),
        p90: Some(interval((p50 + p99) / 2.0, p50 / 10.0)),
        p99: (open == 0).then(|| interval(p99, p99 / 10.0)),
        ended: ended.collect(),
    }
}

/// What a variant came to: stale requests and metadata requests of a run, and the p99 of its stale windows.
fn variant(name: &str, settings: &[(&str, &str)], stale: f64, metadata: f64, window: f64) -> VariantRecord {
    let metrics = [
        ("requests.stale", number(stale, stale / 20.0 + 0.1)),
        ("requests.total", number(50_020.0, 12.0)),
        ("metadata_requests", number(metadata, if metadata < 20.0 { 0.0 } else { metadata / 100.0 })),
        ("stale_window_ms.p99", number(window, 0.05 * window)),
        ("interruption_ms.max", number(216.0, 14.0)),
        ("records.failed", number(0.0, 0.0)),
        ("records.lost", number(0.0, 0.0)),
        ("connections_opened", number(15.0, 0.0)),
    ];
    let metrics: BTreeMap<String, MetricRecord> = metrics.map(|(path, metric)| (path.to_owned(), metric)).into();
    let rate = RateRecord {
        numerator: stale * RUNS as f64,
        denominator: 50_020.0 * RUNS as f64,
        share: Some(Interval { value: stale / 50_020.0, low: Some(0.95 * stale / 50_020.0), high: Some(1.05 * stale / 50_020.0) }),
    };
    let events = [
        ("a request met a stale leader", event(RUNS, 1.0, 0.982, 1.0)),
        ("a record failed to its application", event(0, 0.0, 0.0, 0.018_3)),
        ("an acknowledged record was lost", event(0, 0.0, 0.0, 0.018_3)),
    ];
    VariantRecord {
        name: name.to_owned(),
        settings: settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        scenario_digest: "5f3c".to_owned(),
        runs: RUNS,
        clients: ["audit", "shop-4.3"].map(|client| (client.to_owned(), metrics.clone())).into(),
        metrics,
        rates: BTreeMap::from([("stale".to_owned(), rate)]),
        events: events.map(|(name, event)| (name.to_owned(), event)).into(),
        lengths: BTreeMap::from([
            ("interruption".to_owned(), length(4_800, 0, 5.9, 185.0)),
            ("recovery".to_owned(), length(4_800, 0, 364.0, 62_000.0)),
            ("stale_window".to_owned(), length(4_800, if window > 4_000.0 { 31 } else { 0 }, window / 4.0, window)),
        ]),
        repeat: format!("kafkasim run rolling-restart --set {AGE}=1s --seed 1"),
    }
}

fn study(keys: Vec<KeyRecord>, runs: u64, repeat: &str) -> StudyRecord {
    StudyRecord {
        kafkasim: "0.1.0".to_owned(),
        scenario: "rolling-restart".to_owned(),
        digest: "9be1f00dcafe00015f3c".to_owned(),
        costs: vec!["typical".to_owned()],
        keys,
        first_seed: 1,
        seeds: RUNS,
        runs,
        missing: 0,
        confidence: 0.95,
        warmup_ms: 20_000.0,
        counted_ms: 360_000.0,
        assumed_rates: false,
        violated: Vec::new(),
        not_modelled: vec!["Transactions are not modelled.".to_owned()],
        repeat: repeat.to_owned(),
    }
}

fn key(name: &str, values: &[String], numbers: Vec<f64>) -> KeyRecord {
    KeyRecord { key: name.to_owned(), values: values.to_vec(), numbers: Some(numbers), unit: "ms".to_owned() }
}

/// A sweep over the age of metadata, with a bound that two settings meet.
pub fn metadata_age() -> SweepRecord {
    let ages = [("1s", 12.1, 2_310.0, 905.0), ("30s", 21.0, 98.0, 1_700.0), ("5m", 33.4, 37.0, 4_100.0), ("1h", 40.0, 14.0, 5_200.0)];
    let named = |age: &str| format!("{AGE}={age}");
    SweepRecord {
        schema: SWEEP_SCHEMA.to_owned(),
        study: study(
            vec![key(AGE, &ages.map(|age| age.0.to_owned()), vec![1e3, 3e4, 3e5, 3.6e6])],
            4 * RUNS,
            "kafkasim sweep rolling-restart --vary metadata.max.age.ms=1s,30s,5m,1h --require 'stale_window_ms.p99 < 2s'",
        ),
        variants: ages.map(|(age, stale, metadata, window)| variant(&named(age), &[(AGE, age)], stale, metadata, window)).into(),
        sensitivity: vec![
            sensitivity("metadata_requests", 14.0, 2_310.0, &[(AGE, 1.0)]),
            sensitivity("requests.stale", 12.1, 40.0, &[(AGE, 1.0)]),
        ],
        front: Front {
            cost: "metadata_requests".to_owned(),
            loss: "stale_window_ms.p99".to_owned(),
            variants: ["1h", "5m", "30s", "1s"].map(named).into(),
        },
        choice: Some(Choice {
            required: vec!["stale_window_ms.p99 < 2s".to_owned()],
            minimised: "metadata_requests".to_owned(),
            variant: Some(named("30s")),
            met_by: vec![named("1s"), named("30s")],
            undecided: Vec::new(),
            as_cheap: Vec::new(),
        }),
    }
}

fn sensitivity(metric: &str, least: f64, greatest: f64, keys: &[(&str, f64)]) -> Sensitivity {
    let keys = keys.iter().map(|(key, share)| KeyShare { key: (*key).to_owned(), share: *share }).collect();
    Sensitivity { metric: metric.to_owned(), least, greatest, keys }
}

/// A square grid of so many settings of two keys.
pub fn sampled(settings: usize) -> SweepRecord {
    let side = settings.isqrt();
    let ages: Vec<String> = (1..=side).map(|i| format!("{i}s")).collect();
    let lingers: Vec<String> = (0..side).map(|i| i.to_string()).collect();
    let mut variants = Vec::new();
    for (i, age) in ages.iter().enumerate() {
        for linger in &lingers {
            let grown = i as f64;
            let settings = [(AGE, age.as_str()), ("linger.ms", linger.as_str())];
            variants.push(variant(
                &format!("{AGE}={age} linger.ms={linger}"),
                &settings,
                10.0 + grown,
                400.0 - 10.0 * grown,
                900.0 + grown,
            ));
        }
    }
    let numbers = |from: usize, unit: f64| (from..from + side).map(|i| i as f64 * unit).collect();
    SweepRecord {
        study: study(
            vec![key(AGE, &ages, numbers(1, 1e3)), key("linger.ms", &lingers, numbers(0, 1.0))],
            variants.len() as u64 * RUNS,
            "kafkasim sweep rolling-restart --vary metadata.max.age.ms=1s..20s --vary linger.ms=0..19",
        ),
        sensitivity: vec![sensitivity("requests.stale", 10.0, 29.0, &[(AGE, 0.81), ("linger.ms", 0.042)])],
        front: Front {
            cost: "metadata_requests".to_owned(),
            loss: "requests.stale".to_owned(),
            variants: variants.iter().step_by(side).map(|variant| variant.name.clone()).rev().collect(),
        },
        choice: None,
        variants,
        ..metadata_age()
    }
}

fn difference(metric: &str, before: f64, after: f64, half: f64, seeds: [u64; 3], pairing: Option<f64>) -> Difference {
    let supported = half > 0.0 && (after - before).abs() > half;
    Difference {
        metric: metric.to_owned(),
        unit: if metric.contains("_ms") { "ms" } else { "" }.to_owned(),
        pairs: RUNS,
        unpaired: 0,
        before,
        after,
        difference: interval(after - before, half),
        lower: seeds[0],
        equal: seeds[1],
        higher: seeds[2],
        p: if supported { 1e-9 } else { 1.0 },
        p_adjusted: if supported { 4e-9 } else { 1.0 },
        supported,
        pairing: pairing.map(|ratio| interval(ratio, ratio / 5.0)),
    }
}

/// Ten seconds instead of five minutes, seed by seed.
pub fn age_against_five_minutes() -> CompareRecord {
    let mut base = variant("base", &[], 33.4, 37.0, 4_100.0);
    base.settings.clear();
    CompareRecord {
        schema: COMPARE_SCHEMA.to_owned(),
        study: study(
            vec![key(AGE, &["10s".to_owned()], vec![1e4])],
            2 * RUNS,
            "kafkasim compare rolling-restart --variant base --variant short:metadata.max.age.ms=10s",
        ),
        stopping: Stopping {
            asked: "200 seeds".to_owned(),
            reached: true,
            looks: vec![RUNS],
            guarantee: "Each interval holds the true mean difference with the stated confidence, as far as a t interval does.".to_owned(),
        },
        variants: vec![base, variant("short", &[(AGE, "10s")], 16.2, 240.0, 1_100.0)],
        comparisons: vec![Comparison {
            variant: "short".to_owned(),
            against: "base".to_owned(),
            metrics: vec![
                difference("requests.stale", 33.4, 16.2, 1.1, [198, 2, 0], Some(6.3)),
                difference("stale_window_ms.p99", 4_100.0, 1_100.0, 140.0, [200, 0, 0], Some(1.2)),
                difference("records.failed", 0.0, 0.0, 0.0, [0, RUNS, 0], None),
                difference("metadata_requests", 37.0, 240.0, 2.4, [0, 0, RUNS], Some(14.0)),
            ],
        }],
    }
}

/// What single seeds came to in the comparison: of each metric so many differences.
pub fn seeds_of(record: &CompareRecord) -> Singles {
    let pair = |difference: &Difference, seed: u64| {
        let apart = if seed <= difference.equal { 0.0 } else { (difference.after - difference.before) * seed as f64 / 100.0 };
        SeedPair { seed, before: 2.0 * difference.before, after: 2.0 * difference.before + apart }
    };
    let metric = |difference: &Difference| PairedMetric {
        metric: difference.metric.clone(),
        pairs: (1..=difference.pairs).map(|seed| pair(difference, seed)).collect(),
        apart: if difference.equal == difference.pairs { Vec::new() } else { vec![difference.pairs, difference.pairs - 1] },
    };
    let named = |variant: &VariantRecord| VariantSingles {
        variant: variant.name.clone(),
        worst: Vec::new(),
        commands: [RUNS - 1, RUNS].map(|seed| (seed, format!("kafkasim run rolling-restart --seed {seed}"))).into(),
    };
    Singles {
        variants: record.variants.iter().map(named).collect(),
        pairs: record.comparisons.iter().map(|comparison| comparison.metrics.iter().map(metric).collect()).collect(),
    }
}

/// The worst seeds of the sweep: the same of each variant.
pub fn worst_of(record: &SweepRecord) -> Singles {
    let worst = |metric: &str, bad, median: f64, seeds: &[(u64, f64)]| Worst {
        metric: metric.to_owned(),
        bad,
        runs: RUNS,
        median,
        seeds: seeds.iter().map(|(seed, value)| SeedValue { seed: *seed, value: *value }).collect(),
    };
    let named = |variant: &VariantRecord| VariantSingles {
        variant: variant.name.clone(),
        worst: vec![
            worst("stale_window_ms.p99", Bad::Most, 905.0, &[(17, 31_000.0), (4, 2_200.0), (90, 2_200.0)]),
            worst("records.acknowledged", Bad::Least, 40.0, &[(4, 12.0)]),
            worst("records.lost", Bad::Most, 0.0, &[]),
        ],
        commands: [4, 17, 90].map(|seed| (seed, format!("kafkasim run rolling-restart --set {} --seed {seed}", variant.name))).into(),
    };
    Singles { variants: record.variants.iter().map(named).collect(), pairs: Vec::new() }
}
