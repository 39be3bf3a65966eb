//! The pages of the studies show what the present scenarios give: a page whose scenario changed is noticed, and so is a picture that is gone.

#[path = "../examples/studies/plans.rs"]
mod plans;

use plans::STUDIES;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/studies")
}

fn page(study: &str) -> String {
    fs::read_to_string(folder().join(format!("{study}.md"))).expect("every study has its page")
}

/// The files that a page shows, as `![text](file)`.
fn pictures(page: &str) -> Vec<&str> {
    page.split("![").skip(1).filter_map(|rest| rest.split_once("](")?.1.split_once(')')).map(|(file, _)| file).collect()
}

#[test]
fn every_page_names_the_study_that_its_scenarios_are_now() {
    for study in STUDIES {
        let page = page(study);
        for part in plans::parts(study, 1) {
            let digest = &part.study.digest()[..16];
            assert!(
                page.contains(digest),
                "{study}.md is of another study than `{}` is now ({digest}): run `cargo run --release --example studies -- {study}` and read the page again",
                part.name
            );
        }
    }
}

#[test]
fn every_picture_that_a_page_shows_is_there_and_is_of_its_study() {
    for study in STUDIES {
        let text = page(study);
        let shown = pictures(&text);
        assert!(!shown.is_empty(), "{study}.md shows nothing");
        let digests: Vec<String> = plans::parts(study, 1).iter().map(|part| part.study.digest()[..16].to_owned()).collect();
        for file in shown {
            let svg = fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{study}.md shows {file}: {error}"));
            assert!(digests.iter().any(|digest| svg.contains(digest)), "{file} is not of the study that {study}.md is of");
        }
    }
}

#[test]
fn no_page_has_an_empty_block_and_every_page_is_in_the_list() {
    let list = page("README");
    for study in STUDIES {
        let text = page(study);
        let blocks: Vec<&str> = text.split("written by examples/studies -->").skip(1).collect();
        assert!(
            !blocks.is_empty() && blocks.iter().all(|block| block.trim_start().starts_with('|') || block.trim_start().starts_with("Each")),
            "{study}.md has an empty block"
        );
        assert!(list.contains(&format!("({study}.md)")), "README.md does not list {study}.md");
    }
}
