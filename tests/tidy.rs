//! The rules that no compiler holds: who may use whom, what nobody below the command line may touch, and the shape of every file.
//! They are the layers and invariants of the design, read from the source text.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may use whom: (part of the crate, what it may name of the rest). The longest matching part counts.
const LAYERS: &[(&str, &[&str])] = &[
    ("printable", &[]),
    ("engine", &[]),
    ("kafka", &["engine::Duration", "engine::parse_duration", "engine::text"]),
    ("observe::fact", &["engine::Duration", "engine::Instant", "kafka"]),
    ("observe::record", &[]),
    ("observe", &["printable", "engine", "kafka", "model"]),
    ("model", &["engine", "kafka", "observe::fact", "observe::Fact"]),
    ("world", &["engine", "kafka", "model", "observe::fact", "observe::Fact"]),
    ("fault", &["engine", "kafka", "model", "observe::fact", "observe::Fact", "world"]),
    ("scenario", &["printable", "engine", "kafka", "model", "fault", "observe::record", "observe::RunRecord"]),
    ("logs", &["engine", "kafka", "model", "observe::fact", "observe::Fact"]),
    ("calibrate", &["engine", "kafka", "model::cost"]),
    ("experiment", &["engine", "kafka", "model", "observe", "world", "fault", "scenario", "logs"]),
    ("swarm", &["engine", "kafka", "model", "observe", "world", "fault", "scenario", "experiment"]),
    ("explain::step", &[]),
    ("explain::record", &["explain::step", "explain::Step"]),
    ("explain", &["printable", "engine", "kafka", "model", "observe", "world", "fault", "scenario", "experiment"]),
    ("horizon::record", &["observe::record", "observe::RunRecord", "statistics"]),
    ("horizon", &["engine", "kafka", "model", "observe", "world", "fault", "scenario", "experiment", "statistics"]),
    ("statistics", &[]),
    ("study::record", &[]),
    ("study", &["engine", "kafka", "model", "observe", "fault", "scenario", "experiment", "statistics"]),
    ("triage::record", &["triage"]),
    ("triage", &["kafka", "scenario"]),
    (
        "report",
        &[
            "printable",
            "observe::record",
            "observe::RunRecord",
            "study::record",
            "triage::record",
            "explain::record",
            "horizon::record",
            "timeline::record",
            "explain::step",
            "explain::Step",
            "explain::ExplanationRecord",
        ],
    ),
    ("timeline::record", &[]),
    ("timeline", &["printable", "engine", "kafka", "model", "observe"]),
    (
        "cli",
        &[
            "printable",
            "engine",
            "kafka",
            "model",
            "observe",
            "world",
            "fault",
            "scenario",
            "calibrate",
            "experiment",
            "explain",
            "horizon",
            "logs",
            "swarm",
            "statistics",
            "study",
            "triage",
            "timeline",
            "report",
        ],
    ),
];

/// Only the world may know the queue.
const QUEUE: [&str; 2] = ["engine::EventQueue", "engine::queue"];

/// (text, why it may not stand in the library below `cli`).
const FORBIDDEN: &[(&str, &str)] = &[
    ("HashMap", "hash order differs from run to run: use BTreeMap or indices"),
    ("HashSet", "hash order differs from run to run: use BTreeSet or indices"),
    ("std::time", "a run must not see the wall clock"),
    ("std::env", "a run must not see the environment"),
    ("std::fs", "only the command line touches files"),
    ("print!(", "only the command line prints"),
    ("println!", "only the command line prints"),
    ("dbg!", "only the command line prints"),
    ("thread_local!", "no global state"),
    ("static mut", "no global state"),
    ("OnceLock", "no global state"),
    ("LazyLock", "no global state"),
];

const LONGEST_FILE: usize = 600;

/// A source file: its module path (`model::broker::log`) and its text.
struct Source {
    module: String,
    text: String,
    /// Compiled for tests only.
    is_test: bool,
}

impl Source {
    /// The lines of code proper with their numbers: no comments and no tests.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut in_tests = false;
        let mut after_cfg_test = false;
        let lines = self.text.lines().enumerate().map(|(i, line)| (i + 1, line));
        lines.filter(move |(_, line)| {
            let line = line.trim_start();
            // `mod tests;` hides one line; `mod tests {` stands at the end of a file and hides the rest.
            let hidden = std::mem::replace(&mut after_cfg_test, line.starts_with("#[cfg(test)]"));
            in_tests |= hidden && !line.ends_with(';');
            !(in_tests || hidden || after_cfg_test || line.starts_with("//"))
        })
    }

    /// The modules that this file declares for tests only: `#[cfg(test)]` and then `mod stories;`.
    fn test_modules(&self) -> Vec<String> {
        let home = self.module.strip_suffix("::mod").unwrap_or(&self.module);
        let lines: Vec<&str> = self.text.lines().map(str::trim).collect();
        let declared =
            lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]").filter_map(|pair| pair[1].strip_prefix("mod ")?.strip_suffix(';'));
        declared.map(|name| format!("{home}::{name}")).collect()
    }
}

