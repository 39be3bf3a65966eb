//! Reading files: bounded, decoded, and refused with the reason.

use super::exit::Failure;
use std::fs::File;
use std::io::{ErrorKind, Read};

/// Largest input that is read. A describe dump of 100,000 partitions has about 15 MB.
const LARGEST_BYTES: u64 = 64 << 20;

/// The text of the file, or of standard input for `-`, without a byte order mark.
///
/// # Errors
/// When it cannot be read, is a directory, empty, too large, or not UTF-8.
pub fn read(path: &str) -> Result<String, Failure> {
    let bytes = if path == "-" {
        bounded(std::io::stdin().lock()).map_err(|error| Failure::new(format!("standard input cannot be read: {error}")))?
    } else {
        File::open(path).and_then(bounded).map_err(|error| unreadable(path, &error))?
    };
    decode(path, bytes)
}

fn bounded(input: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Says why a file cannot be read.
pub fn unreadable(path: &str, error: &std::io::Error) -> Failure {
    Failure::new(match error.kind() {
        ErrorKind::NotFound => format!("there is no file `{path}`"),
        ErrorKind::IsADirectory => format!("`{path}` is a directory, not a file"),
        ErrorKind::PermissionDenied => format!("`{path}` may not be read by this user"),
        _ => format!("`{path}` cannot be read: {error}"),
    })
}

fn decode(path: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    if bytes.len() as u64 > LARGEST_BYTES {
        return Err(Failure::new(format!(
            "`{path}` is larger than {} MiB, the most that is read; is it the right file?",
            LARGEST_BYTES >> 20
        )));
    }
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, error.as_bytes(), error.utf8_error().valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Failure::new(format!("`{path}` is empty")));
    }
    Ok(text)
}

fn not_utf8(path: &str, bytes: &[u8], good: usize) -> Failure {
    let before = String::from_utf8_lossy(&bytes[..good]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let remedy = if utf16 { "it looks like UTF-16, which PowerShell's `>` writes: save it as UTF-8" } else { "save it as UTF-8" };
    Failure::new(format!("{path}:{line}:{column}: byte 0x{:02x} is not UTF-8 text; {remedy}", bytes[good]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        match decode("f.txt", bytes.to_vec()) {
            Err(Failure::Message(message)) => message,
            _ => panic!("{bytes:?} was taken"),
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        assert_eq!(refused(b"ok\nb\xc3\xa9d\xff"), "f.txt:2:4: byte 0xff is not UTF-8 text; save it as UTF-8");
        assert!(refused(b"\xff\xfea\0").contains("UTF-16"));
        assert_eq!(refused(b" \n"), "`f.txt` is empty");
        assert!(refused(&vec![b'x'; (LARGEST_BYTES + 1) as usize]).contains("larger than 64 MiB"));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert!(decode("f", b"\xef\xbb\xbfname".to_vec()).is_ok_and(|text| text == "name"));
    }
}
