//! `keyledge completions`.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

pub(super) fn run(shell: Shell) -> anyhow::Result<()> {
    // Written at once: a pipe that is closed early is an error to tell, and the generator would panic on it.
    let mut script = Vec::new();
    generate(shell, &mut super::Cli::command(), "keyledge", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(())
}
