//! Cutting values out of lines of text.

/// What follows a mark.
pub fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.find(mark).map(|at| &text[at + mark.len()..])
}

/// What stands between two marks.
pub fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let text = after(text, open)?;
    text.find(close).map(|at| &text[..at])
}

/// What stands before the first of these characters, or all.
pub fn until<'a>(text: &'a str, ends: &[char]) -> &'a str {
    &text[..text.find(ends).unwrap_or(text.len())]
}

/// The number that a text begins with.
pub fn number(text: &str) -> Option<u64> {
    let digits = &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())];
    digits.parse().ok()
}

/// The number after a mark, as an id or an epoch.
pub fn number_after(text: &str, mark: &str) -> Option<u32> {
    number(after(text, mark)?).and_then(|n| u32::try_from(n).ok())
}

/// `101,102, 103` as ids; none when anything else stands there.
pub fn ids(text: &str) -> Option<Vec<u32>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|id| id.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_out_and_what_is_not_there_is_none() {
        assert_eq!(between("ISR [101,102] x", "ISR [", "]").and_then(ids), Some(vec![101, 102]));
        assert_eq!(ids("List(1)"), None);
        assert_eq!(number_after("Fencing broker 102 at epoch 12", "broker "), Some(102));
        assert_eq!(number_after("broker 99999999999", "broker "), None);
        assert_eq!(until("broker: 102, err", &[',']), "broker: 102");
    }
}
