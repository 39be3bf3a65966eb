//! `run --logs DIR`: what the processes of the run would have logged, in a directory of its own, whole or not at all.

use super::exit::Failure;
use crate::engine::Instant;
use crate::experiment::{self, Dump};
use crate::logs::Logs;
use crate::observe::Fact;
use crate::scenario::Scenario;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What the directory holds beside logs: what was run, and the names of all that is ours in it.
const MANIFEST: &str = "kafkasim-logs.txt";
const FIRST_LINE: &str = "What these processes would have logged: written by kafkasim, from simulated facts.";
const FILES: &str = "Files:";
/// The longest list of files that is read, in bytes.
const LONGEST: u64 = 1 << 24;
/// How the names begin of what is being written; one that a killed run left is in nobody's way.
const UNFINISHED: &str = ".kafkasim-";

/// A directory that logs are written to.
pub struct Directory {
    target: PathBuf,
    /// Where they are written first: in the target, or beside it if it does not exist.
    fresh: TempDir,
    exists: bool,
}

impl Directory {
    /// Opens the directory before the run: that it cannot be written in the end is better known now.
    ///
    /// # Errors
    /// When it holds anything that is not of an earlier run, or cannot be written.
    pub fn open(path: &str) -> Result<Directory, Failure> {
        let target = PathBuf::from(path);
        let exists = target.exists();
        if exists && !is_free(&target).map_err(|error| unwritable(path, &error))? {
            let text =
                format!("`{path}` holds files that are not logs of an earlier run; give a directory that is empty or does not exist");
            return Err(Failure::new(text));
        }
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        #[cfg(unix)]
        {
            // As any new directory: what the user's mask leaves of these.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        let fresh = builder.tempdir_in(if exists { &target } else { parent }).map_err(|error| unwritable(path, &error))?;
        Ok(Directory { target, fresh, exists })
    }

    /// Writes all logs and dumps, and puts the directory in place.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn write(self, logs: Logs<'_>, dumps: &[Dump], repeat: &str) -> Result<(), Failure> {
        let name = self.target.display().to_string();
        self.put(logs, dumps, repeat).map_err(|error| unwritable(&name, &error))
    }

    fn put(self, logs: Logs<'_>, dumps: &[Dump], repeat: &str) -> io::Result<()> {
        let mut names = Vec::new();
        let mut write = |name: String, text: &str| {
            fs::write(self.fresh.path().join(&name), text)?;
            names.push(name);
            io::Result::Ok(())
        };
        for (name, lines) in logs.finish() {
            write(name, &(lines.join("\n") + "\n"))?;
        }
        for dump in dumps {
            write(format!("topics-{}.txt", dump.name), &dump.topics)?;
            write(format!("quorum-{}.txt", dump.name), &dump.quorum)?;
        }
        fs::write(self.fresh.path().join(MANIFEST), manifest(&names, repeat))?;
        if self.exists {
            return replace(self.fresh.path(), &self.target);
        }
        fs::rename(self.fresh.path(), &self.target)
    }
}

fn manifest(names: &[String], repeat: &str) -> String {
    let about = "Clocks are UTC, and the run, warm-up included, starts at 2026-01-01 00:00:00. Ids and addresses follow from names.\n\
                 Real logs hold more than these: see docs/LOGS.md.";
    format!("{FIRST_LINE}\n{about}\nThe run: {repeat}\n\n{FILES}\n{}\n", names.join("\n"))
}

/// Puts the new files in the place of those of an earlier run. All are written by now; their list comes last.
fn replace(fresh: &Path, target: &Path) -> io::Result<()> {
    for name in ours(target) {
        match fs::remove_file(target.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) | Ok(()) => {}
        }
    }
    let mut names = entries(fresh)?;
    names.remove(MANIFEST);
    names.iter().map(String::as_str).chain([MANIFEST]).try_for_each(|name| fs::rename(fresh.join(name), target.join(name)))
}

fn entries(directory: &Path) -> io::Result<BTreeSet<String>> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// The names of what an earlier run wrote there.
fn ours(target: &Path) -> BTreeSet<String> {
    let mut manifest = String::new();
    // What cannot be read, or is far too long, is not ours.
    let read = fs::File::open(target.join(MANIFEST)).and_then(|file| file.take(LONGEST).read_to_string(&mut manifest));
    if read.is_err() {
        return BTreeSet::new();
    }
    let names = manifest.split_once(&format!("\n{FILES}\n")).filter(|_| manifest.starts_with(FIRST_LINE)).map(|(_, names)| names);
    let is_plain = |name: &&str| !name.contains(['/', '\\']) && *name != "..";
    names.into_iter().flat_map(|names| names.lines().filter(is_plain).chain([MANIFEST])).map(str::to_owned).collect()
}

