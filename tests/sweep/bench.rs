//! A directory with small scenarios in which the program is run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A leader dies and comes back: some milliseconds of work.
const TINY: &str = r#"
duration = "8s"
count_from = "2s"
faults = ["at 1s restart broker 1"]
cluster = { brokers = 3, controllers = 1 }
topic = [{ name = "orders", partitions = 3, replication_factor = 3 }]
client = [{ name = "app", rate = 20, topics = ["orders"] }, { name = "reader", topics = ["orders"], role = "consumer" }]
"#;

/// Brokers die at random moments.
const RANDOM: &str = r#"
duration = "20s"
count_from = "2s"
faults = ["random kill of brokers every 5s for 3s"]
cluster = { brokers = 3, controllers = 1 }
topic = [{ name = "orders", partitions = 3, replication_factor = 3 }]
client = [{ name = "app", rate = 50, topics = ["orders"] }]
"#;

/// A directory with scenarios.
pub struct Bench(TempDir);

/// How the program ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Bench {
    pub fn new() -> Bench {
        let bench = Bench(tempfile::tempdir().expect("a directory"));
        std::fs::write(bench.path("tiny.toml"), TINY).expect("can be written");
        std::fs::write(bench.path("random.toml"), RANDOM).expect("can be written");
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn sweep(&self, arguments: &[&str]) -> Ended {
        self.kafkasim(&[&["sweep"], arguments].concat())
    }

    pub fn kafkasim(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
        ended(command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null()))
    }

    /// Runs a command as the program writes it, in a shell.
    pub fn shell(&self, command: &str) -> Ended {
        let program = Path::new(env!("CARGO_BIN_EXE_kafkasim")).parent().expect("it lies in a directory");
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
        ended(Command::new("sh").args(["-c", command]).env("PATH", path).current_dir(self.0.path()).stdin(Stdio::null()))
    }

    /// Begins a sweep, and gives it when so many runs stand in its journal.
    pub fn begin(&self, arguments: &[&str], directory: &str, runs: usize) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kafkasim"));
        command.arg("sweep").args(arguments).args(["--out", directory]).current_dir(self.0.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let begun = Instant::now();
        while self.journal(directory).lines().count() < runs {
            assert!(begun.elapsed() < Duration::from_secs(60), "{runs} runs take no minute");
            std::thread::sleep(Duration::from_millis(2));
        }
        child
    }

    pub fn journal(&self, directory: &str) -> String {
        std::fs::read_to_string(self.path(directory).join("journal.jsonl")).unwrap_or_default()
    }

    pub fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).expect("it is there")
    }

    pub fn edit(&self, file: &str, change: impl Fn(String) -> String) {
        let text = std::fs::read_to_string(self.path(file)).expect("it is there");
        let changed = change(text.clone());
        assert_ne!(text, changed, "{file} is changed");
        std::fs::write(self.path(file), changed).expect("can be written");
    }

    /// All files below a directory with what is in them.
    pub fn files(&self, directory: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.path(directory), "", &mut found);
        found
    }
}

impl Ended {
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).expect("it is JSON")
    }

    /// Exit 2, nothing on standard output, no panic, and a message that says all of `words`.
    #[track_caller]
    pub fn refused(&self, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (2, ""), "{}", self.stderr);
        assert!(!self.stderr.contains("bug of kafkasim"), "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is missing in:\n{}", self.stderr);
        }
    }
}

pub fn ended(command: &mut Command) -> Ended {
    of(command.output().expect("the program runs"))
}

pub fn of(output: std::process::Output) -> Ended {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program prints UTF-8");
    Ended { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn collect(directory: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(directory).expect("the directory is there") {
        let path = entry.expect("an entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found);
        } else {
            found.insert(name, std::fs::read(&path).expect("it can be read"));
        }
    }
}
