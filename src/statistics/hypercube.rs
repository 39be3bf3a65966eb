//! Latin hypercube samples: a few points that cover every key's whole range, where a full grid would be too large (McKay, Beckman and
//! Conover, Technometrics 21, 1979).

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `n` points in so many dimensions, each coordinate in 0..1. Every dimension is cut into n strata of the same width, and each stratum
/// holds exactly one point, at a random place in it. A dimension more leaves the others' coordinates as they are.
pub fn hypercube(dimensions: usize, n: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut points = vec![Vec::with_capacity(dimensions); n];
    for dimension in 0..dimensions {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(dimension as u64);
        let mut strata: Vec<usize> = (0..n).collect();
        strata.shuffle(&mut rng);
        for (point, stratum) in points.iter_mut().zip(strata) {
            // Of 32 bits, so that the sum is exact and cannot be rounded up into the next stratum.
            let within = f64::from(rng.next_u32()) / 4_294_967_296.0;
            point.push((stratum as f64 + within) / n as f64);
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stratum_of_every_dimension_holds_one_point() {
        for n in [1, 2, 7, 1000] {
            let points = hypercube(3, n, 42);
            for dimension in 0..3 {
                let mut strata: Vec<usize> = points.iter().map(|point| (point[dimension] * n as f64) as usize).collect();
                strata.sort_unstable();
                assert!(strata.into_iter().eq(0..n), "dimension {dimension} of {n} points");
            }
        }
    }

    #[test]
    fn a_sum_over_it_strays_less_than_over_independent_points() {
        // The mean of x + y over n independent points has a variance of 1/(6n): a deviation of 0.041 for 100. Stratified, each
        // coordinate strays by 1/(12 n³): together 0.0004.
        let points = hypercube(2, 100, 5);
        let mean = points.iter().map(|point| point[0] + point[1]).sum::<f64>() / 100.0;
        assert!((mean - 1.0).abs() < 4.0 * 0.00041, "{mean}");
    }

    #[test]
    fn a_seed_repeats_it_and_a_dimension_more_leaves_the_others() {
        let (flat, deep) = (hypercube(2, 20, 1), hypercube(3, 20, 1));
        assert_eq!(flat, hypercube(2, 20, 1));
        assert_ne!(flat, hypercube(2, 20, 2));
        assert!(flat.iter().zip(&deep).all(|(flat, deep)| flat[..] == deep[..2]));
        assert!(flat.iter().any(|point| (point[0] - point[1]).abs() > 0.05), "the dimensions are shuffled apart");
    }

    #[test]
    fn no_points_and_no_dimensions_are_no_trouble() {
        assert_eq!(hypercube(3, 0, 1), Vec::<Vec<f64>>::new());
        assert_eq!(hypercube(0, 2, 1), vec![Vec::<f64>::new(); 2]);
    }
}
