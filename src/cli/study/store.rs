//! The directory of a study: its plan, its journal, and in the end all that was made of them.

use super::super::exit::Failure;
use super::super::input;
use super::super::output::Output;
use super::journal::{Journal, Kept};
use super::plan::Plan;
use crate::study::{Outcome, Study};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

const PLAN: &str = "study.json";
/// The journal's name in the directory.
pub const JOURNAL: &str = "journal.jsonl";
/// What an output that was being written leaves when the program is killed.
const ABANDONED: &str = ".kafkasim-";

/// A directory that a study is written to.
pub struct Store {
    /// Its path.
    pub directory: String,
    journal: Journal,
}

/// A study that a directory holds.
pub struct Found {
    /// Its plan.
    pub plan: Plan,
    /// The plan, loaded.
    pub study: Study,
    /// What is done.
    pub kept: Kept,
}

impl Store {
    /// Opens a directory for a plan, and gives what is done of it. Without `resume` there must be nothing in it.
    ///
    /// # Errors
    /// When it holds something else, or cannot be written.
    pub fn open(directory: &str, plan: &Plan, study: &Study, resume: bool) -> Result<(Store, Kept), Failure> {
        if holds_study(directory)? {
            let text = input::read(&path(directory, PLAN))?;
            may_go_on(directory, plan, &Plan::parse(&path(directory, PLAN), &text)?, resume)?;
        }
        let journal = path(directory, JOURNAL);
        let kept = Kept::read(&journal, study, plan.shard())?;
        fs::create_dir_all(directory).map_err(|error| Failure::new(format!("`{directory}` cannot be made: {error}")))?;
        put(&path(directory, PLAN), &plan.json())?;
        Ok((Store { directory: directory.to_owned(), journal: Journal::open(&journal, &kept)? }, kept))
    }

    /// Keeps a run.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        self.journal.add(outcome)
    }
}

impl Found {
    /// Reads the study that a directory holds.
    ///
    /// # Errors
    /// When there is none, or with what is wrong with it.
    pub fn read(directory: &str) -> Result<Found, Failure> {
        let name = path(directory, PLAN);
        if !Path::new(&name).exists() {
            return Err(Failure::new(format!("`{directory}` holds no study: there is no `{name}`")));
        }
        let plan = Plan::parse(&name, &input::read(&name)?)?;
        let study = plan.study(&name)?;
        let kept = Kept::read(&path(directory, JOURNAL), &study, plan.shard())?;
        Ok(Found { plan, study, kept })
    }
}

/// The path of a file in the directory.
pub fn path(directory: &str, file: &str) -> String {
    Path::new(directory).join(file).to_string_lossy().into_owned()
}

/// Writes a whole file.
///
/// # Errors
/// When it cannot be written.
pub fn put(path: &str, text: &str) -> Result<(), Failure> {
    let mut output = Output::open(Some(path))?;
    output.write(text)?;
    output.finish()
}

/// Whether there is a study in it; if not, there is nothing.
fn holds_study(directory: &str) -> Result<bool, Failure> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Failure::new(format!("--out {directory}: no directory can be made there: {error}"))),
    };
    let names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if names.iter().any(|name| name == PLAN) {
        return Ok(true);
    }
    match names.iter().find(|name| !name.starts_with(ABANDONED)) {
        Some(name) => {
            Err(Failure::new(format!("--out {directory}: there is something else in it (`{name}`); give a directory that is empty or new")))
        }
        None => Ok(false),
    }
}

/// Whether what is there is a part of what is asked for.
fn may_go_on(directory: &str, asked: &Plan, there: &Plan, resume: bool) -> Result<(), Failure> {
    let refuse = |why: String| Err(Failure::new(format!("--out {directory}: {why}")));
    if asked.digest != there.digest {
        return refuse(format!(
            "another study is in it ({}) than the one that is asked for ({}); give another directory, or ask for what is there: {}",
            there.digest,
            asked.digest,
            there.command_text(&[])
        ));
    }
    if !resume {
        return refuse("this study is in it; go on with it by --resume, or give another directory".to_owned());
    }
    if asked.shard() != there.shard() {
        return refuse(format!("shard {} is in it, not {}; give each shard a directory of its own", there.shard, asked.shard));
    }
    if asked.seeds < there.seeds {
        return refuse(format!(
            "it has {} seeds, more than {}; ask for at least as many, or give another directory",
            there.seeds, asked.seeds
        ));
    }
    Ok(())
}
