//! Answers of studies as an operator would read them, from records made by hand.

mod records;

use super::{compare_document, compare_plots, of_comparison, of_sweep, plots, strips, sweep_document};
use crate::report::markdown;
use crate::report::text::{Look, render};
use crate::study::record::{CompareRecord, SweepRecord};
use records::{age_against_five_minutes, cell, lost_in, metadata_age, number, sampled, seeds_of, worst_of};

const LOOK: Look = Look { width: 120, colour: false };

fn text(record: &SweepRecord) -> String {
    render(&sweep_document(record), LOOK)
}

fn verdict(record: &SweepRecord) -> String {
    sweep_document(record).verdict.text
}

#[test]
fn a_sweep_of_the_metadata_age_says_what_less_staleness_costs_and_which_age_to_set() {
    insta::assert_snapshot!(text(&metadata_age()));
}

#[test]
fn the_markdown_of_a_sweep_shows_its_pictures() {
    insta::assert_snapshot!(markdown::render(&sweep_document(&metadata_age())));
}

#[test]
fn a_comparison_says_how_large_the_difference_is_and_whether_the_data_support_it() {
    insta::assert_snapshot!(render(&compare_document(&age_against_five_minutes()), LOOK));
}

#[test]
fn the_markdown_of_a_comparison_shows_its_pictures() {
    insta::assert_snapshot!(markdown::render(&compare_document(&age_against_five_minutes())));
}

#[test]
fn where_intervals_overlap_the_runs_show_no_difference() {
    let mut record = metadata_age();
    record.choice = None;
    for variant in &mut record.variants {
        cell(variant, "requests.stale", number(20.0, 2.0));
    }
    let verdict = verdict(&record);
    assert!(verdict.contains("the data show no difference in stale requests a run: 20 (18 to 22) against 20 (18 to 22), "), "{verdict}");
}

#[test]
fn settings_that_are_words_are_compared_by_the_least_and_the_most() {
    let mut record = metadata_age();
    record.choice = None;
    record.front.loss = "requests.stale".to_owned();
    record.study.keys[0].numbers = None;
    let told = verdict(&record);
    assert!(
        told.starts_with("Stale requests a run are fewest with metadata.max.age.ms=1s: 12.1 (11.4 to 12.8), where metadata requests"),
        "{told}"
    );
    record.variants.iter_mut().for_each(|variant| cell(variant, "requests.stale", number(20.0, 2.0)));
    let told = verdict(&record);
    assert!(told.starts_with("The data show no difference in stale requests a run between any two of the 4 variants"), "{told}");
    assert!(
        told.contains("Metadata requests a run are fewest with metadata.max.age.ms=1h: 14 in every run; most with metadata.max.age.ms=1s"),
        "{told}"
    );
}

#[test]
fn a_bound_that_no_setting_meets_is_said_first_and_what_comes_nearest() {
    let mut record = metadata_age();
    let choice = record.choice.as_mut().expect("something is required");
    choice.variant = None;
    choice.met_by.clear();
    choice.undecided.clear();
    choice.as_cheap.clear();
    let document = sweep_document(&record);
    assert!(!document.verdict.good);
    assert!(
        document.verdict.text.starts_with(
            "No setting meets stale_window_ms.p99 < 2s; nearest comes metadata.max.age.ms=1s, where the stale window p99 is 905 ms (860 to 950)."
        ),
        "{}",
        document.verdict.text
    );
}

#[test]
fn what_is_not_decided_is_not_called_met() {
    let mut record = metadata_age();
    let choice = record.choice.as_mut().expect("something is required");
    choice.variant = None;
    choice.met_by.clear();
    choice.undecided = vec!["metadata.max.age.ms=30s".to_owned()];
    let verdict = verdict(&record);
    assert!(verdict.starts_with("No setting meets stale_window_ms.p99 < 2s for certain."), "{verdict}");
    assert!(verdict.contains("Not decided, more seeds would: metadata.max.age.ms=30s."), "{verdict}");
}

#[test]
fn runs_that_are_missing_and_promises_that_were_broken_come_before_the_answer() {
    let mut record = metadata_age();
    record.study.missing = 57;
    record.study.runs = 743;
    record.study.violated = vec!["kafkasim run rolling-restart --set metadata.max.age.ms=1s --seed 17".to_owned()];
    let document = sweep_document(&record);
    assert!(!document.verdict.good);
    assert!(
        document.verdict.text.starts_with(
            "DO NOT USE THIS ANSWER: in 1 of 743 runs the simulated cluster broke a promise of Kafka's protocol, which is a bug of kafkasim. \
             INCOMPLETE: 57 of 800 runs are missing."
        ),
        "{}",
        document.verdict.text
    );
    let text = text(&record);
    assert!(text.contains("  kafkasim run rolling-restart --set metadata.max.age.ms=1s --seed 17\n"), "{text}");
    assert!(text.contains("--resume"), "{text}");
}

