//! The command that repeats a run, as a shell takes it.

/// The words as one line that a POSIX shell reads back as the same words.
pub fn shell_words(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
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
}
