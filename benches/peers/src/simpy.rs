//! SimPy, in a Python process of its own.

use crate::clock::Took;
use crate::work::{Outcome, Run, Work};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How the script queues jobs at a station; only the network has any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Server {
    /// Solved, as everybody here does it.
    Solved,
    /// With SimPy's own `Resource`.
    Resource,
}

/// The versions of Python and of SimPy, or what to do about it.
pub fn versions() -> Result<String, String> {
    let code = "import platform, simpy; print('Python', platform.python_version(), 'with SimPy', simpy.__version__)";
    let asked = Command::new("python3").args(["-c", code]).output().map_err(|error| format!("python3 cannot be run: {error}"))?;
    if !asked.status.success() {
        return Err("SimPy is not installed: pip install simpy".into());
    }
    Ok(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
}

/// Does the work. The clock is Python's own, and interpreter and set-up are not in it.
pub fn simpy(work: Work, server: Server, horizon_ns: u64) -> Result<Run, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("simpy_peer.py");
    let (name, pending) = match (work, server) {
        (Work::Hold { pending }, _) => ("hold", pending),
        (Work::Network, Server::Solved) => ("network", 0),
        (Work::Network, Server::Resource) => ("network-resource", 0),
        (Work::Ring, _) => ("ring", 0),
    };
    let mut python = Command::new("python3");
    python.arg(script).args([name, &pending.to_string(), &horizon_ns.to_string()]);
    let ended = python.output().map_err(|error| format!("python3 cannot be run: {error}"))?;
    if !ended.status.success() {
        return Err(format!("simpy_peer.py failed: {}", String::from_utf8_lossy(&ended.stderr).trim()));
    }
    let said = String::from_utf8_lossy(&ended.stdout);
    parse(&said).ok_or_else(|| format!("simpy_peer.py said `{}`", said.trim()))
}

/// Reads `REQUESTS CHECKSUM SECONDS CPU_SECONDS`.
fn parse(said: &str) -> Option<Run> {
    let mut words = said.split_whitespace();
    let requests = words.next()?.parse().ok()?;
    let checksum = words.next()?.parse().ok()?;
    let mut duration = || Duration::try_from_secs_f64(words.next()?.parse().ok()?).ok();
    let took = Took { wall: duration()?, cpu: duration()? };
    Some(Run { outcome: Outcome { requests, checksum }, took })
}
