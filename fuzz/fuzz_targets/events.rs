//! Events as JSON or NDJSON: rows that are refused are counted, and those that are taken make a
//! state that can be written, read and asked.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use stayput_core::Bundle;
use stayput_core::Engine;
use stayput_core::Playbook;
use stayput_core::columns::Frame;
use stayput_core::time::Timestamp;

static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| {
    let playbook = Playbook::parse(include_str!("../../examples/acme/playbook.toml"));
    Bundle::new(playbook.expect("a sound playbook"), None).expect("a sound bundle")
});

fuzz_target!(|bytes: &[u8]| {
    let frames = [
        Frame::from_ndjson(bytes),
        std::str::from_utf8(bytes).map_or_else(|_| Frame::from_ndjson(b""), Frame::from_json),
    ];
    for frame in frames.into_iter().flatten() {
        let mut engine = Engine::new(BUNDLE.clone());
        let _ = engine.upsert_customers(&frame);
        let _ = engine.ingest(&frame);
        let snapshot = engine.snapshot().expect("a state can be written");
        let mut again = Engine::restore(BUNDLE.clone(), &snapshot).expect("it can be read");
        assert_eq!(snapshot, again.snapshot().expect("a state can be written"));
        let as_of = Timestamp::parse("2025-02-01").expect("it is a date");
        let _ = again.score_all(as_of);
        let _ = again.decide(as_of);
    }
});
