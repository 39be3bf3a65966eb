//! The configuration of one client: its library's defaults, those of its release, its own, and what the library makes of them.

use super::super::diagnostic::Diagnostics;
use super::super::file::ClientFile;
use super::super::keys::{self, Scope};
use super::{java, librdkafka};
use crate::kafka::config::ClientConfig;
use crate::model::client::profile::Profile;

/// The configuration of a client.
pub(super) fn resolve(client: &ClientFile, profile: &Profile, consumer: bool, found: &mut Diagnostics) -> ClientConfig {
    let library = profile.library;
    let Some(mut config) = library.config(consumer) else {
        let (role, other) = if consumer { ("consumer", false) } else { ("producer", true) };
        let span = client.profile.as_ref().map_or(&client.name.span, |p| &p.span);
        let message = format!("client `{}` is a {role}, and there is no {role} of {} in the model", *client.name, profile.name);
        found.add(Some(span), message, "take another profile: `kafkasim clients` lists them");
        return library.config(other).expect("every library has a client");
    };
    let defaults = if consumer { profile.consumer_defaults } else { profile.producer_defaults };
    for default in defaults {
        config.set(default.key, default.value).expect("a profile holds legal defaults");
    }
    keys::apply(&client.config, Scope::Client { library, consumer }, found, |key, text| config.set(key, text));
    match &mut config {
        ClientConfig::JavaProducer(config) => java::producer(&client.config, config, found),
        ClientConfig::JavaConsumer(config) => java::consumer(&client.config, config),
        ClientConfig::Librdkafka(config) => librdkafka::resolve(&client.config, config, consumer, found),
    }
    config
}
