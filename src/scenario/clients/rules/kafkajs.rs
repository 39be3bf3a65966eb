//! `producer/index.js`, `producer/messageProducer.js` and `consumer/index.js` of kafkajs.

use super::Draft;

pub(super) fn look(draft: &mut Draft<'_>) {
    if draft.consumer {
        draft.refuse_slow_heartbeat("heartbeatInterval", "sessionTimeout");
        return;
    }
    if !draft.is_on("idempotent") {
        return;
    }
    if draft.number("retry.retries") == Some(0) {
        let message = "`retry.retries` is 0 with `idempotent`".to_owned();
        draft.refuse(&["retry.retries", "idempotent"], message, "set retry.retries to 1 or more");
    }
    if !matches!(draft.text("acks").as_str(), "" | "-1" | "all") {
        let message = format!("`acks` is {} with `idempotent`: every send() fails", draft.text("acks"));
        draft.refuse(&["acks", "idempotent"], message, "set acks to -1, or take `idempotent` away");
    }
}
