//! The functions of the language: how each is written, what it is and what it costs.
//!
//! Errors, versions of features and the reference in `docs/playbook.md` are made from these
//! definitions. What only a reader needs is in constants that nothing of the engine refers to, so
//! it takes no room in what ships.

mod events;
mod values;

use events::EVENTS;
use values::VALUES;

/// A function as a reader meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// The name.
    pub name: &'static str,
    /// What it reads.
    pub group: Group,
    /// How it is called. `?` marks what may be left out, `…` what may be repeated.
    pub signature: &'static str,
    /// What it gives: the formula, and whose it is where it has an author.
    pub meaning: &'static str,
    /// The unit of what it gives.
    pub unit: &'static str,
    /// What it gives where there is no event, or where an argument is missing.
    pub nothing: &'static str,
    /// The cost for one customer at one instant; n is the number of events in the window.
    pub cost: &'static str,
    /// Counted up with every change of what it gives; part of a feature's version.
    pub version: u32,
}

/// What a function reads, and so where it may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The events of a customer.
    Events,
    /// Numbers and conditions.
    Values,
    /// Instants.
    Time,
    /// Texts.
    Text,
    /// What changed since the last decision; only in a campaign's `on`.
    Trigger,
    /// Several features at once; alone in a feature's expression.
    Preset,
}

/// Every function, in the order of the reference.
pub fn definitions() -> impl Iterator<Item = Definition> {
    EVENTS.into_iter().chain(VALUES)
}

/// What the compiler needs of a definition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) signature: &'static str,
    pub(super) cost: &'static str,
    pub(super) version: u32,
}

const CALLS: usize = EVENTS.len() + VALUES.len();
static CALLED: [Call; CALLS] = called();

const fn called() -> [Call; CALLS] {
    let mut calls = [Call { name: "", signature: "", cost: "", version: 0 }; CALLS];
    let mut at = 0;
    while at < CALLS {
        let known = if at < EVENTS.len() { EVENTS[at] } else { VALUES[at - EVENTS.len()] };
        calls[at] = Call {
            name: known.name,
            signature: known.signature,
            cost: known.cost,
            version: known.version,
        };
        at += 1;
    }
    calls
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CALLED.iter().map(|call| call.name)
}

/// How a function is called, or nothing where there is none of that name.
pub(super) fn signature(name: &str) -> Option<&'static str> {
    CALLED.iter().find(|call| call.name == name).map(|call| call.signature)
}

/// The version of a function of that name; 0 where there is none.
pub(crate) fn version(name: &str) -> u32 {
    CALLED.iter().find(|call| call.name == name).map_or(0, |call| call.version)
}

/// The cost of a function of that name.
pub(crate) fn cost(name: &str) -> &'static str {
    CALLED.iter().find(|call| call.name == name).map_or("", |call| call.cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_is_defined_once_and_whole() {
        let all: Vec<Definition> = definitions().collect();
        for (at, known) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|other| other.name != known.name), "{}", known.name);
            assert!(known.signature.contains(&format!("{}(", known.name)), "{}", known.name);
            assert!(known.meaning.ends_with('.'), "{}", known.name);
            assert!(
                [known.unit, known.nothing, known.cost].iter().all(|text| !text.is_empty()),
                "{}",
                known.name
            );
            assert!(known.version > 0);
            assert_eq!(signature(known.name), Some(known.signature));
            assert_eq!(version(known.name), known.version);
        }
    }
}