fn within(path: &str, part: &str) -> bool {
    path == part || path.strip_prefix(part).is_some_and(|rest| rest.starts_with("::"))
}

/// Every path of this crate that the file names, from the crate's root: `engine::queue::EventQueue`.
fn uses(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = source.code();
    while let Some((number, line)) = lines.next() {
        let mut statement = line.trim_start().trim_start_matches("pub ").to_owned();
        // A `use` may run over several lines.
        while statement.starts_with("use ") && !statement.contains(';') {
            let Some((_, more)) = lines.next() else { break };
            statement.push_str(more.trim());
        }
        for (start, root) in statement.match_indices("crate::") {
            expand("", &statement[start + root.len()..], &mut |path| found.push((number, path)));
        }
        if let Some(rest) = statement.strip_prefix("use super::") {
            found.extend(from_parent(&source.module, rest).into_iter().map(|path| (number, path)));
        }
    }
    found
}

/// The paths from the crate's root that `use super::REST` names in `module`.
fn from_parent(module: &str, rest: &str) -> Vec<String> {
    let mut base: Vec<&str> = module.split("::").collect();
    if base.last() == Some(&"mod") {
        base.pop();
    }
    base.pop();
    let mut rest = rest;
    while let Some(further) = rest.strip_prefix("super::") {
        base.pop();
        rest = further;
    }
    let mut paths = Vec::new();
    expand(&base.join("::"), rest, &mut |path| paths.push(path));
    paths
}

/// Gives each path that a use tree stands for: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn expand(prefix: &str, tree: &str, found: &mut dyn FnMut(String)) {
    let end = tree.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(tree.len());
    let path = tree[..end].trim_end_matches(':');
    let joined = [prefix, path].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("::");
    let Some(group) = tree[end..].strip_prefix('{').filter(|_| end == 0 || tree[..end].ends_with("::")) else {
        if !joined.is_empty() {
            found(joined);
        }
        return;
    };
    for item in items(group) {
        expand(&joined, item, found);
    }
}

