//! The JSON of `kafka-reassign-partitions.sh`.

use super::words::check_mistakes;
use kafkasim::kafka::text::reassignment::parse;

/// Every move has replicas, each once.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Err(mistakes) => check_mistakes(text, &mistakes),
        Ok(moves) => {
            for moved in &moves {
                let mut replicas = moved.replicas.clone();
                replicas.sort_unstable();
                replicas.dedup();
                assert!(!replicas.is_empty() && replicas.len() == moved.replicas.len(), "{moved:?}");
            }
        }
    }
}
