//! A file of another library, as it stands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stayput_models::import::{self, Features};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(model) = import::lightgbm(bytes, &Features::AsStored) {
        stayput_fuzz::check_model(&model);
    }
});
