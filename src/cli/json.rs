//! JSON for programs to read.

use std::io::Write as _;

use serde::Serialize;

/// Prints an array.
pub(super) fn print<T: Serialize>(items: impl Iterator<Item = T>) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut output, &items.collect::<Vec<_>>())?;
    Ok(writeln!(output)?)
}

/// Prints an object.
pub(super) fn print_one(item: &impl Serialize) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut output, item)?;
    Ok(writeln!(output)?)
}
