//! What `scripts/test` says about what it left out.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use tempfile::TempDir;

/// Both scripts in a folder of their own, where nothing is installed and every call of Cargo succeeds.
fn bare_machine() -> TempDir {
    let folder = TempDir::new().unwrap();
    let at = |path: &str| folder.path().join(path);
    for name in ["scripts", ".ci", "bin"] {
        fs::create_dir(at(name)).unwrap();
    }
    for (name, script) in [
        ("scripts/test", include_str!("../../scripts/test")),
        (".ci/run", include_str!("../../.ci/run")),
        ("bin/cargo", "#!/bin/sh\n"),
    ] {
        fs::write(at(name), script).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    for program in ["bash", "dirname"] {
        symlink(format!("/usr/bin/{program}"), at("bin").join(program)).unwrap();
    }
    folder
}

#[test]
fn tests_that_were_left_out_are_no_success_where_nobody_reads_it() {
    let machine = bare_machine();
    for (script, variable, succeeds) in [
        ("scripts/test", "UNRELATED", true),
        ("scripts/test", "CI", false),
        ("scripts/test", "KEYLEDGE_TEST_STRICT", false),
        (".ci/run", "UNRELATED", false),
    ] {
        let mut command = Command::new(machine.path().join(script));
        let ran = command.env_clear().env("PATH", machine.path().join("bin")).env(variable, "1").output().unwrap();
        let output = String::from_utf8(ran.stdout).unwrap();
        assert!(output.contains("Skipped: the tests in Chromium"), "{output}{}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(ran.status.success(), succeeds, "{script} with {variable}: {output}");
        assert_eq!(output.contains("Not everything was tested"), !succeeds, "{output}");
    }
}
