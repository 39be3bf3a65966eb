//! libFuzzer's way into the target `arguments`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::arguments::take(data));
