//! The journal of a study: one line of JSON for each run that is done, written as it is done. Whatever ends the program, the lines that stand
//! in it are whole but perhaps the last.

use super::super::exit::Failure;
use super::super::input::unreadable;
use crate::printable;
use crate::study::metric::{client_metrics, run_metrics};
use crate::study::{Outcome, Shard, Study};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};

/// A journal that is written to.
pub struct Journal {
    name: String,
    file: File,
}

/// What stands in a journal.
#[derive(Default)]
pub struct Kept {
    /// Its runs by their number.
    pub runs: BTreeMap<u64, Outcome>,
    /// The length of its whole lines.
    length: u64,
    /// Whether its last line is not whole: the run was being written when the program was ended.
    pub torn: bool,
}

impl Journal {
    /// Opens it behind what stands in it; a torn last line is cut off.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(name: &str, kept: &Kept) -> Result<Journal, Failure> {
        let opened = OpenOptions::new().create(true).append(true).open(name);
        let cut = opened.and_then(|file| if kept.torn { file.set_len(kept.length).map(|()| file) } else { Ok(file) });
        Ok(Journal { name: name.to_owned(), file: cut.map_err(|error| unwritten(name, &error))? })
    }

    /// Adds a run, in one piece.
    ///
    /// # Errors
    /// When it cannot be written: what stood before stays.
    pub fn add(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        self.file.write_all(line(outcome).as_bytes()).map_err(|error| unwritten(&self.name, &error))
    }
}

impl Kept {
    /// Reads a journal; one that is not there is empty.
    ///
    /// # Errors
    /// When it cannot be read, or a line of it is no run of the study's shard, with the number of the line.
    pub fn read(name: &str, study: &Study, shard: Shard) -> Result<Kept, Failure> {
        let mut kept = Kept::default();
        if !std::path::Path::new(name).exists() {
            return Ok(kept);
        }
        let mut reader = BufReader::new(File::open(name).map_err(|error| unreadable(name, &error))?);
        for number in 1.. {
            let mut line = Vec::new();
            let length = reader.read_until(b'\n', &mut line).map_err(|error| unreadable(name, &error))?;
            if length == 0 {
                break;
            }
            if line.last() != Some(&b'\n') {
                kept.torn = true;
                break;
            }
            let bad =
                |why: String| Failure::new(format!("{name}:{number}: {why}; take the line out, and its run is done again with --resume"));
            let outcome = outcome(&line, study, shard).map_err(bad)?;
            let job = outcome.job;
            // Two that went on with the same study at the same time have both done it.
            if kept.runs.insert(job, outcome.clone()).is_some_and(|before| before != outcome) {
                return Err(bad(format!("run {job} stands there twice, and differs")));
            }
            kept.length += length as u64;
        }
        Ok(kept)
    }
}

/// A run as a line.
pub fn line(outcome: &Outcome) -> String {
    printable::json(&serde_json::to_string(outcome).expect("an outcome is plain data")) + "\n"
}

fn outcome(line: &[u8], study: &Study, shard: Shard) -> Result<Outcome, String> {
    let outcome: Outcome = serde_json::from_slice(line).map_err(|error| format!("this is no run of a study ({error})"))?;
    let job = study.job(outcome.job);
    let belongs = outcome.job < study.runs() && outcome.job % shard.of == shard.index - 1 && outcome.seed == job.seed;
    let complete =
        outcome.values.len() == run_metrics().len() && outcome.clients.iter().all(|client| client.values.len() == client_metrics().len());
    if belongs && complete { Ok(outcome) } else { Err("this run is none of this study".to_owned()) }
}

fn unwritten(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("`{name}` cannot be written: {error}; all runs that are done stand in it, and --resume goes on with them"))
}
