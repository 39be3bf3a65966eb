//! `Config.Validate` of sarama (`config.go`).

use super::Draft;

pub(super) fn look(draft: &mut Draft<'_>) {
    if draft.consumer {
        draft.refuse_slow_heartbeat("Consumer.Group.Heartbeat.Interval", "Consumer.Group.Session.Timeout");
        return;
    }
    let most = draft.number("Producer.Flush.MaxMessages").unwrap_or(0);
    if most > 0 && draft.below("Producer.Flush.MaxMessages", "Producer.Flush.Messages") {
        let message = "`Producer.Flush.MaxMessages` is below `Producer.Flush.Messages`".to_owned();
        draft.refuse(&["Producer.Flush.MaxMessages", "Producer.Flush.Messages"], message, "set it to as many or more, or to 0: no limit");
    }
    if draft.is_on("Producer.Idempotent") {
        idempotence(draft);
    }
}

/// Idempotence is off by default; asked for, nothing is set along with it.
fn idempotence(draft: &mut Draft<'_>) {
    let acks = draft.text("Producer.RequiredAcks");
    let conflicts = [
        ("Producer.Retry.Max", draft.number("Producer.Retry.Max") == Some(0), "set it to 1 or more"),
        ("Producer.RequiredAcks", !matches!(acks.as_str(), "WaitForAll" | "-1"), "set it to WaitForAll"),
        ("Net.MaxOpenRequests", draft.number("Net.MaxOpenRequests").is_some_and(|n| n > 1), "set it to 1"),
    ];
    for (key, conflict, remedy) in conflicts {
        if conflict {
            let message = format!("`{key}` is {} with `Producer.Idempotent`", draft.text(key));
            draft.refuse(&[key, "Producer.Idempotent"], message, format!("{remedy} ({key})"));
        }
    }
}
