//! Files by their path. The core knows none.

use std::fs;

use stayput_core::{Error, ErrorCode, Result};

fn refuse(path: &str, what: &str, error: &std::io::Error) -> Error {
    Error::new(ErrorCode::File, "file", format!("cannot be {what}: {error}")).at_path(path)
}

pub(crate) fn read(path: &str) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| refuse(path, "read", &error))
}

pub(crate) fn read_text(path: &str) -> Result<String> {
    fs::read_to_string(path).map_err(|error| refuse(path, "read", &error))
}

pub(crate) fn write(path: &str, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|error| refuse(path, "written", &error))
}
