//! What every target holds of the words in which an input is refused.

use kafkasim::kafka::text::TextError;
use kafkasim::printable::obeyed;

/// A text that goes to a terminal: lines, with nothing in them that a terminal would obey.
pub fn check_shown(text: &str) {
    let bad = text.chars().find(|c| *c != '\n' && obeyed(*c));
    assert_eq!(bad, None, "{text:?}");
}

/// Mistakes of a text: some, each in words and at a place that the text has.
pub fn check_mistakes(text: &str, mistakes: &[TextError]) {
    assert!(!mistakes.is_empty());
    let lines = text.split('\n').flat_map(|line| line.split('\r')).count();
    for mistake in mistakes {
        check_shown(&mistake.message);
        check_shown(&mistake.help);
        assert!((1..=lines).contains(&mistake.line), "{mistake}");
        assert!(mistake.column >= 1 && mistake.length >= 1, "{mistake}");
    }
}

/// The parts of an input that stands for several texts: between lines of `%%`.
pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n%%\n")
}
