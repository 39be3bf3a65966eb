//! Producers from their properties, and what they write.

use super::super::keys::Scope;
use super::security::{self, Security};
use super::servers::Server;
use super::topics::TopicDraft;
use super::{Findings, Input, settings};
use crate::kafka::text::properties::{self, Properties};
use crate::kafka::text::{TextError, shown};
use crate::model::client::profile::Library;
use crate::model::client::profiles;
use std::collections::{BTreeMap, BTreeSet};

/// The key that chooses a profile; Kafka does not know it.
const PROFILE_KEY: &str = "kafkasim.profile";
const DEFAULT_PROFILE: &str = "java-4.3";
/// Records a second of each topic when no load is given.
const ASSUMED_RATE: f64 = 10.0;

/// A client as its file has it. Values of keys are TOML.
pub(super) struct Client {
    name: String,
    profile: String,
    bootstrap: Vec<u32>,
    config: BTreeMap<&'static str, String>,
    /// How it connects.
    pub security: Security,
}

/// A client of the scenario.
pub(super) struct ClientDraft {
    /// Its name.
    pub name: String,
    /// Its library and release.
    pub profile: String,
    /// What it writes to.
    pub topics: Vec<String>,
    /// Records a second.
    pub rate: f64,
    /// Its bootstrap brokers; empty: all.
    pub bootstrap: Vec<u32>,
    /// Key and value (as TOML).
    pub config: BTreeMap<&'static str, String>,
}

/// Reads all files.
pub(super) fn read(inputs: &[(String, Input)], servers: &[Server], findings: &mut Findings) -> Vec<Client> {
    let mut clients: Vec<Client> = Vec::new();
    for (name, input) in inputs {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',' || c == ';') {
            findings.option_error(
                &input.name,
                format!("`{}` cannot be the name of a client", shown(name)),
                "take a name without blanks, commas and semicolons",
            );
            continue;
        }
        if clients.iter().any(|c| c.name == *name) {
            findings.option_error(&input.name, format!("a second client is called {}", shown(name)), "give each client its own name");
            continue;
        }
        match properties::parse(&input.text) {
            Err(errors) => findings.errors(&input.name, errors),
            Ok(file) => clients.push(read_one(name, &input.name, &file, servers, findings)),
        }
    }
    clients
}

fn read_one(name: &str, file: &str, properties: &Properties, servers: &[Server], findings: &mut Findings) -> Client {
    for note in &properties.notes {
        findings.assume(format!("{}: {note}", shown(file)));
    }
    let mut config = BTreeMap::new();
    let read_here = |key: &str| key == PROFILE_KEY || key == "bootstrap.servers" || security::KEYS.contains(&key);
    for property in properties.entries.iter().filter(|p| !read_here(&p.key)) {
        config.extend(settings::read(Scope::Client { library: Library::Java, consumer: false }, file, property, findings));
    }
    let profile = profile(file, properties, findings).unwrap_or_else(|| {
        findings.assume(format!(
            "client {} is of the library {DEFAULT_PROFILE}; a comment `# client: java-3.9` in its file chooses another",
            shown(name)
        ));
        DEFAULT_PROFILE.to_owned()
    });
    let servers_line = properties.get("bootstrap.servers").map(|p| p.value.as_str()).unwrap_or_default();
    let bootstrap = bootstrap(servers_line, servers).unwrap_or_else(|| {
        findings.assume(format!(
            "client {} knows all brokers from the start, because its bootstrap.servers cannot be tied to brokers",
            shown(name)
        ));
        Vec::new()
    });
    findings.took(format!("client {} ({profile}, {} settings) from {}", shown(name), config.len(), shown(file)));
    Client { name: name.to_owned(), profile, bootstrap, config, security: security::read(properties, findings) }
}

/// The profile that the file asks for by its key or by a comment.
fn profile(file: &str, properties: &Properties, findings: &mut Findings) -> Option<String> {
    let by_key = properties.get(PROFILE_KEY).map(|p| (p.value_line, p.value_column, p.value.trim()));
    let by_comment = || {
        let mut asked = properties.comments.iter().filter_map(|(line, c)| Some((*line, 1, c.strip_prefix("client:")?.trim())));
        asked.find(|(_, _, name)| name.starts_with("java-"))
    };
    let (line, column, name) = by_key.or_else(by_comment)?;
    if profiles::find(name).is_none() {
        let message = format!("no client library `{}`", shown(name));
        let help = format!("there are {}", profiles::all().iter().map(|p| p.name.as_ref()).collect::<Vec<&str>>().join(", "));
        findings.error(file, TextError { line, column, length: name.chars().count().max(1), message, help });
    }
    Some(name.to_owned())
}

/// The brokers behind `host:port,…`, if every one of them is known from its listeners; none when nothing is said.
fn bootstrap(text: &str, servers: &[Server]) -> Option<Vec<u32>> {
    let known = |address: &str| servers.iter().find(|s| s.broker && s.addresses.contains(&address.to_ascii_lowercase())).map(|s| s.id);
    text.split(',').map(str::trim).filter(|a| !a.is_empty()).map(known).collect()
}

