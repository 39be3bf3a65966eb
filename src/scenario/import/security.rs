//! What a client's security costs on its way: TLS and SASL, which the scenario has for all clients together.

use super::Findings;
use crate::kafka::text::properties::{Properties, Property};
use crate::kafka::text::shown;

/// Keys that are read here and are no settings: Java's names; librdkafka has a second one for the mechanism, and kafka-python writes
/// them with underscores.
const KEYS: [&str; 4] = ["security.protocol", "sasl.mechanism", "sasl.mechanisms", "ssl.enabled.protocols"];

/// Whether a key is read here.
pub(super) fn is_read(key: &str) -> bool {
    KEYS.contains(&key.replace('_', ".").as_str())
}

/// `network.tls` and `network.sasl` of a scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Security {
    /// `none`, `1.2` or `1.3`.
    pub tls: &'static str,
    /// `none`, `plain` or `scram`.
    pub sasl: &'static str,
}

/// What a client's file asks for. Defaults are those of `CommonClientConfigs`, `SaslConfigs` and `SslConfigs`.
pub(super) fn read(file: &Properties, findings: &mut Findings) -> Security {
    let text = |key: &str| {
        let of = |p: &&Property| p.key.replace('_', ".").trim_end_matches('s') == key.trim_end_matches('s');
        file.entries.iter().find(of).map(|p| p.value.trim().to_ascii_uppercase())
    };
    let protocol = text("security.protocol").unwrap_or_else(|| "PLAINTEXT".to_owned());
    let mechanism = text("sasl.mechanism").unwrap_or_else(|| "GSSAPI".to_owned());
    let only_older_tls = text("ssl.enabled.protocols").is_some_and(|p| !p.contains("TLSV1.3"));
    let tls = match (protocol.ends_with("SSL"), only_older_tls) {
        (false, _) => "none",
        (true, true) => "1.2",
        (true, false) => "1.3",
    };
    let sasl = match (protocol.starts_with("SASL_"), mechanism.as_str()) {
        (false, _) => "none",
        (true, "PLAIN") => "plain",
        (true, m) if m.starts_with("SCRAM-") => "scram",
        (true, other) => {
            findings.left_out("clients", "a SASL mechanism whose handshake is not counted", &shown(other));
            "none"
        }
    };
    Security { tls, sasl }
}

/// What all clients have in common; the first one's where they differ.
pub(super) fn common(clients: impl Iterator<Item = Security> + Clone, findings: &mut Findings) -> Security {
    let first = clients.clone().next().unwrap_or(Security { tls: "none", sasl: "none" });
    if clients.into_iter().any(|s| s != first) {
        findings
            .assume(format!("all clients connect with TLS {} and SASL {} as the first does, though they differ", first.tls, first.sasl));
    }
    first
}
