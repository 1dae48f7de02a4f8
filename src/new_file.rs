//! Files that only their owner can read and write, and that replace none.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Creates a file that only its owner can read and write.
///
/// # Errors
/// When the file exists or cannot be created.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Gives a file that was written under another name its own, once it is on disk. Nobody finds less than the whole file there.
///
/// # Errors
/// When something has that name, be it a link that leads nowhere, or the file cannot be given it: then it has not got it. And
/// when the disk fails afterwards: then the file has the name, because others may have read it already, but may lose it when
/// the machine stops.
pub fn finish(file: &File, unfinished: &Path, to: &Path) -> std::io::Result<()> {
    file.sync_all()?;
    // While the file has not got the name yet: what could be refused is refused before others find it.
    let folder = File::open(folder_of(to))?;
    give_name(WAYS, unfinished, to)?;
    bring_to_disk(&folder)
}

/// The folder in which a file is.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A way to give a file another name, which replaces nothing.
type Way = fn(&Path, &Path) -> std::io::Result<()>;

/// Memory sticks know no second name for a file, and shares often no renaming that replaces nothing.
const WAYS: [Way; 2] = [rename, link];

fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::hard_link(from, to)?;
    std::fs::remove_file(from)
}

fn give_name([first, second]: [Way; 2], from: &Path, to: &Path) -> std::io::Result<()> {
    let given = match first(from, to) {
        Err(error) if is_unknown(&error) => second(from, to),
        given => given,
    };
    given.map_err(|error| {
        if is_unknown(&error) {
            let message = format!("the file system there cannot name a file without replacing another ({error})");
            std::io::Error::new(ErrorKind::Unsupported, message)
        } else {
            error
        }
    })
}

/// What systems say of a way that they, or a file system, do not know.
fn is_unknown(error: &std::io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM))
}

/// Brings to disk which files are in a folder.
fn bring_to_disk(folder: &File) -> std::io::Result<()> {
    match folder.sync_all() {
        // Some file systems cannot be asked for it.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const UNKNOWN: Way = |_, _| Err(Errno::INVAL.into());

    #[test]
    fn each_way_gives_a_whole_file_its_name_and_replaces_nothing() {
        for ways in [WAYS, [rename, UNKNOWN], [UNKNOWN, link]] {
            let folder = tempfile::tempdir().unwrap();
            let [unfinished, taken, nowhere, free] =
                ["unfinished", "taken", "nowhere", "free"].map(|name| folder.path().join(name));
            std::fs::write(&unfinished, "whole").unwrap();
            std::fs::write(&taken, "something else").unwrap();
            symlink(folder.path().join("missing"), &nowhere).unwrap();
            for name in [&taken, &nowhere] {
                let refused = give_name(ways, &unfinished, name).unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
            }
            assert_eq!(std::fs::read_to_string(&taken).unwrap(), "something else");
            assert!(nowhere.is_symlink() && !nowhere.exists());
            give_name(ways, &unfinished, &free).unwrap();
            assert_eq!(std::fs::read_to_string(&free).unwrap(), "whole");
            assert_eq!(folder.path().read_dir().unwrap().count(), 3);
        }
    }

    #[test]
    fn where_no_way_is_known_the_name_stays_free() {
        let folder = tempfile::tempdir().unwrap();
        let (unfinished, free) = (folder.path().join("unfinished"), folder.path().join("free"));
        std::fs::write(&unfinished, "whole").unwrap();
        let refused = give_name([UNKNOWN, UNKNOWN], &unfinished, &free).unwrap_err();
        assert!(refused.to_string().contains("without replacing another"), "{refused}");
        assert!(unfinished.exists() && !free.exists());
    }
}
