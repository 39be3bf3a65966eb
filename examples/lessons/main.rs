//! The pictures of `docs/LEARN.md`: `cargo run --release --example lessons` writes them. The same command writes the same bytes.

mod pictures;

use std::path::Path;

fn main() -> Result<(), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/learn");
    for picture in &pictures::PICTURES {
        let file = folder.join(format!("{}.svg", picture.file));
        std::fs::write(&file, picture.draw()).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}
