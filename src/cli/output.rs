//! What commands print, and what becomes of them where it cannot be written. `println!` would panic there.

use std::io::{ErrorKind, Write as _};

use anyhow::Context;
use serde::Serialize;

const CANNOT_BE_WRITTEN: &str = "the output cannot be written";

/// Prints a line, or many. Whoever reads only the beginning, such as `head`, has what was wanted.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    ignoring_broken_pipe(try_write(format!("{text}\n").as_bytes()))
}

/// Prints JSON for programs to read.
pub(super) fn print_json(item: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(item)?)
}

/// Prints what is of use only as a whole: that nobody has read it to its end is an error, too.
pub(super) fn print_whole(bytes: &[u8]) -> anyhow::Result<()> {
    try_write(bytes).context(CANNOT_BE_WRITTEN)
}

/// Prints help, or what is wrong with the command line.
pub(super) fn print_help(help: &clap::Error) -> anyhow::Result<()> {
    ignoring_broken_pipe(help.print().and_then(|()| std::io::stdout().flush()))
}

/// Says in a failure to print that what was to be told is done nevertheless.
pub(super) fn after_change(told: anyhow::Result<()>) -> anyhow::Result<()> {
    told.context("it was done, but this could not be told")
}

/// Tells people something beside the output. Where that cannot be written either, there is nobody left to tell.
pub(super) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn try_write(bytes: &[u8]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(bytes)?;
    output.flush()
}

fn ignoring_broken_pipe(written: std::io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context(CANNOT_BE_WRITTEN),
    }
}
