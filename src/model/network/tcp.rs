//! What TCP does when nobody answers: the times at which a kernel tries again.
//! Sources: Linux `tcp_retries2`, `tcp_syn_retries`, `tcp_syn_linear_timeouts` documentation; seen in real captures (VALIDATION.md).

use crate::engine::{Duration, Instant};

/// Least retransmission time-out; it doubles from here (`TCP_RTO_MIN`).
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(200);
/// Greatest retransmission time-out (`TCP_RTO_MAX`).
const LONGEST_RETRANSMISSION: Duration = Duration::from_secs(120);
/// SYNs after the first one come after 1 s each this many times, then the pause doubles (`tcp_syn_linear_timeouts`, Linux 6.5).
const LINEAR_SYNS: u32 = 4;

/// The first moment at or after `after` at which data first sent at `sent` is sent again.
pub fn next_retransmission(sent: Instant, after: Instant) -> Instant {
    let mut pause = FIRST_RETRANSMISSION;
    let mut at = sent + pause;
    while at < after {
        pause = (pause * 2).min(LONGEST_RETRANSMISSION);
        at += pause;
    }
    at
}

/// The first moment at or after `after` at which a connection attempt begun at `begun` repeats its SYN.
pub fn next_syn(begun: Instant, after: Instant) -> Instant {
    let mut pause = Duration::from_secs(1);
    let mut at = begun + pause;
    let mut sent = 1;
    while at < after {
        if sent > LINEAR_SYNS {
            pause = (pause * 2).min(LONGEST_RETRANSMISSION);
        }
        at += pause;
        sent += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(n)
    }

    #[test]
    fn held_bytes_leave_at_doubling_distances() {
        let sent = ms(100);
        let times: Vec<_> = [101, 301, 701, 1501, 25_000].into_iter().map(|after| next_retransmission(sent, ms(after))).collect();
        assert_eq!(times, [ms(300), ms(700), ms(1500), ms(3100), ms(25_500)]);
    }

    #[test]
    fn a_syn_is_repeated_each_second_and_then_ever_more_seldom() {
        let times: Vec<_> = [500, 1500, 4500, 5500, 8000].into_iter().map(|after| next_syn(ms(0), ms(after))).collect();
        assert_eq!(times, [ms(1000), ms(2000), ms(5000), ms(7000), ms(11_000)]);
    }
}
