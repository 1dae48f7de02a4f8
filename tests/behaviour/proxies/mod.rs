//! What the gateway check does behind real nginx, Caddy, HAProxy and Envoy, which run with the configurations of
//! `docs/gateways`.

mod api;
pub mod proxy;
mod untried;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};

use diesel::prelude::*;
use keyledge::db::schema::role_permissions;
use reqwest::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderValue, UPGRADE, WWW_AUTHENTICATE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};

use crate::support::{self, Backend, Key, Server, TestDatabase, cell, rows};
use api::{Api, Received};
use proxy::{Program, Proxy};

/// Makes a test of each named `async fn(Gateway)`: behind each program, on SQLite and on Postgres.
macro_rules! behind_each_proxy {
    (one $database:ident $backend:ident $program:ident $needs:literal $($name:ident)+) => {
        mod $database {
            $(
                #[test]
                #[ignore = $needs]
                fn $name() {
                    crate::proxies::run(
                        crate::support::Backend::$backend,
                        crate::proxies::proxy::Program::$program,
                        super::super::$name,
                    );
                }
            )+
        }
    };
    ($($name:ident),+ $(,)?) => {
        mod nginx {
            behind_each_proxy!(one sqlite Sqlite Nginx "needs nginx: run scripts/test" $($name)+);
            behind_each_proxy!(one postgres Postgres Nginx "needs nginx and Postgres: run scripts/test" $($name)+);
        }

        mod caddy {
            behind_each_proxy!(one sqlite Sqlite Caddy "needs Caddy: run scripts/test" $($name)+);
            behind_each_proxy!(one postgres Postgres Caddy "needs Caddy and Postgres: run scripts/test" $($name)+);
        }

        mod haproxy {
            behind_each_proxy!(one sqlite Sqlite Haproxy "needs HAProxy: run scripts/test" $($name)+);
            behind_each_proxy!(one postgres Postgres Haproxy "needs HAProxy and Postgres: run scripts/test" $($name)+);
        }

        mod envoy {
            behind_each_proxy!(one sqlite Sqlite Envoy "needs Envoy: run scripts/test" $($name)+);
            behind_each_proxy!(one postgres Postgres Envoy "needs Envoy and Postgres: run scripts/test" $($name)+);
        }
    };
}

behind_each_proxy![
    a_token_and_a_key_are_let_in_and_the_api_learns_whose_they_are,
    a_request_without_good_credentials_is_challenged_and_never_reaches_the_api,
    credentials_that_are_sent_twice_let_nobody_in,
    what_a_client_says_about_itself_never_reaches_the_api,
    a_client_cannot_have_the_answer_of_the_check_dropped,
    no_connection_becomes_one_on_which_nothing_is_checked,
    a_web_socket_is_checked_like_any_other_request,
    a_client_secret_is_not_passed_on,
    a_route_that_needs_a_scope_is_closed_to_those_who_lack_it,
    a_needed_scope_cannot_be_avoided_by_writing_the_path_differently,
    an_owner_with_many_permissions_is_let_in_and_known,
    a_query_of_the_client_does_not_change_what_is_needed,
    a_deleted_key_is_refused_at_the_next_request,
    a_disabled_users_key_is_refused_at_the_next_request,
    a_lost_permission_closes_its_route_at_the_next_request,
    the_record_shows_the_original_request_and_the_clients_address,
    nobody_is_let_in_while_keyledge_is_stopped,
    a_body_reaches_the_api_unharmed,
];

#[test]
#[ignore = "needs HAProxy: run scripts/test"]
fn haproxy_lets_nobody_in_when_its_script_has_an_error() {
    support::run(Backend::Sqlite, async |database: TestDatabase| {
        let gateway = Gateway::behind(database, Program::Haproxy, Proxy::with_failing_script);
        let ada = gateway.reader().await;
        gateway.assert_both(&ada, "/reports", StatusCode::SERVICE_UNAVAILABLE).await;
        assert_eq!(gateway.api.requests(), 0);
    });
}

