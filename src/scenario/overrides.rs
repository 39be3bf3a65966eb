//! `--set KEY=VALUE`: any key of the scenario by its dotted path, or any key of Kafka or of a client library.

use super::diagnostic::Diagnostics;
use super::keys::Scope;
use super::profiles::DEFAULT;
use super::shape::allows;
use crate::fault::closest;
use crate::model::client::profiles;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// A change of the scenario from outside its file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Override {
    /// A key and its value: `client.app.rate` and `50`, `duration` and `1m`, `linger.ms` and `0`.
    Set {
        /// A dotted path of the scenario, or a key of Kafka or of a client library.
        key: String,
        /// As in the file; quotes around text may be left out.
        value: String,
    },
    /// One more fault line.
    Fault(String),
    /// The seed.
    Seed(String),
    /// A file of costs: its `[costs]` stands in place of the scenario's, its `[[cost_profile]]` beside the scenario's.
    Costs {
        /// The file, for diagnostics.
        name: String,
        /// TOML.
        text: String,
    },
}

impl Override {
    /// What diagnostics call the text of [`Override::words`].
    pub(super) fn label(&self) -> &str {
        match self {
            Override::Set { .. } => "--set",
            Override::Fault(_) => "--fault",
            Override::Seed(_) => "--seed",
            Override::Costs { name, .. } => name,
        }
    }

    /// As the command line says it, and where in that the value begins; of a file its text.
    pub(super) fn words(&self) -> (String, usize) {
        let (before, value) = match self {
            Override::Set { key, value } => (format!("--set {key}="), value),
            Override::Fault(line) => ("--fault ".to_owned(), line),
            Override::Seed(seed) => ("--seed ".to_owned(), seed),
            Override::Costs { text, .. } => (String::new(), text),
        };
        (format!("{before}{value}"), before.len())
    }
}

/// Applies one change to the document. `value` is its value as TOML, `span` where it stands.
pub(super) fn apply<'a>(
    change: &'a Override,
    value: Spanned<DeValue<'a>>,
    root: &mut DeTable<'a>,
    schema: &Value,
    found: &mut Diagnostics,
) {
    let span = value.span();
    let done = match change {
        Override::Set { key, .. } => {
            add_broker(key, &span, root);
            set(key, &value, root, schema)
        }
        Override::Seed(_) => insert(root, "seed", value),
        Override::Costs { .. } => {
            put_costs(value, root, found);
            Ok(())
        }
        Override::Fault(_) => match entry(root, "faults", &span, DeValue::Array(DeArray::new())) {
            DeValue::Array(lines) => {
                lines.push(value);
                Ok(())
            }
            // A wrong type in the file is reported when the file is held against the schema.
            _ => Ok(()),
        },
    };
    if let Err((message, help)) = done {
        found.add(Some(&span), message, help);
    }
}

type Failure = (String, String);

fn set<'a>(key: &str, value: &Spanned<DeValue<'a>>, root: &mut DeTable<'a>, schema: &Value) -> Result<(), Failure> {
    let properties = schema["properties"].as_object().ok_or_else(|| (String::new(), String::new()))?;
    let first = key.split('.').next().unwrap_or(key);
    let of_clients = Scope::clients().any(|scope| scope.key(key).is_some());
    let of_brokers = Scope::Broker.key(key).is_some();
    if properties.contains_key(first) && !of_clients && !of_brokers {
        return descend(schema, root, key, value);
    }
    if of_clients {
        return in_clients(key, value, root, schema);
    }
    if Scope::Topic.key(key).is_some() {
        return everywhere(&["config", "broker", "topic"], key, value, root, schema);
    }
    if of_brokers {
        return everywhere(&["config", "broker"], key, value, root, schema);
    }
    Err(unknown(key, properties.keys().map(String::as_str)))
}

/// Puts a file of costs into the document.
fn put_costs<'a>(file: Spanned<DeValue<'a>>, root: &mut DeTable<'a>, found: &mut Diagnostics) {
    let DeValue::Table(file) = file.into_inner() else { return };
    for (key, value) in file {
        match key.get_ref().as_ref() {
            "costs" => {
                root.remove("costs");
                root.insert(key, value);
            }
            "cost_profile" => {
                let span = value.span();
                let DeValue::Array(more) = value.into_inner() else {
                    found.add(Some(&span), "`cost_profile` is a list of tables".to_owned(), "write [[cost_profile]]");
                    continue;
                };
                if let DeValue::Array(profiles) = entry(root, "cost_profile", &span, DeValue::Array(DeArray::new())) {
                    more.into_iter().for_each(|profile| profiles.push(profile));
                }
            }
            other => {
                let message = format!("`{other}` is no key of a file of costs");
                found.add(Some(&key.span()), message, "it holds [costs] and [[cost_profile]], as `kafkasim calibrate` writes them");
            }
        }
    }
}

