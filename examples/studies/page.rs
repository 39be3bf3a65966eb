//! A page of `docs/studies`: prose that people wrote, with tables between marks that this example writes.

use std::fs;
use std::path::{Path, PathBuf};

/// What a study writes.
#[derive(Default)]
pub struct Written {
    /// The name of each block of the page, and what stands in it.
    pub blocks: Vec<(&'static str, String)>,
    /// The name of each picture, and the text of its file.
    pub pictures: Vec<(String, String)>,
}

/// Puts what was written into the page of a study, and beside it.
///
/// # Errors
/// When a file cannot be read or written, or the page has no place for a block.
pub fn write(study: &str, written: &Written) -> Result<(), String> {
    let page = folder().join(format!("{study}.md"));
    let pictures = folder().join(study);
    fs::create_dir_all(&pictures).map_err(|error| failed(&pictures, error))?;
    for (name, svg) in &written.pictures {
        let file = pictures.join(format!("{name}.svg"));
        fs::write(&file, svg).map_err(|error| failed(&file, error))?;
    }
    let text = fs::read_to_string(&page).map_err(|error| failed(&page, error))?;
    let filled = written.blocks.iter().try_fold(text, |text, (name, block)| filled(&text, name, block));
    fs::write(&page, filled?).map_err(|error| failed(&page, error))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/studies")
}

fn failed(path: &Path, error: std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// The page with a block in its place.
fn filled(text: &str, name: &str, block: &str) -> Result<String, String> {
    let begin = format!("<!-- {name}: written by examples/studies -->\n");
    let (before, rest) = text.split_once(&begin).ok_or(format!("the page has no line `{}`", begin.trim()))?;
    let (_, after) = rest.split_once("<!-- end -->").ok_or(format!("the block `{name}` has no line `<!-- end -->`"))?;
    Ok(format!("{before}{begin}\n{}\n\n<!-- end -->{after}", block.trim()))
}