/// Keyledge and an API, both behind a proxy.
struct Gateway {
    server: Server,
    api: Api,
    proxy: Proxy,
    program: Program,
}

/// Somebody's key, with a token for it.
struct Caller {
    browser: Client,
    key: Key,
    token: String,
}

fn run<F: Future<Output = ()>>(backend: Backend, program: Program, test: impl FnOnce(Gateway) -> F) {
    support::run(backend, async |database: TestDatabase| test(Gateway::start(database, program)).await);
}

impl Gateway {
    fn start(database: TestDatabase, program: Program) -> Self {
        Self::behind(database, program, |keyledge, api| Proxy::start(program, keyledge, api))
    }

    fn behind(database: TestDatabase, program: Program, start: impl FnOnce(SocketAddr, SocketAddr) -> Proxy) -> Self {
        let server = database.serve(&["--trusted-proxies", "127.0.0.1"]);
        let api = Api::start();
        let keyledge = server.url.strip_prefix("http://").unwrap().parse().unwrap();
        let proxy = start(keyledge, api.address);
        Self { server, api, proxy, program }
    }

    /// A user with the permission `journals:read`.
    async fn reader(&self) -> Caller {
        let (added, printed) = self.server.cli(&["role", "add", "reader", "--permission", "journals:read"]);
        assert!(added, "{printed}");
        self.caller("ada", &["reader"]).await
    }

    /// A user without any permission.
    async fn nobody(&self) -> Caller {
        self.caller("bob", &[]).await
    }

    async fn caller(&self, username: &str, roles: &[&str]) -> Caller {
        let browser = self.server.add_user(username, roles).await;
        let key = self.server.generate(&browser).await;
        let token = self.server.token(&key).await;
        Caller { browser, key, token }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        Client::new().request(method, format!("{}{path}", self.proxy.url))
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    /// Calls the API in both ways that a key allows: with a token of it, and with the key itself.
    async fn both(&self, caller: &Caller, path: &str) -> [Response; 2] {
        let with_token = caller.with_token(self.get(path)).send().await.unwrap();
        let with_key = caller.with_key(self.get(path)).send().await.unwrap();
        [with_token, with_key]
    }

    async fn assert_both(&self, caller: &Caller, path: &str, status: StatusCode) {
        for answer in self.both(caller, path).await {
            assert_eq!(answer.status(), status, "{path}");
        }
    }
}

impl Caller {
    fn with_token(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.token)
    }

    fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.key.client_id, Some(&self.key.client_secret))
    }

    /// What the API learns of the caller, beside the immutable ID.
    fn assert_known(&self, received: &Received, username: &str, scope: Option<&str>) {
        let mut expected = vec![("x-auth-client-id", self.key.client_id.as_str())];
        expected.extend(scope.map(|scope| ("x-auth-scope", scope)));
        let subject = received.header("x-auth-subject").unwrap();
        assert!(subject.starts_with("usr_"), "{subject}");
        expected.extend([("x-auth-subject", subject), ("x-auth-user", username)]);
        assert_eq!(received.who(), expected);
    }
}

async fn a_token_and_a_key_are_let_in_and_the_api_learns_whose_they_are(gateway: Gateway) {
    let (ada, bob) = (gateway.reader().await, gateway.nobody().await);
    for answer in gateway.both(&ada, "/reports").await {
        ada.assert_known(&received(answer).await, "ada", Some("journals:read"));
    }
    for answer in gateway.both(&bob, "/reports").await {
        bob.assert_known(&received(answer).await, "bob", None);
    }
}

