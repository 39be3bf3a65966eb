//! How the program ends: its exit codes, what it says when it fails, and what it says when it panics.

use super::repeat::shell_words;
use super::terminal;
use crate::printable::escape_lines;
use std::process::ExitCode;

/// An expectation of the scenario did not hold.
pub const EXPECTATION_FAILED: u8 = 1;
/// The input is wrong.
pub const BAD_INPUT: u8 = 2;
/// The simulated cluster broke a promise of Kafka's protocol.
pub const VIOLATED: u8 = 3;
/// The trouble that `triage` was shown goes on.
pub const SUSTAINED: u8 = 4;
/// kafkasim itself failed, as the language has it.
const PANICKED: u8 = 101;

/// Why a verb could not do its work: bad input in every case.
pub enum Failure {
    /// In words.
    Message(String),
    /// Mistakes in texts, drawn with their places.
    Drawn(String),
}

impl Failure {
    /// A failure in words, with what to do about it.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure::Message(message.into())
    }

    /// Says on standard error what is wrong, and gives the exit code.
    pub fn report(self) -> ExitCode {
        match self {
            Failure::Message(message) => eprintln!("{}", terminal::error_line(&message)),
            Failure::Drawn(text) => eprint!("{text}"),
        }
        ExitCode::from(BAD_INPUT)
    }
}

/// From now on a panic says that it is a bug of ours, and its last line is the command that repeats it. The process then ends with 101.
pub fn explain_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let command: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
        explain(&panic.to_string(), &shell_words(&command));
    }));
}

/// Explains a panic that was caught, and gives the exit code.
pub fn panicked(panic: &str, command: &str) -> ExitCode {
    explain(panic, command);
    ExitCode::from(PANICKED)
}

/// Says that the simulated cluster broke a promise, and gives the exit code.
pub fn violated(command: &str) -> ExitCode {
    let what = "the simulated cluster broke a promise of Kafka's protocol: a bug of kafkasim. This command repeats it:";
    eprintln!("{}\n{command}", terminal::error_line(what));
    ExitCode::from(VIOLATED)
}

fn explain(panic: &str, command: &str) {
    eprintln!("kafkasim has failed, which is a bug of kafkasim and not of your input: {}", escape_lines(panic));
    eprintln!("Please report it, with the files it was given. This command repeats it:");
    eprintln!("{command}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const CHILD: &str = "KAFKASIM_TEST_PANIC";

    #[test]
    fn after_a_panic_the_last_line_repeats_it() {
        if std::env::var_os(CHILD).is_some() {
            explain_panics();
            panic!("the invariant");
        }
        let program = std::env::current_exe().expect("this test runs");
        let name = "cli::exit::tests::after_a_panic_the_last_line_repeats_it";
        let arguments = ["--exact", name, "--nocapture", "--test-threads=1"];
        let output = Command::new(&program).args(arguments).env(CHILD, "1").output().expect("it runs again");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        let command = format!("{} {}", shell_words(&[program.to_string_lossy().into_owned()]), arguments.join(" "));
        assert_eq!(output.status.code(), Some(101));
        assert!(message.contains("a bug of kafkasim") && message.contains("the invariant"), "{message}");
        assert_eq!(message.lines().last(), Some(command.as_str()), "{message}");
    }
}
