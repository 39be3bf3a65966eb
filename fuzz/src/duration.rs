//! Durations: `1.5ms`.

use crate::words::check_shown;
use kafkasim::engine::parse_duration;

/// What is read is printed and read again as the same.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse_duration(text) {
        Err(message) => check_shown(&message),
        Ok(duration) => assert_eq!(parse_duration(&duration.to_string()), Ok(duration)),
    }
}
