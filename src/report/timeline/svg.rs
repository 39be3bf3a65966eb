//! The text of an SVG: escaping, numbers, the style sheet.

use crate::printable;

/// Colours of brokers, as in the page: Okabe and Ito's without the yellow, which cannot be seen on white, and grey.
pub const COLOURS: usize = 7;

/// The style sheet and the patterns.
pub const HEAD: &str = "<style>
.t{font:12px system-ui,sans-serif;fill:#1c1e21}.m{font:11px system-ui,sans-serif;fill:#5f6670}.h{font:600 12px system-ui,sans-serif;fill:#5f6670}
.big{font:600 18px system-ui,sans-serif;fill:#1c1e21}.l{font:10px system-ui,sans-serif;fill:#111}.w{fill:#fff}
.g{fill:#fff}.grid{stroke:#dfe2e6}.raised{fill:#f3f4f6}.none{fill:#c9ced4}.ink{fill:#1c1e21}.line{stroke:#1c1e21;fill:none}.bad{stroke:#b03a00;fill:none}.badfill{fill:#b03a00}.mark{stroke:#5f6670;fill:none}
.b0{fill:#0072b2}.b1{fill:#e69f00}.b2{fill:#009e73}.b3{fill:#cc79a7}.b4{fill:#56b4e9}.b5{fill:#d55e00}.b6{fill:#8a8f96}
.hs{stroke:#fff}.ds{fill:#5f6670}
@media (prefers-color-scheme:dark){.t,.big{fill:#e8e8e8}.m,.h{fill:#a9b0b8}.g{fill:#15191e}.grid{stroke:#343a42}.raised{fill:#20262d}.none{fill:#4a525b}.ink{fill:#e8e8e8}.line{stroke:#e8e8e8}.bad{stroke:#ff8a4d}.badfill{fill:#ff8a4d}.mark{stroke:#a9b0b8}.b0{fill:#1f8acd}.hs{stroke:#15191e}.ds{fill:#a9b0b8}}
</style>
<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><path class=\"hs\" d=\"M-1 1L1 -1M0 6L6 0M5 7L7 5\" stroke-width=\"1.6\"/></pattern>
<pattern id=\"dots\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><rect class=\"ds\" x=\"1\" y=\"1\" width=\"1.5\" height=\"1.5\"/></pattern></defs>
";

/// Text between tags: what XML 1.0 forbids and what a viewer would obey is shown as what it is.
pub fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in printable::escape(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ => safe.push(c),
        }
    }
    safe
}

/// The text cut to so many characters.
pub fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// A coordinate: a tenth of a pixel is enough.
pub fn n(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// A moment or a length as a person writes it; `fine` is the shortest length that matters, in microseconds.
pub fn time(us: i64, fine: i64) -> String {
    let sign = if us < 0 { "−" } else { "" };
    let abs = us.unsigned_abs();
    let digits = match fine {
        1_000_000.. => 0,
        100_000.. => 1,
        10_000.. => 2,
        1_000.. => 3,
        _ => 4,
    };
    let (minutes, seconds) = (abs / 60_000_000, (abs % 60_000_000) as f64 / 1e6);
    if minutes > 0 { format!("{sign}{minutes} min {seconds:.digits$} s") } else { format!("{sign}{seconds:.digits$} s") }
}