/// Sets a key of client libraries in every client whose library and role have it.
fn in_clients<'a>(key: &str, value: &Spanned<DeValue<'a>>, root: &mut DeTable<'a>, schema: &Value) -> Result<(), Failure> {
    let bases = bases(root);
    let mut hit = false;
    for client in tables(root, "client") {
        let Some(scope) = scope_of(client, &bases).filter(|scope| scope.key(key).is_some()) else { continue };
        hit = true;
        forget(client, key, scope);
        descend(&schema["properties"]["client"]["items"], client, &format!("config.{key}"), value)?;
    }
    if hit {
        return Ok(());
    }
    let owners: Vec<String> = Scope::clients().filter(|scope| scope.key(key).is_some()).map(Scope::whose).collect();
    Err((
        format!("`{key}` is a key of {}, and the scenario has no such client", owners.join(", ")),
        "add a [[client]] that has it".to_owned(),
    ))
}

/// Takes a key away under all of its names.
fn forget(client: &mut DeTable<'_>, key: &str, scope: Scope) {
    let Some(DeValue::Table(config)) = client.get_mut("config").map(Spanned::get_mut) else { return };
    let same: Vec<String> =
        config.keys().map(|k| k.get_ref().to_string()).filter(|k| scope.key(k).map(|k| k.name) == scope.key(key).map(|k| k.name)).collect();
    for name in same {
        config.remove(name.as_str());
    }
}

/// Every table of a section.
fn tables<'t, 'a>(root: &'t mut DeTable<'a>, section: &str) -> impl Iterator<Item = &'t mut DeTable<'a>> {
    let items = root.get_mut(section).and_then(|s| if let DeValue::Array(a) = s.get_mut() { Some(a) } else { None });
    items.into_iter().flat_map(|a| a.iter_mut()).filter_map(|i| if let DeValue::Table(t) = i.get_mut() { Some(t) } else { None })
}

/// The scenario's own profiles with their bases.
fn bases(root: &mut DeTable<'_>) -> Vec<(String, String)> {
    let text = |table: &DeTable<'_>, key: &str| table.get(key).and_then(|v| v.get_ref().as_str()).map(str::to_owned);
    tables(root, "profile").filter_map(|table| Some((text(table, "name")?, text(table, "base")?))).collect()
}

/// Whose keys a client takes, if its profile exists.
fn scope_of(client: &DeTable<'_>, bases: &[(String, String)]) -> Option<Scope> {
    let text = |key: &str| client.get(key).and_then(|v| v.get_ref().as_str());
    let mut name = text("profile").unwrap_or(DEFAULT);
    // A profile that is its own base through others is told of later.
    for _ in 0..=bases.len() {
        let Some((_, base)) = bases.iter().find(|(own, _)| own == name) else { break };
        name = base;
    }
    let consumer = match text("role") {
        Some(role) => role == "consumer",
        None => ["group", "from", "processing"].iter().any(|key| client.contains_key(*key)),
    };
    Some(Scope::Client { library: profiles::find(name)?.library, consumer })
}

fn kafka_keys<'s>() -> impl Iterator<Item = &'s str> {
    Scope::all().flat_map(|scope| scope.keys().map(|k| k.name))
}

fn unknown<'s>(key: &str, known: impl Iterator<Item = &'s str> + Clone) -> Failure {
    let help = match closest(key, known.clone().chain(kafka_keys())) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("set a key of Kafka, or one of {}", known.collect::<Vec<_>>().join(", ")),
    };
    (format!("`{key}` is no key of a scenario, and none of Kafka or a client library that the model reads"), help)
}

/// Sets a key of Kafka in all these sections: in `config` always, in every topic, and in a broker where it stands already.
fn everywhere<'a>(
    sections: &[&str],
    key: &str,
    value: &Spanned<DeValue<'a>>,
    root: &mut DeTable<'a>,
    schema: &Value,
) -> Result<(), Failure> {
    for section in sections {
        if *section == "config" {
            descend(schema, root, &format!("config.{key}"), value)?;
            continue;
        }
        for table in tables(root, section) {
            if *section == "broker" && !holds(table, key) {
                continue;
            }
            descend(&schema["properties"][*section]["items"], table, &format!("config.{key}"), value)?;
        }
    }
    Ok(())
}

