//! Which single runs of a study are worth a look, of all its runs.

use super::record::singles::{Bad, PairedMetric, SeedPair, SeedValue, Singles, VariantSingles, Worst};
use super::results::{Column, Results};
use crate::statistics::Confidence;
use crate::statistics::quantile::quantile;
use std::collections::BTreeMap;

/// Seeds that are named of the metric that was asked for first.
const SEEDS: usize = 3;

/// The runs that came off worst: of the first metric the worst three of each variant, of the others the worst one.
///
/// # Errors
/// When a metric does not exist.
pub fn worst(results: &Results<'_>, metrics: &[(String, Bad)]) -> Result<Singles, String> {
    let clients = results.clients(0);
    let columns = metrics.iter().map(|(path, bad)| Ok((Column::parse(path, &clients)?, *bad))).collect::<Result<Vec<_>, String>>()?;
    let of_variant = |variant: usize| {
        let most = |place: usize| if place == 0 { SEEDS } else { 1 };
        let all = columns.iter().enumerate();
        let worst: Vec<Worst> = all.filter_map(|(place, (column, bad))| of_metric(results, variant, column, *bad, most(place))).collect();
        let seeds = worst.iter().flat_map(|worst| worst.seeds.iter().map(|one| one.seed));
        VariantSingles { variant: name(results, variant), commands: commands(results, variant, seeds), worst }
    };
    Ok(Singles { variants: (0..results.study.variants.len()).map(of_variant).collect(), pairs: Vec::new() })
}

/// Every pair of runs, and those seeds in which the variants are furthest apart: of the first metric three, of the others one.
///
/// # Errors
/// When a metric does not exist.
pub fn paired(results: &Results<'_>, metrics: &[String]) -> Result<Singles, String> {
    let clients = results.clients(0);
    let columns = metrics.iter().map(|path| Column::parse(path, &clients)).collect::<Result<Vec<_>, _>>()?;
    let variants = results.study.variants.len();
    let of_variant = |variant: usize| -> Vec<PairedMetric> {
        let most = |place: usize| if place == 0 { SEEDS } else { 1 };
        columns.iter().enumerate().map(|(place, column)| pairs(results, variant, column, most(place))).collect()
    };
    let pairs: Vec<Vec<PairedMetric>> = (1..variants).map(of_variant).collect();
    let apart = |of: &[PairedMetric]| of.iter().flat_map(|metric| metric.apart.clone()).collect::<Vec<u64>>();
    let named = |variant: usize| {
        // The first variant's runs are looked at beside those of every other.
        let seeds = if variant == 0 { pairs.iter().flat_map(|of| apart(of)).collect() } else { apart(&pairs[variant - 1]) };
        VariantSingles { variant: name(results, variant), worst: Vec::new(), commands: commands(results, variant, seeds.into_iter()) }
    };
    Ok(Singles { variants: (0..variants).map(named).collect(), pairs })
}

fn name(results: &Results<'_>, variant: usize) -> String {
    results.study.variants[variant].variant.name.clone()
}

fn commands(results: &Results<'_>, variant: usize, seeds: impl Iterator<Item = u64>) -> BTreeMap<u64, String> {
    let scenario = &results.study.variants[variant].scenario;
    seeds.map(|seed| (seed, scenario.command(seed))).collect()
}

/// None where no run has such a number.
fn of_metric(results: &Results<'_>, variant: usize, column: &Column, bad: Bad, most: usize) -> Option<Worst> {
    let mut seeds: Vec<SeedValue> = results.of(variant).filter_map(|o| Some(SeedValue { seed: o.seed, value: column.of(o)? })).collect();
    let values: Vec<f64> = seeds.iter().map(|one| one.value).collect();
    let (runs, median) = (values.len() as u64, quantile(&values, 0.5, Confidence::default())?.value);
    match bad {
        Bad::Most => seeds.sort_by(|a, b| b.value.total_cmp(&a.value)),
        Bad::Least => seeds.sort_by(|a, b| a.value.total_cmp(&b.value)),
    }
    let same = seeds.first().map(|one| one.value) == seeds.last().map(|one| one.value);
    seeds.truncate(if same { 0 } else { most });
    Some(Worst { metric: column.path.clone(), bad, runs, median, seeds })
}

