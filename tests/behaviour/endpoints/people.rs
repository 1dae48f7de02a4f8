//! Users and roles on `/api/v1`: read, disabled and enabled, and never made.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::v1::{all, call, get, narrowed};
use super::{Parties, json};
use crate::support::{Server, on_each_database};

on_each_database![
    users_are_listed_and_read,
    users_are_filtered_and_paged,
    roles_are_listed_and_read,
    a_user_is_disabled_and_enabled_by_a_program,
    a_program_obeys_the_rules_and_its_scope,
    a_key_cannot_make_users_roles_or_passwords,
];

/// The ID of a user.
async fn id(server: &Server, token: &str, username: &str) -> String {
    let found = get(server, &format!("/api/v1/users?search={username}"), token).await;
    let user = found["items"].as_array().unwrap().iter().find(|user| user["username"] == username).unwrap().clone();
    user["id"].as_str().unwrap().to_owned()
}

async fn users_are_listed_and_read(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let none = server.token(&key).await;
    for path in ["/api/v1/users", "/api/v1/users/usr_0", "/api/v1/roles", "/api/v1/roles/member"] {
        assert_eq!(call(&server, Method::GET, path, &none).await.0, 403, "{path}");
    }
    let token = narrowed(&server, "users:read").await;
    let listed = get(&server, "/api/v1/users", &token).await;
    let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
    assert_eq!((names, &listed["next_cursor"]), (vec![json!("ada"), json!("admin"), json!("api")], &Value::Null));
    let ada = &listed["items"][0];
    assert_eq!(
        (&ada["status"], &ada["roles"], &ada["valid_keys"]),
        (&"active".into(), &json!(["accountant"]), &1.into())
    );
    assert!(ada["last_sign_in_at"].is_string() && ada["updated_at"].is_string() && ada["email"].is_null());
    assert!(ada.get("password_hash").is_none());

    let id = ada["id"].as_str().unwrap();
    let one = get(&server, &format!("/api/v1/users/{id}"), &token).await;
    assert_eq!(one["permissions"][0], json!({ "permission": "journals:read", "roles": ["accountant"] }));
    let me = get(&server, "/api/v1/me", &none).await;
    assert_eq!(me["user"]["id"], *id);
    for missing in ["usr_0000000000000000000000", "ada"] {
        assert_eq!(call(&server, Method::GET, &format!("/api/v1/users/{missing}"), &token).await.0, 404, "{missing}");
    }
}

async fn users_are_filtered_and_paged(server: Server) {
    Parties::new(&server).await;
    for number in 0..7 {
        assert!(server.cli(&["user", "add", &format!("user{number}"), "--display-name", "Some Person"]).0);
    }
    assert!(server.cli(&["user", "disable", "user3"]).0);
    let token = narrowed(&server, "users:read").await;
    let users = all(&server, "/api/v1/users?search=person", &token).await;
    let names: BTreeSet<_> = users.iter().map(|user| user["username"].as_str().unwrap()).collect();
    assert_eq!((users.len(), names.len()), (7, 7));
    let inactive = get(&server, "/api/v1/users?status=inactive&role=member", &token).await;
    assert_eq!(inactive["items"].as_array().unwrap().len(), 1);
    assert_eq!(inactive["items"][0]["status"], "inactive");
    for path in ["limit=0", "limit=201", "cursor=rubbish", "status=asleep", "cursor=YWRhCgA", "role=%00"] {
        let (status, problem) = call(&server, Method::GET, &format!("/api/v1/users?{path}"), &token).await;
        assert_eq!((status, &problem["status"]), (400, &400.into()), "{path}");
    }
}

