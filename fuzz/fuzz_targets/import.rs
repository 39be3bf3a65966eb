//! libFuzzer's way into the target `import`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafkasim_fuzz::import::take(data));
