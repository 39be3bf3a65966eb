//! The command line: one word a line.

use super::words::check_shown;

/// Understands the words, or refuses them with exit code 2; help and version end with 0.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let words = std::iter::once("kafkasim").chain(text.lines()).map(Into::into).collect();
    if let Err(refused) = kafkasim::cli::understand(words) {
        check_shown(&refused.render().to_string());
        assert!([0, 2].contains(&refused.exit_code()));
    }
}
