//! Bundles: a playbook and its models in one checksummed file.

#[allow(dead_code, reason = "bundles and snapshots are built on it next")]
pub(crate) mod container;
