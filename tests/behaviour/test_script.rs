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
    // Where the script looks beside the PATH.
    let script =
        ["/usr/sbin/", "/usr/lib/"].iter().fold(include_str!("../../scripts/test").to_owned(), |script, place| {
            assert!(script.contains(place));
            script.replace(place, at(&place[1..]).to_str().unwrap())
        });
    for (name, script) in
        [("scripts/test", &*script), (".ci/run", include_str!("../../.ci/run")), ("bin/cargo", "#!/bin/sh\n")]
    {
        fs::write(at(name), script).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    for program in ["bash", "dirname", "sort", "tail", "cmp"] {
        symlink(format!("/usr/bin/{program}"), at("bin").join(program)).unwrap();
    }
    folder
}

#[test]
fn tests_that_were_left_out_are_no_success_where_nobody_reads_it() {
    let machine = bare_machine();
    let tools =
        ["on Postgres", "in Chromium", "with htmx", "behind nginx", "behind Caddy", "behind HAProxy", "behind Envoy"];
    for (script, variables, succeeds) in [
        ("scripts/test", &[][..], true),
        ("scripts/test", &[("CI", "true")], false),
        ("scripts/test", &[("CI", "false")], true),
        ("scripts/test", &[("CI", "")], true),
        ("scripts/test", &[("KEYLEDGE_TEST_STRICT", "1")], false),
        ("scripts/test", &[("KEYLEDGE_TEST_STRICT", "0"), ("CI", "true")], true),
        (".ci/run", &[], false),
    ] {
        let mut command = Command::new(machine.path().join(script));
        command.env_clear().env("PATH", machine.path().join("bin")).envs(variables.iter().copied());
        let ran = command.output().unwrap();
        let output = String::from_utf8(ran.stdout).unwrap();
        let skipped: String = output.lines().filter(|line| line.starts_with("Skipped: ")).collect();
        for tool in tools {
            assert!(skipped.contains(tool), "{tool}: {output}{}", String::from_utf8_lossy(&ran.stderr));
        }
        assert_eq!(ran.status.success(), succeeds, "{script} with {variables:?}: {output}");
        assert_eq!(output.contains("Not everything was tested"), !succeeds, "{output}");
    }
}