async fn a_request_without_good_credentials_is_challenged_and_never_reaches_the_api(gateway: Gateway) {
    let ada = gateway.reader().await;
    let wrong = Caller {
        key: Key { client_secret: "rubbish".to_owned(), ..ada.key.clone() },
        token: ada.token.clone() + "x",
        ..ada
    };
    for path in ["/reports", "/journals/1", "/"] {
        let without = gateway.get(path).send().await.unwrap();
        let [with_token, with_key] = gateway.both(&wrong, path).await;
        for (answer, scheme) in [(&without, "Bearer"), (&with_token, "Bearer"), (&with_key, "Basic")] {
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
            let challenge = challenge(answer);
            assert!(challenge.contains(&format!("{scheme} realm=\"Keyledge\"")), "{path}: {challenge}");
        }
        assert!(challenge(&with_token).contains("error=\"invalid_token\""));
        if gateway.program.passes_on_every_challenge() {
            assert!(challenge(&with_key).contains("Bearer realm=\"Keyledge\""));
        }
    }
    assert_eq!(gateway.api.requests(), 0);
}

/// The API could take the one that was not checked.
async fn credentials_that_are_sent_twice_let_nobody_in(gateway: Gateway) {
    let ada = gateway.reader().await;
    let other = HeaderValue::from_static("Bearer other");
    for path in ["/reports", "/journals/1"] {
        for request in [ada.with_token(gateway.get(path)), ada.with_key(gateway.get(path))] {
            let good = request.build().unwrap().headers()[AUTHORIZATION].clone();
            for [first, second] in [[&good, &other], [&other, &good], [&good, &good]] {
                let twice = gateway.get(path).header(AUTHORIZATION, first).header(AUTHORIZATION, second);
                let status = twice.send().await.unwrap().status();
                assert!(status.is_client_error(), "{path}: {status}");
            }
        }
    }
    assert_eq!(gateway.api.requests(), 0);
}

async fn what_a_client_says_about_itself_never_reaches_the_api(gateway: Gateway) {
    let (ada, bob) = (gateway.reader().await, gateway.nobody().await);
    let names: Vec<_> = ["User", "Subject", "Client-Id", "Scope", "Required-Scope"]
        .iter()
        .flat_map(|word| ["X-Auth-", "x-auth-", "X_Auth_", "X.Auth.", "X_Auth-"].map(|start| format!("{start}{word}")))
        .collect();
    let forge = |request| names.iter().fold(request, |request: RequestBuilder, name| request.header(name, "forged"));
    for path in ["/reports", "/journals/1"] {
        for request in [ada.with_token(gateway.get(path)), ada.with_key(gateway.get(path))] {
            ada.assert_known(&received(forge(request).send().await.unwrap()).await, "ada", Some("journals:read"));
        }
    }
    for request in [bob.with_token(gateway.get("/reports")), bob.with_key(gateway.get("/reports"))] {
        bob.assert_known(&received(forge(request).send().await.unwrap()).await, "bob", None);
    }
}

async fn a_client_cannot_have_the_answer_of_the_check_dropped(gateway: Gateway) {
    let ada = gateway.reader().await;
    let dropped = "X-Auth-User, x-auth-subject, X-Auth-Client-Id, X-Auth-Scope";
    for named in [format!("close, {dropped}"), dropped.to_owned(), "Authorization".to_owned()] {
        for path in ["/reports", "/journals/1"] {
            let request = ada.with_token(gateway.get(path)).header(CONNECTION, &named);
            let answer = request.send().await.unwrap();
            // Envoy drops what Connection names before the check, which then finds no credentials.
            if named == "Authorization" && answer.status() == StatusCode::UNAUTHORIZED {
                continue;
            }
            let received = received(answer).await;
            ada.assert_known(&received, "ada", Some("journals:read"));
            let token = gateway.program.passes_on_tokens().then(|| format!("Bearer {}", ada.token));
            assert_eq!(received.header("authorization"), token.as_deref());
            // Another proxy before the API would drop what still stands there.
            let passed_on = received.header("connection").unwrap_or_default().to_lowercase();
            assert!(!passed_on.contains("x-auth-") && !passed_on.contains("authorization"), "{passed_on}");
        }
    }
}

