//! libFuzzer's way into the target `overrides`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::overrides::take(data));
