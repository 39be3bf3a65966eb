//! libFuzzer's way into the target `reassignment`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::reassignment::take(data));
