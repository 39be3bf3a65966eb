//! Whether an explanation names what counts: its longest step is taken away by a run, and so is what it names beside it.

use kafkasim::explain::record::{Counts, Lever, Recovery, Rival, Try, counts};

/// What became of a recovery when its longest step was taken away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// Records waited hardly longer than ever, or the longest step is less than a twentieth of that.
    Slight,
    /// No setting, no cost and no fault governs the longest step.
    Ungoverned,
    /// It was shorter by half of the step, or more.
    Alone,
    /// It was not, but the answer says that another step counts, and without that it was shorter by half of that one.
    Instead,
    /// It was not, but without this step and those that are named beside it, it was; and without any of those alone it was not.
    Together,
    /// None of these.
    Neither,
}

/// A request may take so long on any day.
const BRIEF_MS: f64 = 50.0;
/// A step that is a smaller part of the whole is no answer to the question what the recovery waited for.
const SMALL: f64 = 0.05;
/// This is no delay: nothing was wrong until then, or something else was.
const LATER: &str = "until the next event that mattered";

/// Judges the explanation of one recovery. Where the application had no record at first, the part counts in which records waited.
pub fn judge(recovery: &Recovery) -> Verdict {
    let weighs = |lever: &&Lever| recovery.waited_ms > BRIEF_MS && lever.ms > SMALL * recovery.waited_ms;
    let Some(lever) = recovery.levers.first().filter(weighs) else { return Verdict::Slight };
    if lever.waited_for == LATER {
        return Verdict::Ungoverned;
    }
    match counts(recovery) {
        Counts::Longest => Verdict::Alone,
        Counts::Instead(_) => Verdict::Instead,
        Counts::Together => Verdict::Together,
        Counts::None => Verdict::Neither,
        Counts::Untried => Verdict::Ungoverned,
    }
}

/// One case that failed, in lines.
pub fn told(run: &str, recovery: &Recovery) -> String {
    let mut lines = vec![format!(
        "{run}: {} on {}-{} from {:.0} ms, records waited {:.0} ms",
        recovery.client, recovery.topic, recovery.partition, recovery.start_ms, recovery.waited_ms
    )];
    if let Some(lever) = recovery.levers.first() {
        lines.push(format!("  the longest step, {:.0} ms: {}", lever.ms, lever.waited_for));
        lines.extend(lever.tries.iter().map(outcome));
        lines.extend(beside(lever));
    }
    lines.join("\n")
}

fn beside(lever: &Lever) -> Vec<String> {
    if lever.rivals.is_empty() {
        return vec!["  nothing is named beside it".to_owned()];
    }
    let told = |rival: &Rival| {
        let tries = rival.tries.iter().chain(&rival.together).map(outcome);
        std::iter::once(format!("  beside it, {:.0} ms: {}", rival.ms, rival.waited_for)).chain(tries).collect::<Vec<_>>()
    };
    lever.rivals.iter().flat_map(told).collect()
}

fn outcome(tried: &Try) -> String {
    let then = match (tried.waited_ms, &tried.refused) {
        (Some(ms), _) => format!("{ms:.0} ms"),
        (None, Some(why)) => why.clone(),
        (None, None) => "not ended".to_owned(),
    };
    format!("    {}{}: {then}", if tried.removes { "without it, " } else { "" }, tried.change)
}
