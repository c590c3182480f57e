//! An expression as a feature, a condition and a trigger of the simulated company.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use stayput_core::Playbook;
use stayput_core::expr::{Scope, Type, compile, compile_as, compile_trigger};

static PLAYBOOK: LazyLock<Playbook> = LazyLock::new(|| {
    let playbook = Playbook::parse(include_str!("../../examples/acme/playbook.toml"));
    playbook.expect("a sound playbook")
});

fuzz_target!(|text: &str| {
    let schema = PLAYBOOK.schema();
    let features = [("logins".to_owned(), Some(Type::Number)), ("later".to_owned(), None)];
    let stages = ["new".to_owned(), "gone".to_owned()];
    let past = Scope::of_features(schema, &features);
    let _ = compile(text, &past);
    let whole = Scope {
        health: true,
        churn: true,
        stages: Some(&stages),
        segments: Some(&stages),
        triggers: true,
        ..past
    };
    let _ = compile_as(text, &whole, &Type::Bool);
    let _ = compile_trigger(text, &whole, &mut Vec::new());
});
