//! Which step counts, as the runs say in which steps were taken away.

use super::{Lever, Recovery, Try};

/// What part of a step has to be saved where it is taken away.
const ENOUGH: f64 = 0.5;

/// What the runs say.
#[derive(Clone, PartialEq, Debug)]
pub enum Counts<'r> {
    /// Without the longest step the recovery is shorter by half of it, or more.
    Longest,
    /// Not without the longest step, but without this one, by half of it: of those the one without which it is the shortest.
    Instead(Other<'r>),
    /// Without neither of them alone, but without the longest and those beside it together.
    Together,
    /// None of these.
    None,
    /// Nothing was tried.
    Untried,
}

/// A step that is not the longest.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Other<'r> {
    /// What the time goes by with.
    pub waited_for: &'r str,
    /// The setting or cost that governs its length.
    pub setting: Option<&'r str>,
    /// Its length.
    ms: f64,
    /// The run in which it was taken away.
    pub tried: &'r Try,
}

/// Which step of a recovery counts.
pub fn counts(recovery: &Recovery) -> Counts<'_> {
    let saved = |tried: &Try, ms: f64| saves(recovery.recovery_ms, recovery.waited_ms, tried, ms);
    let Some(longest) = recovery.levers.first() else { return Counts::Untried };
    let Some(without) = removal(&longest.tries) else { return Counts::Untried };
    if saved(without, longest.ms) {
        return Counts::Longest;
    }
    let others = recovery.levers.iter().enumerate().flat_map(|(nth, lever)| others(recovery, nth, lever));
    let instead = others.filter(|other| saved(other.tried, other.ms));
    if let Some(other) = instead.min_by(|a, b| length(a.tried).total_cmp(&length(b.tried))) {
        return Counts::Instead(other);
    }
    let together = longest.rivals.iter().filter_map(|rival| rival.together.as_ref()).any(|tried| saved(tried, longest.ms));
    if together { Counts::Together } else { Counts::None }
}

/// A step that is not the longest, and those beside a step, where they were taken away.
fn others<'r>(recovery: &'r Recovery, nth: usize, lever: &'r Lever) -> Vec<Other<'r>> {
    let own = (nth > 0).then(|| removal(&lever.tries)).flatten().map(|tried| {
        let setting = recovery.steps.get(lever.step).and_then(|step| step.setting.as_deref());
        Other { waited_for: &lever.waited_for, setting, ms: lever.ms, tried }
    });
    let rivals = lever.rivals.iter().filter_map(|rival| {
        let tried = removal(&rival.tries)?;
        Some(Other { waited_for: &rival.waited_for, setting: rival.setting.as_deref(), ms: rival.ms, tried })
    });
    own.into_iter().chain(rivals).collect()
}

/// The run in which a step was taken away.
fn removal(tries: &[Try]) -> Option<&Try> {
    tries.iter().find(|tried| tried.removes)
}

/// How long records waited in a run; for ever where that had not ended.
fn length(tried: &Try) -> f64 {
    tried.waited_ms.unwrap_or(f64::INFINITY)
}

/// Whether half of so many milliseconds was saved, of the recovery or of the part of it in which records waited.
pub(crate) fn saves(recovery_ms: f64, waited_ms: f64, tried: &Try, ms: f64) -> bool {
    let is_less = |was: f64, is: Option<f64>| is.is_some_and(|is| was - is >= ENOUGH * ms);
    is_less(recovery_ms, tried.recovery_ms) || is_less(waited_ms, tried.waited_ms)
}
