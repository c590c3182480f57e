//! `bind TARGET INPUT.wasm FOLDER`: writes JavaScript, declarations and wasm for `web` or `bundler`.

use std::error::Error;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, input, folder] = &arguments[..] else {
        return Err("usage: bind web|bundler INPUT.wasm FOLDER".into());
    };
    let mut bindgen = Bindgen::new();
    // `init()` without an argument loads the wasm beside the module.
    bindgen.input_path(input).typescript(true).omit_default_module_path(false);
    match target.as_str() {
        "web" => bindgen.web(true)?,
        "bundler" => bindgen.bundler(true)?,
        other => {
            return Err(format!("`{other}` is not a target; expected `web` or `bundler`").into());
        }
    };
    bindgen.generate(folder)?;
    Ok(())
}
