//! `kafkasim watch`: a run played in the terminal. It shows recorded facts: the run is over before the first picture.

mod draw;
mod keys;
#[cfg(test)]
mod tests;
mod view;

use super::api;
use super::arguments::{self, Changes};
use super::exit::Failure;
use super::progress::Progress;
use super::terminal;
use crate::engine::Instant;
use crate::observe::Fact;
use crate::timeline::{Recorder, Timeline};
use clap::Args;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time;
use view::View;

/// How often the picture is drawn anew while it plays.
const FRAME: time::Duration = time::Duration::from_millis(50);

/// Play a run in the terminal: who leads, what each client believes, and what has just happened
#[derive(Args)]
pub struct Arguments {
    /// A scenario: a TOML file, or a name shown by `kafkasim list`
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// How fast it plays: 1 is real time, 0.01 a hundredth of it
    #[arg(long, value_name = "N", default_value = "1", value_parser = speed)]
    speed: f64,
}

/// Runs the scenario, and plays what happened until `q` is pressed.
///
/// # Errors
/// When the input is wrong, or there is no terminal.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err(Failure::new(
            "`watch` plays in a terminal, and standard input or output is none; `kafkasim run SCENARIO --report report.html` makes a page, and `--events FILE` writes every fact",
        ));
    }
    let scenario = arguments::scenario(&arguments.scenario, &arguments.changes)?;
    let timeline = record(&scenario)?;
    let mut view = View::new(&scenario.name, &timeline, arguments.speed);
    let mut terminal = ratatui::try_init().map_err(|error| lost(&error))?;
    let played = play(&mut terminal, &mut view, terminal::colour_wanted());
    ratatui::restore();
    played.map(|()| ExitCode::SUCCESS).map_err(|error| lost(&error))
}

fn lost(error: &io::Error) -> Failure {
    Failure::new(format!("the terminal cannot be used: {error}"))
}

/// The whole run, as its timeline.
fn record(scenario: &api::Scenario) -> Result<Timeline, Failure> {
    let mut progress = Progress::new(api::length(scenario), false);
    let count_from = Instant::ZERO + scenario.count_from;
    let mut recorder = Recorder::new(&scenario.spec, count_from, count_from + scenario.duration);
    let mut look = |at: Instant, fact: &Fact| {
        if let Some(progress) = progress.as_mut() {
            progress.tick(at);
        }
        recorder.on_fact(at, fact);
    };
    api::run(scenario, None, Some(&mut look))?;
    Ok(recorder.finish())
}

fn play(terminal: &mut DefaultTerminal, view: &mut View<'_>, colour: bool) -> io::Result<()> {
    let mut last = time::Instant::now();
    loop {
        terminal.draw(|frame| draw::draw(frame, view, colour))?;
        // Nothing moves while it stands still: the next key is waited for.
        if view.playing && !event::poll(FRAME)? {
            view.pass(last.elapsed().as_secs_f64());
            last = time::Instant::now();
            continue;
        }
        let seen = event::read()?;
        view.pass(last.elapsed().as_secs_f64());
        last = time::Instant::now();
        if let Event::Key(key) = seen
            && !keys::press(view, key)
        {
            return Ok(());
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if !(view::SLOWEST..=view::FASTEST).contains(&speed) {
        return Err(format!("a speed lies between {} and {}", view::SLOWEST, view::FASTEST));
    }
    Ok(speed)
}
