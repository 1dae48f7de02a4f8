//! `/api/v1` and its description (RFC 6750, RFC 9457, OpenAPI 3.1).

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection as _;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use super::{Parties, json};
use crate::support::{Key, Record, Server, TestDatabase, on_each_database};
use crate::tokens::admins_key;

on_each_database![
    rfc6750_2_1_a_token_is_read_from_the_header_only,
    rfc6750_3_a_request_without_a_token_is_challenged,
    own_keys_are_listed_read_and_deleted,
    keys_of_others_need_a_permission_in_the_token,
    pages_give_each_key_and_each_event_once,
    events_are_filtered,
    rfc9457_3_what_cannot_be_read_is_a_problem,
    a_key_cannot_make_keys,
    the_description_names_what_is_there,
    the_description_says_which_scope_an_operation_needs,
    ones_own_things_need_no_permission_but_one_in_a_scope_that_was_asked_for,
    a_scope_that_was_asked_for_may_have_what_reads_and_deletes_ones_own,
    rfc9110_15_5_6_a_wrong_method_is_told_which_ones_are_allowed,
    the_description_knows_every_refusal,
    a_refused_call_is_on_record,
];

/// Calls the API, which answers as its description says.
pub(super) async fn call(server: &Server, method: Method, path: &str, token: &str) -> (u16, Value) {
    let answer = Client::new().request(method.clone(), server.at(path)).bearer_auth(token).send().await.unwrap();
    let status = answer.status().as_u16();
    assert_described(&description(server).await, &method, path, status);
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

async fn description(server: &Server) -> Value {
    json(Client::new().get(server.at("/api/openapi.json")).send().await.unwrap()).await
}

/// Checks that the description has the status of an answer; of what it does not have, that it is not there.
fn assert_described(description: &Value, method: &Method, path: &str, status: u16) {
    let path = path.split('?').next().unwrap();
    let is_of = |template: &str| {
        let mut parts = template.split('/').zip(path.split('/'));
        template.split('/').count() == path.split('/').count()
            && parts.all(|(part, asked)| part == asked || part.starts_with('{'))
    };
    let paths = description["paths"].as_object().unwrap();
    let Some((_, operations)) = paths.iter().find(|(template, _)| is_of(template)) else {
        assert_eq!(status, 404, "{path} is not described");
        return;
    };
    match operations.get(method.as_str().to_lowercase()) {
        Some(operation) => {
            let is_described = operation["responses"].get(status.to_string()).is_some();
            assert!(is_described, "{method} {path} answers {status}, which is not described");
        }
        None => assert_eq!(status, 405, "{method} {path} is not described"),
    }
}

/// The operations of the description: method and path, and the same path with the names of nothing that is there.
fn operations(description: &Value) -> Vec<(Method, String, String)> {
    let mut operations = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        let asked = path
            .replace("{client_id}", "kl_0000000000000000000000")
            .replace("{id}", "usr_0000000000000000000000")
            .replace("{name}", "poet");
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            operations.push((method, path.clone(), asked.clone()));
        }
    }
    operations
}

