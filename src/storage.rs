//! Opens the database together with the secret key that belongs to it.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use diesel::QueryResult;
use rustix::fs::{Access, access};

use crate::audit::signer::{Signer, sealed_key};
use crate::config::{BadSetting, StorageConfig, text_or_file};
use crate::db::{Contents, Database, DatabaseUrl, DbConnection, log_of, look_into, rehearse_migrations};
use crate::new_file::{finish, folder_of, private_file};
use crate::oauth::queries::signing_keys;
use crate::oauth::signing_keys::check_secret_key;
use crate::secret::{SecretKey, SecretText, random_base62};
use crate::users::password::Passwords;
use crate::users::queries::any;

/// The database and what opens its secrets.
pub struct Storage {
    /// Where everything is kept.
    pub database: Database,
    /// The secret of this installation.
    pub secret_key: SecretKey,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Signs the record.
    pub signer: Signer,
}

impl Storage {
    /// Opens the database with its secret key, making both where neither is there.
    ///
    /// # Errors
    /// When the key is missing, does not fit the database, or the database cannot be used.
    pub fn open_or_create(config: &StorageConfig) -> anyhow::Result<Self> {
        let url = config.database_url()?;
        let secret_key = secret_key(config, &url)?;
        let database = Database::open(&url, config.postgres_connections).with_context(|| cannot_be_opened(&url))?;
        check_secret_key(&database.read_blocking(signing_keys)?, &secret_key)?;
        let passwords = Passwords::new(secret_key.clone(), config.bcrypt_cost)?;
        let signer = Signer::open(&database, &secret_key)?;
        Ok(Self { database, secret_key, passwords, signer })
    }

    /// The same for a database that the server of this version has made, or brought up to date: a mistyped path is told
    /// instead of becoming a new database, and another program's database, or one that an older server is working on, is
    /// left as it is.
    ///
    /// # Errors
    /// As for [`Storage::open_or_create`], and when there is no database of this version.
    pub fn open(config: &StorageConfig) -> anyhow::Result<Self> {
        Self::require_current(config)?;
        let storage = Self::open_or_create(config)?;
        if storage.database.read_blocking(signing_keys)?.is_empty() {
            bail!("no server was started on this database yet: start one, or name another one with --database-url");
        }
        Ok(storage)
    }

    /// The same for a database that is missing, empty or of this version: it is not made out of another one.
    ///
    /// # Errors
    /// As for [`Storage::open_or_create`], and when there is another database.
    pub fn open_or_create_own(config: &StorageConfig) -> anyhow::Result<Self> {
        if contents(&config.database_url()?)? == Contents::Other {
            Self::require_current(config)?;
        }
        Self::open_or_create(config)
    }

    /// Refuses, in words for the operator, what is no database of this version. Changes nothing.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn require_current(config: &StorageConfig) -> anyhow::Result<()> {
        let url = config.database_url()?;
        match contents(&url)? {
            Contents::Current => Ok(()),
            Contents::Missing => {
                bail!("there is no database {url:?}: start the server once, or name another one with --database-url")
            }
            Contents::Empty | Contents::Other => bail!(
                "the server of this version was not started on the database {url:?} yet: start it once, or name another \
                 database with --database-url"
            ),
        }
    }

    /// What [`Storage::open_or_create`] would find, and whether there is a user in it. Changes nothing.
    ///
    /// # Errors
    /// When it would fail.
    pub fn check(config: &StorageConfig) -> anyhow::Result<(Contents, bool)> {
        let url = config.database_url()?;
        let mut has_log = false;
        if let DatabaseUrl::Sqlite(path) = &url {
            check_place(path).with_context(|| cannot_be_opened(&url))?;
            has_log = path.exists() && log_of(path)?.exists();
        }
        let (contents, connection) = look_into(&url).with_context(|| cannot_be_opened(&url))?;
        let Some(mut connection) = connection else {
            check_key_of_new(config, &url)?;
            return Ok((contents, false));
        };
        let has_users = check_contents(config, &url, contents, &mut connection);
        // Who closes an SQLite database last brings its log into the file; but a log that was made to read it is taken away.
        if has_log {
            std::mem::forget(connection);
        }
        Ok((contents, has_users?))
    }
}

/// Refuses what [`Storage::open_or_create`] would fail on in a database, and says whether there is a user in it.
fn check_contents(
    config: &StorageConfig,
    url: &DatabaseUrl,
    contents: Contents,
    connection: &mut DbConnection,
) -> anyhow::Result<bool> {
    let secret_key = secret_key(config, url)?;
    rehearse_migrations(connection, contents).with_context(|| cannot_be_opened(url))?;
    match sealed_keys(connection) {
        // The database of another program, or an empty one, has no such tables.
        Err(_) if contents != Contents::Current => Ok(false),
        sealed => {
            let (signing_keys, audit_key) = sealed?;
            check_secret_key(&signing_keys, &secret_key)?;
            audit_key.map(|sealed| Signer::unseal(&secret_key, &sealed)).transpose()?;
            Ok(any(connection)?)
        }
    }
}

