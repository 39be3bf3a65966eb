//! One file of an operator: how many of its lines were read, and which could not be.

use crate::kafka::text::shown;

/// Of the lines that should be readable, this share may be unreadable: rotation and a full disk cut lines.
const TOLERATED: f64 = 0.1;

/// Characters of a path that a message shows.
const LONGEST_NAME: usize = 60;

/// What kind of file it is, in the order in which they are to be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Output of `kafka-dump-log.sh --cluster-metadata-decoder`.
    MetadataDump,
    /// `server.log`.
    ServerLog,
    /// `state-change.log`.
    StateChangeLog,
    /// `kafka-request.log`.
    RequestLog,
}

impl Kind {
    /// What must be in it for it to be of use, and how to come by it.
    fn lacks(self) -> &'static str {
        match self {
            Kind::MetadataDump => {
                "no batch of the metadata log is in it; give the output of `kafka-dump-log.sh --cluster-metadata-decoder --files \
                 …/__cluster_metadata-0/*.log`"
            }
            Kind::ServerLog => {
                "no start, stop or load of groups of a broker is in it; give its server.log at level INFO of the hours of a restart"
            }
            Kind::StateChangeLog => "no line is about a broker; give the state-change.log of a KRaft broker at level INFO",
            Kind::RequestLog => {
                "no answered request is in it; set the logger kafka.request.logger to DEBUG for some minutes (docs/CALIBRATING.md)"
            }
        }
    }
}

/// A line that could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadLine {
    /// Its number, from 1.
    pub number: u64,
    /// Why.
    pub why: String,
    /// Its beginning.
    pub text: String,
}

/// A file and what became of its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its name, as it was given.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The broker that wrote it, where the user says so.
    pub broker: Option<u32>,
    /// All of its lines.
    pub lines: u64,
    /// Lines that were of use.
    pub used: u64,
    /// Lines of use that the window leaves out.
    pub outside: u64,
    /// Lines that should have been of use and could not be read.
    pub unreadable: u64,
    /// The first of them.
    pub first_bad: Option<BadLine>,
    /// Its lines have times without dates.
    pub undated: bool,
}

impl File {
    /// A file of which nothing was read yet.
    pub fn new(name: &str, kind: Kind, broker: Option<u32>) -> File {
        File { name: name.to_owned(), kind, broker, lines: 0, used: 0, outside: 0, unreadable: 0, first_bad: None, undated: false }
    }

    /// Its name for a message; of a long path the end.
    pub fn shown(&self) -> String {
        let length = self.name.chars().count();
        if length <= LONGEST_NAME {
            return shown(&self.name);
        }
        format!("…{}", shown(&self.name.chars().skip(length - LONGEST_NAME + 1).collect::<String>()))
    }

    /// Notes that the line which was counted last could not be read.
    pub fn bad(&mut self, why: String, text: &str) {
        self.unreadable += 1;
        let number = self.lines;
        self.first_bad.get_or_insert_with(|| BadLine { number, why, text: shown(text) });
    }

    /// Whether enough of it could be read.
    ///
    /// # Errors
    /// In words, with the place of the first bad line.
    pub fn judge(&self) -> Result<(), String> {
        let name = self.shown();
        if let Some(bad) =
            self.first_bad.as_ref().filter(|_| self.unreadable as f64 > TOLERATED * (self.used + self.outside + self.unreadable) as f64)
        {
            let (all, found) = (self.used + self.outside + self.unreadable, self.unreadable);
            return Err(format!(
                "{name}:{}: {found} of {all} lines cannot be read, the first because {}: `{}`; is the file compressed, damaged or of another kind?",
                bad.number, bad.why, bad.text
            ));
        }
        if self.lines == 0 {
            return Err(format!("`{name}` is empty"));
        }
        if self.used + self.outside == 0 {
            return Err(format!("`{name}`: {}", self.kind.lacks()));
        }
        Ok(())
    }

    /// What is to be said of lines that were not used, if there are any.
    pub fn note(&self) -> Option<String> {
        let bad = self.first_bad.as_ref()?;
        let lines = if self.unreadable == 1 { "1 line".to_owned() } else { format!("{} lines", self.unreadable) };
        let (name, number) = (self.shown(), bad.number);
        Some(format!("{name}: {lines} of {} left out as unreadable; the first is {name}:{number}: {}: `{}`", self.lines, bad.why, bad.text))
    }
}
