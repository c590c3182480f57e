//! The sections of an engine's snapshot, with right checksums. A state that is taken up answers
//! questions, and is written as it was read.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use stayput_core::Bundle;
use stayput_core::Engine;
use stayput_core::Playbook;
use stayput_core::time::Timestamp;

static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| {
    let playbook = Playbook::parse(include_str!("../../examples/acme/playbook.toml"));
    Bundle::new(playbook.expect("a sound playbook"), None).expect("a sound bundle")
});

fuzz_target!(|sections: &[u8]| {
    let _ = Engine::restore(BUNDLE.clone(), sections);
    let file = stayput_fuzz::seal(b"stayputS", sections);
    let Ok(mut engine) = Engine::restore(BUNDLE.clone(), &file) else { return };
    let snapshot = engine.snapshot().expect("a state can be written");
    let again = Engine::restore(BUNDLE.clone(), &snapshot).expect("what was written can be read");
    assert_eq!(snapshot, again.snapshot().expect("a state can be written"));
    for day in ["2025-01-20", "2025-03-01"] {
        let as_of = Timestamp::parse(day).expect("it is a date");
        let _ = engine.score_all(as_of);
        let _ = engine.decide(as_of);
    }
    let _ = engine.forget(Timestamp::parse("2025-02-01").expect("it is a date"));
    engine.snapshot().expect("a state can be written");
});