async fn roles_are_listed_and_read(server: Server) {
    Parties::new(&server).await;
    let token = narrowed(&server, "roles:read").await;
    let roles = all(&server, "/api/v1/roles?", &token).await;
    let names: Vec<_> = roles.iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["accountant", "administrator", "checker", "member"]);
    let one = get(&server, "/api/v1/roles/accountant", &token).await;
    let expected = json!({
        "name": "accountant", "description": "", "built_in": false,
        "permissions": ["journals:read", "journals:write"], "users": 1,
    });
    assert_eq!((&one, &roles[0]), (&expected, &expected));
    assert_eq!(call(&server, Method::GET, "/api/v1/roles/poet", &token).await.0, 404);
    for path in ["limit=0", "cursor=No%20Name", "cursor=%00"] {
        assert_eq!(call(&server, Method::GET, &format!("/api/v1/roles?{path}"), &token).await.0, 400, "{path}");
    }
}

async fn a_user_is_disabled_and_enabled_by_a_program(server: Server) {
    let Parties { ada, key, .. } = Parties::new(&server).await;
    let its_token = server.token(&key).await;
    let token = narrowed(&server, "users:read users:write keys:read keys:delete roles:read tokens:introspect").await;
    let id = id(&server, &token, "ada").await;
    for _ in 0..2 {
        let (status, user) = call(&server, Method::POST, &format!("/api/v1/users/{id}/disable"), &token).await;
        assert_eq!((status, &user["status"], &user["suspended_keys"]), (200, &"inactive".into(), &1.into()));
        assert_eq!(server.me(&its_token).await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(ada.get(server.at("/")).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    let (status, user) = call(&server, Method::POST, &format!("/api/v1/users/{id}/enable"), &token).await;
    assert_eq!((status, &user["status"], &user["valid_keys"]), (200, &"active".into(), &1.into()));
    assert_eq!(server.me(&its_token).await.status(), StatusCode::OK);

    let reads = narrowed(&server, "audit:read").await;
    let events = get(&server, "/api/v1/audit-events?owner=ada", &reads).await;
    let done = events["items"].as_array().unwrap().iter().filter(|event| event["action"] == "disable_user");
    assert_eq!(done.count(), 1, "{events}");
}

async fn a_program_obeys_the_rules_and_its_scope(server: Server) {
    Parties::new(&server).await;
    server.add_user("other", &["administrator"]).await;
    let reads = narrowed(&server, "users:read").await;
    let (ada, admin, other) =
        (id(&server, &reads, "ada").await, id(&server, &reads, "admin").await, id(&server, &reads, "other").await);
    let disable =
        async |id: &str, token: &str| call(&server, Method::POST, &format!("/api/v1/users/{id}/disable"), token).await;
    assert_eq!(disable(&ada, &reads).await.0, 403);
    let writes = narrowed(&server, "users:write").await;
    let (status, problem) = disable(&other, &writes).await;
    assert_eq!(status, 403);
    assert!(problem["detail"].as_str().unwrap().contains("Only somebody who holds the permission"), "{problem}");
    let all = server.token(&server.generate(&server.signed_in("admin").await).await).await;
    let (status, problem) = disable(&admin, &all).await;
    assert_eq!(status, 403);
    assert!(problem["detail"].as_str().unwrap().contains("You cannot disable yourself"), "{problem}");
    assert_eq!(disable("usr_0", &all).await.0, 404);
    assert_eq!(disable(&other, &all).await.0, 200);
    assert_eq!(disable(&ada, &writes).await.0, 200);
}

async fn a_key_cannot_make_users_roles_or_passwords(server: Server) {
    let admin = server.signed_in("admin").await;
    let token = server.token(&server.generate(&admin).await).await;
    let id = id(&server, &token, "admin").await;
    for path in ["/api/v1/users", "/api/v1/roles", "/api/v1/roles/member", &format!("/api/v1/users/{id}")] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(call(&server, method.clone(), path, &token).await.0, 405, "{method} {path}");
        }
    }
    let password = format!("/api/v1/users/{id}/password");
    assert_eq!(call(&server, Method::POST, &password, &token).await.0, 404);
    let document = json(reqwest::get(server.at("/api/openapi.json")).await.unwrap()).await;
    assert!(document["tags"].to_string().contains("A key cannot make or edit users"));
}
