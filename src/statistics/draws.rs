//! Random samples for the tests of this part.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Independent samples from one seed.
pub struct Draws(ChaCha8Rng);

impl Draws {
    pub fn new(seed: u64) -> Self {
        Draws(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn uniform(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// With mean 1.
    pub fn exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    /// With mean 0 and variance 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// A pair of standard normals with this correlation.
    pub fn correlated(&mut self, correlation: f64) -> (f64, f64) {
        let (x, y) = (self.normal(), self.normal());
        (x, correlation * x + (1.0 - correlation * correlation).sqrt() * y)
    }
}