/// The items of a group after its opening brace, up to its closing one.
fn items(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.push(group[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
        if c == '}' && start == i + 1 {
            break;
        }
    }
    found.retain(|item| !item.is_empty());
    found
}

fn complaints(source: &Source) -> Vec<String> {
    let at = |line: usize, what: String| format!("{}:{line}: {what}", source.module);
    let mut found = Vec::new();
    if !source.text.starts_with("//!") && !source.is_test {
        found.push(at(1, "a file begins with a doc comment that says what it is".to_owned()));
    }
    if source.text.lines().count() > LONGEST_FILE {
        found.push(at(LONGEST_FILE, format!("longer than {LONGEST_FILE} lines: split it by noun")));
    }
    if source.is_test {
        return found;
    }
    found.extend(uses(source).into_iter().filter_map(|(line, path)| Some(at(line, layering(&source.module, &path)?))));
    for (line, code) in source.code() {
        if code.contains(".unwrap()") {
            found.push(at(line, "unwrap(): use expect with the invariant, or return the error".to_owned()));
        }
        if code.contains("Some(Broken::") && !is_comparison(code) || code.contains("spec.broken = ") {
            found.push(at(line, "only a test breaks a rule".to_owned()));
        }
        if !within(&source.module, "cli") {
            let forbidden = FORBIDDEN.iter().find(|(text, _)| code.contains(text));
            found.extend(forbidden.map(|(text, why)| at(line, format!("{text}: {why}"))));
        }
    }
    found
}

/// Whether a line only asks which rule is broken.
fn is_comparison(code: &str) -> bool {
    code.contains("== Some(Broken::") || code.contains("!= Some(Broken::") || code.contains("matches!(")
}

/// Why `module` may not name `path`; none when it may.
fn layering(module: &str, path: &str) -> Option<String> {
    let (part, allowed) = LAYERS.iter().filter(|(part, _)| within(module, part)).max_by_key(|(part, _)| part.len())?;
    let top = |path: &str| path.split("::").next().unwrap_or_default().to_owned();
    if !LAYERS.iter().any(|(known, _)| top(known) == top(path)) {
        return None;
    }
    if QUEUE.iter().any(|queue| within(path, queue)) && !["engine", "world"].contains(&top(module).as_str()) {
        return Some(format!("names {path}: only the world knows the queue"));
    }
    let own = top(module) == top(path) && *part == top(module);
    if own || within(path, part) || allowed.iter().any(|allowed| within(path, allowed)) {
        return None;
    }
    let may = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
    Some(format!("names {path}: {part} may use {may}"))
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let source = |file: &PathBuf| source(&module_of(file.strip_prefix(&root).expect("found below it")), read(file));
    let mut all: Vec<Source> = files.iter().map(source).collect();
    let tests: Vec<String> = all.iter().flat_map(Source::test_modules).collect();
    all.iter_mut().for_each(|source| source.is_test |= tests.iter().any(|test| within(&source.module, test)));
    all
}

fn source(module: &str, text: String) -> Source {
    let is_test = module.split("::").any(|part| part == "tests" || part.ends_with("_tests"));
    Source { module: module.to_owned(), text, is_test }
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the sources are there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("a source file is text")
}

/// `model/broker/log.rs` is `model::broker::log`; `model/mod.rs` is `model::mod`.
fn module_of(file: &Path) -> String {
    file.with_extension("").iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("::")
}

#[test]
fn the_house_is_in_order() {
    let sources = sources();
    assert!(sources.len() > 20, "the sources were found");
    let found: Vec<String> = sources.iter().flat_map(complaints).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn the_library_and_the_program_forbid_unsafe_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in ["lib.rs", "main.rs"] {
        assert!(read(&root.join(file)).contains("#![forbid(unsafe_code)]"), "{file}");
    }
}

fn about(module: &str, code: &str) -> Vec<String> {
    complaints(&source(module, format!("//! A file.\n{code}")))
}

#[track_caller]
fn bites(module: &str, code: &str, word: &str) {
    let found = about(module, code);
    assert!(found.len() == 1 && found[0].contains(word), "{module}: {code}: {found:?}");
}

#[test]
fn the_layers_bite() {
    bites("model::broker::log", "use crate::engine::{Duration, EventQueue};", "only the world knows the queue");
    bites("model::broker::log", "use crate::world::World;", "model may use");
    bites("model::mod", "use super::world::World;", "model may use");
    bites("model::broker::log", "use super::super::super::scenario::Scenario;", "model may use");
    bites("report::run::verdict", "use crate::{\n    observe::record::Move,\n    kafka::Release,\n};", "report may use");
    bites("report::text", "fn f(at: crate::engine::Instant) {}", "report may use");
    bites("report::text", "use crate::observe::fact::Fact;", "report may use");
    bites("engine::queue", "use crate::kafka::ErrorCode;", "nothing of ours");
    bites("observe::fact", "use crate::model::Spec;", "observe::fact may use");
    bites("observe::record", "use super::fact::Fact;", "nothing of ours");
}

#[test]
fn the_other_rules_bite() {
    bites("world::build", "use std::collections::HashMap;", "hash order");
    bites("world::build", "let now = std::time::Instant::now();", "wall clock");
    bites("fault::mod", "println!(\"x\");", "prints");
    bites("cli::run", "let x = y.unwrap();", "unwrap");
    bites("scenario::resolve", "broken: Some(Broken::AckBeforeCommit),", "only a test");
    bites("cli::run", "scenario.spec.broken = chosen;", "only a test");
    bites("cli::run", "#[cfg(test)]\nmod tests;\nfn f() { y.unwrap(); }", "unwrap");
    bites("cli::run", &"\n".repeat(LONGEST_FILE), "split it");
    let untitled = complaints(&source("engine::time", "use std::fmt;".to_owned()));
    assert!(untitled.len() == 1 && untitled[0].contains("doc comment"), "{untitled:?}");
}

#[test]
fn a_file_of_tests_is_known_by_its_declaration() {
    let parent = source("observe::mod", "//! Seen.\n#[cfg(test)]\nmod stories;\nmod truth;".to_owned());
    assert_eq!(parent.test_modules(), ["observe::stories"]);
}

#[test]
fn what_is_allowed_is_not_complained_of() {
    let test = "// a HashMap would do\nfn f() {}\n#[cfg(test)]\nmod tests { use crate::world::World; fn g() { h().unwrap(); } }";
    let fine = [
        ("world::run", "use crate::engine::{Duration, EventQueue};\nuse crate::model::{Ctx, Spec};"),
        ("model::broker::log", "use super::message::Message;\nuse crate::observe::fact::{Fact, Why};"),
        ("model::broker::log", test),
        ("cli::output", "use std::time::Instant;\nuse std::collections::HashMap;"),
        ("report::run::verdict", "use crate::observe::{RunRecord, record::Move};\nuse super::heading;"),
    ];
    for (module, code) in fine {
        assert_eq!(about(module, code), Vec::<String>::new(), "{module}");
    }
}
