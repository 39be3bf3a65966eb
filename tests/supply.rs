//! What is built into the program: only crates of crates.io, under licences that go with ours, each once. Read from what cargo itself says.

use serde_json::Value;
use std::process::Command;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Licences that code under the Apache License 2.0 may be linked with and given away with.
const LICENCES: &[&str] =
    &["Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "CC0-1.0", "ISC", "MIT", "Unicode-3.0", "Unlicense", "Zlib"];

/// What comes in two versions, because of whom.
const TWICE: &[(&str, &str)] = &[
    ("foldhash", "hashbrown, in its two versions"),
    ("getrandom", "ahash, of parquet, and tempfile"),
    ("hashbrown", "petgraph and indexmap"),
    ("itertools", "criterion, for benches, and ratatui"),
    ("similar", "insta and snapbox, for tests"),
    ("syn", "macros, which are no part of the program"),
    ("unicode-width", "miette and textwrap"),
];

struct Package {
    name: String,
    version: String,
    licence: String,
    source: String,
}

/// The platform that this is built on: crates for others may not be here.
fn host() -> String {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(rustc.stdout).expect("it says what it is");
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("it names its host").to_owned()
}

/// Every package of `Cargo.lock`.
fn packages() -> Vec<Package> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host()])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .output()
        .expect("cargo runs");
    let message = String::from_utf8_lossy(&cargo.stderr);
    assert!(cargo.status.success(), "Cargo.lock does not fit Cargo.toml: {message}");
    let metadata: Value = serde_json::from_slice(&cargo.stdout).expect("cargo writes JSON");
    let text = |package: &Value, key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let all = metadata["packages"].as_array().expect("packages are listed");
    let package =
        |p: &Value| Package { name: text(p, "name"), version: text(p, "version"), licence: text(p, "license"), source: text(p, "source") };
    all.iter().map(package).collect()
}

/// Whether an SPDX expression leaves a choice of which every part is allowed.
fn allowed(licence: &str) -> bool {
    let plain = licence.replace(['(', ')'], "").replace('/', " OR ");
    let every = |choice: &str| choice.split(" AND ").all(|part| LICENCES.contains(&part.trim()));
    !plain.is_empty() && plain.split(" OR ").any(every)
}

#[test]
fn every_crate_comes_from_crates_io_under_a_licence_that_goes_with_ours() {
    let packages = packages();
    assert!(packages.len() > 50, "the crates are listed");
    for p in &packages {
        assert!(p.source == CRATES_IO || p.name == "kafkasim", "{} {} comes from {}", p.name, p.version, p.source);
        assert!(allowed(&p.licence), "{} {} is under `{}`", p.name, p.version, p.licence);
    }
}

#[test]
fn no_crate_is_built_in_twice() {
    let mut names: Vec<(String, String)> = packages().into_iter().map(|p| (p.name, p.version)).collect();
    names.sort();
    let twice: Vec<&str> = names.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0.as_str()).collect();
    let new: Vec<&&str> = twice.iter().filter(|name| !TWICE.iter().any(|(known, _)| known == *name)).collect();
    assert!(new.is_empty(), "{new:?}: `cargo tree --duplicates` says who wants which");
}

#[test]
fn a_licence_is_read_as_spdx_has_it() {
    assert!(allowed("MIT OR Apache-2.0") && allowed("MIT/GPL-3.0") && allowed("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!allowed("GPL-3.0") && !allowed("") && !allowed("MIT AND GPL-3.0"));
}