fn pairs(results: &Results<'_>, variant: usize, column: &Column, most: usize) -> PairedMetric {
    let others: BTreeMap<u64, f64> = results.of(variant).filter_map(|o| Some((o.seed, column.of(o)?))).collect();
    let pair = |seed: u64, before: f64| Some(SeedPair { seed, before, after: *others.get(&seed)? });
    let pairs: Vec<SeedPair> = results.of(0).filter_map(|o| pair(o.seed, column.of(o)?)).collect();
    let mut apart: Vec<SeedPair> = pairs.iter().copied().filter(|pair| pair.before != pair.after).collect();
    apart.sort_by(|a, b| b.difference().abs().total_cmp(&a.difference().abs()));
    PairedMetric { metric: column.path.clone(), apart: apart.iter().take(most).map(|pair| pair.seed).collect(), pairs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Source;
    use crate::study::{Outcome, Proposal, Seeds, Study, Variant, metric};

    const TINY: &str = r#"
        duration = "1s"
        cluster = { brokers = 1, controllers = 1 }
        topic = [{ name = "orders", partitions = 1, replication_factor = 1 }]
        client = [{ name = "app", rate = 1, topics = ["orders"] }]
    "#;

    fn study(variants: &[&str], seeds: u64) -> Study {
        let proposal = |linger: &&str| Proposal {
            variant: Variant::of(vec![("linger.ms".to_owned(), (*linger).to_owned())]),
            source: Source { name: "tiny.toml".to_owned(), text: TINY.to_owned() },
            changes: Vec::new(),
        };
        Study::load(variants.iter().map(proposal).collect(), Seeds { first: 1, count: seeds }).expect("it is a scenario")
    }

    /// Runs with these numbers of stale requests, seed by seed and variant by variant.
    fn results<'s>(study: &'s Study, stale: &[Option<f64>]) -> Results<'s> {
        let place = metric::run_metrics().iter().position(|(path, _)| *path == "requests.stale").expect("it is a metric");
        let of = |(job, stale): (usize, &Option<f64>)| {
            let mut values = vec![Some(0.0); metric::run_metrics().len()];
            values[place] = *stale;
            let seed = study.job(job as u64).seed;
            let (digest, violated) = (String::new(), Vec::new());
            Outcome { job: job as u64, seed, digest, violated, values, clients: Vec::new(), windows: Vec::new() }
        };
        Results::new(study, stale.iter().enumerate().map(of).collect())
    }

    fn seeds(worst: &Worst) -> Vec<u64> {
        worst.seeds.iter().map(|one| one.seed).collect()
    }

    #[test]
    fn the_worst_seeds_come_first_and_of_equal_ones_the_first() {
        let study = study(&["0"], 6);
        let results = results(&study, &[Some(3.0), Some(9.0), None, Some(4.0), Some(9.0), Some(0.0)]);
        let asked = |bad| vec![("requests.stale".to_owned(), bad), ("records.lost".to_owned(), Bad::Most)];
        let found = worst(&results, &asked(Bad::Most)).expect("they are metrics");
        let [stale, lost] = found.variants[0].worst.as_slice() else { panic!("two metrics") };
        assert_eq!((stale.runs, stale.median, seeds(stale)), (5, 4.0, vec![2, 5, 4]));
        assert_eq!((lost.median, seeds(lost)), (0.0, vec![]), "all runs are the same");
        assert_eq!(found.variants[0].commands[&5], "kafkasim run tiny.toml --set linger.ms=0 --seed 5");
        assert_eq!(found.variants[0].commands.len(), 3);
        let found = worst(&results, &asked(Bad::Least)).expect("they are metrics");
        assert_eq!(seeds(&found.variants[0].worst[0]), [6, 1, 4], "where at least so much is required, the least is the worst");
        assert!(worst(&results, &[("requests.stail".to_owned(), Bad::Most)]).is_err());
    }

    #[test]
    fn seeds_are_paired_where_both_have_a_number_and_the_furthest_apart_come_first() {
        let study = study(&["0", "5"], 5);
        let stale = [1.0, 4.0, 7.0, 7.0, 9.0, 1.0, 2.0, 3.0].map(Some).into_iter().chain([None, Some(50.0)]).collect::<Vec<_>>();
        let found = paired(&results(&study, &stale), &["requests.stale".to_owned()]).expect("it is a metric");
        let [of_second] = found.pairs.as_slice() else { panic!("one other variant") };
        let differences: Vec<(u64, f64)> = of_second[0].pairs.iter().map(|pair| (pair.seed, pair.difference())).collect();
        assert_eq!(differences, [(1, 3.0), (2, 0.0), (3, -8.0), (4, 1.0)], "the last seed has no number of the first");
        assert_eq!(of_second[0].apart, [3, 1, 4]);
        assert_eq!(found.variants[0].commands[&3], "kafkasim run tiny.toml --set linger.ms=0 --seed 3");
        assert_eq!(found.variants[1].commands[&3], "kafkasim run tiny.toml --set linger.ms=5 --seed 3");
    }
}
