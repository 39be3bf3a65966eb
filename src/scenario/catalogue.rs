//! The catalogue: scenarios that come with the program.

use include_dir::{Dir, File, include_dir};

static SIMS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sims");

/// The name of every scenario of the catalogue, sorted: `rolling-restart`, `measured/kill`.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = files(&SIMS).into_iter().filter_map(|f| f.path().to_str()?.strip_suffix(".toml")).collect();
    names.sort_unstable();
    names
}

/// The text of a scenario by its name.
pub fn find(name: &str) -> Option<&'static str> {
    SIMS.get_file(format!("{name}.toml"))?.contents_utf8()
}

fn files(dir: &'static Dir<'_>) -> Vec<&'static File<'static>> {
    dir.files().chain(dir.dirs().flat_map(files)).collect()
}