async fn no_connection_becomes_one_on_which_nothing_is_checked(gateway: Gateway) {
    let ada = gateway.reader().await;
    let protocols: [&[&str]; 8] = [
        &["h2c"],
        &["H2C"],
        &["websocket, h2c"],
        &["h2c, websocket"],
        &["h2c", "websocket"],
        &["websocket", "h2c"],
        &["TLS/1.0"],
        &["anything"],
    ];
    for path in ["/reports", "/journals/1"] {
        for protocols in protocols {
            let request = ada
                .with_token(gateway.get(path))
                .header(CONNECTION, "Upgrade, HTTP2-Settings")
                .header("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA");
            let request = protocols.iter().fold(request, |request, protocol| request.header(UPGRADE, *protocol));
            let status = request.send().await.unwrap().status();
            assert_ne!(status, StatusCode::SWITCHING_PROTOCOLS, "{protocols:?}");
            for received in gateway.api.received() {
                assert_eq!(received.header("upgrade"), None, "{protocols:?}");
            }
        }
    }
    let before = gateway.api.requests();
    let connect = ada.with_token(gateway.request(Method::CONNECT, "/")).send().await;
    assert!(connect.is_err() || connect.is_ok_and(|answer| !answer.status().is_success()));
    assert_eq!(gateway.api.requests(), before);
}

async fn a_web_socket_is_checked_like_any_other_request(gateway: Gateway) {
    let ada = gateway.reader().await;
    for path in ["/reports", "/journals/1"] {
        let web_socket = || {
            let key = "dGhlIHNhbXBsZSBub25jZQ==";
            let request = gateway.get(path).header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
            request.header("Sec-WebSocket-Key", key).header("Sec-WebSocket-Version", "13")
        };
        let before = gateway.api.requests();
        assert!(web_socket().send().await.unwrap().status().is_client_error());
        assert!(web_socket().bearer_auth("rubbish").send().await.unwrap().status().is_client_error());
        assert_eq!(gateway.api.requests(), before);
        let forged = ada.with_token(web_socket()).header("X-Auth-User", "forged");
        let status = forged.send().await.unwrap().status();
        let passed_on = gateway.program.passes_on_web_sockets();
        assert_eq!(status == StatusCode::SWITCHING_PROTOCOLS, passed_on, "{status}");
        for received in &gateway.api.received()[before..] {
            ada.assert_known(received, "ada", Some("journals:read"));
            assert_eq!(received.header("upgrade"), passed_on.then_some("websocket"));
        }
    }
}

async fn a_client_secret_is_not_passed_on(gateway: Gateway) {
    let ada = gateway.reader().await;
    for path in ["/reports", "/journals/1"] {
        let [with_token, with_key] = gateway.both(&ada, path).await;
        let token = gateway.program.passes_on_tokens().then(|| format!("Bearer {}", ada.token));
        assert_eq!(received(with_token).await.header("authorization"), token.as_deref());
        let received = received(with_key).await;
        assert_eq!(received.header("authorization"), None);
        assert!(!format!("{received:?}").contains(&ada.key.client_secret));
    }
    let lower_case = ada.with_key(gateway.get("/reports")).build().unwrap();
    let credentials = lower_case.headers()[AUTHORIZATION].to_str().unwrap().replace("Basic", "basic");
    let answer = gateway.get("/reports").header(AUTHORIZATION, credentials).send().await.unwrap();
    assert_eq!(received(answer).await.header("authorization"), None);
}

async fn a_route_that_needs_a_scope_is_closed_to_those_who_lack_it(gateway: Gateway) {
    let (ada, bob) = (gateway.reader().await, gateway.nobody().await);
    for path in ["/journals", "/journals/1", "/journals/1/lines?page=2"] {
        for answer in gateway.both(&bob, path).await {
            assert_eq!(answer.status(), StatusCode::FORBIDDEN);
            let challenge = challenge(&answer);
            assert!(challenge.contains("Bearer realm=\"Keyledge\""), "{challenge}");
            assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
            assert!(challenge.contains("scope=\"journals:read\""), "{challenge}");
        }
    }
    assert_eq!(gateway.api.requests(), 0);
    for path in ["/journals", "/journals/1", "/journals/1/lines?page=2"] {
        for answer in gateway.both(&ada, path).await {
            assert_eq!(received(answer).await.path, path);
        }
    }
}

