//! Clients of every library from their properties, and what they write and read.

use super::super::keys::Scope;
use super::super::profiles::DEFAULT;
use super::security::{self, Security};
use super::servers::Server;
use super::topics::TopicDraft;
use super::{Findings, Input, rules, settings};
use crate::kafka::config::counterparts;
use crate::kafka::text::properties::{self, Properties};
use crate::kafka::text::{TextError, shown};
use crate::model::client::profile::{Library, Profile};
use crate::model::client::profiles;
use std::collections::{BTreeMap, BTreeSet};

/// The keys that choose a profile and a role; no library knows them.
const PROFILE_KEY: &str = "kafkasim.profile";
const ROLE_KEY: &str = "kafkasim.role";
/// Records a second of each topic when no load is given.
const ASSUMED_RATE: f64 = 10.0;

/// A client as its file has it. Values of keys are TOML.
pub(super) struct Client {
    name: String,
    profile: String,
    /// It reads, as a member of this group if there is one.
    consumer: Option<Option<String>>,
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
    /// What it writes to or reads from.
    pub topics: Vec<String>,
    /// What it is there for.
    pub role: RoleDraft,
    /// Its bootstrap brokers; empty: all.
    pub bootstrap: Vec<u32>,
    /// Key and value (as TOML).
    pub config: BTreeMap<&'static str, String>,
}

/// What a client is there for.
pub(super) enum RoleDraft {
    /// It writes so many records a second.
    Producer(f64),
    /// It reads, as a member of this group if there is one.
    Consumer(Option<String>),
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
    let (profile_name, profile) = profile(name, file, properties, findings);
    let library = profile.library;
    let consumer = is_consumer(file, properties, library, findings);
    let role = if consumer { "consumer" } else { "producer" };
    let own = |what: &str, key: &str| {
        concept_key(library, what).is_some_and(|known| counterparts::aliases(library.names().0, known).any(|k| k == key))
    };
    let bootstrap_line = properties.entries.iter().find(|p| own("bootstrap.servers", &p.key)).map(|p| p.value.as_str());
    let written = properties.entries.iter().find(|p| own("group.id", &p.key)).map(|p| p.value.trim().to_owned()).filter(|g| !g.is_empty());
    let group = written.filter(|group| has_groups(profile, name, group, findings));
    let read_here = |key: &str| {
        let ours = key == PROFILE_KEY || key == ROLE_KEY || own("bootstrap.servers", key);
        ours || security::is_read(key) || (consumer && own("group.id", key))
    };
    let mut config = BTreeMap::new();
    let mut read = Vec::new();
    for property in properties.entries.iter().filter(|p| !read_here(&p.key)) {
        if let Some((key, value)) = settings::read(Scope::Client { library, consumer }, file, property, findings) {
            config.insert(key, value);
            read.push((key, property));
        }
    }
    rules::look(profile, consumer, group.is_some(), file, &read, findings);
    let bootstrap = bootstrap(bootstrap_line.unwrap_or_default(), servers).unwrap_or_else(|| {
        findings.assume(format!(
            "client {} knows all brokers from the start, because its bootstrap.servers cannot be tied to brokers",
            shown(name)
        ));
        Vec::new()
    });
    findings.took(format!("client {} (a {role} of {profile_name}, {} settings) from {}", shown(name), config.len(), shown(file)));
    let security = security::read(properties, findings);
    Client { name: name.to_owned(), profile: profile_name, consumer: consumer.then_some(group), bootstrap, config, security }
}

/// A library's key for what Java calls so.
fn concept_key(library: Library, java: &str) -> Option<&'static str> {
    counterparts::concept("java", java)?.of(library.names().0)
}

/// The profile that the file asks for by its key or by a comment, with its name as it was written.
fn profile(client: &str, file: &str, properties: &Properties, findings: &mut Findings) -> (String, &'static Profile) {
    let default = profiles::find(DEFAULT).expect("the default profile exists");
    let by_key = properties.get(PROFILE_KEY).map(|p| (p.value_line, p.value_column, p.value.trim()));
    let Some((line, column, name)) = by_key.or_else(|| by_comment(properties, "client:", looks_like_a_profile)) else {
        findings.assume(format!(
            "client {} is of the library {DEFAULT}; a comment `# client: librdkafka-2.16` in its file chooses another",
            shown(client)
        ));
        return (DEFAULT.to_owned(), default);
    };
    let Some(profile) = profiles::find(name) else {
        let message = format!("no client library `{}`", shown(name));
        let help = format!("there are {}", profiles::all().iter().map(|p| p.name.as_ref()).collect::<Vec<&str>>().join(", "));
        findings.error(file, TextError { line, column, length: name.chars().count().max(1), message, help });
        return (DEFAULT.to_owned(), default);
    };
    (name.to_owned(), profile)
}

/// What a comment says after `label`, if that looks like what is meant.
fn by_comment<'p>(properties: &'p Properties, label: &str, meant: impl Fn(&str) -> bool) -> Option<(usize, usize, &'p str)> {
    let mut said = properties.comments.iter().filter_map(|(line, text)| Some((*line, 1, text.strip_prefix(label)?.trim())));
    said.find(|(_, _, word)| meant(word))
}