/// A key that is sealed in the database, by its ID.
type SealedSigningKey = (String, Vec<u8>);

fn sealed_keys(connection: &mut DbConnection) -> QueryResult<(Vec<SealedSigningKey>, Option<Vec<u8>>)> {
    Ok((signing_keys(connection)?, sealed_key(connection)?))
}

/// Refuses a place where an SQLite database cannot be made or written.
fn check_place(database: &Path) -> anyhow::Result<()> {
    let folder = folder_of(database);
    if !folder.is_dir() {
        bail!("there is no folder {}", folder.display());
    }
    if !database.exists() {
        return check_can_be_created(database, Access::empty());
    }
    access(database, Access::READ_OK | Access::WRITE_OK)
        .with_context(|| format!("{} cannot be read and written", database.display()))?;
    let log = log_of(database)?;
    if log.exists() { Ok(()) } else { check_can_be_created(&log, Access::empty()) }
}

/// Refuses a file that cannot be made in its folder, with what else is needed there.
fn check_can_be_created(path: &Path, more: Access) -> anyhow::Result<()> {
    access(folder_of(path), Access::WRITE_OK | Access::EXEC_OK | more)
        .with_context(|| format!("{} cannot be created", path.display()))
}

/// Refuses a secret key that cannot be used for a new database.
fn check_key_of_new(config: &StorageConfig, url: &DatabaseUrl) -> anyhow::Result<()> {
    let given = given_key(config)?;
    let DatabaseUrl::Sqlite(path) = url else { return Ok(()) };
    let key_path = key_path(path);
    if given.is_some() {
        return Ok(());
    }
    if key_path.exists() {
        read_key(&key_path).map(|_| ())
    } else {
        // What brings the name of the key file to disk reads the folder.
        check_can_be_created(&key_path, Access::READ_OK)
    }
}

fn contents(url: &DatabaseUrl) -> anyhow::Result<Contents> {
    Ok(look_into(url).with_context(|| cannot_be_opened(url))?.0)
}

fn cannot_be_opened(url: &DatabaseUrl) -> String {
    format!("the database {url:?} cannot be opened")
}

/// The secret key that the settings give.
fn given_key(config: &StorageConfig) -> anyhow::Result<Option<SecretKey>> {
    let text = text_or_file(config.secret_key.as_ref(), config.secret_key_file.as_deref())?;
    Ok(text.map(|text| SecretKey::parse(&text).map_err(BadSetting)).transpose()?)
}

fn secret_key(config: &StorageConfig, url: &DatabaseUrl) -> anyhow::Result<SecretKey> {
    if let Some(given) = given_key(config)? {
        return Ok(given);
    }
    match url {
        DatabaseUrl::Sqlite(database) => key_beside(database),
        DatabaseUrl::Postgres(_) => bail!(
            "a Postgres database needs the secret key: set KEYLEDGE_SECRET_KEY or KEYLEDGE_SECRET_KEY_FILE, the same on \
             all instances (a new one: openssl rand -hex 32)"
        ),
    }
}

/// The secret key in the file beside an SQLite database. It is made only together with a new database: a database
/// without its key cannot be read by a new one.
fn key_beside(database: &Path) -> anyhow::Result<SecretKey> {
    let path = key_path(database);
    // In this order, because another process may be making both at this moment, the key first.
    let (has_database, has_key) = (database.exists(), path.exists());
    if !has_key {
        if has_database {
            bail!(
                "the database {} is there, but its secret key {} is not: put the key file back from your backup, or set \
                 KEYLEDGE_SECRET_KEY (without it, passwords and tokens cannot be checked)",
                database.display(),
                path.display()
            );
        }
        make_key(&path).with_context(|| format!("{} cannot be created", path.display()))?;
    }
    read_key(&path)
}

/// Makes the key file, unless another process is first: then the key of that one counts.
fn make_key(path: &Path) -> std::io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}", random_base62::<12>(&mut rand::rng(), 17)));
    let unfinished = Path::new(&unfinished);
    let mut file = private_file(unfinished)?;
    let key = SecretKey::generate(&mut rand::rng());
    let made = writeln!(file, "{}", key.reveal()).and_then(|()| finish(&file, unfinished, path));
    if made.is_err() {
        // Why it failed is told.
        let _ = std::fs::remove_file(unfinished);
    }
    match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn read_key(path: &Path) -> anyhow::Result<SecretKey> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    SecretKey::parse(&SecretText::new(text)).map_err(|message| BadSetting(message).into())
}

/// Where the secret key of an SQLite database is kept: `keyledge.db` has `keyledge.key`.
#[must_use]
pub fn key_path(database: &Path) -> PathBuf {
    database.with_extension("key")
}
