//! What the record says about people: each change once, with who did it to whom, and each refused attempt at one.

use std::collections::BTreeSet;

use diesel::prelude::*;
use keyledge::db::schema::{audit_events, users};
use reqwest::{Client, Method, StatusCode};

use super::{add_user, and, done, filled, form, path, post, refused, somebody, switch, with};
use crate::support::{PASSWORD, Server, keyledge, on_each_database};

on_each_database![
    every_change_is_an_event_that_names_who_did_it_to_whom,
    a_refused_attempt_is_an_event_in_the_record_of_who_tried,
    what_is_no_attempt_at_more_is_not_recorded,
];

/// The events of the record that are no uses of keys, from some moment on.
struct News<'a> {
    server: &'a Server,
    last: i64,
    actions: BTreeSet<String>,
}

impl<'a> News<'a> {
    fn since_now(server: &'a Server) -> Self {
        let mut news = Self { server, last: 0, actions: BTreeSet::new() };
        news.read();
        news.actions.clear();
        news
    }

    /// What has come since the last time, such as `edit_user of ada by admin: display name` and, refused,
    /// `disable_user of admin: admin (own_account)`.
    fn read(&mut self) -> Vec<String> {
        type Row = (i64, String, Option<i64>, Option<i64>, Option<String>, Option<String>);
        let database = self.server.open_database();
        let rows: Vec<Row> = database
            .read_blocking(|connection| {
                audit_events::table
                    .filter(audit_events::id.gt(self.last))
                    .filter(audit_events::is_use.eq(false))
                    .order(audit_events::id)
                    .select((
                        audit_events::id,
                        audit_events::action,
                        audit_events::user_id,
                        audit_events::actor_id,
                        audit_events::detail,
                        audit_events::reason,
                    ))
                    .load(connection)
            })
            .unwrap();
        let name = |id: i64| -> String {
            let name = users::table.find(id).select(users::username);
            database.read_blocking(|connection| name.first(connection)).unwrap()
        };
        rows.into_iter()
            .map(|(id, action, user_id, actor_id, detail, reason)| {
                self.last = id;
                let owner = user_id.map(|id| format!(" of {}", name(id))).unwrap_or_default();
                let actor = actor_id.map(|id| format!(" by {}", name(id))).unwrap_or_default();
                let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
                let told = format!("{action}{owner}{actor}{detail}{reason}");
                self.actions.insert(action);
                told
            })
            .collect()
    }

    fn are(&mut self, expected: &[&str]) {
        assert_eq!(self.read(), expected);
    }
}

async fn call(server: &Server, method: Method, path: &str, token: &str) -> StatusCode {
    Client::new().request(method, server.at(path)).bearer_auth(token).send().await.unwrap().status()
}

