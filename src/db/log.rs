//! SQLite's write-ahead log, and the thread that brings it to disk for decisions that share a transaction.
//!
//! With `synchronous=FULL` the thread that commits waits for the disk, and nobody is decided on meanwhile: under load that
//! is a quarter of its time. So the writer's commits only write to the log (`synchronous=NORMAL`), and this brings the log
//! to disk before anybody outside this process hears of them: what was answered is on disk, as with `FULL`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::Error;
use super::questions::{Question, answer};

/// Transactions that may wait for the disk while another is made. All that wait are brought to disk at once.
const LONGEST_QUEUE: usize = 8;

/// Where SQLite keeps the log of the database in this file.
///
/// # Errors
/// When there is no such file.
pub fn log_of(database: &Path) -> std::io::Result<PathBuf> {
    // Next to the file that a symbolic link leads to.
    let mut path = database.canonicalize()?.into_os_string();
    path.push("-wal");
    Ok(path.into())
}

/// The log of a connection. Cheap to clone.
#[derive(Clone)]
pub(super) struct Log(Arc<LogFile>);

struct LogFile {
    file: File,
    /// What the kernel could not write it takes for written afterwards, so no later success counts.
    failed: AtomicBool,
}

impl Log {
    /// The log of the database in this file, which exists once a transaction was begun.
    pub(super) fn open(database: &Path) -> std::io::Result<Self> {
        let file = File::open(log_of(database)?)?;
        Ok(Self(Arc::new(LogFile { file, failed: AtomicBool::new(false) })))
    }

    /// A log that cannot be brought to disk, because it is no file.
    #[cfg(test)]
    pub(super) fn broken() -> std::io::Result<Self> {
        Ok(Self(Arc::new(LogFile { file: File::open("/dev/null")?, failed: AtomicBool::new(false) })))
    }

    /// Waits until all that was committed before is on disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
        if self.has_failed() {
            return Err(Error::Unsynced(std::io::ErrorKind::Other.into()));
        }
        self.0.file.sync_data().map_err(|error| {
            self.0.failed.store(true, Ordering::Release);
            Error::Unsynced(error)
        })
    }

    /// Whether what was committed may be missing on disk.
    pub(super) fn has_failed(&self) -> bool {
        self.0.failed.load(Ordering::Acquire)
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Decisions that are committed, and the log in which they are.
pub(super) struct Committed {
    pub(super) questions: Vec<Question>,
    pub(super) log: Log,
}

/// The way to the thread that waits for the disk.
pub(super) struct Syncer(SyncSender<Committed>);

impl Syncer {
    pub(super) fn start() -> Result<Self, Error> {
        let (committed, queue) = sync_channel(LONGEST_QUEUE);
        std::thread::Builder::new().name("syncer".to_owned()).spawn(move || drive(&queue)).map_err(Error::Thread)?;
        Ok(Self(committed))
    }

    /// Answers those who wait once what they wait for is on disk.
    pub(super) fn answer_once_on_disk(&self, committed: Committed) {
        // Those of a thread that has ended hear that their decision was abandoned.
        let _ = self.0.send(committed);
    }
}

fn drive(queue: &Receiver<Committed>) {
    while let Ok(first) = queue.recv() {
        let mut committed = vec![first];
        committed.extend(queue.try_iter());
        for of_one_log in committed.chunk_by_mut(|one, next| one.log.is(&next.log)) {
            let on_disk = of_one_log.first().map_or(Ok(()), |committed| committed.log.sync());
            let questions = of_one_log.iter_mut().flat_map(|committed| committed.questions.drain(..)).collect();
            answer(questions, &on_disk.map_err(Arc::new));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_could_not_be_brought_to_disk_once_is_never_taken_for_written_again() {
        let log = Log::broken().unwrap();
        assert!(!log.has_failed());
        assert!(matches!(log.sync(), Err(Error::Unsynced(_))));
        assert!(log.has_failed());
        assert!(log.clone().sync().is_err());
    }

    #[test]
    fn the_log_is_found_next_to_the_file_that_a_symbolic_link_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let (file, link) = (folder.path().join("data/real.db"), folder.path().join("link.db"));
        std::fs::write(&file, "").unwrap();
        std::fs::write(folder.path().join("data/real.db-wal"), "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(Log::open(&link).unwrap().sync().is_ok());
    }
}
