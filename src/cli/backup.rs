//! `keyledge backup`.

use std::path::Path;

use anyhow::{Context, bail};

use super::output;
use crate::config::StorageConfig;
use crate::db::{DatabaseUrl, backup};
use crate::storage::Storage;

pub(super) fn run(config: &StorageConfig, file: &Path) -> anyhow::Result<()> {
    let DatabaseUrl::Sqlite(database) = config.database_url()? else {
        bail!("this copies SQLite databases; for Postgres use pg_dump, which is made for it")
    };
    Storage::require_current(config)?;
    let bytes = backup::copy(&database, file).with_context(|| format!("{} cannot be copied", database.display()))?;
    output::after_change(output::print(&format!(
        "The database was copied to {} ({bytes} bytes). Its secret key is not in there: keep a copy of that, too, in another \
         place.",
        file.display()
    )))
}
