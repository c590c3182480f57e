//! `docs/playbook.md`: its table of functions is what the compiler knows, and its examples load.
//!
//! `STAYPUT_BLESS=1 cargo test -p stayput-core --test reference` writes the table anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::PathBuf;

use stayput_core::Playbook;
use stayput_core::expr::{Definition, Group, definitions};

const START: &str = "<!-- functions -->\n";
const END: &str = "<!-- /functions -->\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/playbook.md")
}

fn table(title: &str, about: &str, group: Group) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let row = |known: Definition| {
        // `a(…) or b(…)` are two ways to call it.
        let calls = known.signature.replace(") or ", ")` or `");
        let texts = [known.meaning, known.unit, known.nothing, known.cost].map(cell);
        format!("| `{}` | {} | {} |\n", cell(&calls), texts.join(" | "), known.version)
    };
    let rows: String = definitions().filter(|known| known.group == group).map(row).collect();
    let head = "| function | what it gives | unit | on nothing | cost | version |\n|---|---|---|---|---|---|\n";
    format!("\n### {title}\n\n{about}\n\n{head}{rows}")
}

fn reference() -> String {
    let about = "`window` is a length of time such as `\"30d\"`, all of the past where there is none; \
        `filter` a condition on one event. In the costs, n is the number of events in the window.";
    [
        table("Functions of events", about, Group::Events),
        table("Functions of values", "", Group::Values),
        table("Functions of time", "", Group::Time),
        table("Functions of texts", "", Group::Text),
        table("Triggers", "They stand only in a campaign's `on`, where two functions of events are triggers too: `absent` fires \
         when its time is over, `sequence` with its second event. What happens fires once, also when it \
         comes in late, as long as it is later than what fired before.", Group::Trigger),
        table("Presets", "They stand alone as a feature's expression.", Group::Preset),
    ]
    .concat()
    .replace("\n\n\n", "\n")
        + "\n"
}

#[test]
fn the_table_of_functions_is_what_the_compiler_knows() {
    let text = fs::read_to_string(path()).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let reference = reference();
    if std::env::var_os("STAYPUT_BLESS").is_some() {
        fs::write(path(), [before, START, &reference, END, after].concat()).unwrap();
    } else {
        assert!(written == reference, "docs/playbook.md is not what the compiler knows");
    }
    let all = definitions().count();
    assert_eq!(reference.matches("\n| `").count(), all, "a function is in no table");
}

#[test]
fn the_examples_load() {
    let text = fs::read_to_string(path()).unwrap();
    let blocks: Vec<&str> =
        text.split("```toml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(blocks.len() >= 7);
    let whole = |block: &str| block.starts_with("[playbook]");
    assert!(whole(blocks[0]));
    for block in &blocks {
        let playbook =
            if whole(block) { (*block).to_owned() } else { format!("{}\n{block}", blocks[0]) };
        if let Err(error) = Playbook::parse(&playbook) {
            panic!("{error}\n{playbook}");
        }
    }
}
