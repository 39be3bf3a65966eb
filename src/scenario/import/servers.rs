//! `server.properties` of brokers and controllers.

use super::super::keys::Scope;
use super::{Findings, Input, settings};
use crate::kafka::text::properties::{self, Properties, Property};
use crate::kafka::text::quorum::Quorum;
use crate::kafka::text::{TextError, lines, shown};
use std::collections::{BTreeMap, BTreeSet};

/// Keys that say who a server is. They are read here and are no settings.
const IDENTITY: [&str; 8] = [
    "node.id",
    "broker.id",
    "broker.rack",
    "process.roles",
    "controller.quorum.voters",
    "zookeeper.connect",
    "listeners",
    "advertised.listeners",
];

/// First id of controllers of which no source tells the ids.
const FIRST_CONTROLLER: u32 = 3000;

/// Key and value (as TOML) of each setting of a server.
pub(super) type Config = BTreeMap<&'static str, String>;

/// One server's file.
#[derive(Default)]
pub(super) struct Server {
    /// `node.id` or `broker.id`.
    pub id: u32,
    /// Has the role `broker` (or runs with ZooKeeper).
    pub broker: bool,
    /// Has the role `controller`.
    pub controller: bool,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Ids in `controller.quorum.voters`.
    pub voters: Vec<u32>,
    /// `zookeeper.connect` is set.
    pub zookeeper: bool,
    /// `host:port` of its listeners.
    pub addresses: BTreeSet<String>,
    /// What the model reads.
    pub config: Config,
}

/// The controllers of the scenario.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Controllers {
    /// Processes of their own, by id.
    Separate(Vec<u32>),
    /// These brokers.
    Combined(Vec<u32>),
}

/// Reads all files.
pub(super) fn read(inputs: &[Input], findings: &mut Findings) -> Vec<Server> {
    let mut servers: Vec<Server> = Vec::new();
    let mut files: BTreeMap<u32, &str> = BTreeMap::new();
    for input in inputs {
        let Some(server) = read_one(input, findings) else { continue };
        if let Some(earlier) = files.insert(server.id, &input.name) {
            let message = format!("node {} has a second file, the first is {}", server.id, shown(earlier));
            let help = "every server has its own node.id";
            findings.error(&input.name, TextError { line: 1, column: 1, length: 1, message, help: help.to_owned() });
            continue;
        }
        servers.push(server);
    }
    if !servers.is_empty() {
        let ids = servers.iter().map(|s| s.id.to_string()).collect::<Vec<_>>().join(", ");
        findings.took(format!("settings of {} {ids} from server.properties", if servers.len() == 1 { "node" } else { "nodes" }));
    }
    servers.sort_by_key(|s| s.id);
    servers
}

fn read_one(input: &Input, findings: &mut Findings) -> Option<Server> {
    let file = match properties::parse(&input.text) {
        Ok(file) => file,
        Err(errors) => {
            findings.errors(&input.name, errors);
            return None;
        }
    };
    for note in &file.notes {
        findings.assume(format!("{}: {note}", shown(&input.name)));
    }
    let mut server = Server { broker: true, ..Server::default() };
    for property in &file.entries {
        if IDENTITY.contains(&property.key.as_str()) {
            continue;
        }
        if let Some((key, value)) = settings::read(Scope::Broker, &input.name, property, findings) {
            server.config.insert(key, value);
        }
    }
    identity(&file, &input.name, &mut server, findings)?;
    Some(server)
}

fn identity(file: &Properties, name: &str, server: &mut Server, findings: &mut Findings) -> Option<()> {
    let text = |key: &str| file.get(key).map(|p| p.value.trim());
    if let Some(roles) = text("process.roles") {
        let roles: Vec<&str> = roles.split(',').map(str::trim).collect();
        (server.broker, server.controller) = (roles.contains(&"broker"), roles.contains(&"controller"));
    }
    server.rack = text("broker.rack").filter(|r| !r.is_empty()).map(str::to_owned);
    server.zookeeper = file.get("zookeeper.connect").is_some() && file.get("process.roles").is_none();
    for key in ["advertised.listeners", "listeners"] {
        server.addresses.extend(text(key).into_iter().flat_map(|l| l.split(',')).filter_map(address));
    }
    if let Some(voters) = file.get("controller.quorum.voters") {
        server.voters = read_voters(voters, name, findings);
    }
    let Some(id) = file.get("node.id").or_else(|| file.get("broker.id")) else {
        findings.error(name, at_start("no node.id", "a server.properties of KRaft has node.id, an older one broker.id"));
        return None;
    };
    let parsed = id.value.trim().parse::<u32>().ok().filter(|n| *n <= i32::MAX as u32);
    if parsed.is_none() {
        let message = format!("{} `{}` is no node's id", id.key, shown(id.value.trim()));
        findings.error(name, at_value(id, message, "write the id that `kafka-topics.sh --describe` prints for this server"));
    }
    server.id = parsed?;
    Some(())
}

/// `host:port` of `NAME://host:port`.
fn address(listener: &str) -> Option<String> {
    listener.split_once("://").map(|(_, address)| address.trim().to_ascii_lowercase()).filter(|a| !a.starts_with(':'))
}

/// Ids in `1@host:9093,2@host:9093`.
fn read_voters(property: &Property, name: &str, findings: &mut Findings) -> Vec<u32> {
    let ids = property.value.split(',').map(str::trim).filter(|v| !v.is_empty());
    let ids: Option<Vec<u32>> = ids.map(|voter| voter.split_once('@')?.0.parse().ok()).collect();
    if ids.is_none() {
        let message = format!("controller.quorum.voters `{}` is no list of voters", shown(&property.value));
        findings.error(name, at_value(property, message, "write for example `1@host1:9093,2@host2:9093,3@host3:9093`"));
    }
    ids.unwrap_or_default()
}

