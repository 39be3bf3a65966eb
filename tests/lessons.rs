//! The pictures of the lessons are those that the present scenarios give, and every lesson has its command, its picture and its scenario.

#[path = "../examples/lessons/pictures.rs"]
mod pictures;

use pictures::PICTURES;
use std::fs;
use std::path::Path;

#[test]
fn every_picture_of_a_lesson_is_what_its_scenario_gives_now() {
    let lessons = include_str!("../docs/LEARN.md");
    for picture in &PICTURES {
        let shown = format!("(learn/{}.svg)", picture.file);
        assert!(lessons.contains(&shown), "LEARN.md does not show {shown}");
        assert!(lessons.contains(picture.scenario), "LEARN.md does not name {}", picture.scenario);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/learn").join(format!("{}.svg", picture.file));
        let found = fs::read_to_string(&file).expect("every lesson has its picture");
        assert!(found == picture.draw(), "{} is old: run `cargo run --release --example lessons` and look at it", file.display());
    }
}