async fn every_change_is_an_event_that_names_who_did_it_to_whom(server: Server) {
    let admin = server.signed_in("admin").await;
    let admins_token = server.token(&server.generate(&admin).await).await;
    let mut news = News::since_now(&server);

    // In the browser, by an administrator.
    add_user(&server, &admin, "ada", &["member"]).await;
    news.are(&["add_user of ada by admin: roles: added member"]);
    let path = path(&server, &admin, "ada").await;
    let fields = with(form(&server, &admin, &path).await, "display_name", "Ada");
    done(&server, &admin, &path, &with(fields, "email", "ada@example.com")).await;
    news.are(&["edit_user of ada by admin: display name; e-mail"]);
    switch(&server, &admin, "ada", "disable").await;
    news.are(&["disable_user of ada by admin"]);
    switch(&server, &admin, "ada", "enable").await;
    news.are(&["enable_user of ada by admin"]);
    let password_path = format!("{path}/password");
    let fields = filled(&server.text(&admin, &password_path).await, &password_path);
    assert_eq!(post(&server, &admin, &password_path, &fields).await.status(), StatusCode::OK);
    news.are(&["set_password of ada by admin"]);
    let fields = with(filled(&server.text(&admin, "/roles/new").await, "/roles/new"), "name", "clerk");
    done(&server, &admin, "/roles/new", &fields).await;
    news.are(&["add_role of admin: clerk"]);
    let fields = filled(&server.text(&admin, "/roles/clerk/edit").await, "/roles/clerk/edit");
    done(&server, &admin, "/roles/clerk/edit", &with(fields, "free", "journals:read")).await;
    news.are(&["edit_role of admin: clerk: added journals:read"]);
    done(&server, &admin, "/roles/clerk/delete", &[]).await;
    news.are(&["delete_role of admin: clerk"]);

    // In the browser, by a user who does it to the own account.
    let bob = server.add_user("bob", &["member"]).await;
    news.are(&["add_user of bob: roles: added member", "sign_in of bob"]);
    let key = server.generate(&bob).await;
    news.are(&["generate_key of bob"]);
    server.delete(&bob, &key.client_id).await;
    news.are(&["delete_key of bob"]);
    server.signed_in("bob").await;
    done(&server, &bob, "/account/sessions/end-others", &[]).await;
    news.are(&["sign_in of bob", "end_sessions of bob: 1 other session"]);
    let chosen =
        [("current", PASSWORD), ("password", "four unrelated words here"), ("repeated", "four unrelated words here")];
    let fields = chosen.map(|(name, value)| (name.to_owned(), value.to_owned()));
    done(&server, &bob, "/account/password", &fields).await;
    news.are(&["change_password of bob"]);

    // Of a key of somebody else, in the browser, by a program and on the command line.
    let [one, two, three] = [server.generate(&bob).await, server.generate(&bob).await, server.generate(&bob).await]
        .map(|key| key.client_id);
    news.are(&["generate_key of bob"; 3]);
    done(&server, &admin, &format!("/keys/{one}/delete"), &[]).await;
    news.are(&["delete_key of bob by admin"]);
    let answer = call(&server, Method::DELETE, &format!("/api/v1/api-keys/{two}"), &admins_token).await;
    assert_eq!(answer, StatusCode::NO_CONTENT);
    news.are(&["delete_key of bob by admin"]);
    assert!(server.cli(&["key", "delete", &three]).0);
    news.are(&["delete_key of bob"]);
    bob.post(server.at("/logout")).send().await.unwrap();
    news.are(&["sign_out of bob"]);

    // By a program.
    let subject = path.strip_prefix("/users/").unwrap();
    for (verb, told) in [("disable", "disable_user of ada by admin"), ("enable", "enable_user of ada by admin")] {
        let path = format!("/api/v1/users/{subject}/{verb}");
        assert_eq!(call(&server, Method::POST, &path, &admins_token).await, StatusCode::OK);
        news.are(&[told]);
    }

    // On the command line, where the operator has no name.
    for (arguments, told) in [
        (&["role", "add", "reader"][..], "add_role: reader"),
        (&["role", "edit", "reader", "--add-permission", "journals:read"], "edit_role: reader: added journals:read"),
        (&["role", "delete", "reader"], "delete_role: reader"),
        (&["user", "add", "eve"], "add_user of eve: roles: added member"),
        (&["user", "edit", "eve", "--display-name", "Eve"], "edit_user of eve: display name"),
        (&["user", "disable", "eve"], "disable_user of eve"),
        (&["user", "enable", "eve"], "enable_user of eve"),
        (&["user", "set-password", "eve"], "set_password of eve"),
    ] {
        assert!(server.cli(arguments).0, "{arguments:?}");
        news.are(&[told]);
    }
    let all = "add_role add_user change_password delete_key delete_role disable_user edit_role edit_user enable_user \
        end_sessions generate_key set_password sign_in sign_out";
    assert_eq!(news.actions.iter().map(String::as_str).collect::<Vec<_>>(), all.split(' ').collect::<Vec<_>>());
}