async fn a_needed_scope_cannot_be_avoided_by_writing_the_path_differently(gateway: Gateway) {
    let bob = gateway.nobody().await;
    for path in [
        "//journals/1",
        "/%6Aournals/1",
        "/journals%2F1",
        "/x/..%2Fjournals/1",
        "/x/..%2fjournals/1",
        "/x/..%5Cjournals/1",
        "/journals/..%2Freports",
        "/journals/1?/../reports",
        "/reports/..;/journals/1",
        "/;x/journals/1",
        "/reports/..%3b/journals/1",
        "/reports/..%3Bx=1/journals/1",
    ] {
        for answer in gateway.both(&bob, path).await {
            if answer.status() == StatusCode::OK {
                let received = received(answer).await;
                assert!(!received.path.contains("ournals"), "{path} let in {}", received.path);
            }
        }
    }
}

async fn an_owner_with_many_permissions_is_let_in_and_known(gateway: Gateway) {
    let permissions: Vec<_> = (100..300).map(|number| format!("journals:of-department-{number}")).collect();
    let mut arguments = vec!["role", "add", "many"];
    arguments.extend(permissions.iter().flat_map(|permission| ["--permission", permission]));
    let (added, printed) = gateway.server.cli(&arguments);
    assert!(added, "{printed}");
    let ada = gateway.caller("ada", &["many"]).await;
    let body = "Löhne und Gehälter\n".repeat(10_000);
    for request in [gateway.get("/reports"), gateway.request(Method::POST, "/reports").body(body)] {
        let answer = ada.with_key(request).send().await.unwrap();
        ada.assert_known(&received(answer).await, "ada", Some(&permissions.join(" ")));
    }
}

async fn a_query_of_the_client_does_not_change_what_is_needed(gateway: Gateway) {
    let (ada, bob) = (gateway.reader().await, gateway.nobody().await);
    gateway.assert_both(&ada, "/reports?scope=users:write", StatusCode::OK).await;
    gateway.assert_both(&ada, "/journals/1?scope=users:write", StatusCode::OK).await;
    gateway.assert_both(&bob, "/reports?scope=a&scope=b", StatusCode::OK).await;
    gateway.assert_both(&bob, "/journals/1?scope=", StatusCode::FORBIDDEN).await;
}

async fn a_deleted_key_is_refused_at_the_next_request(gateway: Gateway) {
    let ada = gateway.reader().await;
    gateway.assert_both(&ada, "/reports", StatusCode::OK).await;
    gateway.server.delete(&ada.browser, &ada.key.client_id).await;
    gateway.assert_both(&ada, "/reports", StatusCode::UNAUTHORIZED).await;
    assert_eq!(gateway.api.requests(), 2);
}

async fn a_disabled_users_key_is_refused_at_the_next_request(gateway: Gateway) {
    let ada = gateway.reader().await;
    gateway.assert_both(&ada, "/reports", StatusCode::OK).await;
    assert!(gateway.server.cli(&["user", "disable", "ada"]).0);
    gateway.assert_both(&ada, "/reports", StatusCode::UNAUTHORIZED).await;
    assert!(gateway.server.cli(&["user", "enable", "ada"]).0);
    gateway.assert_both(&ada, "/reports", StatusCode::OK).await;
    assert_eq!(gateway.api.requests(), 4);
}

async fn a_lost_permission_closes_its_route_at_the_next_request(gateway: Gateway) {
    let ada = gateway.reader().await;
    gateway.assert_both(&ada, "/journals/1", StatusCode::OK).await;
    let lost = role_permissions::table.filter(role_permissions::permission.eq("journals:read"));
    gateway
        .server
        .open_database()
        .write_blocking(|transaction| diesel::delete(lost).execute(&mut **transaction))
        .unwrap();
    gateway.assert_both(&ada, "/journals/1", StatusCode::FORBIDDEN).await;
    assert_eq!(gateway.api.requests(), 2);
    for answer in gateway.both(&ada, "/reports").await {
        ada.assert_known(&received(answer).await, "ada", None);
    }
}

