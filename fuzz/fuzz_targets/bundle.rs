//! The sections of a bundle, with right checksums. What is read scores a customer of whom one event
//! is known.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stayput_core::Bundle;
use stayput_core::Engine;
use stayput_core::columns::Frame;
use stayput_core::time::Timestamp;

fuzz_target!(|sections: &[u8]| {
    let _ = Bundle::from_bytes(sections);
    let Ok(bundle) = Bundle::from_bytes(&stayput_fuzz::seal(b"stayputB", sections)) else { return };
    if let Some(model) = bundle.model() {
        stayput_fuzz::check_model(model);
    }
    let event = bundle.playbook().schema().events.first().map(|event| event.name.clone());
    let mut engine = Engine::new(bundle);
    let row = serde_json::json!({
        "customer_id": "a", "timestamp": "2026-01-01", "type": event.unwrap_or_default(),
    });
    let Ok(frame) = Frame::from_objects(vec![row]) else { return };
    let _ = engine.ingest(&frame);
    let as_of = Timestamp::parse("2026-01-05").expect("it is a date");
    let _ = engine.score_all(as_of);
    let _ = engine.decide(as_of);
});