fn holds(broker: &DeTable<'_>, key: &str) -> bool {
    broker.get("config").is_some_and(|c| c.get_ref().get(key).is_some())
}

/// Goes down the dotted `key` from `table`, making what is not there.
fn descend<'a>(schema: &Value, table: &mut DeTable<'a>, key: &str, value: &Spanned<DeValue<'a>>) -> Result<(), Failure> {
    let Some(properties) = schema["properties"].as_object() else { return insert(table, key, value.clone()) };
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    let Some(inner) = properties.get(first) else {
        if properties.contains_key("config") && Scope::all().any(|scope| scope.knows(key)) {
            return descend(schema, table, &format!("config.{key}"), value);
        }
        return Err(unknown(key, properties.keys().map(String::as_str)));
    };
    let Some(rest) = rest else { return insert(table, first, value.clone()) };
    if allows(inner, "object") {
        let DeValue::Table(next) = entry(table, first, &value.span(), DeValue::Table(DeTable::default())) else { return Ok(()) };
        return descend(inner, next, rest, value);
    }
    if allows(inner, "array") && allows(&inner["items"], "object") {
        return in_each(first, inner, table, rest, value);
    }
    Err((format!("`{first}` has no keys of its own"), format!("set `{first}` itself")))
}

/// `client.app.rate`: in the item of that name or id; `client.*.rate`: in all of them.
fn in_each<'a>(section: &str, schema: &Value, table: &mut DeTable<'a>, rest: &str, value: &Spanned<DeValue<'a>>) -> Result<(), Failure> {
    let span = value.span();
    let DeValue::Array(items) = entry(table, section, &span, DeValue::Array(DeArray::new())) else { return Ok(()) };
    let names: Vec<String> = items.iter().filter_map(|i| name_of(i.get_ref())).collect();
    let mut hit = false;
    for item in items.iter_mut() {
        let Some(name) = name_of(item.get_ref()) else { continue };
        let after = |prefix: &str| rest.strip_prefix(prefix).and_then(|r| r.strip_prefix('.')).map(str::to_owned);
        let Some(inner) = after(&name).or_else(|| after("*")) else { continue };
        hit = true;
        if let DeValue::Table(item) = item.get_mut() {
            descend(&schema["items"], item, &inner, value)?;
        }
    }
    if hit {
        return Ok(());
    }
    let help =
        if names.is_empty() { format!("there is no [[{section}]]") } else { format!("there are {}; `*` means all", names.join(", ")) };
    Err((format!("`{rest}` begins with the name of no {section}"), help))
}

/// `broker.102.cold` may name a broker that has no section yet.
fn add_broker<'a>(key: &'a str, span: &Range<usize>, root: &mut DeTable<'a>) {
    let Some((id, _)) = key.strip_prefix("broker.").and_then(|rest| rest.split_once('.')) else { return };
    let Ok(number) = DeValue::parse(id) else { return };
    let DeValue::Array(brokers) = entry(root, "broker", span, DeValue::Array(DeArray::new())) else { return };
    if !number.get_ref().is_integer() || brokers.iter().any(|b| name_of(b.get_ref()).as_deref() == Some(id)) {
        return;
    }
    let mut broker = DeTable::default();
    broker.insert(Spanned::new(span.clone(), "id".into()), Spanned::new(span.clone(), number.into_inner()));
    brokers.push(Spanned::new(span.clone(), DeValue::Table(broker)));
}

fn name_of(item: &DeValue<'_>) -> Option<String> {
    let name = item.get("name").or_else(|| item.get("id"))?;
    match name.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn insert<'a>(table: &mut DeTable<'a>, key: &str, value: Spanned<DeValue<'a>>) -> Result<(), Failure> {
    table.remove(key);
    table.insert(Spanned::new(value.span(), key.to_owned().into()), value);
    Ok(())
}

fn entry<'t, 'a>(table: &'t mut DeTable<'a>, key: &str, span: &Range<usize>, new: DeValue<'a>) -> &'t mut DeValue<'a> {
    if !table.contains_key(key) {
        table.insert(Spanned::new(span.clone(), key.to_owned().into()), Spanned::new(span.clone(), new));
    }
    table.get_mut(key).expect("it was put there").get_mut()
}
