//! Parses the command line, runs it and turns what went wrong into an exit code.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// Much of a check's time is spent making and freeing small things on several threads, which takes the C library's
/// allocator a quarter longer.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    keyledge::cli::main()
}