/// One word that ends in a release: `sarama-1.61`. Prose does not.
fn looks_like_a_profile(word: &str) -> bool {
    let release = word.rsplit_once('-').is_some_and(|(_, release)| release.starts_with(|c: char| c.is_ascii_digit()));
    let library = Library::ALL.into_iter().any(|l| word.starts_with(&format!("{}-", l.names().0)));
    !word.contains(char::is_whitespace) && (release || library)
}

/// Consumers of a library whose groups are not simulated read all partitions by assignment.
fn has_groups(profile: &Profile, client: &str, group: &str, findings: &mut Findings) -> bool {
    let known = profile.library.has_groups();
    if !known {
        let library = profile.library.names().1;
        let (client, group) = (shown(client), shown(group));
        findings.assume(format!("client {client} reads all partitions by itself, because groups of {library} ({group}) are not simulated"));
    }
    known
}

/// Its key, a comment `# role: consumer`, or that it has a group.
fn is_consumer(file: &str, properties: &Properties, library: Library, findings: &mut Findings) -> bool {
    let is_role = |word: &str| matches!(word, "producer" | "consumer");
    let by_key = properties.get(ROLE_KEY).map(|p| (p.value_line, p.value_column, p.value.trim()));
    if let Some((line, column, word)) = by_key.or_else(|| by_comment(properties, "role:", is_role)) {
        if !is_role(word) {
            let (message, help) = (format!("`{}` is no role", shown(word)), "write producer or consumer".to_owned());
            findings.error(file, TextError { line, column, length: word.chars().count().max(1), message, help });
        }
        return word == "consumer";
    }
    let group = concept_key(library, "group.id");
    properties.entries.iter().any(|p| Some(p.key.as_str()) == group && !p.value.trim().is_empty())
}

/// The brokers behind `host:port,…`, if every one of them is known from its listeners; none when nothing is said.
fn bootstrap(text: &str, servers: &[Server]) -> Option<Vec<u32>> {
    let known = |address: &str| servers.iter().find(|s| s.broker && s.addresses.contains(&address.to_ascii_lowercase())).map(|s| s.id);
    text.split(',').map(str::trim).filter(|a| !a.is_empty()).map(known).collect()
}

/// The clients of the scenario with what each writes or reads.
pub(super) fn draft(mut clients: Vec<Client>, topics: &[TopicDraft], loads: &[(String, f64)], findings: &mut Findings) -> Vec<ClientDraft> {
    if clients.iter().all(|c| c.consumer.is_some()) {
        clients.insert(0, default_client(&clients, findings));
    }
    let groups = if loads.is_empty() { assumed_load(topics, findings) } else { given_load(topics, loads, findings) };
    let producers = clients.iter().filter(|c| c.consumer.is_none()).count();
    if groups.len() > 1 {
        findings.assume("a client that writes topics at different rates is simulated as one producer for each rate".to_owned());
    }
    if producers < clients.len() {
        findings.assume("a consumer reads every topic that is written, and its application takes no time for a record".to_owned());
    }
    let mut drafts = Vec::new();
    let mut taken: BTreeSet<String> = clients.iter().map(|c| c.name.clone()).collect();
    for client in &clients {
        if let Some(group) = &client.consumer {
            let topics = groups.iter().flat_map(|(_, names)| names.clone()).collect();
            drafts.push(client.draft(client.name.clone(), topics, RoleDraft::Consumer(group.clone())));
            continue;
        }
        for (index, (rate, names)) in groups.iter().enumerate() {
            let name = if index == 0 { client.name.clone() } else { free_name(&client.name, index + 1, &mut taken) };
            let rate = rate * names.len() as f64 / producers as f64;
            drafts.push(client.draft(name, names.clone(), RoleDraft::Producer(rate)));
        }
    }
    drafts
}

impl Client {
    fn draft(&self, name: String, topics: Vec<String>, role: RoleDraft) -> ClientDraft {
        ClientDraft { name, profile: self.profile.clone(), topics, role, bootstrap: self.bootstrap.clone(), config: self.config.clone() }
    }
}

fn free_name(name: &str, first: usize, taken: &mut BTreeSet<String>) -> String {
    let free = (first..).map(|n| format!("{name}-{n}")).find(|candidate| !taken.contains(candidate)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

fn default_client(others: &[Client], findings: &mut Findings) -> Client {
    let mut taken: BTreeSet<String> = others.iter().map(|c| c.name.clone()).collect();
    let name = if taken.contains("app") { free_name("app", 2, &mut taken) } else { "app".to_owned() };
    let why = if others.is_empty() { "no client was given" } else { "only consumers were given" };
    findings.assume(format!("one producer `{name}` of the library {DEFAULT} with Kafka's defaults, because {why}"));
    let security = others.first().map_or_else(|| security::read(&Properties::default(), findings), |c| c.security);
    Client { name, profile: DEFAULT.to_owned(), consumer: None, bootstrap: Vec::new(), config: BTreeMap::new(), security }
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
