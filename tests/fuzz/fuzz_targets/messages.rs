//! Fuzzes SIP messages as the agent reads them: headers, session descriptions, segments of several.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzz::messages(data));
