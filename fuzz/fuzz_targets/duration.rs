//! libFuzzer's way into the target `duration`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::duration::take(data));
