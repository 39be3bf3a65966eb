//! libFuzzer's way into the target `profile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::profile::take(data));
