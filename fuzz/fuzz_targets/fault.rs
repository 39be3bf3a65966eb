//! libFuzzer's way into the target `fault`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::fault::take(data));
