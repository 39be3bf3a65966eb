//! The client libraries by release, one file each, data only.

mod franz_go_1_16;
mod franz_go_1_19;
mod franz_go_1_20;
mod franz_go_1_21;
mod franz_go_1_22;
mod java_3_6;
mod java_3_6_0;
mod java_3_7;
mod java_3_9;
mod java_4;
mod kafka_go_0_4;
mod kafka_go_0_4_newwriter;
mod kafka_python_3;
mod kafkajs_2_2;
mod librdkafka_2_10;
mod librdkafka_2_16;
mod librdkafka_2_3;
mod librdkafka_2_4;
mod librdkafka_2_5;
mod sarama_1_45;
mod sarama_1_47;
mod sarama_1_48;
mod sarama_1_48_0;
mod sarama_1_50;
mod sarama_1_60;
mod sarama_1_61;

use super::profile::{Library, Profile};

static ALL: &[&Profile] = &[
    &java_3_6_0::PROFILE,
    &java_3_6::PROFILE,
    &java_3_7::PROFILE,
    &java_3_9::PROFILE,
    &java_4::PROFILE,
    &librdkafka_2_3::PROFILE,
    &librdkafka_2_4::PROFILE,
    &librdkafka_2_5::PROFILE,
    &librdkafka_2_10::PROFILE,
    &librdkafka_2_16::PROFILE,
    &sarama_1_45::PROFILE,
    &sarama_1_47::PROFILE,
    &sarama_1_48_0::PROFILE,
    &sarama_1_48::PROFILE,
    &sarama_1_50::PROFILE,
    &sarama_1_60::PROFILE,
    &sarama_1_61::PROFILE,
    &franz_go_1_16::PROFILE,
    &franz_go_1_19::PROFILE,
    &franz_go_1_20::PROFILE,
    &franz_go_1_21::PROFILE,
    &franz_go_1_22::PROFILE,
    &kafkajs_2_2::PROFILE,
    &kafka_go_0_4::PROFILE,
    &kafka_go_0_4_newwriter::PROFILE,
    &kafka_python_3::PROFILE,
];

/// Every profile, by library, oldest first.
pub fn all() -> &'static [&'static Profile] {
    ALL
}

/// The profile of this name, or the one that stands for the release named: `java-3.9.1` finds `java-3.9`.
pub fn find(name: &str) -> Option<&'static Profile> {
    ALL.iter().copied().find(|p| p.name == name).or_else(|| {
        let library = Library::ALL.into_iter().find(|l| name.starts_with(&format!("{}-", l.names().0)))?;
        let release = release(name.strip_prefix(library.names().0)?.strip_prefix('-')?)?;
        ALL.iter().copied().find(|p| p.library == library && p.covers[0] <= release && release <= p.covers[1])
    })
}

fn release(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text.split('.').map(|part| part.parse::<u16>());
    let major = parts.next()?.ok()?;
    let minor = match parts.next() {
        Some(minor) => minor.ok()?,
        None => u16::MAX,
    };
    let patch = match parts.next() {
        Some(patch) => patch.ok()?,
        None => 0,
    };
    parts.next().is_none().then_some((major, minor, patch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_release_finds_the_profile_that_stands_for_it() {
        let name = |text| find(text).map(|p| p.name.as_ref());
        assert_eq!(name("java-3.9.1"), Some("java-3.9"));
        assert_eq!(name("java-3.8"), Some("java-3.9"));
        assert_eq!(name("java-3.6"), Some("java-3.6"));
        assert_eq!(name("java-3.6.0"), Some("java-3.6.0"));
        assert_eq!(name("java-3.6.2"), Some("java-3.6"));
        assert_eq!(name("java-4.1.0"), Some("java-4.3"));
        assert_eq!(name("java-2.8"), None);
        assert_eq!(name("java-3.9.1.7"), None);
        assert_eq!(name("franz-go-1.22.2"), Some("franz-go-1.22"));
        assert_eq!(name("franz-go-1.18"), Some("franz-go-1.19"));
        assert_eq!(name("franz-go-1.14.2"), None);
        assert_eq!(name("ruby-3.9"), None);
    }

    #[test]
    fn every_default_and_every_behaviour_is_a_legal_value_of_a_known_key() {
        for profile in all() {
            for consumer in [false, true] {
                let Some(mut config) = profile.library.config(consumer) else { continue };
                for default in if consumer { profile.consumer_defaults } else { profile.producer_defaults } {
                    config.set(default.key, default.value).unwrap();
                }
            }
            for policy in profile.policies.iter() {
                profile.library.check_policy(policy.key, &policy.value).unwrap();
            }
            for key in profile.library.policy_keys() {
                assert!(profile.policies.iter().any(|p| p.key == key.name), "{} says nothing of {}", profile.name, key.name);
            }
        }
    }
}
