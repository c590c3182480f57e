//! The sections of a model's own file, with right checksums.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stayput_core::churn::Model;

fuzz_target!(|sections: &[u8]| {
    if let Ok(model) = Model::from_bytes(&stayput_fuzz::seal(b"stayputM", sections)) {
        stayput_fuzz::check_model(&model);
    }
    let _ = Model::from_bytes(sections);
});
