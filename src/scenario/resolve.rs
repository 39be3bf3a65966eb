//! From the file to a scenario: names interned, defaults filled in, everything checked against everything.

use super::at::At;
use super::diagnostic::Diagnostics;
use super::expect::Expect;
use super::file::{File, Ties};
use super::network::Residents;
use super::overrides::Override;
use super::seed::{seed_words, with_seed_line};
use super::{Scenario, Source, clients, cluster, costs, groups, handbook, network, topics, validate};
use crate::engine::{Duration, parse_duration};
use crate::fault::{self, Fault, Known, Plan};
use crate::kafka::Release;
use crate::model::Spec;
use sha2::{Digest, Sha256};

const COUNT_FROM: Duration = Duration::from_secs(20);
const DURATION: Duration = Duration::from_secs(120);
const SEED: u64 = 1;

/// Builds the scenario; what is wrong is noted in `found`, and the scenario is then of no use.
pub(super) fn resolve(source: &Source, overrides: &[Override], mut file: File, found: &mut Diagnostics) -> Scenario {
    let name = file.name.clone().unwrap_or_else(|| stem(&source.name));
    file.name = Some(name.clone());
    let count_from = time(file.count_from.as_ref(), "count_from", COUNT_FROM, found);
    let duration = time(file.duration.as_ref(), "duration", DURATION, found);
    if let Some(written) = file.duration.as_ref().filter(|_| duration.is_zero()) {
        found.add(Some(&written.span), "nothing is counted in a duration of zero".to_owned(), "write duration = \"2m\"");
    }
    let seed = file.seed.as_ref().map_or(SEED, |s| s.value);
    let spec = spec(&name, &file, found);
    let mut notes = file.notes.clone();
    notes.extend(found.take_notes());
    notes.extend(validate::warnings(&spec));
    let faults = faults(&file, &spec, duration, found);
    let expect = expectations(&file, found);
    let handbook = file.handbook.as_ref().map(|page| handbook::resolve(page, found));
    let (canonical, digest) = canonical(&mut file, seed, found);
    Scenario {
        plan: Plan::new(&faults, seed, count_from, duration, &spec),
        faults,
        name,
        about: file.about.clone().unwrap_or_default(),
        handbook,
        digest,
        spec,
        seed,
        count_from,
        duration,
        expect,
        notes,
        assumed_rates: file.assumed_rates.unwrap_or(false),
        canonical,
        repeat: repeat(&source.name, overrides, seed),
    }
}

/// A file's name without its folder and ending; a name of the catalogue stays whole.
fn stem(name: &str) -> String {
    match name.strip_suffix(".toml") {
        Some(path) => path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned(),
        None => name.to_owned(),
    }
}

fn time(written: Option<&At<String>>, what: &str, default: Duration, found: &mut Diagnostics) -> Duration {
    let Some(written) = written else { return default };
    parse_duration(written).unwrap_or_else(|message| {
        found.add(Some(&written.span), message, format!("write {what} = \"{default}\""));
        default
    })
}

fn spec(name: &str, file: &File, found: &mut Diagnostics) -> Spec {
    let costs = costs::resolve(file.costs.as_ref(), &file.cost_profile, found);
    let mut cluster = cluster::resolve(file, &costs, found);
    let (mut topics, mut partitions) = topics::resolve(file, &cluster, found);
    let mut nodes = std::mem::take(&mut cluster.nodes);
    let (clients, group_names) = clients::resolve(file, &cluster, &topics, &mut nodes, found);
    let groups = groups::resolve(&group_names, &cluster, &mut topics, &mut partitions);
    let release = release(file, found);
    if release.rules().eligible_leader_replicas {
        topics::remember_last_leaders(&mut partitions);
    }
    let residents = Residents { nodes: &nodes, brokers: &cluster.brokers, voters: &cluster.voters, clients: &clients };
    let topology = network::resolve(file, &residents, found);
    Spec {
        name: name.to_owned(),
        release,
        nodes,
        brokers: cluster.brokers,
        voters: cluster.voters,
        topics,
        partitions,
        clients,
        groups,
        topology,
        shuffle_ties: file.ties == Some(Ties::Shuffled),
        broken: None,
        in_full: false,
    }
}

fn release(file: &File, found: &mut Diagnostics) -> Release {
    let Some(written) = &file.kafka else { return Release::MEASURED };
    written.parse().unwrap_or_else(|message: String| {
        found.add(Some(&written.span), message, "write kafka = \"4.3\"");
        Release::MEASURED
    })
}

fn faults(file: &File, spec: &Spec, duration: Duration, found: &mut Diagnostics) -> Vec<Fault> {
    let mut known = Known::of(spec, duration);
    let mut faults = Vec::new();
    let mut drawn = 0.0;
    for line in &file.faults {
        match fault::parse(line, &known) {
            Ok(fault) => {
                drawn += fault.expected(duration);
                if drawn > fault::MOST_RANDOM {
                    let message = format!("the random lines up to this one would be more than {} faults", fault::MOST_RANDOM);
                    found.add(Some(&line.span), message, "give them longer times between their faults");
                    return Vec::new();
                }
                known.learn(&fault);
                faults.push(fault);
            }
            Err(mistake) => {
                // Where the line stands in the text of the file: after its quote.
                let start = line.span.start + found.text(&line.span).and_then(|raw| raw.find(line.as_str())).unwrap_or(0);
                let span = start + mistake.span.start..start + mistake.span.end;
                found.add(
                    Some(&span),
                    mistake.message,
                    mistake.help.unwrap_or_else(|| "see the list of faults in docs/SCENARIOS.md".to_owned()),
                );
            }
        }
    }
    faults
}

fn expectations(file: &File, found: &mut Diagnostics) -> Vec<Expect> {
    let mut all = Vec::new();
    for line in &file.expect {
        match Expect::parse(line) {
            Ok(expect) => all.push(expect),
            Err((message, help)) => found.add(Some(&line.span), message, help),
        }
    }
    all
}

/// The file with all changes as TOML, and the digest of that without the seed.
fn canonical(file: &mut File, seed: u64, found: &mut Diagnostics) -> (String, String) {
    file.seed = None;
    let without = toml::to_string_pretty(file).unwrap_or_else(|error| {
        found.add(None, format!("the scenario cannot be written as TOML: {error}"), "this is a bug of kafkasim");
        String::new()
    });
    let hash = Sha256::digest(without.as_bytes());
    (with_seed_line(&without, seed), hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn repeat(name: &str, overrides: &[Override], seed: u64) -> String {
    let mut words = vec!["kafkasim run".to_owned(), quoted(name)];
    for change in overrides {
        match change {
            Override::Set { key, value } if key != "seed" => words.push(format!("--set {}", quoted(&format!("{key}={value}")))),
            Override::Fault(line) => words.push(format!("--fault {}", quoted(line))),
            Override::Costs { name, .. } => words.push(format!("--costs {}", quoted(name))),
            Override::Set { .. } | Override::Seed(_) => {}
        }
    }
    words.join(" ") + &seed_words(seed)
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