/// Whether nothing is lost when this is written to: it is empty, or all in it is of an earlier run.
fn is_free(target: &Path) -> io::Result<bool> {
    let ours = ours(target);
    Ok(entries(target)?.iter().all(|name| ours.contains(name) || name.starts_with(UNFINISHED)))
}

fn unwritable(path: &str, error: &io::Error) -> Failure {
    Failure::new(match error.kind() {
        io::ErrorKind::NotFound => format!("`{path}` cannot be written: the directory that it would be in does not exist"),
        io::ErrorKind::NotADirectory => format!("`{path}` cannot be written: it is not a directory"),
        io::ErrorKind::PermissionDenied => format!("`{path}` cannot be written: this user may not write there"),
        _ => format!("`{path}` cannot be written: {error}"),
    })
}

/// What was asked for and is not there yet: the logs along the run, and its dumps after it.
pub struct Wanted<'s> {
    directory: Directory,
    scenario: &'s Scenario,
    logs: Logs<'s>,
}

impl<'s> Wanted<'s> {
    /// Logs of this scenario, if a directory was given for them.
    ///
    /// # Errors
    /// As [`Directory::open`].
    pub fn open(path: Option<&str>, scenario: &'s Scenario) -> Result<Option<Wanted<'s>>, Failure> {
        let Some(path) = path else { return Ok(None) };
        Ok(Some(Wanted { directory: Directory::open(path)?, scenario, logs: Logs::new(&scenario.spec) }))
    }

    /// Takes the next fact of the run in.
    pub fn note(&mut self, at: Instant, fact: &Fact) {
        self.logs.note(at, fact);
    }

    /// The run is over: writes everything. The dumps take a second run of the same scenario.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self, repeat: &str) -> Result<(), Failure> {
        let dumps = experiment::dumps(self.scenario);
        self.directory.write(self.logs, &dumps, repeat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{self, RunOptions};

    fn scenario() -> Scenario {
        let source = crate::scenario::Source::catalogue("broker-crash").expect("the catalogue has it");
        let text =
            source.text.replace("duration = \"1m\"", "duration = \"4s\"").replace("at 5s kill broker 2 for 25s", "at 1s kill broker 2");
        crate::scenario::load(&crate::scenario::Source { text, ..source }, &[]).expect("it is a scenario")
    }

    fn written(path: &Path) -> Result<(), Failure> {
        let scenario = scenario();
        let mut wanted = Wanted::open(path.to_str(), &scenario)?.expect("a directory was given");
        experiment::run(&scenario, &RunOptions::default(), Some(&mut |at, fact| wanted.note(at, fact))).expect("it runs");
        wanted.finish("kafkasim run broker-crash")
    }

    fn entries(directory: &Path) -> Vec<String> {
        super::entries(directory).expect("is there").into_iter().collect()
    }

    #[test]
    fn a_directory_is_replaced_when_all_in_it_is_ours_and_refused_when_not() {
        let place = tempfile::tempdir().expect("a directory");
        let logs = place.path().join("logs");
        assert!(written(&logs).is_ok());
        let names = entries(&logs);
        assert!(names.contains(&"shop.log".to_owned()) && names.contains(&"topics-1-during.txt".to_owned()), "{names:?}");
        assert_eq!(entries(place.path()), ["logs"]);
        // What a run that was killed has left is in nobody's way.
        fs::create_dir(logs.join(".kafkasim-killed")).expect("can be made");

        fs::write(logs.join("shop.log"), "damaged").expect("can be written");
        assert!(written(&logs).is_ok());
        assert_eq!(entries(&logs)[1..], names);
        assert_ne!(fs::read_to_string(logs.join("shop.log")).expect("is there"), "damaged");

        fs::write(logs.join("mine.txt"), "mine").expect("can be written");
        assert!(written(&logs).is_err());
        assert_eq!(fs::read_to_string(logs.join("mine.txt")).expect("is there"), "mine");
        assert_eq!(entries(place.path()), ["logs"]);
    }

    #[test]
    fn a_run_that_is_given_up_leaves_nothing() {
        let place = tempfile::tempdir().expect("a directory");
        let scenario = scenario();
        let wanted = Wanted::open(place.path().join("logs").to_str(), &scenario).ok().flatten().expect("can be opened");
        assert!(written(&place.path().join("no/logs")).is_err());
        drop(wanted);
        assert!(entries(place.path()).is_empty());
    }
}
