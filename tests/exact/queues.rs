//! Brokers' handlers, links and disks are FIFO servers: with Poisson arrivals their mean wait is that of queueing theory
//! (Pollaczek and Khinchine: `λ E[S²] / 2(1 - ρ)`).

use super::interval::{assert_exact, sure};
use kafkasim::engine::{Chance, Distribution, Duration, FifoServer, Instant};
use kafkasim::statistics::Estimate;
use kafkasim::statistics::mean::mean;

const SERVICE: Duration = Duration::from_millis(10);
const CUSTOMERS: u64 = 200_000;
/// Customers who find the server as it was at the start, and are not counted.
const WARM_UP: u64 = 20_000;
const REPLICATIONS: u64 = 40;

/// The mean wait in milliseconds of a server that is busy this share of the time, over independent replications.
fn mean_wait(service: &Distribution, busy: f64) -> Option<Estimate> {
    let waits: Vec<f64> = (1..=REPLICATIONS).map(|seed| one(service, busy, seed)).collect();
    mean(&waits, sure())
}

fn one(service: &Distribution, busy: f64, seed: u64) -> f64 {
    let chance = Chance::new(seed);
    let (arrivals, services) = (chance.stream("arrivals"), chance.stream("services"));
    let gap = Distribution::Exponential(SERVICE.scale(1.0 / busy));
    let (mut server, mut now, mut waited) = (FifoServer::new(1), Instant::ZERO, 0.0);
    for customer in 0..CUSTOMERS {
        now += gap.sample(arrivals.at(customer));
        let cost = service.sample(services.at(customer));
        let done = server.serve(now, cost);
        if customer >= WARM_UP {
            waited += (done.since(now) - cost).as_millis_f64();
        }
    }
    waited / (CUSTOMERS - WARM_UP) as f64
}

#[test]
fn with_exponential_service_a_request_waits_as_in_an_mm1_queue() {
    for busy in [0.3, 0.7] {
        let exact = busy * SERVICE.as_millis_f64() / (1.0 - busy);
        assert_exact(&format!("M/M/1, busy {busy}, wait in ms"), mean_wait(&Distribution::Exponential(SERVICE), busy), exact);
    }
}

#[test]
fn with_constant_service_it_waits_half_as_long_as_in_an_md1_queue() {
    for busy in [0.3, 0.7] {
        let exact = busy * SERVICE.as_millis_f64() / (2.0 * (1.0 - busy));
        assert_exact(&format!("M/D/1, busy {busy}, wait in ms"), mean_wait(&Distribution::Constant(SERVICE), busy), exact);
    }
}
