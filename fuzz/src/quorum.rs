//! `kafka-metadata-quorum.sh describe --status`.

use super::words::check_mistakes;
use kafkasim::kafka::Release;
use kafkasim::kafka::text::quorum::{parse, print};

/// What is read is printed and read again as the same.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Err(mistakes) => check_mistakes(text, &mistakes),
        Ok(read) => {
            let printed = print(&read, Release::V4_3);
            assert_eq!(parse(&printed).as_ref(), Ok(&read), "{printed}");
            assert!(parse(&print(&read, Release::V3_7)).is_ok());
        }
    }
}
