//! An ONNX file, whose categories, if it has some, are named `plan`. What is read is written, and
//! that reads as the same model.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stayput_core::churn::{Input, InputKind};
use stayput_models::export;
use stayput_models::import::{self, Features};

fuzz_target!(|bytes: &[u8]| {
    let values = ["a", "b", "c"].map(str::to_owned).to_vec();
    let plan = Input { name: "plan".to_owned(), kind: InputKind::Category { values } };
    for features in [Features::AsStored, Features::Kinds(vec![plan])] {
        let Ok(model) = import::onnx(bytes, &features) else { continue };
        stayput_fuzz::check_model(&model);
        let file = export::onnx(&model).expect("every model can be written");
        let back = import::onnx(&file, &Features::AsStored).expect("what was written reads");
        assert_eq!(model.to_bytes().ok(), back.to_bytes().ok());
    }
});
