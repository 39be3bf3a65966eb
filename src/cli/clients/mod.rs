//! `kafkasim clients`: the client libraries and releases that there are, what each does, and how two of them differ.

mod diff;
mod list;
mod settings;
mod show;

use super::exit::Failure;
use super::output::Output;
use super::terminal;
use crate::model::client::profile::{Evidence, Profile};
use crate::model::client::profiles;
use crate::report::document::Document;
use crate::report::text;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use std::process::ExitCode;

/// Show the client libraries and releases that a scenario can name
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    question: Option<Question>,
    #[command(flatten)]
    look: Look,
}

#[derive(Subcommand)]
enum Question {
    /// Print what a client does, with the source of each behaviour, and its settings with their defaults
    Show {
        /// A profile shown by `kafkasim clients`, a release (java-3.9.1), or a library (its newest release)
        name: String,
        #[command(flatten)]
        look: Look,
    },
    /// Print what differs between two clients; across libraries, by what their keys stand for
    Diff {
        /// A profile, a release or a library
        a: String,
        /// Another one
        b: String,
        #[command(flatten)]
        look: Look,
    },
}

#[derive(Args, Clone, Copy)]
struct Look {
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Answers the question.
///
/// # Errors
/// When a name is that of no client, or the output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (text, look) = match &arguments.question {
        None => {
            let list = list::of();
            (rendered(&list, list::document(&list), arguments.look), arguments.look)
        }
        Some(Question::Show { name, look }) => {
            let shown = show::of(find(name)?);
            (rendered(&shown, show::document(&shown), *look), *look)
        }
        Some(Question::Diff { a, b, look }) => {
            let found = diff::of(find(a)?, find(b)?);
            (rendered(&found, diff::document(&found), *look), *look)
        }
    };
    let mut output = Output::open(None)?;
    output.write(&text)?;
    if look.format == Format::Json {
        output.write("\n")?;
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn rendered(data: &impl Serialize, document: Document, look: Look) -> String {
    match look.format {
        Format::Text => text::render(&document, terminal::look(true)),
        Format::Json => serde_json::to_string_pretty(data).expect("it holds only strings and lists"),
    }
}

/// The profile of this name, the one that stands for this release, or the newest one of this library.
fn find(name: &str) -> Result<&'static Profile, Failure> {
    let newest = || {
        let of_library = profiles::all().iter().copied().filter(|p| p.library.names().0 == name);
        // Of several ways to use one release the first is the plain one.
        of_library.reduce(|best, next| if next.covers[1] > best.covers[1] { next } else { best })
    };
    profiles::find(name).or_else(newest).ok_or_else(|| {
        let names: Vec<&str> = profiles::all().iter().map(|p| p.name.as_ref()).collect();
        let likeness = |known: &&&str| (strsim::jaro_winkler(name, known) * 1000.0) as u32;
        let hint = match names.iter().max_by_key(likeness).filter(|known| likeness(known) > 850) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        Failure::new(format!("there is no client profile `{name}`; {hint}"))
    })
}

fn evidence(profile: &Profile) -> &'static str {
    match profile.evidence {
        Evidence::Measured => "measured",
        Evidence::Source => "source",
        Evidence::Scenario => "scenario",
    }
}
