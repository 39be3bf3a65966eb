//! libFuzzer's way into the target `scenario`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::scenario::take(data));
