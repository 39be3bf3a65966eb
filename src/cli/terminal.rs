//! What kind of terminal there is, if any.

use crate::printable::escape;
use crate::report::text::Look;
use std::io::IsTerminal;

/// Width of a text that goes to no terminal.
const WIDTH_WITHOUT_TERMINAL: u16 = 120;

/// How text on standard output is to look.
pub fn look(to_stdout: bool) -> Look {
    let terminal = to_stdout && std::io::stdout().is_terminal();
    let width = if terminal { comfy_table::Table::new().width() } else { None };
    Look { width: width.unwrap_or(WIDTH_WITHOUT_TERMINAL), colour: terminal && colour_wanted() }
}

/// How messages on standard error are to look.
pub fn message_look() -> Look {
    let terminal = std::io::stderr().is_terminal();
    let width = if terminal { comfy_table::Table::new().use_stderr().width() } else { None };
    Look { width: width.unwrap_or(WIDTH_WITHOUT_TERMINAL), colour: terminal && colour_wanted() }
}

/// Whether standard error is read by a person as it is written.
pub fn watched() -> bool {
    std::io::stderr().is_terminal() && !dumb()
}

/// <https://no-color.org>: colour unless `NO_COLOR` is set and not empty.
pub fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && !dumb()
}

fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// `error: …`, with nothing in it that a terminal would obey.
pub fn error_line(message: &str) -> String {
    let message = escape(message);
    if message_look().colour {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        return format!("{red}error:{red:#} {message}");
    }
    format!("error: {message}")
}
