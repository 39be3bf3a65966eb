//! Writing outputs: whole or not at all. A file is opened before the work begins, written beside its target, and put in place at the end.

use super::exit::Failure;
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where an answer goes.
pub struct Output {
    target: Target,
    name: String,
    /// The reader has gone away: what follows is dropped.
    closed: bool,
}

enum Target {
    Stdout(BufWriter<io::Stdout>),
    /// A device or pipe, which cannot be replaced.
    Device(BufWriter<File>),
    File(BufWriter<NamedTempFile>, PathBuf),
}

impl Output {
    /// Opens the output: standard output for none and `-`.
    ///
    /// # Errors
    /// When the file could not be written in the end; better known before the run than after it.
    pub fn open(path: Option<&str>) -> Result<Output, Failure> {
        let Some(path) = path.filter(|path| *path != "-") else {
            return Ok(Output { target: Target::Stdout(BufWriter::new(io::stdout())), name: "standard output".to_owned(), closed: false });
        };
        let target = open_target(Path::new(path)).map_err(|error| unwritable(path, &error))?;
        Ok(Output { target, name: format!("`{path}`"), closed: false })
    }

    /// Writes text; that nobody reads any longer is no failure.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.write_all(text.as_bytes()).map_err(|error| self.failed(&error))
    }

    /// Puts the whole output in place.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.flush().map_err(|error| self.failed(&error))?;
        let Output { target, name, .. } = self;
        let Target::File(out, path) = target else { return Ok(()) };
        let failed = |error: io::Error| unfinished(&name, &error);
        out.into_inner().map_err(|error| failed(error.into_error()))?.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Says that it cannot be written.
    pub fn failed(&self, error: &dyn Display) -> Failure {
        unfinished(&self.name, error)
    }

    fn settle<T>(&mut self, written: io::Result<T>, unread: T) -> io::Result<T> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(unread)
            }
            Err(_) | Ok(_) => written,
        }
    }

    fn out(&mut self) -> &mut dyn Write {
        match &mut self.target {
            Target::Stdout(out) => out,
            Target::Device(out) => out,
            Target::File(out, _) => out,
        }
    }
}

/// That nobody reads any longer is no failure.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let written = self.out().write(bytes);
        self.settle(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out().flush();
        self.settle(flushed, ())
    }
}

fn unfinished(name: &str, error: &dyn Display) -> Failure {
    Failure::new(format!("{name} cannot be written: {error}"))
}

fn open_target(path: &Path) -> io::Result<Target> {
    let Ok(there) = path.metadata() else { return beside(path.to_owned()) };
    if there.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    // Opened for writing, and left as it is, to know that it may be written.
    let existing = OpenOptions::new().append(true).open(path)?;
    if !there.is_file() {
        return Ok(Target::Device(BufWriter::new(existing)));
    }
    // A link is followed, so that the file it names is replaced and not the link.
    beside(path.canonicalize()?)
}

/// A new file in the directory of its target.
fn beside(path: PathBuf) -> io::Result<Target> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kafkasim-");
    #[cfg(unix)]
    {
        // As any new file: what the user's mask leaves of these.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    Ok(Target::File(BufWriter::new(builder.tempfile_in(directory)?), path))
}

fn unwritable(path: &str, error: &io::Error) -> Failure {
    let directory = Path::new(path).parent().filter(|parent| !parent.as_os_str().is_empty());
    Failure::new(match error.kind() {
        ErrorKind::NotFound if directory.is_some_and(Path::is_dir) => format!("`{path}` cannot be written: no file can be made there"),
        ErrorKind::NotFound => format!("`{path}` cannot be written: its directory does not exist"),
        ErrorKind::NotADirectory => format!("`{path}` cannot be written: what stands before the last `/` is not a directory"),
        ErrorKind::IsADirectory => format!("`{path}` cannot be written: it is a directory"),
        ErrorKind::PermissionDenied => format!("`{path}` cannot be written: this user may not write there"),
        _ => format!("`{path}` cannot be written: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(directory: &Path) -> Vec<String> {
        let names = std::fs::read_dir(directory).expect("the directory is there");
        names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn an_output_appears_whole_or_not_at_all() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("answer.txt");
        let name = path.to_str();

        let mut abandoned = Output::open(name).ok().expect("can be opened");
        abandoned.write("half").ok().expect("can be written");
        assert!(!path.exists());
        drop(abandoned);
        assert!(entries(directory.path()).is_empty());

        let mut output = Output::open(name).ok().expect("can be opened");
        output.write("whole\n").ok().expect("can be written");
        output.finish().ok().expect("can be finished");
        assert_eq!(std::fs::read_to_string(&path).expect("is there"), "whole\n");
        assert_eq!(entries(directory.path()), ["answer.txt"]);
    }

    #[test]
    fn a_failed_run_leaves_the_old_answer() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("answer.txt");
        std::fs::write(&path, "old").expect("can be written");
        let mut output = Output::open(path.to_str()).ok().expect("can be opened");
        output.write("new").ok().expect("can be written");
        drop(output);
        assert_eq!(std::fs::read_to_string(&path).expect("is there"), "old");
    }
}
