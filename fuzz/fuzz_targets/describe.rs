//! libFuzzer's way into the target `describe`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::describe::take(data));
