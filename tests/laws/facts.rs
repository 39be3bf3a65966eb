//! The facts of a run, and where two runs part.

use kafkasim::engine::Instant;
use kafkasim::fault::Plan;
use kafkasim::model::Spec;
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{BatchId, EntryId};
use kafkasim::scenario::Scenario;
use kafkasim::world::World;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// A fact and its moment.
pub type Told = (Instant, Fact);

/// All facts of a scenario.
pub fn of(scenario: &Scenario) -> Vec<Told> {
    let end = Instant::ZERO + scenario.count_from + scenario.duration;
    of_spec(scenario.spec.clone(), scenario.plan.clone(), scenario.seed, end)
}

/// All facts of a cluster under a plan, up to a moment.
pub fn of_spec(spec: Spec, mut plan: Plan, seed: u64, end: Instant) -> Vec<Told> {
    let mut world = World::build(spec, seed);
    while let Some(at) = plan.next_at().filter(|at| *at <= end) {
        world.run_until(at);
        plan.act(at, &mut world);
    }
    world.run_until(end);
    let mut facts = Vec::new();
    world.drain_facts(&mut |at, fact| facts.push((at, fact.clone())));
    facts
}

/// Where two runs part first, in words; none when they are the same.
pub fn difference<T: PartialEq + Debug>(one: &[T], other: &[T]) -> Option<String> {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    if same == one.len() && same == other.len() {
        return None;
    }
    let before = same.saturating_sub(3);
    let shown = |facts: &[T]| facts[before..].iter().take(6).map(|f| format!("  {f:?}\n")).collect::<String>();
    Some(format!("after {same} of {} and {} facts\none:\n{}other:\n{}", one.len(), other.len(), shown(one), shown(other)))
}

/// Gives the batches of these facts numbers in the order in which they are told of: a batch's own number counts those of all clients.
pub fn with_own_batches(facts: &mut [Told]) {
    let mut numbers: BTreeMap<BatchId, BatchId> = BTreeMap::new();
    for batch in facts.iter_mut().filter_map(|(_, fact)| batch_of(fact)) {
        let next = numbers.len() as BatchId;
        *batch = *numbers.entry(*batch).or_insert(next);
    }
}

/// Gives the entries of requests numbers in the order of their partitions where they were sent at one moment: to several brokers, a client sends in
/// no order that means anything.
pub fn with_ordered_entries(facts: &mut [Told]) {
    let sent = facts.iter().filter_map(|(at, fact)| match fact {
        Fact::EntrySent { client, partition, entry, .. } => Some((*client, *at, *partition, *entry)),
        _ => None,
    });
    let mut sent: Vec<_> = sent.collect();
    sent.sort_unstable();
    let numbers: BTreeMap<EntryId, EntryId> = (0..).zip(&sent).map(|(number, (.., entry))| (*entry, number)).collect();
    facts.iter_mut().filter_map(|(_, fact)| entry_of(fact)).for_each(|entry| *entry = numbers[&*entry]);
}

/// Gives every client's entries numbers of their own: an entry's number says beside its turn which client's it is, by place.
pub fn with_own_entries(facts: &mut [Told]) {
    facts.iter_mut().filter_map(|(_, fact)| entry_of(fact)).for_each(|entry| *entry &= (1 << 40) - 1);
}

/// Puts names in the place of numbers in a fact's text: `name` is shown what stands before a number, and may know it.
pub fn named(text: &str, name: impl Fn(&str, usize) -> Option<String>) -> String {
    let mut named = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('(') {
        let (before, after) = rest.split_at(at + 1);
        let digits = after.find(|c: char| !c.is_ascii_digit()).map_or(after, |end| &after[..end]);
        let name = digits.parse().ok().and_then(|number| name(before, number));
        named.push_str(before);
        named.push_str(name.as_deref().unwrap_or(digits));
        rest = &after[digits.len()..];
    }
    named + rest
}

/// Every fact in words that call clients and processes by name, wherever they stand.
pub fn by_name(spec: &Spec, facts: &[Told]) -> Vec<(Instant, String)> {
    let name = |before: &str, number: usize| {
        if before.ends_with("ClientIx(") {
            spec.clients.get(number).map(|c| c.name.clone())
        } else if before.ends_with("NodeIx(") {
            spec.nodes.get(number).map(|n| n.name.clone())
        } else {
            None
        }
    };
    facts.iter().map(|(at, fact)| (*at, named(&format!("{fact:?}"), name))).collect()
}

fn entry_of(fact: &mut Fact) -> Option<&mut EntryId> {
    match fact {
        Fact::EntrySent { entry, .. }
        | Fact::EntryTaken { entry, .. }
        | Fact::EntryAnswered { entry, .. }
        | Fact::EntryReturned { entry, .. }
        | Fact::EntryUnreachable { entry, .. } => Some(entry),
        _ => None,
    }
}

fn batch_of(fact: &mut Fact) -> Option<&mut BatchId> {
    match fact {
        Fact::Appended { batch, .. } | Fact::RecordRebatched { batch, .. } => Some(batch),
        Fact::EntrySent { batch, .. } | Fact::RecordDone { batch, .. } | Fact::Delivered { batch, .. } => batch.as_mut(),
        _ => None,
    }
}
