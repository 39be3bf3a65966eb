//! Many partitions lose their leader at once (issue 3224).

use super::{MEASURED, asked};
use crate::model::client::bench::{Bench, ms};

/// The metadata requests of one producer that writes to 1,000 partitions of a broker that stops and to 2,000 of two others.
fn storm(profile: &str, config: &[(&str, &str)]) -> usize {
    let leaders: Vec<u32> = (0..3000).map(|p| p / 1000).collect();
    let mut bench = Bench::warm(profile, &leaders, config);
    bench.kill(0);
    bench.fence(0);
    (0..1000).for_each(|p| bench.move_leader(p, Some(1 + p % 2), 1));
    let start = bench.now;
    (0..1000).for_each(|p| bench.send(p));
    bench.run_to(start + ms(2000));
    assert_eq!(bench.records(), (1000, 0), "{profile}");
    bench.times(start, asked).len()
}

#[test]
fn every_partition_refreshes_for_itself_unless_refreshes_are_one() {
    assert_eq!(storm("sarama-1.45", &[]), 1000, "100 such producers send 100,000 requests");
    assert_eq!(storm("sarama-1.45", &[("Metadata.SingleFlight", "true")]), 1);
    assert_eq!(storm("sarama-1.47", &[]), 1);
    assert!(storm(MEASURED, &[]) <= 8, "one for each broken request, one for all other partitions together");
}

#[test]
fn since_1_60_a_storm_without_single_flight_depends_on_whether_the_rest_was_made_a_request_before_the_failure_was_heard_of() {
    let many = storm(MEASURED, &[("Metadata.SingleFlight", "false")]);
    assert!(many <= 8 || many == 1000, "one refresh a request, or one a partition: {many}");
}
