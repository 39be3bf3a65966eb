//! Reading logs: line by line, since they may be larger than memory.

use super::exit::Failure;
use super::input::unreadable;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

/// Longest line that is read whole. A fetch of many thousand partitions is logged in some megabytes.
const LONGEST_LINE: u64 = 64 << 20;

/// Shows every line of a file (of standard input for `-`), without its end, or why it is none.
///
/// # Errors
/// When the file cannot be read, or is compressed.
pub fn each(path: &str, show: &mut dyn FnMut(Result<&str, String>)) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| unreadable(path, error);
    if path == "-" {
        return lines(std::io::stdin().lock(), show).map_err(|error| failed(&error));
    }
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(|error| failed(&error))?);
    let head = reader.fill_buf().map_err(|error| failed(&error))?;
    if head.starts_with(&[0x1f, 0x8b]) {
        return Err(Failure::new(format!("`{path}` is compressed; give it as standard input: gzip -dc {path} | kafkasim calibrate … -")));
    }
    lines(reader, show).map_err(|error| failed(&error))
}

/// The first line of a file for which `wanted` gives something; none for standard input, which can be read only once.
///
/// # Errors
/// When the file cannot be read.
pub fn first<T>(path: &str, wanted: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Failure> {
    /// A file that has no such line soon has none at all.
    const LOOKED_AT: usize = 1000;
    if path == "-" {
        return Ok(None);
    }
    let reader = BufReader::new(File::open(path).map_err(|error| unreadable(path, &error))?);
    // A line that is not text is told when the file is read.
    Ok(reader.take(LONGEST_LINE).lines().take(LOOKED_AT).map_while(Result::ok).find_map(|line| wanted(&line)))
}

fn lines(mut reader: impl BufRead, show: &mut dyn FnMut(Result<&str, String>)) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(());
        }
        if read as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") {
            show(Err(format!("the line is longer than {} MiB", LONGEST_LINE >> 20)));
            reader.skip_until(b'\n')?;
            continue;
        }
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        show(std::str::from_utf8(line).map_err(|error| format!("byte {} is not UTF-8 text", error.valid_up_to() + 1)));
    }
}
