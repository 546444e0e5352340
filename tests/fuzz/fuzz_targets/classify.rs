//! Fuzzes a frame, from the Ethernet header to a verdict.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzz::classify(data));
