//! libFuzzer's way into the target `run`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::run::take(data));
