//! The README's playbook loads, and its error is the one a reader would get.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use stayput::Playbook;

/// The text of the README's first block in that language.
fn block(language: &str) -> String {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let start = format!("```{language}\n");
    let (_, rest) = readme.split_once(&start).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_playbook_of_the_readme_loads() {
    let playbook = Playbook::parse(&block("toml")).unwrap();
    assert_eq!(playbook.name(), "acme");
}

#[test]
fn the_error_of_the_readme_is_what_a_reader_gets() {
    let wrong = block("toml").replace("count(login, \"30d\")", "count(logn, \"30d\")");
    let error = Playbook::parse(&wrong).unwrap_err();
    assert_eq!(error.to_string(), block("text").trim());
}
