//! What the fuzzers are seeded with, and every input that once broke something, on the stable toolchain: as `fuzz/src/lib.rs` takes it.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

fn fuzz_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn names(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// The inputs of a target. A name is said before the input is taken, so that a failure names it.
fn inputs(kind: &str, target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = names(&fuzz_directory().join(kind).join(target));
    files.into_iter().map(|path| (path.clone(), fs::read(path).expect("an input can be read"))).collect()
}

#[test]
fn every_input_that_is_kept_is_taken_without_harm() {
    for (name, take) in fuzz::TARGETS {
        let inputs = [inputs("corpus", name), inputs("regressions", name)].concat();
        assert!(!inputs.is_empty(), "fuzz/corpus/{name} is empty");
        for (path, data) in inputs {
            println!("{}", path.display());
            take(&data);
        }
    }
}

/// A target that is not listed would be fuzzed and not replayed; one without a binary would be replayed and not fuzzed.
#[test]
fn every_target_is_fuzzed_and_replayed() {
    let stems = |path: &Path| names(path).iter().map(|p| p.file_stem().expect("a name").to_string_lossy().into_owned()).collect::<Vec<_>>();
    let listed: Vec<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(stems(&fuzz_directory().join("fuzz_targets")), listed);
    assert_eq!(stems(&fuzz_directory().join("corpus")), listed);
}

#[test]
fn the_corpora_are_small() {
    for (name, _) in fuzz::TARGETS {
        let inputs = inputs("corpus", name);
        let bytes: usize = inputs.iter().map(|(_, data)| data.len()).sum();
        assert!(
            inputs.len() <= 150 && bytes <= 200 << 10,
            "fuzz/corpus/{name}: {} files, {bytes} bytes: `cargo fuzz cmin {name}`",
            inputs.len()
        );
    }
}
