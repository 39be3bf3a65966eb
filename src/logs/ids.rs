//! What Kafka makes by chance or takes from the machine and a log prints: ids and addresses. Here they follow from names.

use crate::engine::mix;

/// 22 characters of URL-safe base64, as Kafka prints a topic, cluster or incarnation id, that follow from a name.
pub fn uuid(name: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let hash = name.bytes().fold(0, |hash, byte| mix(hash, u64::from(byte)));
    let bits = u128::from(mix(hash, 1)) << 64 | u128::from(mix(hash, 2));
    (0..22).map(|i| char::from(ALPHABET[(bits >> (122_i32 - 6 * i).max(0) & 63) as usize])).collect()
}

/// The address of the machine with this `node.id`: 10.0.0.101 for 101.
pub fn host(id: u32) -> String {
    format!("10.{}.{}.{}", id >> 16 & 255, id >> 8 & 255, id & 255)
}

/// The address that a broker is reached at.
pub fn broker_address(id: u32) -> String {
    format!("{}:9092", host(id))
}

/// The address that a controller is reached at.
pub fn controller_address(id: u32) -> String {
    format!("{}:9093", host(id))
}
