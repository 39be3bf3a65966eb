//! libFuzzer's way into the target `triage`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::triage::take(data));
