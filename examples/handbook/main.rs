//! The handbook: `cargo run --release --example handbook` runs every scenario of the catalogue that has a page, with 30 seeds on all cores, and writes
//! `docs/HANDBOOK.md`. The same command writes the same bytes; what is prose stands in the scenarios.

mod chapter;
mod figures;
mod page;

use std::path::Path;

fn main() -> Result<(), String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/HANDBOOK.md");
    let (text, broken) = page::write();
    std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}
