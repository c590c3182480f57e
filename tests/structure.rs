//! Holds the house in order: which module may use which, how long a file may be, and what the
//! core may depend on. `docs/architecture.md` shows the same floors in words.
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot read")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The modules of the core from the ground up. A module uses only modules of lower floors; so no
/// two use each other, and neighbours on one floor do not know each other. Tests are free.
const FLOORS: &[&[&str]] = &[
    &["error", "math"],
    &["threads", "time"],
    &["schema", "columns"],
    &["event", "expr"],
    &["describe", "experiment", "history", "health", "lifecycle"],
    &["features", "campaign", "monitor"],
    &["churn", "playbook"],
    &["bundle"],
    &["engine"],
    &["wire"],
];

/// Packages that bring a clock, IO, threads of their own, or randomness.
const BARRED: &[&str] = &[
    "async-std",
    "chrono",
    "crossbeam",
    "fastrand",
    "futures",
    "futures-core",
    "getrandom",
    "hyper",
    "js-sys",
    "libc",
    "mio",
    "num_cpus",
    "oorandom",
    "rand",
    "rand_chacha",
    "rand_core",
    "rand_xoshiro",
    "rayon",
    "rayon-core",
    "reqwest",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "uuid",
    "wasm-bindgen",
    "web-sys",
    "web-time",
];

