//! Files that only their owner can read and write, and that replace none.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Creates a file that only its owner can read and write.
///
/// # Errors
/// When the file exists or cannot be created.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Gives a file that was written under another name its own, once it is on disk.
///
/// # Errors
/// When something has that name, be it a link that leads nowhere, or the file cannot be brought to disk under it. Then it
/// has not got that name.
pub fn finish(file: &File, unfinished: &Path, to: &Path) -> std::io::Result<()> {
    file.sync_all()?;
    // Renaming would replace what has the name.
    match std::fs::hard_link(unfinished, to) {
        Ok(()) => undo_failed(to, std::fs::remove_file(unfinished))?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
        // Memory sticks and some shares know no second name for a file, but an empty one of one's own may be replaced.
        Err(_) => {
            private_file(to)?;
            undo_failed(to, std::fs::rename(unfinished, to))?;
        }
    }
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    undo_failed(to, bring_to_disk(folder))
}

/// Brings to disk which files are in a folder.
fn bring_to_disk(folder: &Path) -> std::io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems cannot be asked for it.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

fn undo_failed(to: &Path, done: std::io::Result<()>) -> std::io::Result<()> {
    if done.is_err() {
        // Why it failed is told.
        let _ = std::fs::remove_file(to);
    }
    done
}