pub(super) async fn get(server: &Server, path: &str, token: &str) -> Value {
    let (status, answer) = call(server, Method::GET, path, token).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

/// A token of the administrator with a scope.
pub(super) async fn narrowed(server: &Server, scope: &str) -> String {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let answer = json(server.token_answer(&key, &[("scope", scope)]).await).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn rfc6750_2_1_a_token_is_read_from_the_header_only(server: Server) {
    let token = server.token(&admins_key(&server).await).await;
    let answer = Client::new().get(server.at(&format!("/api/v1/me?access_token={token}"))).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let lower_case = Client::new().get(server.at("/api/v1/me")).header(AUTHORIZATION, format!("bearer {token}"));
    assert_eq!(lower_case.send().await.unwrap().status(), StatusCode::OK);
}

async fn rfc6750_3_a_request_without_a_token_is_challenged(server: Server) {
    let answer = Client::new().get(server.at("/api/v1/me")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()[WWW_AUTHENTICATE], "Bearer realm=\"Keyledge\"");
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
    for header in ["Bearer", "Bearer ", "Bearer a b"] {
        let request = Client::new().get(server.at("/api/v1/me")).header(AUTHORIZATION, header);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{header:?}");
        assert!(answer.headers()[WWW_AUTHENTICATE].to_str().unwrap().contains("error=\"invalid_request\""));
    }
    // RFC 6750 section 3.1: no error for a scheme that is not supported.
    for header in ["Basic YTpi", "Digest abc", ""] {
        let answer = Client::new().get(server.at("/api/v1/me")).header(AUTHORIZATION, header).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{header:?}");
        assert_eq!(answer.headers()[WWW_AUTHENTICATE], "Bearer realm=\"Keyledge\"");
    }
    let record = Record::whole(&server.database);
    assert_eq!(record.count_of_nobody("token_invalid"), 6, "a header that cannot be read is an attempt");
}

async fn own_keys_are_listed_read_and_deleted(server: Server) {
    let Parties { ada, key, api } = Parties::new(&server).await;
    let named = server.generate_with(&ada, &[("name", "CI"), ("lifetime", "30")]).await;
    let token = server.token(&key).await;
    let listed = get(&server, "/api/v1/api-keys", &token).await;
    let ids: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|key| key["client_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&*named.client_id, &key.client_id]);
    assert_eq!(listed["next_cursor"], Value::Null);
    let one = get(&server, &format!("/api/v1/api-keys/{}", named.client_id), &token).await;
    assert_eq!((&one["name"], &one["status"], &one["owner"]), (&"CI".into(), &"valid".into(), &"ada".into()));
    assert_eq!((&one["last_used_at"], &one["last_used_address"]), (&Value::Null, &Value::Null));
    let used = get(&server, &format!("/api/v1/api-keys/{}", key.client_id), &token).await;
    assert!(used["last_used_at"].is_string(), "{used}");
    assert_eq!(used["last_used_address"], "127.0.0.1");

    let path = format!("/api/v1/api-keys/{}", named.client_id);
    assert_eq!(call(&server, Method::DELETE, &path, &token).await.0, 204);
    assert_eq!(call(&server, Method::GET, &path, &token).await.0, 404);
    assert_eq!(server.token_answer(&named, &[]).await.status(), StatusCode::UNAUTHORIZED);
    let foreign = format!("/api/v1/api-keys/{}", api.client_id);
    assert_eq!(call(&server, Method::GET, &foreign, &token).await.0, 404);
    assert_eq!(call(&server, Method::DELETE, &foreign, &token).await.0, 404);
}

async fn keys_of_others_need_a_permission_in_the_token(server: Server) {
    let Parties { key, api, .. } = Parties::new(&server).await;
    let path = format!("/api/v1/api-keys/{}", key.client_id);
    let (none, reads, deletes) = (
        narrowed(&server, "users:read").await,
        narrowed(&server, "keys:read").await,
        narrowed(&server, "keys:read keys:delete").await,
    );
    for owner in ["all", "ada"] {
        let list = format!("/api/v1/api-keys?owner={owner}");
        assert_eq!(call(&server, Method::GET, &list, &none).await.0, 403);
        let listed = get(&server, &list, &reads).await;
        assert!(listed.to_string().contains(&key.client_id));
    }
    let whole = server.token(&api).await;
    for own in ["/api/v1/api-keys?owner=api", "/api/v1/audit-events?owner=Api"] {
        assert_eq!(call(&server, Method::GET, own, &whole).await.0, 200);
    }
    assert_eq!(call(&server, Method::GET, &path, &whole).await.0, 404);
    assert_eq!(call(&server, Method::GET, &path, &reads).await.0, 200);
    assert_eq!(call(&server, Method::DELETE, &path, &reads).await.0, 403);
    server.token(&key).await;
    assert_eq!(call(&server, Method::DELETE, &path, &deletes).await.0, 204);
    assert_eq!(server.token_answer(&key, &[]).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(call(&server, Method::GET, "/api/v1/audit-events?owner=all", &reads).await.0, 403);
    assert_eq!(call(&server, Method::GET, "/api/v1/api-keys?owner=nobody", &reads).await.0, 400);
}

/// All items of a list, page by page.
pub(super) async fn all(server: &Server, path: &str, token: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(server, &format!("{path}&limit=3{cursor}"), token).await;
        items.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

async fn pages_give_each_key_and_each_event_once(server: Server) {
    let Parties { ada, key, api } = Parties::new(&server).await;
    for _ in 0..7 {
        server.generate(&ada).await;
    }
    let token = server.token(&key).await;
    let keys = all(&server, "/api/v1/api-keys?owner=me", &token).await;
    let ids: std::collections::BTreeSet<_> = keys.iter().map(|key| key["client_id"].as_str().unwrap()).collect();
    assert_eq!((keys.len(), ids.len()), (8, 8));
    let after = async |key: &Key| {
        call(&server, Method::GET, &format!("/api/v1/api-keys?cursor={}", key.client_id), &token).await.0
    };
    assert_eq!((after(&key).await, after(&api).await), (200, 400), "that there is somebody else's key is told");
    let events = all(&server, "/api/v1/audit-events?outcome=allowed&until=2100-01-01T00:00:00Z", &token).await;
    let ids: std::collections::BTreeSet<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(events.len(), ids.len());
    assert_eq!(events.iter().filter(|event| event["action"] == "generate_key").count(), 8);
}

async fn events_are_filtered(server: Server) {
    let Parties { ada, key, api } = Parties::new(&server).await;
    let other = server.generate(&ada).await;
    server.token(&other).await;
    server.token_answer(&Key { client_secret: "rubbish".to_owned(), ..key.clone() }, &[]).await;
    let token = server.token(&key).await;
    let actions = async |filter: &str| {
        let page = get(&server, &format!("/api/v1/audit-events?{filter}"), &token).await;
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(actions("outcome=refused").await, ["issue_token"]);
    assert_eq!(actions(&format!("client_id={}", other.client_id)).await, ["issue_token", "generate_key"]);
    assert_eq!(actions(&format!("client_id={}&outcome=refused", other.client_id)).await, [""; 0]);
    assert_eq!(actions(&format!("client_id={}", api.client_id)).await, [""; 0], "somebody else's key");
    assert_eq!(actions("from=2100-01-01T00:00:00Z").await, [""; 0]);
    assert_eq!(actions("until=2001-01-01T00:00:00Z").await, [""; 0]);
    assert!(actions("from=2001-01-01T00:00:00Z&until=2100-01-01T00:00:00Z").await.len() > 5);
    let reads = narrowed(&server, "audit:read").await;
    let of_ada = get(&server, "/api/v1/audit-events?owner=ada&outcome=refused", &reads).await;
    assert_eq!(of_ada["items"][0]["client_id"], *key.client_id);
    assert_eq!(of_ada["items"][0]["reason"], "wrong_secret");
    assert_eq!(of_ada["items"][0]["owner"], "ada");
}

async fn rfc9457_3_what_cannot_be_read_is_a_problem(server: Server) {
    let token = narrowed(&server, "keys:read audit:read").await;
    for path in [
        "/api/v1/api-keys?limit=0",
        "/api/v1/api-keys?limit=many",
        "/api/v1/api-keys?cursor=rubbish",
        "/api/v1/audit-events?limit=201",
        "/api/v1/audit-events?outcome=maybe",
        "/api/v1/audit-events?from=yesterday",
        "/api/v1/audit-events?from=-262143-01-01T00:00:00Z",
        "/api/v1/audit-events?until=%2B262142-12-31T23:59:59Z",
        "/api/v1/audit-events?cursor=rubbish",
    ] {
        let answer = Client::new().get(server.at(path)).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
        let problem = json(answer).await;
        assert_eq!((&problem["status"], &problem["title"]), (&400.into(), &"Bad Request".into()), "{path}");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
}

async fn a_key_cannot_make_keys(server: Server) {
    let admin = server.signed_in("admin").await;
    let token = server.token(&server.generate(&admin).await).await;
    let keys = async || get(&server, "/api/v1/api-keys", &token).await["items"].as_array().unwrap().len();
    let before = keys().await;
    for method in [Method::POST, Method::PUT, Method::PATCH] {
        assert_eq!(call(&server, method, "/api/v1/api-keys", &token).await.0, 405);
    }
    let form = Client::new().post(server.at("/profile/api-keys")).bearer_auth(&token).form(&[("nonce", "x")]);
    assert_ne!(form.send().await.unwrap().status(), StatusCode::CREATED);
    assert_eq!(keys().await, before);
}

async fn the_description_names_what_is_there(server: Server) {
    let document = description(&server).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["servers"][0]["url"], *server.url);
    let token = narrowed(&server, "keys:read keys:delete audit:read users:read users:write roles:read").await;
    let mut described = Vec::new();
    for (method, path, asked) in operations(&document) {
        described.push(format!("{method} {path}"));
        let (status, answer) = call(&server, method, &asked, &token).await;
        assert!(matches!(status, 200 | 404), "{path}: {answer}");
        assert_eq!(status == 404, path.contains('{'), "{path}: {answer}");
    }
    let names =
        document["paths"].as_object().unwrap().values().flat_map(|operations| operations.as_object().unwrap().values());
    let names: Vec<_> = names.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert!(names.iter().collect::<BTreeSet<_>>().len() == described.len(), "{names:?}");
    described.sort();
    assert_eq!(
        described,
        [
            "DELETE /api/v1/api-keys/{client_id}",
            "GET /api/v1/api-keys",
            "GET /api/v1/api-keys/{client_id}",
            "GET /api/v1/audit-events",
            "GET /api/v1/me",
            "GET /api/v1/roles",
            "GET /api/v1/roles/{name}",
            "GET /api/v1/users",
            "GET /api/v1/users/{id}",
            "POST /api/v1/users/{id}/disable",
            "POST /api/v1/users/{id}/enable"
        ]
    );
}

async fn the_description_says_which_scope_an_operation_needs(server: Server) {
    let description = description(&server).await;
    let flow = &description["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"];
    assert_eq!(flow["scopes"]["users:read"], "See all users, their roles and permissions.");
    let mut needed = Vec::new();
    for (method, path, asked) in operations(&description) {
        let operation = &description["paths"][&path][method.as_str().to_lowercase()];
        let Some(scope) = operation["security"][1]["client"][0].as_str() else { continue };
        let (with, without) = (narrowed(&server, scope).await, narrowed(&server, "tokens:introspect").await);
        assert_ne!(call(&server, method.clone(), &asked, &with).await.0, 403, "{method} {path} with {scope}");
        assert_eq!(call(&server, method.clone(), &asked, &without).await.0, 403, "{method} {path} without {scope}");
        needed.push(scope.to_owned());
    }
    needed.sort();
    assert_eq!(needed, ["roles:read", "roles:read", "users:read", "users:read", "users:write", "users:write"]);
}

async fn ones_own_things_need_no_permission_but_one_in_a_scope_that_was_asked_for(server: Server) {
    let Parties { ada, key, .. } = Parties::new(&server).await;
    let (whole, other) = (server.token(&key).await, server.generate(&ada).await);
    let narrow = json(server.token_answer(&key, &[("scope", "journals:read")]).await).await;
    let narrow = narrow["access_token"].as_str().unwrap();
    let own = format!("/api/v1/api-keys/{}", other.client_id);
    let nobodys = "/api/v1/api-keys/kl_0000000000000000000000";
    for (method, path, permission) in [
        (Method::GET, "/api/v1/api-keys", "keys:read"),
        (Method::GET, "/api/v1/api-keys?owner=ada", "keys:read"),
        (Method::GET, &own, "keys:read"),
        (Method::GET, nobodys, "keys:read"),
        (Method::GET, "/api/v1/audit-events", "audit:read"),
        (Method::GET, "/api/v1/audit-events?owner=ada", "audit:read"),
        (Method::DELETE, &own, "keys:delete"),
        (Method::DELETE, nobodys, "keys:delete"),
    ] {
        let (status, problem) = call(&server, method.clone(), path, narrow).await;
        let detail = problem["detail"].as_str().unwrap();
        assert_eq!(status, 403, "{method} {path}");
        assert!(detail.contains(permission) && detail.contains("asked for without a scope"), "{detail}");
        let answer = Client::new().request(method.clone(), server.at(path)).bearer_auth(narrow).send().await.unwrap();
        let challenge = format!("Bearer realm=\"Keyledge\", error=\"insufficient_scope\", scope=\"{permission}\"");
        assert_eq!(answer.headers()[WWW_AUTHENTICATE], challenge, "{method} {path}");
    }
    assert_eq!(call(&server, Method::GET, "/api/v1/me", narrow).await.0, 200);
    for path in ["/api/v1/api-keys", &own, "/api/v1/audit-events"] {
        assert_eq!(call(&server, Method::GET, path, &whole).await.0, 200, "{path}");
    }
    assert_eq!(call(&server, Method::DELETE, &own, &whole).await.0, 204);
}

async fn a_scope_that_was_asked_for_may_have_what_reads_and_deletes_ones_own(server: Server) {
    let token = narrowed(&server, "audit:read keys:read keys:delete").await;
    assert_eq!(call(&server, Method::GET, "/api/v1/audit-events", &token).await.0, 200);
    let own = get(&server, "/api/v1/api-keys", &token).await["items"][0]["client_id"].as_str().unwrap().to_owned();
    assert_eq!(call(&server, Method::GET, &format!("/api/v1/api-keys/{own}"), &token).await.0, 200);
    assert_eq!(call(&server, Method::DELETE, &format!("/api/v1/api-keys/{own}"), &token).await.0, 204);
}

async fn rfc9110_15_5_6_a_wrong_method_is_told_which_ones_are_allowed(server: Server) {
    let document = description(&server).await;
    let token = narrowed(&server, "users:read").await;
    for (_, path, asked) in operations(&document) {
        let answer = Client::new().patch(server.at(&asked)).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        let allowed = answer.headers()["allow"].to_str().unwrap();
        let allowed: BTreeSet<_> =
            allowed.split(", ").filter(|method| *method != "HEAD").map(str::to_lowercase).collect();
        let described: BTreeSet<_> = document["paths"][&path].as_object().unwrap().keys().cloned().collect();
        assert_eq!(allowed, described, "{path}");
    }
}

async fn the_description_knows_every_refusal(server: Server) {
    let token = narrowed(&server, "users:read").await;
    let description = description(&server).await;
    let operations = operations(&description);
    let ask = |method: &Method, path: &str| Client::new().request(method.clone(), server.at(path));
    for (method, _, path) in &operations {
        for (request, expected) in [
            (ask(method, path), 401),
            (ask(method, path).bearer_auth("rubbish"), 401),
            (ask(method, path).header(AUTHORIZATION, "Bearer"), 400),
        ] {
            assert_eq!(request.send().await.unwrap().status(), expected, "{method} {path}");
            assert_described(&description, method, path, expected);
        }
    }
    let mut database = server.database.connect();
    database.batch_execute("ALTER TABLE audit_events RENAME TO away").unwrap();
    let mut statuses = Vec::new();
    for (method, _, path) in &operations {
        statuses.push(ask(method, path).bearer_auth(&token).send().await.unwrap().status().as_u16());
    }
    database.batch_execute("ALTER TABLE away RENAME TO audit_events").unwrap();
    assert_eq!(statuses, vec![503; operations.len()]);
    for (method, _, path) in &operations {
        assert_described(&description, method, path, 503);
    }
}

async fn a_refused_call_is_on_record(database: TestDatabase) {
    let server = database.serve(&[]);
    let token = narrowed(&server, "users:read audit:read").await;
    let answer = Client::new().get(server.at("/api/v1/api-keys?owner=all")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let challenge = answer.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.contains("insufficient_scope") && challenge.contains("keys:read"), "{challenge}");
    let refused = get(&server, "/api/v1/audit-events?outcome=refused", &token).await;
    let newest = &refused["items"][0];
    assert_eq!((&newest["action"], &newest["reason"]), (&"use_api".into(), &"permission_missing".into()));
    assert_eq!((&newest["method"], &newest["path"]), (&"GET".into(), &"/api/v1/api-keys".into()));
}
