//! Parses the command line, runs it and turns what went wrong into an exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request is many short allocations, here and in SQLite, which uses it too.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    keyledge::cli::main()
}
