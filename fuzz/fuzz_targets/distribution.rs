//! libFuzzer's way into the target `distribution`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::distribution::take(data));
