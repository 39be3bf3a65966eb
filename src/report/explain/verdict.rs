//! The first lines: what the slowest recovery waited for, and what would have helped.

use crate::explain::ExplanationRecord;
use crate::explain::record::{Counts, Lever, Recovery, Try, counts};
use crate::report::document::Verdict;
use crate::report::quantity::{counted, duration, percent};

/// The answer in a few sentences.
pub fn verdict(record: &ExplanationRecord) -> Verdict {
    let Some(slowest) = record.explained.first() else { return nothing(record) };
    let mut sentences = vec![format!(
        "{} was not served on {}-{} for {}; it began with this: {}.",
        slowest.client,
        slowest.topic,
        slowest.partition,
        duration(slowest.recovery_ms),
        slowest.began_with
    )];
    sentences.extend(slowest.levers.first().map(|lever| longest(slowest, lever)));
    sentences.extend(slowest.levers.first().and_then(|lever| helped(slowest, lever)));
    sentences.extend(instead(slowest));
    if record.open > 0 {
        sentences.push(format!(
            "{} had not ended with the run and cannot be explained.",
            counted(record.open, "recovery").replace("recoverys", "recoveries")
        ));
    }
    Verdict { text: sentences.join(" "), good: record.open == 0 }
}

fn nothing(record: &ExplanationRecord) -> Verdict {
    let text = match (record.recoveries, record.moves) {
        (0, 0) => "There is nothing to explain: no leader changed, and no client lost one.".to_owned(),
        (0, moves) => format!(
            "There is nothing to explain: of {}, none touched what was asked for, or only clients that had sent nothing yet.",
            counted(moves, "leader change")
        ),
        (open, _) => format!(
            "There is nothing to explain yet: no recovery had ended with the run, and {open} were under way. Make `duration` longer."
        ),
    };
    Verdict { text, good: record.open == 0 }
}

fn longest(recovery: &Recovery, lever: &Lever) -> String {
    let step = &recovery.steps[lever.step];
    let governed = step.setting.as_ref().map_or_else(String::new, |setting| format!(" ({setting})"));
    let mut text = format!("The longest step, {} ({}): {}{governed}.", duration(step.ms), percent(step.share), lever.waited_for);
    if let Some(rival) = lever.rivals.first().filter(|_| !matches!(counts(recovery), Counts::Instead(_))) {
        text.push_str(&format!(" Another chain is nearly as long, and without this step it would be what counts: {}.", rival.waited_for));
    }
    text
}

/// What counts in place of the longest step, where the runs say so, or that none does.
fn instead(recovery: &Recovery) -> Option<String> {
    match counts(recovery) {
        Counts::Longest | Counts::Together | Counts::Untried => None,
        Counts::None => Some("No run without one of the long steps was much shorter: what it waited for is not known.".to_owned()),
        Counts::Instead(other) => {
            let governed = other.setting.map_or_else(String::new, |setting| format!(" ({setting})"));
            let then = duration(other.tried.recovery_ms.unwrap_or_default());
            let (what, change) = (other.waited_for, &other.tried.change);
            Some(format!("What counts, by the runs, is another step: {what}{governed}. With {change} it would have been {then}."))
        }
    }
}

/// The try that helped most, of those that only shorten; or else that none did.
fn helped(recovery: &Recovery, lever: &Lever) -> Option<String> {
    let tried: Vec<(&Try, f64)> = lever.tries.iter().filter_map(|t| Some((t, t.recovery_ms?))).collect();
    let best = tried.iter().filter(|(t, _)| !t.removes).chain(tried.iter().filter(|(t, _)| t.removes));
    let best = best.min_by(|a, b| (a.0.removes, a.1).partial_cmp(&(b.0.removes, b.1)).unwrap_or(std::cmp::Ordering::Equal));
    let (best, then) = best?;
    if *then >= recovery.recovery_ms {
        return Some(format!("With {} it would not have been shorter.", best.change));
    }
    Some(format!("With {} it would have been {}.", best.change, duration(*then)))
}
