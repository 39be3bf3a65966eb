//! The handbook says what the present scenarios give, and every scenario with a page holds what it expects with each of the handbook's seeds.

#[path = "../examples/handbook/chapter.rs"]
mod chapter;
#[path = "../examples/handbook/figures.rs"]
mod figures;
#[path = "../examples/handbook/page.rs"]
mod page;

use kafkasim::scenario::{Source, catalogue, load};

#[test]
fn the_handbook_is_what_the_catalogue_gives_and_every_page_keeps_its_word() {
    let (text, broken) = page::write();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/HANDBOOK.md");
    if std::env::var_os("KAFKASIM_WRITE_HANDBOOK").is_some() {
        std::fs::write(&file, &text).expect("the handbook can be written");
    }
    let found = std::fs::read_to_string(&file).expect("there is a handbook");
    let differs = text.lines().zip(found.lines()).find(|(now, then)| now != then);
    assert!(text == found, "docs/HANDBOOK.md is old: run `cargo run --release --example handbook`; the first difference: {differs:?}");
}

#[test]
fn every_scenario_of_a_chapter_has_a_page_and_names_what_exists() {
    let names = catalogue::names();
    let read = |name: &str| load(&Source::catalogue(name).expect("the catalogue has what it lists"), &[]).expect("it can be read");
    let others: Vec<String> = names.iter().filter_map(|name| read(name).handbook?.without).collect();
    for name in &names {
        let chapter = chapter::CHAPTERS.iter().find(|chapter| name.split_once('/').is_some_and(|(folder, _)| folder == chapter.folder));
        let scenario = read(name);
        let belongs = scenario.handbook.is_some() || others.iter().any(|other| other == name);
        assert_eq!(
            chapter.is_some(),
            belongs,
            "{name}: a page belongs into a chapter, and a chapter has only pages and what is done the other way"
        );
        let Some(page) = scenario.handbook else { continue };
        for prose in [&page.title, &page.why, &page.look, &page.remedy] {
            assert!(!prose.trim().is_empty(), "{name} has an empty part");
        }
        if let Some(other) = &page.without {
            assert!(names.contains(&other.as_str()), "{name} names {other}, which is not there");
        }
    }
}
