//! A playbook's text. What is read is put to use on one event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stayput_core::Playbook;

fuzz_target!(|text: &str| {
    if let Ok(playbook) = Playbook::parse(text) {
        let again = Playbook::parse(playbook.text()).expect("what was read reads again");
        assert_eq!(again.name(), playbook.name());
    }
});
