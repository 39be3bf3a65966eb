//! What happens when, over the whole horizon.

use crate::engine::{Duration, Instant};
use crate::fault::{Action, Fault, How};
use crate::scenario::Scenario;

/// Every fault of a horizon, in order of time.
#[derive(Clone, PartialEq, Debug)]
pub struct Calendar {
    faults: Vec<(Duration, Action)>,
}

impl Calendar {
    /// The faults of a scenario, with the random ones that its seed draws.
    ///
    /// # Errors
    /// When it has no line of faults, or one after which the cluster is another one for good: no episode could begin after it.
    pub fn of(scenario: &Scenario) -> Result<Calendar, String> {
        let origin = Instant::ZERO + scenario.count_from;
        let mut faults = Vec::new();
        for (at, action) in scenario.plan.actions() {
            let at = at.since(origin);
            if let Some(why) = stays(action) {
                let line = Fault::At(at, action.clone());
                return Err(format!("`{line}` {why}: a horizon is cut where the cluster is again as it was"));
            }
            unrolled(at, action, &mut faults);
        }
        faults.retain(|(at, _)| *at < scenario.duration);
        faults.sort_by_key(|(at, _)| *at);
        if scenario.faults.is_empty() {
            return Err("nothing happens: add faults, such as --fault \"random kill of brokers every 3d for 5m\"".to_owned());
        }
        Ok(Calendar { faults })
    }

    /// All of them.
    pub fn faults(&self) -> &[(Duration, Action)] {
        &self.faults
    }
}

/// A flapping process is killed again and again: each time is a fault of its own, between which there may be calm.
fn unrolled(at: Duration, action: &Action, faults: &mut Vec<(Duration, Action)>) {
    let Action::Flap { target, every, down, times } = action else {
        faults.push((at, action.clone()));
        return;
    };
    for nth in 0..u64::from(*times) {
        faults.push((at + *every * nth, Action::Take { how: How::Kill, target: *target, back: Some(*down) }));
    }
}

/// Why the cluster is not the same after it; none where it is, or where a later fault can make it so.
fn stays(action: &Action) -> Option<&'static str> {
    match action {
        Action::Slow { lasting: None, .. } | Action::SlowDisk { lasting: None, .. } => Some("has no end; write how long, as `for 10m`"),
        Action::Reassign(_) | Action::CancelReassignment(_) => Some("moves replicas for good"),
        Action::Configure { .. } => Some("changes a topic for good"),
        Action::CreateTopic { .. } | Action::AddPartitions { .. } | Action::DeleteTopic(_) => Some("makes or removes partitions for good"),
        Action::Take { .. }
        | Action::Restart { .. }
        | Action::Start(_)
        | Action::Resume(_)
        | Action::Rolling { .. }
        | Action::Flap { .. }
        | Action::Slow { .. }
        | Action::SlowDisk { .. }
        | Action::Cut { .. }
        | Action::Heal
        | Action::Elect { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(faults: &str) -> Result<Calendar, String> {
        let text = format!("duration = \"30d\"\nfaults = [{faults}]\ncluster.brokers = 3\n[[topic]]\nname = \"orders\"\npartitions = 3\n");
        Calendar::of(&text.parse().expect("it is a scenario"))
    }

    #[test]
    fn a_month_has_its_planned_and_its_random_faults_in_order_and_each_kill_of_a_flapping_broker() {
        let month = calendar(
            r#""at 10d flap broker 2 every 1h down 10s times 3", "at 9d rolling restart", "random kill of brokers every 3d for 5m""#,
        );
        let faults = month.unwrap().faults;
        assert!(faults.is_sorted_by_key(|(at, _)| *at) && faults.len() > 8, "{faults:?}");
        let flaps = faults.iter().filter(|(_, action)| action.to_string() == "kill broker 2 for 10s");
        let hours: Vec<f64> = flaps.map(|(at, _)| at.as_secs_f64() / 3600.0).collect();
        assert_eq!(hours, [240.0, 241.0, 242.0]);
    }

    #[test]
    fn what_changes_the_cluster_for_good_or_never_ends_is_refused_with_its_line() {
        for (line, why) in [
            ("at 3d reassign orders-0 to 2,3,1", "moves replicas for good"),
            ("at 3d slow broker 2 by 3", "write how long"),
            ("at 3d add partitions to orders up to 6", "partitions for good"),
        ] {
            let refused = calendar(&format!("\"{line}\"")).unwrap_err();
            assert!(refused.contains(why) && refused.contains(&line[6..]), "{refused}");
        }
        assert!(calendar("").unwrap_err().contains("nothing happens: add faults"));
    }
}
