//! Foreign text on a terminal: names and lines of files are shown, never obeyed.

/// Whether a terminal would obey this character or hide it rather than show it: controls (escape sequences begin with one), changes of
/// writing direction, and what has no width.
pub fn obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The text with what a terminal would obey made visible; line breaks too.
pub fn escape(text: &str) -> String {
    replaced(text, obeyed, |c, safe| safe.extend(c.escape_unicode()))
}

/// The same of each line: the line breaks stay.
pub fn escape_lines(text: &str) -> String {
    replaced(text, |c| c != '\n' && obeyed(c), |c, safe| safe.extend(c.escape_unicode()))
}

/// JSON that says the same: what a terminal would obey can only stand in its strings, where it is escaped as JSON has it.
pub fn json(text: &str) -> String {
    let unit = |unit: u16| format!("\\u{unit:04x}");
    replaced(text, |c| c != '\n' && obeyed(c), |c, safe| safe.extend(c.encode_utf16(&mut [0; 2]).iter().map(|u| unit(*u))))
}

/// TOML that says the same, save in comments and between single quotes, where TOML has no escapes. Tabs stay.
pub fn toml(text: &str) -> String {
    replaced(text, |c| !matches!(c, '\n' | '\t') && obeyed(c), |c, safe| safe.push_str(&format!("\\U{:08x}", u32::from(c))))
}

fn replaced(text: &str, bad: impl Fn(char) -> bool, replace: impl Fn(char, &mut String)) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if bad(c) { replace(c, &mut safe) } else { safe.push(c) }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_name_cannot_steer_the_terminal() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("a\u{202e}b\n"), "a\\u{202e}b\\u{a}");
        assert_eq!(escape("größe-0 ✓"), "größe-0 ✓");
        assert_eq!(escape_lines("a\r\nb\u{9b}\n"), "a\\u{d}\nb\\u{9b}\n");
    }

    #[test]
    fn programs_read_the_same_text() {
        let hostile = "\u{7f}\u{9b}2J\u{202e}\u{e0041}ß";
        let quoted = json(&serde_json::to_string(hostile).unwrap());
        assert!(!quoted.contains(obeyed), "{quoted}");
        assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), hostile);
        let text = toml(&format!("v = \"{}\"", &hostile[1..]));
        assert!(!text.contains(obeyed), "{text}");
        assert_eq!(text.parse::<toml::Table>().unwrap()["v"].as_str(), Some(&hostile[1..]));
    }
}
