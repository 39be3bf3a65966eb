//! `ProducerConfig`, `ConsumerConfig`, `CommonClientConfigs`, `KafkaProducer` and `Heartbeat` of Apache Kafka.

use super::{Draft, MOST_IN_FLIGHT};

const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";

pub(super) fn look(draft: &mut Draft<'_>) {
    // `CommonClientConfigs.postProcessReconnectBackoffConfigs`: a first pause set without its upper bound stays constant.
    if draft.is_written("reconnect.backoff.ms") && !draft.is_written("reconnect.backoff.max.ms") {
        let first = draft.text("reconnect.backoff.ms");
        draft.set("reconnect.backoff.max.ms", &first);
    }
    if draft.consumer {
        auto_commit(draft);
        // The constructor of `Heartbeat`.
        draft.refuse_slow_heartbeat("heartbeat.interval.ms", "session.timeout.ms");
        return;
    }
    memory(draft);
    delivery_timeout(draft);
    idempotence(draft);
}

/// `BufferPool.allocate`: memory is taken a whole batch at a time, and no `send()` gets more than there is (`IllegalArgumentException`).
fn memory(draft: &mut Draft<'_>) {
    let keys = ["batch.size", "buffer.memory"];
    if !draft.below(keys[1], keys[0]) {
        return;
    }
    let [batch, memory] = keys.map(|key| draft.text(key));
    let message = format!("`batch.size` is {batch} but `buffer.memory` is {memory}: every send() fails");
    draft.refuse(&keys, message, "set batch.size well below buffer.memory, which holds several batches");
}

/// `KafkaProducer.configureDeliveryTimeout`: refused where it is set, raised where it is the default.
fn delivery_timeout(draft: &mut Draft<'_>) {
    let [delivery, linger, request] = ["delivery.timeout.ms", "linger.ms", "request.timeout.ms"].map(|key| draft.number(key).unwrap_or(0));
    let least = linger.saturating_add(request).min(i64::from(i32::MAX));
    if delivery >= least {
        return;
    }
    if !draft.is_written("delivery.timeout.ms") {
        draft.set("delivery.timeout.ms", &least.to_string());
        return;
    }
    let message = format!("`delivery.timeout.ms` is {delivery} but linger.ms + request.timeout.ms is {least}");
    draft.refuse(&["delivery.timeout.ms"], message, format!("set it to {least} or more"));
}

/// `ProducerConfig.postProcessAndValidateIdempotenceConfigs`: refused where idempotence is asked for, silently off where it is the
/// default. Since 4.0 more than five requests in flight are refused in either case.
fn idempotence(draft: &mut Draft<'_>) {
    if !draft.is_on("enable.idempotence") {
        return;
    }
    let in_flight = draft.number(IN_FLIGHT).unwrap_or(0);
    let conflicts = [
        (draft.text("retries") == "0", "retries is 0"),
        (!matches!(draft.text("acks").as_str(), "all" | "-1"), "acks is not all"),
        (in_flight > MOST_IN_FLIGHT, "max.in.flight.requests.per.connection is above 5"),
    ];
    let asked_for = draft.is_written("enable.idempotence");
    let strict = draft.profile.covers[0] >= (4, 0, 0);
    if in_flight > MOST_IN_FLIGHT && strict && !asked_for {
        let message = format!("`{IN_FLIGHT}` is {in_flight} with idempotence, which is on by default");
        draft.refuse(
            &[IN_FLIGHT],
            message,
            "set it to 5 or less, or enable.idempotence = false (releases before 4.0 turned it off silently)",
        );
        return;
    }
    let Some((_, reason)) = conflicts.iter().find(|(conflict, _)| *conflict) else { return };
    if !asked_for {
        draft.set("enable.idempotence", "false");
        return;
    }
    let message = format!("enable.idempotence is asked for, but {reason}");
    draft.refuse(&["enable.idempotence"], message, format!("take enable.idempotence away, or see that not {reason}"));
}

/// `ConsumerConfig.maybeOverrideEnableAutoCommit`: without a group nothing is committed.
fn auto_commit(draft: &mut Draft<'_>) {
    if draft.in_group {
        return;
    }
    if draft.is_written("enable.auto.commit") && draft.is_on("enable.auto.commit") {
        let message = "`enable.auto.commit` is true, but the consumer is in no group".to_owned();
        draft.refuse(&["enable.auto.commit"], message, "give the client a `group`, or take the key away");
        return;
    }
    draft.set("enable.auto.commit", "false");
}
