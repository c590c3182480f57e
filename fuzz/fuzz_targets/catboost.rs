//! A file of `CatBoost`, whose category, if it has one, is named `plan`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stayput_core::churn::{Input, InputKind};
use stayput_models::import::{self, Features};

fuzz_target!(|bytes: &[u8]| {
    let values = ["a", "ä"].map(str::to_owned).to_vec();
    let plan = Input { name: "plan".to_owned(), kind: InputKind::Category { values } };
    for features in [Features::Kinds(vec![plan]), Features::AsStored] {
        if let Ok(model) = import::catboost(bytes, &features) {
            stayput_fuzz::check_model(&model);
        }
    }
});
