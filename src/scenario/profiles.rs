//! `[[profile]]`: client libraries that the scenario describes itself, starting from one that is built in, and single behaviours that a
//! client has otherwise than its library.

use super::at::At;
use super::diagnostic::Diagnostics;
use super::file::{ProfileFile, Settings};
use super::keys::{self, Scope};
use crate::fault::closest;
use crate::kafka::config::ConfigError;
use crate::model::client::profile::{Evidence, Library, Policy, Profile};
use crate::model::client::profiles;
use std::borrow::Cow;
use std::ops::Range;

pub(super) const DEFAULT: &str = "java-4.3";
/// Where the behaviours come from that a scenario sets.
const SOURCE: &str = "the scenario";

/// A profile with the settings that the scenario gives to everybody who uses it.
#[derive(Clone)]
pub(super) struct Resolved {
    /// The library with its behaviours.
    pub profile: Profile,
    /// Settings of producers, and of consumers.
    defaults: [Settings; 2],
}

/// The profiles of a scenario.
pub(super) struct Profiles<'f> {
    written: &'f [ProfileFile],
    own: Vec<Resolved>,
}

impl Resolved {
    fn built_in(profile: &Profile) -> Self {
        Resolved { profile: profile.clone(), defaults: Default::default() }
    }

    /// The settings of a client that sets `own` itself.
    pub fn settings(&self, consumer: bool, own: &Settings) -> Settings {
        let mut all = self.defaults[usize::from(consumer)].clone();
        over(&mut all, own);
        all
    }

    /// The same with the behaviours of one client, as its `policies` have them.
    pub fn with_policies(mut self, whose: &str, policies: &Settings, found: &mut Diagnostics) -> Self {
        let changed = behave(&mut self.profile, policies, found);
        if !changed.is_empty() {
            found.note(format!("{whose} is {} with {}.", self.profile.name, changed.join(", ")));
            self.profile.name = Cow::Owned(format!("{}, changed", self.profile.name));
        }
        self
    }
}

/// Later settings on top of earlier ones, each with the place where it stands.
fn over(settings: &mut Settings, later: &Settings) {
    for (key, value) in later {
        settings.remove(key);
        settings.insert(key.clone(), value.clone());
    }
}

/// All profiles of the scenario, each of them on top of its base.
pub(super) fn resolve<'f>(written: &'f [ProfileFile], found: &mut Diagnostics) -> Profiles<'f> {
    let mut profiles = Profiles { written, own: Vec::new() };
    for (i, profile) in written.iter().enumerate() {
        check_name(profile, &written[..i], found);
    }
    profiles.own = (0..written.len()).map(|i| profiles.build(i, &mut Vec::new(), found)).collect();
    profiles
}

fn check_name(profile: &ProfileFile, before: &[ProfileFile], found: &mut Diagnostics) {
    let name = profile.name.as_str();
    if name.trim().is_empty() || name.contains(char::is_control) {
        found.add(Some(&profile.name.span), "a profile cannot have an empty name".to_owned(), "name it, for example \"ours\"");
    } else if profiles::find(name).is_some() {
        found.add(Some(&profile.name.span), format!("there is a built-in profile `{name}`"), "give yours a name of its own");
    } else if before.iter().any(|p| *p.name == name) {
        found.add(Some(&profile.name.span), format!("there are two profiles `{name}`"), "give each a name of its own");
    }
}

