//! What the program is built from.

use std::process::Command;

use serde_json::Value;

/// Whether a version of Rust, such as `1.89`, is not after another.
fn is_within(needed: &str, promised: &str) -> bool {
    let numbers = |version: &str| version.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
    let (mut needed, mut promised) = (numbers(needed), numbers(promised));
    needed.resize(3, 0);
    promised.resize(3, 0);
    needed <= promised
}

fn cargo(arguments: &[&str]) -> String {
    let ran = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn the_rust_that_the_readme_asks_for_builds_every_package() {
    let version = cargo(&["--version", "--verbose"]);
    // Packages for other platforms may not have been downloaded.
    let platform = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let listed = cargo(&["metadata", "--locked", "--format-version", "1", "--filter-platform", platform]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let promised = env!("CARGO_PKG_RUST_VERSION");
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("You need Rust {promised} or newer")), "the README promises another version");
    let packages = listed["packages"].as_array().unwrap();
    let too_new: Vec<String> = packages
        .iter()
        .filter_map(|package| Some((package["name"].as_str()?, package["rust_version"].as_str()?)))
        .filter(|(_, needed)| !is_within(needed, promised))
        .map(|(name, needed)| format!("{name} needs Rust {needed}"))
        .collect();
    assert_eq!(too_new, [""; 0]);
}
