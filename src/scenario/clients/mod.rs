//! `[[client]]`: clients of every library, their configuration, and what they write or read.

mod consuming;
mod producing;
mod rules;
mod settings;

pub(super) use settings::refused;

use super::at::At;
use super::cluster::Cluster;
use super::diagnostic::Diagnostics;
use super::file::{ClientFile, File, RoleFile};
use super::groups::is_internal;
use super::profiles;
use crate::engine::{Duration, parse_duration};
use crate::kafka::{BrokerIx, ClientIx, GroupIx, NodeIx, TopicIx};
use crate::model::spec::{ClientSpec, NodeSpec, Role, TopicSpec};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// Most clients, the members of all fleets together.
const MOST_MEMBERS: u32 = 100_000;

/// All clients, whose processes are added to `nodes`, and the names of their groups by `GroupIx`.
pub(super) fn resolve(
    file: &File,
    cluster: &Cluster,
    topics: &[TopicSpec],
    nodes: &mut Vec<NodeSpec>,
    found: &mut Diagnostics,
) -> (Vec<ClientSpec>, Vec<String>) {
    let mut clients: Vec<ClientSpec> = Vec::new();
    let mut groups = Groups::default();
    let mut names = BTreeSet::new();
    let profiles = profiles::resolve(&file.profile, found);
    for client in &file.client {
        check_name(&client.name, &mut names, found);
        let whose = format!("Client {}", *client.name);
        let resolved = profiles.find(client.profile.as_ref(), found).with_policies(&whose, &client.policies, found);
        let consumer = is_consumer(client);
        let config = Arc::new(settings::resolve(client, &resolved, consumer, found));
        let bootstrap = bootstrap(client, cluster, found);
        let role = if consumer {
            Role::Consumer(consuming::resolve(client, resolved.profile.library, topics, &mut groups, found))
        } else {
            Role::Producer(producing::resolve(client, topics, file.seasoned == Some(true), found))
        };
        let profile = Arc::new(resolved.profile);
        let fleet = client.count.as_ref().map(|_| Arc::<str>::from(client.name.as_str()));
        for member in 1..=count(client, clients.len(), found) {
            let node = NodeIx(nodes.len() as u32);
            let name = if fleet.is_some() { format!("{}-{member}", *client.name) } else { client.name.value.clone() };
            if fleet.is_some() && !names.insert(name.clone()) {
                let message = format!("a member of the fleet `{}` would be a second client `{name}`", *client.name);
                found.add(Some(&client.name.span), message, "give one of the two another name");
            }
            nodes.push(NodeSpec { name: name.clone(), broker: None, voter: None, client: Some(ClientIx(clients.len() as u32)) });
            clients.push(ClientSpec {
                node,
                name,
                fleet: fleet.clone(),
                profile: profile.clone(),
                config: config.clone(),
                bootstrap: bootstrap.clone(),
                role: role.clone(),
            });
        }
    }
    (clients, groups.0)
}

/// The names of the groups, each once, in the order in which clients name them.
#[derive(Default)]
struct Groups(Vec<String>);

