//! The configuration of one client: its library's defaults, those of its release, those of the scenario's profile, its own, and then
//! what the library makes of them together.

use super::super::diagnostic::Diagnostics;
use super::super::file::{ClientFile, Settings};
use super::super::keys::{self, Scope};
use super::super::profiles::Resolved;
use super::rules::{self, Draft};
use crate::kafka::config::ClientConfig;
use crate::model::client::profile::Profile;

/// The configuration of a client.
pub(super) fn resolve(client: &ClientFile, resolved: &Resolved, consumer: bool, found: &mut Diagnostics) -> ClientConfig {
    let profile = &resolved.profile;
    let library = profile.library;
    let Some(mut config) = profile.config(consumer) else {
        let (role, other) = if consumer { ("consumer", false) } else { ("producer", true) };
        let span = client.profile.as_ref().map_or(&client.name.span, |p| &p.span);
        let message = format!("client `{}` is a {role}, and there is no {role} of {} in the model", *client.name, profile.name);
        found.add(Some(span), message, "take another profile: `kafkasim clients` lists them");
        return library.config(other).expect("every library has a client");
    };
    let written = resolved.settings(consumer, &client.config);
    keys::apply(&written, Scope::Client { library, consumer }, found, |key, text| config.set(key, text));
    let in_group = client.group.is_some();
    rules::look(&mut Draft { config: &mut config, written: &written, profile, consumer, in_group, found });
    config
}

/// Notes what the library refuses of settings that are legal one by one.
pub(in super::super) fn refused(profile: &Profile, consumer: bool, in_group: bool, written: &Settings, found: &mut Diagnostics) {
    let Some(mut config) = profile.config(consumer) else { return };
    let scope = Scope::Client { library: profile.library, consumer };
    keys::apply(written, scope, found, |key, text| config.set(key, text));
    rules::look(&mut Draft { config: &mut config, written, profile, consumer, in_group, found });
}
