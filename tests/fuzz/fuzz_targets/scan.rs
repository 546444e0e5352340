//! Fuzzes a payload: start line, To header and user part.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzz::scan(data));
