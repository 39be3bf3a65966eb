//! `KafkaProducer`, `RecordAccumulator` and `KafkaConsumer` of kafka-python.

use super::{Draft, MOST_IN_FLIGHT};

const IN_FLIGHT: &str = "max_in_flight_requests_per_connection";
/// The first release in which idempotence is on by default, and goes off where it does not fit.
const IDEMPOTENT_BY_DEFAULT: (u16, u16, u16) = (3, 0, 0);

pub(super) fn look(draft: &mut Draft<'_>) {
    if draft.consumer {
        times(draft);
        return;
    }
    delivery_timeout(draft);
    if draft.is_on("enable_idempotence") {
        if draft.profile.covers[0] >= IDEMPOTENT_BY_DEFAULT { idempotence(draft) } else { strict_idempotence(draft) }
    }
}

/// `KafkaConsumer.__init__`: a fetch must be answered before it is given up, and given up before its connection is.
fn times(draft: &mut Draft<'_>) {
    for (less, more) in [("fetch_max_wait_ms", "request_timeout_ms"), ("request_timeout_ms", "connections_max_idle_ms")] {
        let (Some(short), Some(long)) = (draft.number(less), draft.number(more)) else { continue };
        if short >= long {
            let message = format!("`{less}` is {short} and `{more}` is {long}");
            draft.refuse(&[less, more], message, format!("set `{more}` above `{less}`"));
        }
    }
}

/// `RecordAccumulator.__init__`: never raised by itself.
fn delivery_timeout(draft: &mut Draft<'_>) {
    let keys = ["delivery_timeout_ms", "request_timeout_ms", "linger_ms"];
    let [Some(delivery), Some(request), Some(linger)] = keys.map(|key| draft.number(key)) else { return };
    if delivery < linger + request {
        let message = format!("`delivery_timeout_ms` is {delivery} but linger_ms + request_timeout_ms is {}", linger + request);
        draft.refuse(&keys, message, format!("set delivery_timeout_ms to {} or more", linger + request));
    }
}

/// `KafkaProducer.__init__` of 3.x: refused where idempotence is asked for, off with a warning where it is the default.
fn idempotence(draft: &mut Draft<'_>) {
    let conflicts = [
        ("acks", !matches!(draft.text("acks").as_str(), "all" | "-1")),
        ("retries", draft.number("retries") == Some(0)),
        (IN_FLIGHT, draft.number(IN_FLIGHT).is_some_and(|n| n > MOST_IN_FLIGHT)),
    ];
    let Some((key, _)) = conflicts.into_iter().find(|(key, conflict)| *conflict && draft.is_written(key)) else { return };
    if !draft.is_written("enable_idempotence") {
        draft.set("enable_idempotence", "false");
        return;
    }
    let message = format!("enable_idempotence is asked for, but {key} is {}", draft.text(key));
    draft.refuse(&[key], message, format!("take `{key}` or `enable_idempotence` away"));
}

/// `KafkaProducer.__init__` of 2.x: what nobody set is set along with it, one request in flight among it.
fn strict_idempotence(draft: &mut Draft<'_>) {
    if draft.number("retries") == Some(0) {
        draft.refuse(&["retries"], "enable_idempotence is asked for, but retries is 0".to_owned(), "set retries to 1 or more");
    }
    for (key, fits, only) in
        [(IN_FLIGHT, draft.number(IN_FLIGHT) == Some(1), "1"), ("acks", matches!(draft.text("acks").as_str(), "all" | "-1"), "-1")]
    {
        if fits {
            continue;
        }
        if draft.is_written(key) {
            let message = format!("enable_idempotence is asked for, but {key} is {}", draft.text(key));
            draft.refuse(&[key], message, format!("set `{key}` to {only}, or take it away"));
        } else {
            draft.set(key, only);
        }
    }
}
