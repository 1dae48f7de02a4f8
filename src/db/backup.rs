//! A copy of an SQLite database, made while others read and write it.

use std::path::Path;

use diesel::sql_types::Text;
use diesel::{RunQueryDsl, sql_query};

use super::connection::look_into;
use super::{DatabaseUrl, Error};
use crate::new_file::{finish, private_file};

/// Writes what is in an SQLite database at this moment into a new file of mode 0600, and returns its length in bytes. The
/// file has its name only once it is whole and on disk. Nobody who reads or writes waits for it.
///
/// # Errors
/// When there is a file of that name, the database cannot be read or the file cannot be written. Where only its name could
/// not be brought to disk, the copy is there.
pub fn copy(database: &Path, to: &Path) -> Result<u64, Error> {
    let failed = |path: &Path, source| Error::Create { path: path.display().to_string(), source };
    // SQLite would read what begins with `file:` as a URI.
    let to = std::path::absolute(to).map_err(|error| failed(to, error))?;
    let mut unfinished = to.clone().into_os_string();
    unfinished.push(".unfinished");
    let unfinished = Path::new(&unfinished);
    let Some(target) = unfinished.to_str() else {
        return Err(failed(&to, std::io::ErrorKind::InvalidFilename.into()));
    };
    // Also keeps others from making a copy of that name meanwhile. SQLite takes an empty file and leaves its mode as it is.
    let file = private_file(unfinished).map_err(|error| failed(unfinished, error))?;
    let copied = if to.symlink_metadata().is_ok() {
        Err(failed(&to, std::io::ErrorKind::AlreadyExists.into()))
    } else {
        write(database, target).and_then(|()| {
            let finished = finish(&file, unfinished, &to).and_then(|()| file.metadata());
            finished.map(|written| written.len()).map_err(|error| failed(&to, error))
        })
    };
    if copied.is_err() {
        // Why the copy failed is told; that a rest of it is in the way is told by the next one of that name.
        let _ = std::fs::remove_file(unfinished);
    }
    copied
}

fn write(database: &Path, to: &str) -> Result<(), Error> {
    let mut connection = look_into(&DatabaseUrl::Sqlite(database.to_owned()))?;
    sql_query("VACUUM INTO ?").bind::<Text, _>(to).execute(&mut connection)?;
    Ok(())
}
