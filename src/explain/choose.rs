//! Which recoveries of a run are explained.

use super::Question;
use super::kept::Target;
use crate::engine::{Duration, Instant};
use crate::fault::closest;
use crate::model::Spec;
use crate::observe::RunRecord;
use crate::observe::record::Window;
use crate::scenario::Scenario;

/// A partition by its topic and number.
pub type Partition = (String, u32);

/// Reads `orders-3`.
///
/// # Errors
/// What is wrong, and how a partition is written.
pub fn partition(text: &str) -> Result<Partition, String> {
    let parts = text.rsplit_once('-').and_then(|(topic, index)| Some((topic.to_owned(), index.parse().ok()?)));
    parts
        .filter(|(topic, _)| !topic.is_empty())
        .ok_or_else(|| format!("`{text}` is no partition: write its topic, `-` and its number, as `orders-3`"))
}

/// Whether the scenario has the client that the question names.
///
/// # Errors
/// In words, with the name that was probably meant.
pub fn check_client(spec: &Spec, question: &Question) -> Result<(), String> {
    if let Some(name) = &question.client
        && !spec.clients.iter().any(|c| c.is_called(name))
    {
        let names = spec.clients.iter().map(|c| c.fleet.as_deref().unwrap_or(&c.name));
        return Err(format!("there is no client `{name}`{}", meant(name, names)));
    }
    if let Some(name) = &question.client
        && spec.clients.iter().any(|c| c.fleet.as_deref() == Some(name))
    {
        return Err(format!(
            "`{name}` is a fleet, and single recoveries of fleets are not recorded; give it count = 1 to have them explained"
        ));
    }
    Ok(())
}

/// Whether the run had the partition that the question names. `spec` is that of its end, with topics that were made during the run.
///
/// # Errors
/// In words, with the name that was probably meant.
pub fn check_partition(spec: &Spec, question: &Question) -> Result<(), String> {
    let Some((topic, index)) = &question.partition else { return Ok(()) };
    let Some(known) = spec.topic_by_name(topic).map(|t| &spec.topics[t.index()]) else {
        return Err(format!("there is no topic `{topic}`{}", meant(topic, spec.topics.iter().map(|t| t.name.as_str()))));
    };
    let partitions = known.partitions.len();
    if *index as usize >= partitions {
        return Err(format!("topic `{topic}` has {partitions} partitions, numbered from 0: there is no {topic}-{index}"));
    }
    Ok(())
}

fn meant<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    known.dedup();
    match closest(name, known.iter().copied()) {
        Some(known) => format!("; did you mean `{known}`?"),
        None if known.is_empty() => "; the scenario has none".to_owned(),
        None => format!(
            "; there are {}{}",
            known.iter().take(10).copied().collect::<Vec<_>>().join(", "),
            if known.len() > 10 { ", …" } else { "" }
        ),
    }
}

/// Whether a window is one that the question asks for.
fn is_asked_for(window: &Window, question: &Question) -> bool {
    question.client.as_ref().is_none_or(|client| *client == window.client)
        && question.partition.as_ref().is_none_or(|(topic, index)| *topic == window.topic && *index == window.partition)
}

/// The recoveries of a run that are asked for: how many there were, how many of them had not ended, and the longest.
pub struct Chosen<'r> {
    /// Those that ended or might have.
    pub all: u64,
    /// Those that had not ended.
    pub open: u64,
    /// The longest that ended, the longest first.
    pub longest: Vec<&'r Window>,
}

/// The part of a recovery in which records were waiting: the rest harmed nobody.
pub fn felt(window: &Window) -> f64 {
    let Some(length) = window.recovery_ms else { return 0.0 };
    let waited = window.waiting_since_ms.map_or(length, |since| window.start_ms + length - since.max(window.start_ms));
    waited.clamp(0.0, length)
}

/// The longest recoveries of a run, as many as are asked for.
pub fn choose<'r>(record: &'r RunRecord, question: &Question) -> Chosen<'r> {
    let asked = || record.windows.iter().filter(|w| is_asked_for(w, question));
    let mut ended: Vec<&Window> = asked().filter(|w| w.recovery_ms.is_some()).collect();
    // Of equally long ones the first comes first.
    ended.sort_by(|a, b| felt(b).total_cmp(&felt(a)));
    let open = asked().filter(|w| w.recovery_ms.is_none()).count() as u64;
    let all = ended.len() as u64 + open;
    ended.truncate(question.slowest);
    Chosen { all, open, longest: ended }
}

/// The same as a target, by the indices and moments of the run.
pub fn target(scenario: &Scenario, spec: &Spec, window: &Window) -> Option<Target> {
    Some(Target {
        client: spec.client_by_name(&window.client)?,
        partition: spec.partition_by_name(&window.topic, window.partition)?,
        from: moment(scenario, window.start_ms),
        to: moment(scenario, window.recovered_ms?),
        busy_since: window.waiting_since_ms.map(|ms| moment(scenario, ms)),
    })
}

/// A moment of a record as one of the run. Milliseconds of a record are whole nanoseconds, told exactly for a hundred days.
pub fn moment(scenario: &Scenario, ms: f64) -> Instant {
    let origin = Instant::ZERO + scenario.count_from;
    if ms >= 0.0 {
        origin + Duration::from_millis_f64(ms)
    } else {
        Instant::from_nanos(origin.as_nanos() - Duration::from_millis_f64(-ms).as_nanos())
    }
}