#[test]
fn a_loss_that_was_never_seen_has_a_bound_and_one_that_was_seen_has_its_chance() {
    let mut record = metadata_age();
    assert!(text(&record).contains("0 of 200 runs (at most 1.8 %)"));
    lost_in(&mut record.variants[3], 3, 0.003_1, 0.043);
    let text = text(&record);
    assert!(text.contains("3 of 200 runs: 1.5 % (0.31 to 4.3)"), "{text}");
    assert!(text.contains("0 of 200 runs (at most 1.8 %)"), "{text}");
}

#[test]
fn a_sample_of_hundreds_of_settings_stays_readable_and_says_which_key_matters() {
    let record = sampled(400);
    let text = text(&record);
    assert!(text.lines().count() < 260, "{} lines", text.lines().count());
    assert!(text.contains("30 of 400 variants"), "{text}");
    assert!(text.contains("metadata.max.age.ms 81 %, linger.ms 4.2 %"), "{text}");
    assert!(verdict(&record).contains("Of the keys, metadata.max.age.ms matters most for it"), "{}", verdict(&record));
}

#[test]
fn one_run_is_no_interval() {
    let mut record = metadata_age();
    record.study.seeds = 1;
    for variant in &mut record.variants {
        variant.runs = 1;
        variant.metrics.values_mut().for_each(|metric| (metric.runs, metric.mean.low, metric.mean.high) = (1, None, None));
    }
    let text = text(&record);
    assert!(text.contains("12.1 (1 run)"), "{text}");
}

#[test]
fn a_difference_that_chance_explains_is_not_called_one() {
    let mut record: CompareRecord = age_against_five_minutes();
    let stale = &mut record.comparisons[0].metrics[0];
    (stale.supported, stale.p, stale.p_adjusted) = (false, 0.31, 0.93);
    (stale.difference.value, stale.difference.low, stale.difference.high) = (-0.8, Some(-2.4), Some(0.8));
    let verdict = compare_document(&record).verdict.text;
    assert!(
        verdict.starts_with("short against base: the data do not show a difference in stale requests a run: it is between -2.4 and +0.8; "),
        "{verdict}"
    );
    let stale = &mut record.comparisons[0].metrics[0];
    (stale.difference.value, stale.difference.low, stale.difference.high) = (-1.6, Some(-3.1), Some(-0.1));
    let verdict = compare_document(&record).verdict.text;
    assert!(verdict.contains("it is between -3.1 and -0.1, which would do alone but not as one of 4 differences"), "{verdict}");
}

#[test]
fn every_picture_is_in_the_report_and_says_what_it_shows() {
    let (sweep, compare) = (metadata_age(), age_against_five_minutes());
    for (plots, report) in [
        (plots(&sweep), markdown::render(&sweep_document(&sweep))),
        (compare_plots(&compare), markdown::render(&compare_document(&compare))),
        (plots(&sampled(64)), markdown::render(&sweep_document(&sampled(64)))),
    ] {
        assert!(plots.len() > 1);
        for plot in plots {
            assert!(report.contains(&format!("![{}](plots/{})", plot.title, plot.file)), "{} is not in the report", plot.file);
            assert!(plot.svg.contains("<svg") && plot.svg.contains("<title"), "{}", plot.file);
        }
    }
}

#[test]
fn names_in_a_study_never_reach_the_terminal_raw() {
    let mut record = metadata_age();
    record.study.scenario = "a\u{1b}[31m".to_owned();
    record.variants[0].name = "b\u{1b}[2J".to_owned();
    assert!(!text(&record).contains('\u{1b}'));
}

#[test]
fn the_worst_seeds_of_a_sweep_are_told_with_the_commands_that_show_them() {
    let mut record = metadata_age();
    record.variants.truncate(1);
    insta::assert_debug_snapshot!(of_sweep(&record, &worst_of(&record)));
    let many = of_sweep(&sampled(400), &worst_of(&sampled(400)));
    assert!(many.groups.len() < 100 && many.about[2].contains("of 400 variants are shown"), "{:?}", many.about);
}

#[test]
fn the_seeds_in_which_two_variants_are_furthest_apart_are_told_with_both_runs() {
    let record = age_against_five_minutes();
    insta::assert_debug_snapshot!(of_comparison(&record, &seeds_of(&record)));
    let mut alike = seeds_of(&record);
    alike.pairs[0].iter_mut().for_each(|metric| metric.apart.clear());
    assert!(of_comparison(&record, &alike).groups.is_empty());
}

#[test]
fn every_metric_that_differs_in_some_seed_has_a_picture_of_all_seeds_and_its_numbers() {
    let record = age_against_five_minutes();
    let pictures = strips(&record, &seeds_of(&record));
    let titles: Vec<&str> = pictures.iter().map(|picture| picture.plot.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "Stale requests seed by seed, against base",
            "Stale window p99 seed by seed, against base",
            "Metadata requests seed by seed, against base"
        ],
        "records failed are the same in every seed"
    );
    assert!(
        pictures[0].plot.svg.contains("<desc>short: less in 198 seeds, equal in 2, more in 0; on average -17.2 (-18.3 to -16.1)</desc>")
    );
    let numbers = pictures[0].numbers.as_ref().expect("it has numbers");
    assert_eq!(numbers.rows[0], ["short", "-34.4", "-26", "-17.4", "-8.77", "0", "-17.2 (-18.3 to -16.1)", "198/2/0"]);
}
