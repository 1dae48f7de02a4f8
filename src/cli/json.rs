//! JSON for programs to read.

use serde::Serialize;

use super::table;

/// Prints an array.
pub(super) fn print<T: Serialize>(items: impl Iterator<Item = T>) -> anyhow::Result<()> {
    print_one(&items.collect::<Vec<_>>())
}

/// Prints an object.
pub(super) fn print_one(item: &impl Serialize) -> anyhow::Result<()> {
    Ok(table::print(&serde_json::to_string_pretty(item)?)?)
}
