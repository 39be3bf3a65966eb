//! The command that repeats a run, as a shell takes it.

use crate::printable::obeyed;

/// The words as one line that a POSIX shell reads back as the same words; a terminal only shows it.
pub fn shell_words(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if word.contains(obeyed) {
        let byte = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("\\{b:03o}") };
        return format!("$'{}'", word.bytes().map(byte).collect::<String>());
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_with_spaces_and_quotes_is_one_word() {
        let words = ["kafkasim", "run", "x.toml", "--fault", "at 5s kill broker 1", "it's", ""].map(str::to_owned);
        assert_eq!(shell_words(&words), r"kafkasim run x.toml --fault 'at 5s kill broker 1' 'it'\''s' ''");
    }

    #[test]
    fn a_word_that_a_terminal_would_obey_is_written_byte_by_byte() {
        let words = ["a'\u{1b}[2J\u{202e}".to_owned()];
        assert_eq!(shell_words(&words), r"$'a\047\033\1332J\342\200\256'");
    }
}
