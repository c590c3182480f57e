//! Files, read and written as a whole.

use std::fs::{self, File};
use std::io::{Error as IoError, Write};
use std::path::Path;

use stayput_core::{Error, ErrorCode, Result};

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| refuse(path, &error))
}

/// The text of a file.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| refuse(path, &error))
}

/// Writes a file so that no reader ever sees half of it: beside its place first, then moved there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.map_err(|error| {
        // It may never have come to be.
        let _ = fs::remove_file(&beside);
        refuse(path, &error)
    })
}

fn refuse(path: &Path, error: &IoError) -> Error {
    Error::new(ErrorCode::File, "file", error.to_string()).at_path(path.display().to_string())
}