async fn the_record_shows_the_original_request_and_the_clients_address(gateway: Gateway) {
    let ada = gateway.reader().await;
    let elsewhere = Client::builder().local_address(IpAddr::from([127, 0, 0, 2])).build().unwrap();
    for (method, path) in [("GET", "/reports/7"), ("DELETE", "/journals/1/lines")] {
        let url = format!("{}{path}?account=hunter2", gateway.proxy.url);
        let plain = elsewhere.request(method.parse().unwrap(), url);
        let forged = [
            ("X-Original-Method", "BREW"),
            ("X-Original-URI", "/forged"),
            ("X-Forwarded-Method", "BREW"),
            ("X-Forwarded-Uri", "/forged"),
            ("X-Forwarded-For", "203.0.113.9"),
            ("Forwarded", "for=203.0.113.9"),
            ("X-Real-IP", "203.0.113.9"),
        ]
        .iter()
        .fold(plain.try_clone().unwrap(), |request, (name, value)| request.header(*name, *value));
        for request in [ada.with_token(plain), ada.with_key(forged.try_clone().unwrap()), ada.with_token(forged)] {
            assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
            let page = gateway.server.text(&ada.browser, "/activity").await;
            let newest = rows(&page)[0];
            assert_eq!(cell(newest, "Request"), format!("{method} {path}"));
            assert_eq!(cell(newest, "Address"), "127.0.0.2");
            assert_eq!(cell(newest, "API key"), ada.key.client_id);
            assert_eq!(cell(newest, "Outcome"), "Allowed");
        }
    }
    let refused = ada.with_token(elsewhere.get(format!("{}/journals/1?account=hunter2", gateway.proxy.url)));
    assert!(gateway.server.cli(&["user", "disable", "ada"]).0);
    assert_eq!(refused.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert!(gateway.server.cli(&["user", "enable", "ada"]).0);
    let browser = gateway.server.signed_in("ada").await;
    let page = gateway.server.text(&browser, "/activity").await;
    let refusal = rows(&page).into_iter().find(|row| cell(row, "Outcome").starts_with("Refused")).unwrap();
    assert_eq!((&*cell(refusal, "Request"), &*cell(refusal, "Address")), ("GET /journals/1", "127.0.0.2"));
    assert!(!gateway.server.database.everything().contains("hunter2"));
}

async fn nobody_is_let_in_while_keyledge_is_stopped(gateway: Gateway) {
    let ada = gateway.reader().await;
    gateway.assert_both(&ada, "/journals/1", StatusCode::OK).await;
    let Gateway { server, api, proxy, .. } = gateway;
    server.stop();
    for path in ["/reports", "/journals/1"] {
        let request = || Client::new().get(format!("{}{path}", proxy.url));
        for request in [request(), ada.with_token(request()), ada.with_key(request())] {
            let status = request.send().await.unwrap().status();
            assert!(status.is_server_error(), "{status}");
        }
    }
    assert_eq!(api.requests(), 2);
}

async fn a_body_reaches_the_api_unharmed(gateway: Gateway) {
    let ada = gateway.reader().await;
    let body = "Löhne und Gehälter\n".repeat(10_000);
    for path in ["/reports?page=2&sort=a%2Fb", "/journals/1?page=2&sort=a%2Fb"] {
        for method in [Method::POST, Method::PUT] {
            let request = gateway.request(method.clone(), path).body(body.clone()).header(CONTENT_TYPE, "text/plain");
            let received = received(ada.with_token(request).send().await.unwrap()).await;
            assert_eq!((&*received.method, &*received.path), (method.as_str(), path));
            assert_eq!(received.header("content-type"), Some("text/plain"));
            assert!(received.body == body, "the body was changed");
        }
    }
}

/// What the API received and answered with.
async fn received(answer: Response) -> Received {
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

/// The challenges of a refusal.
fn challenge(answer: &Response) -> String {
    let challenges = answer.headers().get_all(WWW_AUTHENTICATE);
    challenges.iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(", ")
}