impl Profiles<'_> {
    /// The profile of this name, of the scenario or built in.
    pub fn find(&self, written: Option<&At<String>>, found: &mut Diagnostics) -> Resolved {
        let default = || Resolved::built_in(profiles::find(DEFAULT).expect("the default profile exists"));
        let Some(written) = written else { return default() };
        if let Some(i) = self.position(written) {
            return self.own[i].clone();
        }
        if let Some(profile) = profiles::find(written) {
            return Resolved::built_in(profile);
        }
        found.add(Some(&written.span), format!("there is no client profile `{}`", **written), self.remedy(written));
        default()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.written.iter().position(|p| *p.name == name)
    }

    /// One profile on top of its base; `below` are those that are being built on top of it.
    fn build(&self, i: usize, below: &mut Vec<usize>, found: &mut Diagnostics) -> Resolved {
        let file = &self.written[i];
        below.push(i);
        let mut resolved = self.base(file, below, found);
        below.pop();
        // A base that is itself wrong was told already.
        resolved.profile.name = Cow::Owned(file.name.value.clone());
        let based_on = format!("{} ({})", resolved.profile.releases, *file.base);
        let changed = behave(&mut resolved.profile, &file.policies, found);
        resolved.profile.releases = Cow::Owned(based_on);
        if !changed.is_empty() && below.is_empty() {
            found.note(format!("Profile {} is {} with {}.", *file.name, *file.base, changed.join(", ")));
        }
        let library = resolved.profile.library;
        for consumer in [false, true] {
            let own = settings_of(&file.defaults, library, consumer, found);
            over(&mut resolved.defaults[usize::from(consumer)], &own);
        }
        resolved
    }

    fn base(&self, file: &ProfileFile, below: &mut Vec<usize>, found: &mut Diagnostics) -> Resolved {
        let Some(base) = self.position(&file.base) else { return self.find(Some(&file.base), found) };
        if !below.contains(&base) {
            return self.build(base, below, found);
        }
        let circle: Vec<usize> = below.iter().copied().skip_while(|i| *i != base).collect();
        // Told once, where the first of the circle stands.
        if below.first() == circle.iter().min() {
            let through: Vec<&str> = circle[1..].iter().map(|i| self.written[*i].name.as_str()).collect();
            let through = if through.is_empty() { String::new() } else { format!(", through {}", through.join(", ")) };
            let message = format!("profile `{}` is its own base{through}", *file.base);
            found.add(Some(&file.base.span), message, format!("write base = \"{DEFAULT}\", or another profile that is built in"));
        }
        self.find(None, found)
    }

    /// What to write instead of a profile that does not exist.
    fn remedy(&self, name: &str) -> String {
        let own = self.written.iter().map(|p| p.name.as_str());
        let names: Vec<&str> = own.chain(profiles::all().iter().map(|p| p.name.as_ref())).collect();
        let library = Library::ALL.into_iter().find(|l| name == l.names().0 || name.starts_with(&format!("{}-", l.names().0)));
        if let Some(library) = library {
            let of = profiles::all().iter().filter(|p| p.library == library);
            let each: Vec<String> = of.map(|p| format!("{} ({})", p.name, p.releases)).collect();
            return format!("of this library there are {}", each.join("; "));
        }
        match closest(name, names.iter().copied()).filter(|candidate| strsim::jaro_winkler(candidate, name) > 0.85) {
            Some(candidate) => format!("did you mean `{candidate}`? `kafkasim clients` lists them all"),
            None => format!("there are {}; `kafkasim clients` tells what each stands for", names.join(", ")),
        }
    }
}

/// Sets behaviours of a profile; each that changed, as `key = value`.
fn behave(profile: &mut Profile, policies: &Settings, found: &mut Diagnostics) -> Vec<String> {
    let mut changed = Vec::new();
    for (name, value) in policies {
        let Some(policy) = checked(profile.library, name, &value.0, &value.span, found) else { continue };
        let all = profile.policies.to_mut();
        match all.iter_mut().find(|p| p.key == policy.key) {
            Some(before) if before.value == policy.value => continue,
            Some(before) => *before = policy.clone(),
            None => all.push(policy.clone()),
        }
        changed.push(format!("{} = {}", policy.key, policy.value));
    }
    if !changed.is_empty() {
        profile.evidence = Evidence::Scenario;
    }
    changed
}

fn checked(library: Library, name: &At<String>, value: &str, span: &Range<usize>, found: &mut Diagnostics) -> Option<Policy> {
    let known = library.policy_keys();
    let Some(key) = known.iter().find(|key| key.name == **name) else {
        let help = match closest(name, known.iter().map(|key| key.name)) {
            Some(candidate) => format!("did you mean `{candidate}`? `kafkasim clients show` lists the behaviours"),
            None => format!("{} has {}", library.names().0, known.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")),
        };
        found.add(Some(&name.span), format!("`{}` is no behaviour of {}", **name, library.names().0), help);
        return None;
    };
    let text = Scope::Client { library, consumer: false }.in_own_unit(key, value);
    let checked = text.and_then(|text| {
        let legal = library.check_policy(key.name, &text);
        legal.map(|()| text).map_err(|error: ConfigError| error.to_string())
    });
    match checked {
        Ok(text) => Some(Policy { key: key.name, value: Cow::Owned(text), source: Cow::Borrowed(SOURCE) }),
        Err(message) => {
            found.add(Some(span), message, key.doc.trim());
            None
        }
    }
}

/// The settings that a profile gives to one role; those that only the other role has are left to that one.
fn settings_of(defaults: &Settings, library: Library, consumer: bool, found: &mut Diagnostics) -> Settings {
    let (scope, other) = (Scope::Client { library, consumer }, Scope::Client { library, consumer: !consumer });
    let own: Settings = defaults
        .iter()
        .filter(|(key, _)| scope.key(key).is_some() || other.key(key).is_none())
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let Some(mut config) = library.config(consumer) else { return Settings::new() };
    let mut good = Settings::new();
    keys::apply(&own, scope, found, |key, text| config.set(key, text));
    for (key, value) in own {
        if scope.key(&key).is_some_and(|k| scope.in_own_unit(k, &value.0).is_ok_and(|text| config.set(k.name, &text).is_ok())) {
            good.insert(key, value);
        }
    }
    good
}
