//! `rd_kafka_conf_finalize` and `rd_kafka_topic_conf_finalize` of librdkafka (`rdkafka_conf.c`).

use super::{Draft, MOST_IN_FLIGHT};

const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";
const INTERVAL: &str = "topic.metadata.refresh.interval.ms";
const FAST_INTERVAL: &str = "topic.metadata.refresh.fast.interval.ms";

pub(super) fn look(draft: &mut Draft<'_>) {
    if draft.below("reconnect.backoff.max.ms", "reconnect.backoff.ms") {
        let message = "`reconnect.backoff.max.ms` is below `reconnect.backoff.ms`".to_owned();
        draft.refuse(&["reconnect.backoff.max.ms", "reconnect.backoff.ms"], message, "set the upper bound to the first pause or more");
    }
    derived_from_others(draft);
    if draft.consumer { consumer(draft) } else { producer(draft) }
}

/// What is not set takes its value from another setting.
fn derived_from_others(draft: &mut Draft<'_>) {
    if let Some(interval) = draft.number(INTERVAL).filter(|ms| *ms > 0 && !draft.is_written("metadata.max.age.ms")) {
        draft.set("metadata.max.age.ms", &(interval * 3).to_string());
    }
    if !draft.is_written(FAST_INTERVAL) && !draft.text("retry.backoff.ms").is_empty() {
        let pause = draft.number("retry.backoff.ms").unwrap_or(0).min(60_000);
        draft.set(FAST_INTERVAL, &pause.to_string());
    }
}

fn consumer(draft: &mut Draft<'_>) {
    if draft.in_group && draft.below("max.poll.interval.ms", "session.timeout.ms") {
        let message = "`max.poll.interval.ms` is below `session.timeout.ms`".to_owned();
        draft.refuse(&["max.poll.interval.ms", "session.timeout.ms"], message, "set it to the session time-out or more");
    }
    if draft.is_written("fetch.max.bytes") && draft.below("fetch.max.bytes", "message.max.bytes") {
        let message = "`fetch.max.bytes` is below `message.max.bytes`".to_owned();
        draft.refuse(&["fetch.max.bytes"], message, "set it to `message.max.bytes` or more");
    }
}

fn producer(draft: &mut Draft<'_>) {
    let (delivery, linger) = (draft.number("delivery.timeout.ms").unwrap_or(0), draft.number("linger.ms").unwrap_or(0));
    if delivery != 0 && delivery <= linger {
        if draft.is_written("linger.ms") {
            let message = format!("`message.timeout.ms` is {delivery} but `linger.ms` is {linger}");
            draft.refuse(&["delivery.timeout.ms", "linger.ms"], message, "let a message live longer than a batch waits");
        } else {
            // In the library a tenth of a millisecond less than the message's life.
            draft.set("linger.ms", &(delivery - 1).to_string());
        }
    }
    if draft.is_on("enable.idempotence") {
        idempotence(draft);
    }
}

/// Idempotence is off by default; asked for, it sets what nobody set, and refuses what does not go with it.
fn idempotence(draft: &mut Draft<'_>) {
    let in_flight = draft.number(IN_FLIGHT).unwrap_or(0);
    if in_flight > MOST_IN_FLIGHT {
        if draft.is_written(IN_FLIGHT) {
            let message = format!("`max.in.flight` is {in_flight} with `enable.idempotence`");
            draft.refuse(&[IN_FLIGHT], message, "set it to 5 or less, or take it away");
        } else {
            draft.set(IN_FLIGHT, "5");
        }
    }
    if draft.number("retries") == Some(0) {
        draft.refuse(&["retries"], "`retries` is 0 with `enable.idempotence`".to_owned(), "set it to 1 or more, or take it away");
    }
    if !matches!(draft.text("acks").as_str(), "" | "all" | "-1") {
        let message = format!("`acks` is {} with `enable.idempotence`", draft.text("acks"));
        draft.refuse(&["acks"], message, "set it to all, or take it away");
    }
}
