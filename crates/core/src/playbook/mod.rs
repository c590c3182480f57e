//! The playbook: the one document that says what a business knows, measures and does.

#[allow(dead_code, reason = "the reader of a whole playbook comes next")]
mod document;
