//! The program as a process of its own, as an operator runs it.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::ops::Deref;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::{PASSWORD, SECRET_KEY, Site};

/// What a finished command left behind.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub output: String,
    pub errors: String,
}

impl Finished {
    pub fn of(child: Child) -> Self {
        let finished = child.wait_with_output().unwrap();
        Self {
            code: finished.status.code().expect("the program was killed"),
            output: String::from_utf8(finished.stdout).unwrap(),
            errors: String::from_utf8(finished.stderr).unwrap(),
        }
    }
}

/// Runs a command on a database to its end.
pub fn keyledge(database: &str, arguments: &[&str], input: &str) -> Finished {
    finish(command(database, arguments).env("KEYLEDGE_SECRET_KEY", SECRET_KEY), input)
}

/// Runs a command with nothing set but what the test sets.
pub fn keyledge_with(arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    finish(bare(arguments).envs(environment.iter().copied()), "")
}

/// The same as [`keyledge`], for a reader that is gone before anything is printed.
pub fn keyledge_unread(database: &str, arguments: &[&str]) -> Finished {
    let mut command = command(database, arguments);
    let command = command.env("KEYLEDGE_SECRET_KEY", SECRET_KEY).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    Finished::of(child)
}

/// The same as [`keyledge`], held as soon as `is_time`, unless it has ended by then, until `meanwhile` is done.
pub fn keyledge_held(
    database: &str,
    arguments: &[&str],
    is_time: impl Fn() -> bool,
    meanwhile: impl FnOnce(),
) -> Finished {
    let mut command = command(database, arguments);
    let command = command.env("KEYLEDGE_SECRET_KEY", SECRET_KEY).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !is_time() && child.try_wait().unwrap().is_none() {}
    let is_there = child.try_wait().unwrap().is_none();
    if is_there {
        signal(&child, "STOP");
        while !matches!(state(&child), 'T' | 'Z') {}
    }
    meanwhile();
    if is_there {
        signal(&child, "CONT");
    }
    Finished::of(child)
}

/// The same with nothing set but the database, and also for root only with what the modes of files allow.
pub fn keyledge_unprivileged(database: &str, arguments: &[&str]) -> Finished {
    let mut program = command(database, arguments);
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !is_root {
        return finish(&mut program, "");
    }
    let mut without = Command::new("setpriv");
    without.args(["--bounding-set", "-dac_override,-dac_read_search"]);
    without.arg(program.get_program()).args(program.get_args());
    finish(without.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))), "")
}

/// The same as [`keyledge`], with standard output and standard error leading elsewhere.
pub fn keyledge_printing_to(output: Stdio, errors: Stdio, database: &str, arguments: &[&str]) -> Finished {
    let mut command = command(database, arguments);
    let command = command.env("KEYLEDGE_SECRET_KEY", SECRET_KEY).stdin(Stdio::null());
    Finished::of(command.stdout(output).stderr(errors).spawn().unwrap())
}

/// Where nothing can be written any more.
pub fn full_disk() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// The program serving on a port of its own. It is killed when dropped.
pub struct Process {
    site: Site,
    child: Child,
    output: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts the program as [`super::Server`] does, with more flags. On an empty database its `admin` has [`PASSWORD`].
    pub fn start(database: &str, flags: &[&str]) -> Self {
        Self::spawn(with_secrets(&mut serve(database, flags)))
    }

    /// The same, logging all that can be logged.
    pub fn start_logging(database: &str) -> Self {
        Self::spawn(with_secrets(&mut serve(database, &[])).env("KEYLEDGE_LOG", "trace"))
    }

    /// The same, with so many files that it may have open unless it asks for more.
    pub fn start_with_open_files(database: &str, count: u32) -> Self {
        let served = serve(database, &[]);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("ulimit -S -n {count}; exec \"$0\" \"$@\"")]);
        shell.arg(served.get_program()).args(served.get_args()).env_clear();
        shell.envs(served.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Self::spawn(with_secrets(&mut shell))
    }

    /// The same with another secret key.
    pub fn start_with_secret_key(database: &str, secret_key: &str) -> Self {
        Self::spawn(with_secrets(&mut serve(database, &[])).env("KEYLEDGE_SECRET_KEY", secret_key))
    }

    /// Starts the program without a secret key and a password.
    pub fn start_bare(database: &str, flags: &[&str]) -> Self {
        Self::spawn(&mut serve(database, flags))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let errors = collect(child.stderr.take().unwrap(), output.clone());
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let url = loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the program ended: {}", output.lock().unwrap());
            output.lock().unwrap().push_str(&line);
            if let Some((_, address)) = line.split_once("(listening on ") {
                break format!("http://{}", address.trim_end().trim_end_matches(")."));
            }
        };
        let readers = vec![errors, collect(lines, output.clone())];
        Self { site: Site { url }, child, output, readers }
    }

    /// Ends the process at once, as `kill -9` does, and returns everything that it printed.
    pub fn kill(mut self) -> String {
        self.end();
        self.output.lock().unwrap().clone()
    }

    /// Asks the process to end, as a service manager does.
    pub fn terminate(&self) {
        signal(&self.child, "TERM");
    }

    /// Waits for the process to end by itself, and returns its exit code.
    pub fn wait(mut self) -> i32 {
        let status = self.child.wait().unwrap();
        self.end();
        status.code().expect("the program was killed")
    }

    /// What it printed so far.
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
    }
}

impl Deref for Process {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

fn signal(child: &Child, name: &str) {
    let command = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
}

/// What the kernel says of a process: `T` when it was stopped, `Z` when it has ended.
fn state(child: &Child) -> char {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    status.rsplit_once(") ").unwrap().1.chars().next().unwrap()
}

fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyledge"));
    command.args(arguments).env_clear();
    command
}

fn command(database: &str, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command.env("KEYLEDGE_DATABASE_URL", database).env("KEYLEDGE_BCRYPT_COST", "4");
    command
}

fn serve(database: &str, flags: &[&str]) -> Command {
    let mut command = command(database, &["serve", "--listen", "127.0.0.1:0", "--workers", "2"]);
    command.args(flags);
    command
}

fn with_secrets(command: &mut Command) -> &mut Command {
    command.env("KEYLEDGE_SECRET_KEY", SECRET_KEY).env("KEYLEDGE_ADMIN_PASSWORD", PASSWORD)
}

fn finish(command: &mut Command, input: &str) -> Finished {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not ask may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Finished::of(child)
}

fn collect(mut stream: impl Read + Send + 'static, output: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            output.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    })
}
