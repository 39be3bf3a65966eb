//! The profile as TOML, each cost with where it comes from.

use super::file::Kind;
use super::key::Key;
use super::machines::Measured;
use super::profile::Profile;
use super::samples::{FEW, Samples};
use crate::engine::Duration;
use std::fmt::Write;

/// The whole text, the same for the same profile.
pub(super) fn toml(profile: &Profile) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = head(&mut out, profile);
    let _ = costs(&mut out, profile);
    for (broker, measured) in &profile.each {
        let _ = broker_costs(&mut out, &profile.name, *broker, measured);
    }
    out
}

fn head(out: &mut String, profile: &Profile) -> std::fmt::Result {
    out.push_str("# What the work of these machines costs, measured from their own logs by `kafkasim calibrate`.\n");
    out.push_str("# Use it with `kafkasim run SCENARIO --costs THIS-FILE`, or put it into a scenario.\n#\n");
    for file in &profile.files {
        let broker = file.broker.map(|id| format!(", broker {id}")).unwrap_or_default();
        let outside = if file.outside > 0 { format!(", {} outside of --from and --to", file.outside) } else { String::new() };
        let unit = if file.kind == Kind::RequestLog { "requests" } else { "lines of use" };
        writeln!(out, "# From {}{broker}: {} {unit} in {} lines{outside}", file.shown(), file.used, file.lines)?;
    }
    for note in &profile.notes {
        writeln!(out, "# Note: {note}")?;
    }
    Ok(())
}

fn costs(out: &mut String, profile: &Profile) -> std::fmt::Result {
    writeln!(out, "\n[costs]\nname = {}", quoted(&profile.name))?;
    for (key, samples) in &profile.all {
        let few = if samples.count() < FEW { " (few)" } else { "" };
        writeln!(out, "# n={}{few}: {}", samples.count(), key.read())?;
        cost(out, *key, samples)?;
    }
    for (key, why) in profile.missing() {
        writeln!(out, "# {key}: not in these files: that of `typical`; {why}")?;
    }
    Ok(())
}

fn broker_costs(out: &mut String, name: &str, broker: u32, measured: &Measured) -> std::fmt::Result {
    let own = format!("{name} {broker}");
    // A name is somebody's text: no line break of it may end the comment.
    let told = own.escape_debug();
    writeln!(out, "\n# Broker {broker} alone; it is used with --set 'broker.{broker}.costs={told}', in place of the above.")?;
    writeln!(out, "[[cost_profile]]\nname = {}", quoted(&own))?;
    for (key, samples) in measured {
        writeln!(out, "# n={}", samples.count())?;
        cost(out, *key, samples)?;
    }
    Ok(())
}

fn cost(out: &mut String, key: Key, samples: &Samples) -> std::fmt::Result {
    let points: Vec<String> = samples.points().iter().map(|(label, time)| format!("{label} {}", ms(*time))).collect();
    writeln!(out, "{} = \"percentiles({})\"", key.name(), points.join(", "))
}

/// In milliseconds, so that one line can be compared with another.
fn ms(time: Duration) -> String {
    format!("{}ms", time.as_millis_f64())
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
