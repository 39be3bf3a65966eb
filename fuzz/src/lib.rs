//! What is fuzzed: a file for each parser, whose `take` gives one input to it and panics where a promise is broken.
//!
//! Every target promises that no input makes it panic, and that what is refused is refused in words that a terminal only shows. Where there is
//! a printer, what is read is printed and read again as the same. libFuzzer calls the targets through `fuzz_targets/`, and `tests/corpus.rs`
//! of the simulator, on the stable toolchain, with every file of `corpus/` and `regressions/`.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod calibrate;
pub mod describe;
pub mod distribution;
pub mod duration;
pub mod fault;
pub mod import;
pub mod overrides;
pub mod profile;
pub mod properties;
pub mod quorum;
pub mod reassignment;
pub mod run;
pub mod scenario;
pub mod triage;
mod words;

/// Takes one input.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("arguments", arguments::take),
    ("calibrate", calibrate::take),
    ("describe", describe::take),
    ("distribution", distribution::take),
    ("duration", duration::take),
    ("fault", fault::take),
    ("import", import::take),
    ("overrides", overrides::take),
    ("profile", profile::take),
    ("properties", properties::take),
    ("quorum", quorum::take),
    ("reassignment", reassignment::take),
    ("run", run::take),
    ("scenario", scenario::take),
    ("triage", triage::take),
];
