//! The files that a run's logs go to, and their lines, kept until the end: a line may be found out after a later one.

use super::clock;
use crate::engine::Instant;
use std::collections::BTreeSet;

/// The longest part of a file's name that a client's name may give.
const LONGEST: usize = 100;

/// Which file.
pub type FileIx = usize;

/// How much a line matters, as log4j prints it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Ordinary.
    Info,
    /// Worth a look.
    Warn,
    /// Broken.
    Error,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        }
    }
}

/// All files and their lines.
#[derive(Debug, Default)]
pub struct Files {
    names: Vec<String>,
    taken: BTreeSet<String>,
    lines: Vec<(Instant, FileIx, String)>,
}

impl Files {
    /// A file whose name is ours.
    pub fn open(&mut self, name: String) -> FileIx {
        self.taken.insert(name.to_lowercase());
        self.names.push(name);
        self.names.len() - 1
    }

    /// A file that is called after something foreign: no separator, no hidden file, and nobody else's, whatever the name.
    pub fn open_for(&mut self, name: &str) -> FileIx {
        let keep = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let clean: String = name.chars().take(LONGEST).map(keep).collect();
        let stem = match clean.trim_start_matches('.') {
            "" => "client",
            rest => rest,
        };
        let nth = |n: usize| if n == 1 { format!("{stem}.log") } else { format!("{stem}-{n}.log") };
        let free = (1..).map(nth).find(|file| !self.taken.contains(&file.to_lowercase()));
        self.open(free.expect("there are more numbers than files"))
    }

    /// A line in Kafka's own layout, `[%d] %p %m (%c)`.
    pub fn log(&mut self, file: FileIx, at: Instant, level: Level, message: &str, class: &str) {
        self.line(file, at, format!("[{}] {} {message} ({class})", clock::date(at), level.name()));
    }

    /// A line as it stands.
    pub fn line(&mut self, file: FileIx, at: Instant, text: String) {
        self.lines.push((at, file, text));
    }

    /// Every file that has lines, with them in the order of time.
    pub fn in_order(mut self) -> Vec<(String, Vec<String>)> {
        self.lines.sort_by_key(|(at, file, _)| (*file, *at));
        let mut files: Vec<(String, Vec<String>)> = self.names.into_iter().map(|name| (name, Vec::new())).collect();
        for (_, file, text) in self.lines {
            files[file].1.push(text);
        }
        files.retain(|(_, lines)| !lines.is_empty());
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_client_leaves_the_directory_or_takes_anothers_file() {
        let mut files = Files::default();
        files.open("broker-1-server.log".to_owned());
        for name in ["../../etc/x", "..", "", "shop", "SHOP", "shop", "broker-1-server", "a/b", "a\\b", "\u{202e}x", &"y".repeat(500)] {
            files.open_for(name);
        }
        assert_eq!(
            files.names[1..11],
            [
                "_.._etc_x.log",
                "client.log",
                "client-2.log",
                "shop.log",
                "SHOP-2.log",
                "shop-3.log",
                "broker-1-server-2.log",
                "a_b.log",
                "a_b-2.log",
                "_x.log"
            ]
        );
        assert!(files.names.iter().all(|n| n.len() <= LONGEST + 8 && !n.contains(['/', '\\'])));
    }
}
