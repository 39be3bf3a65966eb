//! Reading logs: line by line, since they may be larger than memory.

use super::exit::Failure;
use super::input::unreadable;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};

/// Longest line that is read whole. A fetch of many thousand partitions is logged in some megabytes.
const LONGEST_LINE: u64 = 64 << 20;
/// What a file that is compressed with gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

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
    if head.starts_with(&GZIP) {
        return Err(Failure::new(format!("`{path}` is compressed; give it as standard input: gzip -dc {path} | kafkasim calibrate … -")));
    }
    lines(reader, show).map_err(|error| failed(&error))
}

/// A line as it stands in a file.
pub struct Line<'a> {
    /// Its bytes, without its end, and not more than were asked for.
    pub bytes: &'a [u8],
    /// Whether it has an end; the last line of a file that is still written has none.
    pub whole: bool,
}

/// Shows every line of a file (of standard input for `-`), whatever it holds, at most `longest` bytes of each. A file that is compressed
/// with gzip is unpacked; where that breaks off is said, and what was read until then counts.
///
/// # Errors
/// When the file cannot be read.
pub fn lenient(path: &str, longest: usize, show: &mut dyn FnMut(Line)) -> Result<Option<String>, Failure> {
    let failed = |error: &std::io::Error| unreadable(path, error);
    let input: Box<dyn Read> = match path {
        "-" => Box::new(std::io::stdin()),
        _ => Box::new(File::open(path).map_err(|error| failed(&error))?),
    };
    let mut reader = BufReader::with_capacity(1 << 20, input);
    if !reader.fill_buf().map_err(|error| failed(&error))?.starts_with(&GZIP) {
        return bytes(reader, longest, show).map(|()| None).map_err(|error| failed(&error));
    }
    match bytes(BufReader::with_capacity(1 << 20, MultiGzDecoder::new(reader)), longest, show) {
        Ok(()) => Ok(None),
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
            Ok(Some(format!("it is compressed, and cannot be unpacked to its end: {error}")))
        }
        Err(error) => Err(failed(&error)),
    }
}

fn bytes(mut reader: impl BufRead, longest: usize, show: &mut dyn FnMut(Line)) -> std::io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(longest as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let mut whole = line.ends_with(b"\n");
        if !whole && read == longest {
            // The rest of an endless line is passed over.
            reader.skip_until(b'\n')?;
            whole = true;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        show(Line { bytes: text.strip_suffix(b"\r").unwrap_or(text), whole });
    }
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
    let mut reader = BufReader::new(File::open(path).map_err(|error| unreadable(path, &error))?);
    let packed = reader.fill_buf().map_err(|error| unreadable(path, &error))?.starts_with(&GZIP);
    let reader: Box<dyn BufRead> = if packed { Box::new(BufReader::new(MultiGzDecoder::new(reader))) } else { Box::new(reader) };
    // A line that is not text, or cannot be unpacked, is told when the file is read.
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
