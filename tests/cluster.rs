//! The ready files for Slurm and Kubernetes: the script in each is run once for each shard, with the environment that the engine gives its
//! task, and what is merged is the whole sweep, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const SHARDS: usize = 3;
const SCENARIO: &str = r#"
duration = "5s"
count_from = "2s"
faults = ["at 1s restart broker 1 down 1s"]
[[topic]]
name = "orders"
partitions = 3
[[client]]
name = "app"
rate = 20
"#;
const QUESTION: [&str; 5] = ["small.toml", "--vary", "metadata.max.age.ms=1s..1m x2", "--seeds", "2"];

/// The program, first on the path of a directory of its own with the scenario in it.
struct Place {
    directory: tempfile::TempDir,
    path: String,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("small.toml"), SCENARIO).unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_kafkasim")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        Place { directory, path }
    }

    fn run(&self, program: &str, arguments: &[&str], environment: &[(&str, &str)]) {
        let mut command = Command::new(program);
        command.current_dir(self.directory.path()).env("PATH", &self.path).args(arguments).envs(environment.iter().copied());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Every file below a directory by its name.
    fn files(&self, directory: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.directory.path().join(directory);
        let mut found = BTreeMap::new();
        let mut open = vec![root.clone()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.insert(path.strip_prefix(&root).unwrap().display().to_string(), fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    /// Merges the shards and holds them against the sweep on one machine.
    fn joined_is_whole(&self, first: usize) {
        let shards: Vec<String> = (first..first + SHARDS).map(|i| format!("sweep/shard-{i}")).collect();
        let mut merge = vec!["merge", "--quiet", "--out", "joined"];
        merge.extend(shards.iter().map(String::as_str));
        self.run("kafkasim", &merge, &[]);
        let whole: Vec<&str> = ["sweep"].into_iter().chain(QUESTION).chain(["--quiet", "--out", "whole"]).collect();
        self.run("kafkasim", &whole, &[]);
        let (joined, whole) = (self.files("joined"), self.files("whole"));
        assert_eq!(joined.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
        for (name, bytes) in whole {
            assert!(joined[&name] == bytes, "{name} differs");
        }
    }
}

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cluster").join(name)).unwrap()
}

#[test]
fn a_slurm_array_does_the_whole_sweep_in_shards_and_a_task_may_be_started_again() {
    let place = Place::new();
    fs::write(place.directory.path().join("array.sbatch"), file("slurm-array.sbatch")).unwrap();
    let arguments: Vec<&str> = ["array.sbatch"].into_iter().chain(QUESTION).collect();
    for task in ["1", "2", "3", "2"] {
        let shards = SHARDS.to_string();
        let environment = [("SLURM_ARRAY_TASK_ID", task), ("SLURM_ARRAY_TASK_COUNT", shards.as_str()), ("SLURM_CPUS_PER_TASK", "1")];
        place.run("bash", &arguments, &environment);
    }
    place.joined_is_whole(1);
}

#[test]
fn an_indexed_job_of_kubernetes_does_the_whole_sweep_in_shards_and_a_pod_may_be_started_again() {
    let place = Place::new();
    let manifest = file("kubernetes-job.yaml");
    let (_, script) = manifest.split_once("args:\n            - |\n").unwrap();
    let script: String =
        script.lines().take_while(|line| line.starts_with("              ")).map(|line| line.trim().to_owned() + "\n").collect();
    let asked = "rolling-restart --vary \"metadata.max.age.ms=1s..1h x8\" --seeds 200";
    assert!(script.contains(asked), "{script}");
    let script = script.replace(asked, "small.toml --vary \"metadata.max.age.ms=1s..1m x2\" --seeds 2");
    for index in ["0", "1", "2", "1"] {
        let shards = SHARDS.to_string();
        let environment = [("JOB_COMPLETION_INDEX", index), ("SHARDS", shards.as_str()), ("SWEEP_DIR", "sweep")];
        place.run("/bin/sh", &["-euc", &script], &environment);
    }
    place.joined_is_whole(0);
}
