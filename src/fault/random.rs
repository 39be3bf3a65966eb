//! Random plans: which faults happen when, drawn from the seed before the run, so that every variant of a seed meets the same ones.

use super::action::{Action, Group, Kind, Random, Target};
use crate::engine::{Chance, Distribution, Duration, Key, mix};

/// The faults of a random line, in order of their times: the `nth` of those that say the same of what happens to whom. How often and how long
/// stretches the same draws.
///
/// Times between faults and their lengths are exponential. Without `overlapping` the time to the next fault counts from the
/// end of the last, so that the line takes away one process at a time.
pub(super) fn draw(random: &Random, nth: u64, chance: Chance, ids: &[u32], end: Duration) -> Vec<(Duration, Action)> {
    let draws = chance.of(Key::kind("random faults").named(&random.subject()).part(nth)).stream("fault plan");
    let (gap, length) = (Distribution::Exponential(random.every), Distribution::Exponential(random.lasting));
    let last = random.to.unwrap_or(end);
    let mut at = random.from.unwrap_or(Duration::ZERO);
    let mut plan = Vec::new();
    for number in 0.. {
        let [to_next, kind, who, lasting] = [0, 1, 2, 3].map(|what| draws.at(mix(number, what)));
        at += gap.sample(to_next);
        if at > last {
            break;
        }
        let Some(id) = who.choose(ids, |id| Key::kind("process").part(u64::from(id))) else { break };
        let target = if random.controllers { Target::Controller(id) } else { Target::Broker(id) };
        let lasting = length.sample(lasting);
        plan.push((at, action(random.kinds[kind.below(random.kinds.len() as u64) as usize], target, lasting)));
        if !random.overlapping {
            at += lasting;
        }
    }
    plan
}

fn action(kind: Kind, target: Target, lasting: Duration) -> Action {
    match kind {
        Kind::Take(how) => Action::Take { how, target, back: Some(lasting) },
        Kind::Cut => Action::Cut { from: vec![Group::One(target)], to: vec![Group::Everything], one_way: false, lasting: Some(lasting) },
    }
}

#[cfg(test)]
mod tests {
    use super::super::action::How;
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn crashes(overlapping: bool) -> Random {
        Random {
            kinds: vec![Kind::Take(How::Kill), Kind::Cut],
            controllers: false,
            every: Duration::from_secs(600),
            lasting: Duration::from_secs(60),
            from: Some(Duration::from_secs(3600)),
            to: None,
            overlapping,
        }
    }

    #[test]
    fn a_seed_draws_the_same_plan_each_time_and_another_seed_another() {
        let plan = |seed| draw(&crashes(false), 0, Chance::new(seed), &[1, 2, 3], DAY);
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
        assert_ne!(plan(7), draw(&crashes(false), 1, Chance::new(7), &[1, 2, 3], DAY));
    }

    #[test]
    fn one_more_broker_takes_its_share_of_the_faults_and_shifts_none_of_the_others() {
        let plan = |ids: &[u32]| draw(&crashes(false), 0, Chance::new(5), ids, DAY * 30);
        let (three, four) = (plan(&[1, 2, 3]), plan(&[4, 1, 2, 3]));
        assert!(three.iter().map(|(at, _)| at).eq(four.iter().map(|(at, _)| at)));
        let moved = three.iter().zip(&four).filter(|(one, other)| one != other);
        let (to_new, count) = moved.fold((true, 0), |(all, n), (_, (_, action))| (all && action.to_string().contains("broker 4"), n + 1));
        assert!(to_new && (0.2..0.3).contains(&(f64::from(count) / three.len() as f64)), "{count} of {}", three.len());
    }

    #[test]
    fn faults_twice_as_long_begin_with_the_same_draws() {
        let long = Random { lasting: Duration::from_secs(120), overlapping: true, ..crashes(true) };
        let starts = |random: &Random| draw(random, 0, Chance::new(5), &[1, 2, 3], DAY).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(starts(&long), starts(&crashes(true)));
    }

    #[test]
    fn over_many_days_the_mean_times_are_those_asked_for_and_no_fault_begins_before_the_last_is_over() {
        let plan = draw(&crashes(false), 0, Chance::new(1), &[1, 2, 3], DAY * 300);
        let per_fault = (DAY * 300).as_secs_f64() / plan.len() as f64;
        assert!((640.0..680.0).contains(&per_fault), "{per_fault}");
        let length = |action: &Action| match action {
            Action::Take { back: Some(d), .. } | Action::Cut { lasting: Some(d), .. } => *d,
            other => panic!("{other}"),
        };
        assert!(plan[0].0 >= Duration::from_secs(3600));
        assert!(plan.windows(2).all(|w| w[0].0 + length(&w[0].1) <= w[1].0));
        for id in 1..=3 {
            let killed = plan.iter().filter(|(_, a)| matches!(a, Action::Take { target: Target::Broker(b), .. } if *b == id)).count();
            assert!((0.14..0.19).contains(&(killed as f64 / plan.len() as f64)), "broker {id}: {killed}");
        }
    }

    #[test]
    fn overlapping_faults_come_as_a_poisson_process() {
        let plan = draw(&crashes(true), 0, Chance::new(1), &[1, 2, 3], DAY * 300);
        let per_fault = (DAY * 300).as_secs_f64() / plan.len() as f64;
        assert!((585.0..615.0).contains(&per_fault), "{per_fault}");
    }
}
