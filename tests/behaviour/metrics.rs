//! `/metrics`, as Prometheus reads it.

use std::collections::BTreeMap;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};

use crate::support::{Key, PASSWORD, Server, browser, on_each_database};
use crate::tokens::admins_key;

on_each_database![
    what_is_done_is_counted,
    no_number_is_about_somebody,
    what_a_stranger_asks_for_makes_no_new_number,
    nobody_reads_the_numbers_through_a_proxy,
];

async fn text(server: &Server) -> String {
    let answer = Client::new().get(server.at("/metrics")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/plain; version=0.0.4");
    answer.text().await.unwrap()
}

/// Each number, as it is written, by its name and labels.
async fn numbers(server: &Server) -> BTreeMap<String, String> {
    let text = text(server).await;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, number)| (name.to_owned(), number.to_owned()))
        .collect()
}

async fn what_is_done_is_counted(server: Server) {
    let key = admins_key(&server).await;
    let token = server.token(&key).await;
    let check = async |token: &str| {
        Client::new().get(server.at("/auth/verify")).bearer_auth(token).send().await.unwrap();
    };
    check(&token).await;
    check(&token).await;
    check("rubbish").await;
    server.token_answer(&Key { client_secret: "rubbish".to_owned(), ..key }, &[]).await;
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);

    let numbers = numbers(&server).await;
    for (action, outcome, number) in [
        ("issue_token", "allowed", "1"),
        ("issue_token", "refused", "1"),
        ("check", "allowed", "2"),
        ("check", "refused", "1"),
        ("use_api", "allowed", "1"),
        ("generate_key", "allowed", "1"),
    ] {
        let name = format!("keyledge_audit_events_total{{action=\"{action}\",outcome=\"{outcome}\"}}");
        assert_eq!(numbers[&name], number, "{name}");
    }
    for (endpoint, status, number) in
        [("token", 200, "1"), ("token", 401, "1"), ("verify", 200, "2"), ("api", 200, "1")]
    {
        let name = format!("duration_seconds_count{{endpoint=\"{endpoint}\",status=\"{status}\"}}");
        assert_eq!(numbers[&format!("keyledge_http_request_{name}")], number, "{name}");
    }
    let commits: u32 = numbers["keyledge_audit_commits_total"].parse().unwrap();
    assert!((1..=20).contains(&commits), "{commits}");
    assert!(numbers["process_resident_memory_bytes"].parse::<u64>().unwrap() > 1_000_000);
    let version = format!("keyledge_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(numbers[&version], "1");
}

async fn no_number_is_about_somebody(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    server.token(&key).await;
    let text = text(&server).await;
    assert!(text.contains("keyledge_audit_events_total"));
    for telling in ["ada", &key.client_id, "kl_", "127.0.0.1"] {
        assert!(!text.contains(telling), "{telling} is told");
    }
}

async fn what_a_stranger_asks_for_makes_no_new_number(server: Server) {
    let named = async || numbers(&server).await.into_keys().collect::<Vec<_>>();
    let ask = async |path: &str| browser().get(server.at(path)).send().await.unwrap();
    // What comes with the first request that ends in the same way.
    for path in ["/nothing", "/%00"] {
        ask(path).await;
    }
    named().await;
    let before = named().await;
    for path in ["/wp-admin/setup.php", "/journals/17", "/%00x", "/users/usr_0/rubbish?a=b"] {
        ask(path).await;
    }
    let new: Vec<_> = named().await.into_iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(new, [""; 0]);
    assert_eq!(server.sign_in(&browser(), "admin", PASSWORD).await.status(), StatusCode::SEE_OTHER);
}

async fn nobody_reads_the_numbers_through_a_proxy(server: Server) {
    for (header, value) in [("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=203.0.113.9"), ("Via", "1.1 proxy")]
    {
        let answer = Client::new().get(server.at("/metrics")).header(header, value).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{header}");
        assert!(!answer.text().await.unwrap().contains("keyledge_"));
    }
}