const MOST_LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under `folder`, in order; none where there is no such folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "node_modules" {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn is_punct(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

/// The first names of a path's next step: the one name there, or each of `{a::b, c}`.
fn next_names(token: Option<&TokenTree>) -> Vec<String> {
    match token {
        Some(TokenTree::Ident(ident)) => vec![ident.to_string()],
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let tokens: Vec<_> = group.stream().into_iter().collect();
            let starts = tokens.split(|token| is_punct(Some(token), ','));
            starts.flat_map(|part| next_names(part.first())).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether an attribute such as `#[cfg(test)]` stands before `at`.
fn is_for_tests(tokens: &[TokenTree], at: usize) -> bool {
    let before = tokens[..at].iter().rev();
    let attributes = before
        .take_while(|token| matches!(token, TokenTree::Group(_)) || is_punct(Some(token), '#'));
    attributes.map(ToString::to_string).any(|text| text.replace(' ', "") == "[cfg(test)]")
}

/// Collects the first name of every `crate::…` path, and of every `super::…` path that leads out
/// of the file's own top-level module, of code that is not for tests. `depth` is how many modules
/// lie between the code and the crate's root.
fn uses(stream: TokenStream, depth: usize, found: &mut Vec<String>) {
    let tokens: Vec<_> = stream.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(ident) if ident == "mod" => {
                if let Some(TokenTree::Group(body)) = tokens.get(at + 2) {
                    if !is_for_tests(&tokens, at) {
                        uses(body.stream(), depth + 1, found);
                    }
                    at += 2;
                }
            }
            TokenTree::Ident(ident) if ident == "crate" && is_path_separator(&tokens, at + 1) => {
                found.extend(next_names(tokens.get(at + 3)));
            }
            TokenTree::Ident(ident) if ident == "super" => {
                let mut up = 1;
                while is_path_separator(&tokens, at + 1)
                    && matches!(tokens.get(at + 3), Some(TokenTree::Ident(next)) if next == "super")
                {
                    up += 1;
                    at += 3;
                }
                if up == depth {
                    found.extend(next_names(tokens.get(at + 3)));
                }
            }
            TokenTree::Group(group) => uses(group.stream(), depth, found),
            _ => {}
        }
        at += 1;
    }
}

/// The names in `#[cfg(test)] mod name;`.
fn modules_for_tests(text: &str) -> Vec<String> {
    let tokens: Vec<_> = text.parse::<TokenStream>().unwrap().into_iter().collect();
    let starts = (0..tokens.len()).filter(|&at| {
        matches!(&tokens[at], TokenTree::Ident(ident) if ident == "mod")
            && is_punct(tokens.get(at + 2), ';')
            && is_for_tests(&tokens, at)
    });
    starts.map(|at| tokens[at + 1].to_string()).collect()
}

/// The path of a file as a path of modules: `features/mod.rs` and `features.rs` are `features`.
fn module_path(path: &Path) -> Vec<String> {
    let parts = path.with_extension("");
    let parts = parts.iter().map(|part| part.to_string_lossy().into_owned());
    parts.filter(|part| part != "mod").collect()
}

/// The names that the crate's root re-exports, and the module that each is from.
fn reexports(lib: &str) -> BTreeMap<String, String> {
    let tokens: Vec<_> = lib.parse::<TokenStream>().unwrap().into_iter().collect();
    let mut names = BTreeMap::new();
    for at in 0..tokens.len() {
        if matches!(&tokens[at], TokenTree::Ident(ident) if ident == "use")
            && is_path_separator(&tokens, at + 2)
        {
            let module = tokens[at + 1].to_string();
            for name in next_names(tokens.get(at + 4)) {
                names.insert(name, module.clone());
            }
        }
    }
    names
}

/// The floor of a module of the core.
fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The uses between modules of the core that break the order of the floors.
fn broken(files: &[(PathBuf, String)], reexports: &BTreeMap<String, String>) -> Vec<String> {
    let mut for_tests = Vec::new();
    for (path, text) in files {
        let parts = module_path(path);
        for name in modules_for_tests(text) {
            for_tests.push([parts.as_slice(), &[name]].concat());
        }
    }
    let mut wrong = Vec::new();
    for (path, text) in files {
        let parts = module_path(path);
        if parts == ["lib"] || for_tests.iter().any(|module| parts.starts_with(module)) {
            continue;
        }
        let module = &parts[0];
        let Some(own) = floor(module) else {
            wrong.push(format!("`{module}` is on no floor"));
            continue;
        };
        let mut found = Vec::new();
        uses(text.parse().unwrap(), parts.len(), &mut found);
        found.sort();
        found.dedup();
        for name in found {
            let name = reexports.get(&name).unwrap_or(&name);
            match floor(name) {
                _ if name == module => {}
                Some(other) if other < own => {}
                Some(other) => wrong.push(format!(
                    "{}: `{module}` (floor {own}) uses `{name}` (floor {other})",
                    path.display()
                )),
                None => wrong.push(format!("{}: `{name}` is on no floor", path.display())),
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong
}

#[test]
fn a_module_uses_only_lower_floors() {
    let source = root().join("crates/core/src");
    let files: Vec<_> = rust_files(&source)
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.strip_prefix(&source).unwrap().to_owned(), text)
        })
        .collect();
    assert!(files.len() > 20, "the core's files were not found");
    let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
    let wrong = broken(&files, &reexports(&lib));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_way_to_break_the_order_is_seen() {
    let names = reexports("pub use error::{Error, ErrorCode};");
    let allowed = [
        ("time.rs", "use crate::error::Error; fn f() -> crate::ErrorCode { super::error::x() }"),
        (
            "features/table.rs",
            "use super::batch::f; use crate::features::x; use crate::{math, time::Span};",
        ),
        ("health/mod.rs", "#[cfg(test)] mod tests { use crate::engine::Engine; use super::*; }"),
        ("health/mod.rs", "/// Tests.\n#[cfg(test)]\nmod tests;"),
        ("health/spec.rs", "// crate::engine\nconst X: &str = \"crate::engine\";"),
    ];
    for (path, text) in allowed {
        let tests = ("health/tests.rs", "use crate::engine::Engine;");
        let files = [(path, text), ("health.rs", "#[cfg(test)] mod tests;"), tests]
            .map(|(path, text)| (PathBuf::from(path), text.to_owned()));
        assert_eq!(broken(&files, &names), Vec::<String>::new(), "{path}: {text}");
    }
    let refused = [
        ("time.rs", "use crate::schema::Field;"),
        ("math.rs", "fn f(x: crate::Error) {}"),
        ("features/mod.rs", "use crate::{error::Error, campaign::{Spec, X}};"),
        ("features/table.rs", "use super::super::campaign::Spec;"),
        ("features/mod.rs", "fn f() { g(|| super::campaign::Spec) }"),
        ("expr/mod.rs", "mod inner { use super::super::event::X; }"),
        ("playbook/mod.rs", "format!(\"{}\", crate::bundle::hash())"),
        ("health/tests.rs", "use crate::engine::Engine;"),
        ("extra.rs", ""),
        ("wire/mod.rs", "use crate::extra::X;"),
    ];
    for (path, text) in refused {
        let files = [(PathBuf::from(path), text.to_owned())];
        assert_eq!(broken(&files, &names).len(), 1, "{path}: {text}");
    }
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let mut files = rust_files(&root().join("crates"));
    if let Ok(bindings) = fs::read_dir(root().join("bindings")) {
        for binding in bindings {
            files.extend(rust_files(&binding.unwrap().path().join("src")));
        }
    }
    let mut long = Vec::new();
    for path in files {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        if lines > MOST_LINES {
            long.push(format!("{}: {lines} lines; at most {MOST_LINES}", path.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn core_and_models_forbid_unsafe_code() {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.lines().any(|line| line == "unsafe_code = \"forbid\""));
    for name in ["core", "models"] {
        let text = fs::read_to_string(root().join(format!("crates/{name}/Cargo.toml"))).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{name} does not take the lints");
    }
}

#[test]
fn the_core_has_no_clock_no_io_and_no_randomness() {
    for target in ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"] {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "-p", "stayput-core", "-e", "normal", "--offline", "--prefix", "none"])
            .args(["--target", target])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let names: Vec<_> = text.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(names.contains(&"stayput-core") && names.contains(&"jiff"), "{text}");
        let barred: Vec<_> = names.iter().filter(|name| BARRED.contains(name)).collect();
        assert!(barred.is_empty(), "stayput-core depends on {barred:?} for {target}");
    }
}
