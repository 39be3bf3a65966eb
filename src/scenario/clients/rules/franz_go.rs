//! `cfg.validate` of franz-go (`pkg/kgo/config.go`).

use super::Draft;

const LEAST_DELIVERY_MS: i64 = 1000;
const IN_FLIGHT: &str = "kgo.MaxProduceRequestsInflightPerBroker";

pub(super) fn look(draft: &mut Draft<'_>) {
    if draft.below("kgo.MetadataMaxAge", "kgo.MetadataMinAge") {
        let message = "`kgo.MetadataMaxAge` is below `kgo.MetadataMinAge`".to_owned();
        draft.refuse(&["kgo.MetadataMaxAge", "kgo.MetadataMinAge"], message, "set the greatest age to the least or more");
    }
    if draft.consumer {
        return heartbeat(draft);
    }
    delivery_timeout(draft);
    if draft.text("kgo.DisableIdempotentWrite") == "false" {
        idempotence(draft);
    }
}

/// Records may wait without end, or for a second at least.
fn delivery_timeout(draft: &mut Draft<'_>) {
    const KEY: &str = "kgo.RecordDeliveryTimeout";
    let Some(time) = draft.number(KEY).filter(|ms| (1..LEAST_DELIVERY_MS).contains(ms)) else { return };
    let message = format!("`{KEY}` is {time} ms, less than a second");
    draft.refuse(&[KEY], message, format!("set it to {LEAST_DELIVERY_MS} ms or more, or to 0: no limit"));
}

fn heartbeat(draft: &mut Draft<'_>) {
    if draft.below("kgo.SessionTimeout", "kgo.HeartbeatInterval") {
        let message = "`kgo.HeartbeatInterval` is above `kgo.SessionTimeout`".to_owned();
        draft.refuse(&["kgo.HeartbeatInterval", "kgo.SessionTimeout"], message, "send heartbeats more often than the session is long");
    }
}

/// Idempotence is on unless it is disabled, and never goes off silently.
fn idempotence(draft: &mut Draft<'_>) {
    let acks = draft.text("kgo.RequiredAcks");
    if !matches!(acks.as_str(), "AllISRAcks" | "all" | "-1") {
        let message = format!("`kgo.RequiredAcks` is {acks} with idempotent writes, which are on by default");
        draft.refuse(&["kgo.RequiredAcks"], message, "set it to AllISRAcks, or kgo.DisableIdempotentWrite = true");
    }
    if draft.number(IN_FLIGHT).is_some_and(|n| n != 1) {
        let message = format!("`{IN_FLIGHT}` is set with idempotent writes, which are on by default");
        draft.refuse(&[IN_FLIGHT], message, "take it away, or set kgo.DisableIdempotentWrite = true");
    }
}
