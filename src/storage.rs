//! Opens the database together with the secret key that belongs to it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::config::{BadSetting, StorageConfig, text_or_file};
use crate::db::{Database, DatabaseUrl, private_file};
use crate::oauth::signing_keys::count_openable;
use crate::secret::{SecretKey, SecretText};
use crate::users::password::Passwords;
use crate::users::queries::greatest_password_hash;

/// The database and what opens its secrets.
pub struct Storage {
    /// Where everything is kept.
    pub database: Database,
    /// The secret of this installation.
    pub secret_key: SecretKey,
    /// Hashes passwords.
    pub passwords: Passwords,
}

impl Storage {
    /// Opens the database with its secret key, making both where neither is there.
    ///
    /// # Errors
    /// When the key is missing, does not fit the database, or the database cannot be used.
    pub fn open_or_create(config: &StorageConfig) -> anyhow::Result<Self> {
        let url = config.database_url()?;
        let secret_key = secret_key(config, &url)?;
        let database = Database::open(&url, config.postgres_connections)
            .with_context(|| format!("the database {url:?} cannot be opened"))?;
        count_openable(&database, &secret_key).context("is this the secret key that the database was made with?")?;
        let greatest = database.read_blocking(greatest_password_hash)?;
        let passwords = Passwords::new(secret_key.clone(), config.bcrypt_cost, greatest.as_deref())?;
        Ok(Self { database, secret_key, passwords })
    }

    /// The same for a database that the server of this version has made, or brought up to date: a mistyped path is told
    /// instead of becoming a new database, and another program's database, or one that an older server is working on, is
    /// left as it is.
    ///
    /// # Errors
    /// As for [`Storage::open_or_create`], and when there is no database of this version.
    pub fn open(config: &StorageConfig) -> anyhow::Result<Self> {
        let url = config.database_url()?;
        match &url {
            DatabaseUrl::Sqlite(path) if !path.exists() => bail!(
                "there is no database {}: start the server once, or name another one with --database-url",
                path.display()
            ),
            _ => {}
        }
        if !Database::is_current(&url).with_context(|| format!("the database {url:?} cannot be opened"))? {
            bail!(
                "the server of this version was not started on the database {url:?} yet: start it once, or name another \
                 database with --database-url"
            );
        }
        let storage = Self::open_or_create(config)?;
        if count_openable(&storage.database, &storage.secret_key)? == 0 {
            bail!("no server was started on this database yet: start one, or name another one with --database-url");
        }
        Ok(storage)
    }
}

fn secret_key(config: &StorageConfig, url: &DatabaseUrl) -> anyhow::Result<SecretKey> {
    if let Some(text) = text_or_file(config.secret_key.as_ref(), config.secret_key_file.as_deref())? {
        return SecretKey::parse(&text).map_err(|message| BadSetting(message).into());
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
    if !path.exists() {
        if database.exists() {
            bail!(
                "the database {} is there, but its secret key {} is not: put the key file back from your backup, or set \
                 KEYLEDGE_SECRET_KEY (without it, passwords and tokens cannot be checked)",
                database.display(),
                path.display()
            );
        }
        let mut file = private_file(&path).with_context(|| format!("{} cannot be created", path.display()))?;
        let key = SecretKey::generate(&mut rand::rng());
        writeln!(file, "{}", key.reveal()).and_then(|()| file.sync_all())?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    SecretKey::parse(&SecretText::new(text)).map_err(|message| BadSetting(message).into())
}

/// Where the secret key of an SQLite database is kept: `keyledge.db` has `keyledge.key`.
#[must_use]
pub fn key_path(database: &Path) -> PathBuf {
    database.with_extension("key")
}
