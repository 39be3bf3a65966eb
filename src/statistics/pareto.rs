//! The settings worth a thought: those for which no other is at least as good in both and better in one.

/// The indices of the points (cost, loss) that no other point dominates, in the order given; less is better in both. Equal points stand
/// or fall together. A point with a coordinate that is not a number is never among them.
pub fn front(points: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).filter(|&i| !points[i].0.is_nan() && !points[i].1.is_nan()).collect();
    // Adding zero makes -0 and 0 one number for the total order.
    let key = |i: usize| (points[i].0 + 0.0, points[i].1 + 0.0);
    order.sort_by(|&i, &j| key(i).0.total_cmp(&key(j).0).then(key(i).1.total_cmp(&key(j).1)));
    let mut best: Option<(f64, f64)> = None;
    // From the cheapest on, each has to lose less than all before it, or be the same as the last that did.
    order.retain(|&i| {
        let worth = best.is_none_or(|best| points[i].1 < best.1 || points[i] == best);
        if worth {
            best = Some(points[i]);
        }
        worth
    });
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::super::draws::Draws;
    use super::*;

    #[test]
    fn what_costs_more_and_loses_more_is_not_worth_a_thought() {
        let points = [(3.0, 1.0), (1.0, 5.0), (2.0, 2.0), (3.0, 2.0), (2.0, 3.0), (4.0, 1.0)];
        assert_eq!(front(&points), [0, 1, 2]);
    }

    #[test]
    fn equal_points_stand_or_fall_together() {
        assert_eq!(front(&[(1.0, 2.0), (1.0, 2.0), (2.0, 1.0), (2.0, 2.0), (2.0, 2.0)]), [0, 1, 2]);
        assert_eq!(front(&[(0.0, 1.0), (-0.0, 1.0), (-0.0, 0.0), (0.0, -0.0)]), [2, 3]);
    }

    #[test]
    fn it_is_what_the_definition_says_of_many_points() {
        let mut draws = Draws::new(4);
        // A coarse grid, so that many share a coordinate.
        let points: Vec<(f64, f64)> = (0..300).map(|_| ((draws.uniform() * 40.0).floor(), (draws.uniform() * 40.0).floor())).collect();
        let dominates = |a: (f64, f64), b: (f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
        let expected: Vec<usize> = (0..300).filter(|&i| !points.iter().any(|&other| dominates(other, points[i]))).collect();
        assert_eq!(front(&points), expected);
        assert!(expected.len() > 2, "{expected:?}");
    }

    #[test]
    fn no_points_have_no_front_and_what_is_no_number_is_never_on_it() {
        assert_eq!(front(&[]), Vec::<usize>::new());
        assert_eq!(front(&[(f64::NAN, 0.0), (1.0, 1.0), (0.0, f64::NAN), (f64::INFINITY, 0.0)]), [1, 3]);
    }
}
