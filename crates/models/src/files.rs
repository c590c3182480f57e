//! Files, read and written as a whole, for hosts that have them. The core knows none.
//!
//! A file is written beside its place, flushed to the disk and then renamed, which a file system
//! does at once: a reader sees the old file or the new one, and a write that fails, or a process
//! that ends half-way, leaves the old one whole.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use stayput_core::{Error, ErrorCode, Result};

/// The bytes of a file.
///
/// # Errors
/// [`ErrorCode::File`] with the path, when it cannot be read.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    let path = path.as_ref();
    fs::read(path).map_err(|error| refuse(path, "read", &error))
}

/// The text of a file in UTF-8.
///
/// # Errors
/// As [`read`], and when the bytes are not UTF-8.
pub fn read_text(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    fs::read_to_string(path).map_err(|error| refuse(path, "read", &error))
}

/// Writes a file, in place of the one that may be there, whose permissions it takes over. Where
/// the path is a symbolic link to a file, that file is written and the link stays.
///
/// # Errors
/// [`ErrorCode::File`] with the path, when the file cannot be written or the path is something else
/// than a file. What was there is then there still, and nothing else.
pub fn write(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    let path = path.as_ref();
    replace(path, bytes).map_err(|error| refuse(path, "written", &error))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let permissions = match fs::metadata(path) {
        // To rename onto a device or a pipe would put a file in its place.
        Ok(there) if !there.is_file() => {
            return Err(io::Error::other("it is there, and is not a file"));
        }
        Ok(there) => Some(there.permissions()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let place = if permissions.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
    let (file, beside) = create_beside(&place)?;
    let moved = fill(file, bytes, permissions).and_then(|()| fs::rename(&beside, &place));
    if moved.is_err() {
        // The first error is the one to tell of.
        let _ = fs::remove_file(&beside);
    }
    moved
}

/// A new file in the folder of `place`, under a name that no other thread or process has.
fn create_beside(place: &Path) -> io::Result<(File, PathBuf)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    if place.file_name().is_none() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the path has no file name"));
    }
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let beside = place.with_file_name(format!(".stayput-{}-{count}", std::process::id()));
        match File::create_new(&beside) {
            // Left by a process of the same number that ended half-way.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (file, beside)),
        }
    }
}

/// Writes the bytes through to the disk, and closes the file.
fn fill(mut file: File, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    // First of all, so that nobody reads meanwhile what they may not read afterwards.
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

fn refuse(path: &Path, what: &str, error: &io::Error) -> Error {
    Error::new(ErrorCode::File, "file", format!("cannot be {what}: {error}"))
        .at_path(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty folder of its own for a test, which is removed with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = format!("stayput-files-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(folder);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
            let mut names: Vec<_> =
                entries.map(|entry| name(entry).into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn refused<T: std::fmt::Debug>(result: Result<T>, path: &Path) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.code(), ErrorCode::File);
        assert_eq!(error.path(), path.to_str());
        error.to_string()
    }

    #[test]
    fn what_is_written_is_read_and_replaces_what_was_there() {
        let folder = Folder::new("replace");
        let path = folder.0.join("a.stayput");
        write(&path, b"long before").unwrap();
        write(&path, "nach".as_bytes()).unwrap();
        assert_eq!(
            (read(&path).unwrap(), read_text(&path).unwrap()),
            (b"nach".into(), "nach".into())
        );
        assert_eq!(folder.names(), ["a.stayput"]);
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_behind_and_the_old_file_whole() {
        let folder = Folder::new("fails");
        let old = folder.0.join("old");
        write(&old, b"old").unwrap();
        let target = folder.0.join("folder");
        fs::create_dir(&target).unwrap();
        for (path, why) in [
            (folder.0.join("none").join("new"), "No such file"),
            (old.join("new"), "Not a directory"),
            (target.clone(), "it is there, and is not a file"),
            (folder.0.join("folder/.."), "it is there, and is not a file"),
            (folder.0.join("x".repeat(300)), ""),
        ] {
            let message = refused(write(&path, b"new"), &path);
            assert!(message.contains("`: cannot be written: "), "{message}");
            assert!(!cfg!(unix) || message.contains(why), "{message}");
        }
        refused(write("", b"new"), Path::new(""));
        assert_eq!(folder.names(), ["folder", "old"]);
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
        assert_eq!(read(&old).unwrap(), b"old");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = Folder::new("read");
        let path = folder.0.join("none");
        let message = refused(read(&path), &path);
        assert!(message.starts_with(&format!("file `{}`: cannot be read: ", path.display())));
        write(&path, &[0xff]).unwrap();
        refused(read_text(&path), &path);
        refused(read(&folder.0), &folder.0);
    }

    #[test]
    fn threads_that_write_one_file_do_not_mix() {
        let folder = Folder::new("threads");
        let path = folder.0.join("shared");
        std::thread::scope(|scope| {
            for byte in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..5 {
                        write(path, &[byte; 10_000]).unwrap();
                        let read = read(path).unwrap();
                        assert_eq!(read, vec![read[0]; 10_000]);
                    }
                });
            }
        });
        assert_eq!(folder.names(), ["shared"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_permissions_do() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = Folder::new("link");
        let (file, link) = (folder.0.join("file"), folder.0.join("link"));
        write(&file, b"old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        symlink("file", &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced() {
        refused(write("/dev/null", b"new"), Path::new("/dev/null"));
    }
}