/// The clients of the scenario with what each writes.
pub(super) fn draft(clients: Vec<Client>, topics: &[TopicDraft], loads: &[(String, f64)], findings: &mut Findings) -> Vec<ClientDraft> {
    let clients = if clients.is_empty() { vec![default_client(findings)] } else { clients };
    let groups = if loads.is_empty() { assumed_load(topics, findings) } else { given_load(topics, loads, findings) };
    if groups.len() > 1 {
        findings.assume("a client that writes topics at different rates is simulated as one producer for each rate".to_owned());
    }
    let mut drafts = Vec::new();
    let mut taken: BTreeSet<String> = clients.iter().map(|c| c.name.clone()).collect();
    for client in &clients {
        for (index, (rate, names)) in groups.iter().enumerate() {
            let name = if index == 0 { client.name.clone() } else { free_name(&client.name, index + 1, &mut taken) };
            drafts.push(ClientDraft {
                name,
                profile: client.profile.clone(),
                topics: names.clone(),
                rate: rate * names.len() as f64 / clients.len() as f64,
                bootstrap: client.bootstrap.clone(),
                config: client.config.clone(),
            });
        }
    }
    drafts
}

fn free_name(name: &str, first: usize, taken: &mut BTreeSet<String>) -> String {
    let free = (first..).map(|n| format!("{name}-{n}")).find(|candidate| !taken.contains(candidate)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

fn default_client(findings: &mut Findings) -> Client {
    findings.assume(format!("one producer `app` of the library {DEFAULT_PROFILE} with Kafka's defaults, because no client was given"));
    Client {
        name: "app".to_owned(),
        profile: DEFAULT_PROFILE.to_owned(),
        bootstrap: Vec::new(),
        config: BTreeMap::new(),
        security: security::read(&Properties::default(), findings),
    }
}

/// Every topic of the cluster's users at the same guessed rate.
fn assumed_load(topics: &[TopicDraft], findings: &mut Findings) -> Vec<(f64, Vec<String>)> {
    let names: Vec<String> = topics.iter().filter(|t| !t.is_internal()).map(|t| t.name.clone()).collect();
    if topics.iter().any(TopicDraft::is_internal) {
        findings.assume("nothing writes to Kafka's own topics (names with __ in front)".to_owned());
    }
    if names.is_empty() {
        findings.option_error(
            "import",
            "no topic for the clients to write to",
            "describe a topic that is not one of Kafka's own, or give a load for one",
        );
    }
    findings.assume(format!(
        "{ASSUMED_RATE} records a second for each topic, split evenly over the clients: give loads to have numbers that count"
    ));
    vec![(ASSUMED_RATE, names)]
}

/// Topics of the same load together, highest load first.
fn given_load(topics: &[TopicDraft], loads: &[(String, f64)], findings: &mut Findings) -> Vec<(f64, Vec<String>)> {
    let mut rates: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, rate) in loads {
        if let Err((message, help)) = check_load(topics, name, *rate) {
            findings.option_error("--load", message, help);
        } else if rates.insert(name, *rate).is_some() {
            findings.option_error("--load", format!("topic {} has two loads", shown(name)), "give one for each topic");
        }
    }
    let mut groups: Vec<(f64, Vec<String>)> = Vec::new();
    for topic in topics {
        let Some(rate) = rates.get(topic.name.as_str()).copied().filter(|r| *r > 0.0) else { continue };
        match groups.iter_mut().find(|(r, _)| *r == rate) {
            Some((_, names)) => names.push(topic.name.clone()),
            None => groups.push((rate, vec![topic.name.clone()])),
        }
    }
    groups.sort_by(|a, b| b.0.total_cmp(&a.0));
    let idle = topics.iter().filter(|t| !t.is_internal() && !rates.contains_key(t.name.as_str())).count();
    if idle > 0 {
        findings.assume(format!("nothing writes to the {idle} topics for which no load was given"));
    }
    if groups.is_empty() && findings.errors.is_empty() {
        findings.option_error("--load", "every load is zero", "give at least one topic some records a second");
    }
    findings.took(format!("loads of {} topics", rates.len()));
    groups
}

fn check_load(topics: &[TopicDraft], name: &str, rate: f64) -> Result<(), (String, String)> {
    if !rate.is_finite() || rate < 0.0 {
        return Err((format!("{rate} is no load for topic {}", shown(name)), "give records a second, for example orders=200".to_owned()));
    }
    if topics.iter().any(|t| t.name == name) {
        return Ok(());
    }
    let likeness = |t: &TopicDraft| (strsim::jaro_winkler(&t.name, name) * 1000.0) as u32;
    let nearest = topics.iter().max_by_key(|t| likeness(t)).filter(|t| likeness(t) > 850);
    let help = nearest
        .map_or_else(|| "give the name as `kafka-topics.sh --describe` prints it".to_owned(), |t| format!("did you mean `{}`?", t.name));
    Err((format!("no topic {}", shown(name)), help))
}
