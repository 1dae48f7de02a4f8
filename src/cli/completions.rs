//! `keyledge completions`.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use super::output;

pub(super) fn run(shell: Shell) -> anyhow::Result<()> {
    // Written at once: a pipe that is closed early is an error to tell, and the generator would panic on it.
    let mut script = Vec::new();
    generate(shell, &mut super::Cli::command(), "keyledge", &mut script);
    output::print_whole(&script)
}