async fn a_refused_attempt_is_an_event_in_the_record_of_who_tried(server: Server) {
    let admin = server.signed_in("admin").await;
    let helper = somebody(&server, "helper", &["users:read", "users:write", "roles:read", "roles:write"]).await;
    let clerk = somebody(&server, "clerk", &["users:read", "users:write"]).await;
    for (role, permission) in [("auditor", "audit:read"), ("accountant", "journals:read")] {
        assert!(server.cli(&["role", "add", role, "--permission", permission]).0);
    }
    server.add_user("ada", &["accountant"]).await;
    let (ada, boss, own) = (
        path(&server, &admin, "ada").await,
        path(&server, &admin, "admin").await,
        path(&server, &helper, "helper").await,
    );
    let mut news = News::since_now(&server);

    let of_ada = form(&server, &helper, &ada).await;
    let of_boss = form(&server, &admin, &boss).await;
    let of_own = form(&server, &helper, &own).await;
    let new_user = with(filled(&server.text(&helper, "/users/new").await, "/users/new"), "username", "bob");
    let new_role = with(filled(&server.text(&helper, "/roles/new").await, "/roles/new"), "name", "mine");
    let of_role = ["version", "description", "free"].map(|name| (name.to_owned(), "0".to_owned())).to_vec();
    let (boss_password, own_password) = (format!("{boss}/password"), format!("{own}/password"));
    let of_boss_password = filled(&server.text(&helper, &boss_password).await, &boss_password);
    let of_own_password = filled(&server.text(&helper, &own_password).await, &own_password);
    let own_roles = and(and(of_own, "with_roles", "yes"), "role", "member");
    for (path, fields, told) in [
        (&*boss, with(of_boss, "display_name", "Hacked"), "edit_user of helper: admin: audit:read (holds_more)"),
        (&format!("{boss}/disable"), Vec::new(), "disable_user of helper: admin: audit:read (holds_more)"),
        (&format!("{boss}/enable"), Vec::new(), "enable_user of helper: admin: audit:read (holds_more)"),
        (&boss_password, of_boss_password, "set_password of helper: admin: audit:read (holds_more)"),
        (&format!("{own}/disable"), Vec::new(), "disable_user of helper: helper (own_account)"),
        (&own, own_roles, "edit_user of helper: helper (own_account)"),
        (&own_password, of_own_password, "set_password of helper: helper (own_account)"),
        (&ada, and(of_ada, "role", "auditor"), "edit_user of helper: ada: audit:read (grants_more)"),
        ("/users/new", and(new_user, "role", "auditor"), "add_user of helper: bob: audit:read (grants_more)"),
        ("/roles/new", with(new_role, "free", "audit:read"), "add_role of helper: mine: audit:read (grants_more)"),
        ("/roles/auditor/edit", of_role.clone(), "edit_role of helper: auditor: audit:read (holds_more)"),
        ("/roles/auditor/delete", Vec::new(), "delete_role of helper: auditor: audit:read (holds_more)"),
        ("/roles/member/edit", of_role, "edit_role of helper: member (built_in_role)"),
        ("/roles/member/delete", Vec::new(), "delete_role of helper: member (built_in_role)"),
        ("/roles/accountant/delete", Vec::new(), "delete_role of helper: accountant (role_in_use)"),
    ] {
        refused(&server, &helper, path, &fields).await;
        news.are(&[told]);
    }
    let new_user = with(filled(&server.text(&clerk, "/users/new").await, "/users/new"), "username", "bob");
    refused(&server, &clerk, "/users/new", &and(new_user, "role", "accountant")).await;
    news.are(&["add_user of clerk: bob: accountant (permission_missing)"]);

    // The question alone is no attempt.
    for path in [format!("{own}/disable"), format!("{boss}/disable"), "/roles/accountant/delete".to_owned()] {
        helper.get(server.at(&path)).send().await.unwrap();
    }
    news.are(&[]);

    let token = server.token(&server.generate(&helper).await).await;
    news.are(&["generate_key of helper"]);
    let subject = own.strip_prefix("/users/").unwrap();
    let itself = format!("/api/v1/users/{subject}/disable");
    assert_eq!(call(&server, Method::POST, &itself, &token).await, StatusCode::FORBIDDEN);
    news.are(&["disable_user of helper: helper (own_account)"]);
    assert_eq!(keyledge(&server.database.text, &["user", "disable", "admin"], "").code, 1);
    news.are(&["disable_user: admin (last_administrator)"]);

    let seen = server.text(&helper, "/activity?outcome=refused").await;
    for words in ["Not for one's own account", "Role has users", "Built-in role"] {
        assert!(seen.contains(words), "{words}");
    }
    assert!(!server.text(&admin, "/activity?outcome=refused").await.contains("Account disabled"));
}

async fn what_is_no_attempt_at_more_is_not_recorded(server: Server) {
    let admin = server.signed_in("admin").await;
    add_user(&server, &admin, "ada", &["member"]).await;
    let mut news = News::since_now(&server);
    let fields = with(filled(&server.text(&admin, "/users/new").await, "/users/new"), "username", "ada");
    refused(&server, &admin, "/users/new", &fields).await;
    let fields = with(filled(&server.text(&admin, "/roles/new").await, "/roles/new"), "name", "member");
    refused(&server, &admin, "/roles/new", &fields).await;
    let path = path(&server, &admin, "ada").await;
    let fields = and(form(&server, &admin, &path).await, "role", "nothing");
    refused(&server, &admin, &path, &fields).await;
    let outdated = with(with(form(&server, &admin, &path).await, "version", "99"), "display_name", "Ada");
    assert_eq!(post(&server, &admin, &path, &outdated).await.status(), StatusCode::CONFLICT);
    news.are(&[]);
}
