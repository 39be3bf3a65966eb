//! The longest silence of each (client, partition): the time between two successive acknowledgements.

use super::pairs::Pair;
use super::record::PartitionSilence;
use crate::engine::Instant;
use crate::model::Spec;

/// Notes an acknowledgement. The silence that it ends counts if it ends at or after `count_from`; it may have begun earlier.
pub fn acknowledged(pair: &mut Pair, at: Instant, count_from: Instant) {
    if let Some(last) = pair.last_ack
        && at >= count_from
    {
        note(pair, last, at);
    }
    pair.last_ack = Some(at);
}

/// At the end of the run: a pair whose records wait has been silent until now, since its last acknowledgement or else since they began to wait.
pub fn close(pair: &mut Pair, end: Instant) {
    if pair.outstanding > 0 {
        note(pair, pair.last_ack.unwrap_or(pair.busy_since), end);
    }
}

fn note(pair: &mut Pair, from: Instant, to: Instant) {
    let length = to.since(from);
    if pair.silence.is_none_or(|(longest, _)| length > longest) {
        pair.silence = Some((length, to));
    }
}

/// The record of a pair that had a silence.
pub fn record(pair: &Pair, spec: &Spec, count_from: Instant) -> Option<PartitionSilence> {
    let (length, ended) = pair.silence?;
    let partition = &spec.partitions[pair.partition.index()];
    Some(PartitionSilence {
        topic: spec.topics[partition.topic.index()].name.clone(),
        partition: partition.index,
        longest_silence_ms: length.as_millis_f64(),
        silence_end_ms: ended.millis_after(count_from),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{ClientIx, PartitionIx};
    use crate::observe::pairs::Pairs;

    #[test]
    fn a_silence_that_spans_the_start_of_counting_counts_and_so_does_one_that_never_ends() {
        let ms = |n: u64| Instant::from_nanos(n * 1_000_000);
        let mut pairs = Pairs::default();
        let index = pairs.index(ClientIx(0), PartitionIx(0));
        let pair = pairs.get_mut(index);
        acknowledged(pair, ms(0), ms(1000));
        acknowledged(pair, ms(900), ms(1000));
        assert_eq!(pair.silence, None, "900 ms of silence within the warm-up count for nothing");
        acknowledged(pair, ms(1100), ms(1000));
        acknowledged(pair, ms(1150), ms(1000));
        assert_eq!(pair.silence, Some((ms(200).since_start(), ms(1100))));
        close(pair, ms(9000));
        assert_eq!(pair.silence, Some((ms(200).since_start(), ms(1100))), "a client with nothing to send is not silent");
        pair.outstanding = 1;
        close(pair, ms(9000));
        assert_eq!(pair.silence, Some((ms(7850).since_start(), ms(9000))));
    }
}
