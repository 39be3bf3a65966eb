//! Durations: `1.5ms`.

use kafkasim::engine::parse_duration;

/// What is read is printed and read again as the same.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse_duration(text) {
        Err(message) => assert!(!message.is_empty()),
        Ok(duration) => assert_eq!(parse_duration(&duration.to_string()), Ok(duration)),
    }
}
