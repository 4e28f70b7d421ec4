//! libFuzzer's door to [`netshoot_fuzz::fuzz_dhcp`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| netshoot_fuzz::fuzz_dhcp(data));
