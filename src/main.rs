//! Parses the command line, runs it and turns what went wrong into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    keyledge::cli::main()
}