fn at_start(message: &str, help: &str) -> TextError {
    TextError { line: 1, column: 1, length: 1, message: message.to_owned(), help: help.to_owned() }
}

fn at_value(p: &Property, message: String, help: &str) -> TextError {
    let length = p.value.trim().chars().count().max(1);
    TextError { line: p.value_line, column: p.value_column, length, message, help: help.to_owned() }
}

/// Racks of brokers from `101=a,102=b`, or one such pair a line.
pub(super) fn read_racks(text: &str, findings: &mut Findings) -> BTreeMap<u32, String> {
    let mut racks = BTreeMap::new();
    for (number, line) in lines(text) {
        let mut column = 1;
        for piece in line.split('#').next().unwrap_or_default().split(',') {
            let pair = piece.split_once('=').map(|(id, rack)| (id.trim().parse::<u32>(), rack.trim()));
            match pair {
                Some((Ok(id), rack)) if !rack.is_empty() => {
                    racks.insert(id, rack.to_owned());
                }
                None if piece.trim().is_empty() => {}
                Some(_) | None => {
                    let message = format!("`{}` is no broker with its rack", shown(piece.trim()));
                    let length = piece.chars().count().max(1);
                    let help = "write for example `101=a,102=b,103=c`".to_owned();
                    findings.error("racks", TextError { line: number, column, length, message, help });
                }
            }
            column += piece.chars().count() + 1;
        }
    }
    racks
}

/// One configuration for all, and for each broker what differs from it.
///
/// For all is what the controllers' own files agree on, since only they read it there, else what most brokers have.
pub(super) fn merge(servers: &[Server], findings: &mut Findings) -> (Config, BTreeMap<u32, Config>) {
    let (brokers, controllers): (Vec<&Server>, Vec<&Server>) = servers.iter().partition(|s| s.broker);
    let keys: BTreeSet<&'static str> = servers.iter().flat_map(|s| s.config.keys().copied()).collect();
    let mut common = Config::new();
    let mut own: BTreeMap<u32, Config> = BTreeMap::new();
    for key in keys {
        let default = settings::default_value(Scope::Broker, key).unwrap_or_default();
        let value = |s: &&Server| s.config.get(key).cloned().unwrap_or_else(|| default.clone());
        let of_controllers: BTreeSet<String> = controllers.iter().map(value).collect();
        if of_controllers.len() > 1 {
            findings.assume(format!("the controllers differ in {key}; all of them run with what most brokers have"));
        }
        let base = match of_controllers.first() {
            Some(agreed) if of_controllers.len() == 1 => agreed.clone(),
            Some(_) | None => most_common(brokers.iter().map(value)).unwrap_or_else(|| default.clone()),
        };
        for broker in &brokers {
            let mine = value(broker);
            if mine != base {
                own.entry(broker.id).or_default().insert(key, mine);
            }
        }
        if base != default || servers.iter().all(|s| s.config.contains_key(key)) {
            common.insert(key, base);
        }
    }
    for (id, config) in &own {
        let keys = config.keys().copied().collect::<Vec<_>>().join(", ");
        findings.took(format!("broker {id} differs from the others in {keys}"));
    }
    (common, own)
}

/// The value that stands most often; of equally frequent ones the least.
fn most_common(values: impl Iterator<Item = String>) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(value, _)| value)
}

/// Who controls: what the quorum tool says, else `controller.quorum.voters`, else the files with the role, else one is assumed.
pub(super) fn controllers(servers: &[Server], quorum: Option<&Quorum>, brokers: &BTreeSet<u32>, findings: &mut Findings) -> Controllers {
    let mut voters: Vec<u32> = match quorum {
        Some(quorum) => {
            let mut ids: Vec<u32> = quorum.voters.iter().map(|v| v.id).collect();
            // The leader stands first, because the scenario's first controller leads at the start.
            ids.sort_by_key(|id| (*id != quorum.leader_id, *id));
            ids
        }
        None => servers.iter().map(|s| &s.voters).find(|v| !v.is_empty()).cloned().unwrap_or_default(),
    };
    if voters.is_empty() {
        voters = servers.iter().filter(|s| s.controller).map(|s| s.id).collect();
    }
    if voters.is_empty() {
        findings.assume("one controller in a process of its own, because no source names the controllers".to_owned());
        return Controllers::Separate(free_ids(1, brokers));
    }
    let wanted = match voters.len() {
        0..=2 => 1,
        3 | 4 => 3,
        _ => 5,
    };
    if wanted != voters.len() {
        findings.assume(format!("{wanted} controllers stand for the {} voters that there are", voters.len()));
        voters.truncate(wanted);
    }
    match voters.iter().filter(|id| brokers.contains(id)).count() {
        0 => Controllers::Separate(voters),
        all if all == voters.len() => Controllers::Combined(voters),
        _ => {
            findings.assume("some controllers are brokers too and some are not; all are simulated in processes of their own".to_owned());
            Controllers::Separate(free_ids(voters.len(), brokers))
        }
    }
}

/// Ids for controllers that have none of their own, from 3000 on.
fn free_ids(count: usize, brokers: &BTreeSet<u32>) -> Vec<u32> {
    (FIRST_CONTROLLER..).filter(|id| !brokers.contains(id)).take(count).collect()
}
