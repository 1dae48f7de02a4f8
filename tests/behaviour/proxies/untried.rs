//! The configuration of `docs/gateways` that no test runs: what it must do before and after the check stands in it.

const TRAEFIK: &str = include_str!("../../../docs/gateways/traefik-dynamic.yml");

/// The numbers of the lines that say this, comments aside.
fn lines(configuration: &str, words: &str) -> Vec<usize> {
    let lines = configuration.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
    lines.filter(|(_, line)| line.contains(words)).map(|(number, _)| number).collect()
}

/// The number of the one line that says this.
fn line(configuration: &str, words: &str) -> usize {
    match lines(configuration, words)[..] {
        [number] => number,
        ref numbers => panic!("{words} stands in {} lines", numbers.len()),
    }
}

#[test]
fn traefik_has_no_route_for_a_change_of_protocol() {
    let rules = lines(TRAEFIK, " rule: ");
    let refuses = lines(TRAEFIK, " && !HeaderRegexp(`Upgrade`, `(?i)[^websockt]`) && !Method(`CONNECT`)");
    assert_eq!((rules.len(), &refuses), (2, &rules), "not for every route");
}

#[test]
fn traefik_forgets_what_only_keyledge_may_say_and_keeps_a_client_secret_from_the_api() {
    let checks = lines(TRAEFIK, "forwardAuth:");
    let forgets = lines(TRAEFIK, "authResponseHeadersRegex: \"(?i)^x[^a-z0-9]auth\"");
    assert_eq!((checks.len(), forgets.len()), (2, 2));
    assert!([checks[0], forgets[0], checks[1], forgets[1]].is_sorted(), "not for every check");
    let (routers, drops) = (lines(TRAEFIK, " rule: "), lines(TRAEFIK, ", without-authorization]"));
    assert_eq!((routers.len(), drops.len()), (2, 2), "not for every route");
    let middleware = line(TRAEFIK, "    without-authorization:");
    let inside = ["      headers:", "customRequestHeaders:", "Authorization: \"\""].map(|words| line(TRAEFIK, words));
    assert_eq!(inside, [middleware + 1, middleware + 2, middleware + 3]);
}