impl Groups {
    fn intern(&mut self, name: &str) -> GroupIx {
        let index = self.0.iter().position(|g| g == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        GroupIx(index as u32)
    }
}

/// Its role, or what it says that only a consumer can say.
fn is_consumer(client: &ClientFile) -> bool {
    match client.role {
        Some(RoleFile::Consumer) => true,
        Some(RoleFile::Producer) => false,
        None => consuming::keys(client).iter().any(|(_, written)| written.is_some()),
    }
}

/// A key that the other role has is a mistake here.
fn refuse(client: &ClientFile, keys: &[(&str, Option<&Range<usize>>)], is: &str, other: &str, found: &mut Diagnostics) {
    for (key, span) in keys {
        let Some(span) = span else { continue };
        let message = format!("client `{}` is a {is}, and `{key}` is a key of a {other}", *client.name);
        found.add(Some(span), message, format!("take `{key}` away, or write role = \"{other}\""));
    }
}

/// When it starts and ends, from the start of the run.
fn times(client: &ClientFile, found: &mut Diagnostics) -> (Duration, Option<Duration>) {
    let time = |written: &At<String>, found: &mut Diagnostics| match parse_duration(written) {
        Ok(time) => Some(time),
        Err(message) => {
            found.add(Some(&written.span), message, "times of clients count from the start of the run, the warm-up included");
            None
        }
    };
    let start = client.start.as_ref().and_then(|s| time(s, found)).unwrap_or(Duration::ZERO);
    let stop = client.stop.as_ref().and_then(|s| time(s, found));
    if let (Some(written), Some(stop)) = (&client.stop, stop)
        && stop <= start
    {
        found.add(Some(&written.span), format!("client `{}` stops before it starts", *client.name), format!("set `stop` above {start}"));
    }
    (start, stop)
}

/// How many clients the entry stands for.
fn count(client: &ClientFile, before: usize, found: &mut Diagnostics) -> u32 {
    let Some(written) = &client.count else { return 1 };
    let left = MOST_MEMBERS.saturating_sub(before as u32);
    if !(1..=left).contains(&written.value) {
        let message = format!("`{}` cannot be a fleet of {} clients", *client.name, written.value);
        found.add(
            Some(&written.span),
            message,
            format!("write a number from 1 to {left}: all fleets together have {MOST_MEMBERS} at most"),
        );
        return 1;
    }
    written.value
}

fn check_name(name: &At<String>, before: &mut BTreeSet<String>, found: &mut Diagnostics) {
    let separates = |c: char| c.is_whitespace() || c == ',' || c == ';';
    if name.is_empty() || name.contains(separates) {
        found.add(
            Some(&name.span),
            format!("`{}` cannot be the name of a client", **name),
            "take a name without spaces, commas and semicolons",
        );
    }
    if !before.insert(name.value.clone()) {
        found.add(Some(&name.span), format!("there are two clients `{}`", **name), "give each a name of its own");
    }
}

fn bootstrap(client: &ClientFile, cluster: &Cluster, found: &mut Diagnostics) -> Vec<BrokerIx> {
    let all = || (0..cluster.brokers.len() as u32).map(BrokerIx).collect::<Vec<_>>();
    let Some(written) = &client.bootstrap else { return all() };
    let mut list = Vec::new();
    for id in written {
        match cluster.brokers.iter().position(|b| b.id == id.value) {
            Some(i) => list.push(BrokerIx(i as u32)),
            None => {
                let ids: Vec<u32> = cluster.brokers.iter().map(|b| b.id).collect();
                found.add(Some(&id.span), format!("there is no broker {}", id.value), format!("the brokers are {ids:?}"));
            }
        }
    }
    if written.is_empty() {
        found.add(
            Some(&client.name.span),
            format!("client `{}` has no bootstrap server", *client.name),
            "name a broker, or leave `bootstrap` away",
        );
    }
    list
}

fn topics_of(client: &ClientFile, topics: &[TopicSpec], found: &mut Diagnostics) -> Vec<TopicIx> {
    let Some(written) = &client.topics else {
        let own = topics.iter().enumerate().filter(|(_, t)| !is_internal(&t.name));
        return own.map(|(i, _)| TopicIx(i as u32)).collect();
    };
    let mut list = Vec::new();
    for name in written {
        match topics.iter().position(|t| t.name == **name) {
            Some(i) => list.push(TopicIx(i as u32)),
            None => {
                let names: Vec<&str> = topics.iter().map(|t| t.name.as_str()).collect();
                found.add(Some(&name.span), format!("there is no topic `{}`", **name), format!("the topics are {}", names.join(", ")));
            }
        }
    }
    if written.is_empty() {
        found.add(Some(&client.name.span), format!("client `{}` has no topic", *client.name), "name a topic, or leave `topics` away");
    }
    list
}
