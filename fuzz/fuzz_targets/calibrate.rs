//! libFuzzer's way into the target `calibrate`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::calibrate::take(data));
