//! libFuzzer's way into the target `quorum`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::quorum::take(data));
