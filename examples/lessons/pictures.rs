//! One picture for each lesson: a stretch of a scenario of the catalogue, with the seed that it names.

use kafkasim::engine::Instant;
use kafkasim::experiment::{RunOptions, run};
use kafkasim::observe::Fact;
use kafkasim::report::timeline::{Look, svg};
use kafkasim::scenario::{Source, load};
use kafkasim::timeline::Recorder;

/// A picture.
pub struct Picture {
    /// Its file in `docs/learn`, without `.svg`.
    pub file: &'static str,
    /// The scenario.
    pub scenario: &'static str,
    /// From when until when, in milliseconds after counting began.
    pub between_ms: (i64, i64),
}

pub const PICTURES: [Picture; 5] = [
    Picture { file: "crash", scenario: "causes/broker-crash", between_ms: (4_000, 15_500) },
    Picture { file: "stop", scenario: "causes/broker-restart", between_ms: (4_500, 7_000) },
    Picture { file: "age", scenario: "causes/preferred-election", between_ms: (29_700, 32_000) },
    Picture { file: "stall", scenario: "incidents/dead-follower", between_ms: (4_000, 15_500) },
    Picture { file: "second", scenario: "incidents/follower-backoff", between_ms: (4_800, 6_600) },
];

impl Picture {
    /// The picture as SVG.
    pub fn draw(&self) -> String {
        let source = Source::catalogue(self.scenario).expect("the catalogue has the lesson's scenario");
        let scenario = load(&source, &[]).unwrap_or_else(|found| panic!("{}: {found:?}", self.scenario));
        let from = Instant::ZERO + scenario.count_from;
        let mut recorder = Recorder::new(&scenario.spec, from, from + scenario.duration);
        let mut watch = |at: Instant, fact: &Fact| recorder.on_fact(at, fact);
        run(&scenario, &RunOptions::default(), Some(&mut watch)).unwrap_or_else(|stopped| panic!("{}: {stopped}", self.scenario));
        let (from, to) = self.between_ms;
        svg(&recorder.finish(), Look { title: self.scenario, from: Some(from * 1000), to: Some(to * 1000) })
    }
}
