//! Users and roles, as administrators and others meet them.

mod cli;
mod listing;
mod record;
mod roles;
mod rules;
mod suspension;
mod together;
mod users;

use reqwest::{Client, Response, StatusCode};

use crate::support::{self, Server, Site, browser};

/// The nonce of a form.
fn nonce(page: &str) -> String {
    support::nonce(page)
}

/// A user's row of the grid.
async fn row(server: &Site, browser: &Client, username: &str) -> String {
    let page = server.text(browser, &format!("/users?search={username}")).await;
    support::row(&page, username).unwrap_or_else(|| panic!("{username} is not in the grid")).to_owned()
}

/// Where a user's page is.
pub async fn path(server: &Site, browser: &Client, username: &str) -> String {
    let row = row(server, browser, username).await;
    let (_, rest) = row.split_once("href=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The fields of a form that is in a page, as a browser would send them: what is filled in, chosen and not disabled.
pub fn filled(page: &str, action: &str) -> Vec<(String, String)> {
    let start = format!("method=\"post\" action=\"{action}\"");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("the page has no form for {action}: {page}"));
    let (form, _) = rest.split_once("</form>").unwrap();
    let (mut fields, mut list) = (Vec::new(), None);
    for (tag, text) in form.split('<').filter_map(|part| part.split_once('>')) {
        let attribute = |name: &str| {
            let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
            Some(unescaped(rest.split('"').next().unwrap()))
        };
        if tag.starts_with("option") && tag.ends_with(" selected") {
            fields.push((list.clone().unwrap(), attribute("value").unwrap()));
        }
        let Some(name) = attribute("name") else { continue };
        if tag.starts_with("select") {
            list = Some(name);
        } else if tag.starts_with("textarea") {
            fields.push((name, unescaped(text.trim_start_matches('\n'))));
        } else if tag.starts_with("input") {
            let is_box = attribute("type").as_deref() == Some("checkbox");
            if !is_box || (tag.contains(" checked") && !tag.contains(" disabled")) {
                fields.push((name, attribute("value").unwrap_or_default()));
            }
        }
    }
    fields
}

fn unescaped(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// A form with a field filled in anew.
pub fn with(mut fields: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    fields.retain(|(other, _)| other != name);
    fields.push((name.to_owned(), value.to_owned()));
    fields
}

/// A form with one more box checked.
pub fn and(mut fields: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    fields.push((name.to_owned(), value.to_owned()));
    fields
}

/// A form with a box unchecked.
fn without(mut fields: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    fields.retain(|field| *field != (name.to_owned(), value.to_owned()));
    fields
}

pub async fn post(server: &Site, browser: &Client, path: &str, fields: &[(String, String)]) -> Response {
    browser.post(server.at(path)).form(fields).send().await.unwrap()
}

/// The form of a user's page.
pub async fn form(server: &Site, browser: &Client, path: &str) -> Vec<(String, String)> {
    filled(&server.text(browser, path).await, path)
}

/// Sends a form that is accepted, and returns the page that it leads to.
pub async fn done(server: &Site, browser: &Client, path: &str, fields: &[(String, String)]) -> String {
    let answer = post(server, browser, path, fields).await;
    let status = answer.status();
    let location = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
    let Some(location) = location else {
        panic!("{path} was answered {status}: {}", support::alert(&answer.text().await.unwrap()));
    };
    server.text(browser, &location).await
}

/// Sends a form that is refused, and returns what the alert says.
async fn refused(server: &Site, browser: &Client, path: &str, fields: &[(String, String)]) -> String {
    let answer = post(server, browser, path, fields).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    support::alert(&answer.text().await.unwrap())
}

/// Adds a user in the form, and returns the page that shows the one-time password.
async fn add_user(server: &Site, browser: &Client, username: &str, roles: &[&str]) -> String {
    let mut fields = filled(&server.text(browser, "/users/new").await, "/users/new");
    fields.retain(|(name, _)| name != "role");
    fields = with(fields, "username", username);
    for role in roles {
        fields = and(fields, "role", role);
    }
    let answer = post(server, browser, "/users/new", &fields).await;
    let status = answer.status();
    let page = answer.text().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{username} was not added: {}", support::alert(&page));
    page
}

/// Disables or enables a user by the confirm page.
pub async fn switch(server: &Site, browser: &Client, username: &str, action: &str) -> String {
    let path = format!("{}/{action}", path(server, browser, username).await);
    assert_eq!(browser.get(server.at(&path)).send().await.unwrap().status(), StatusCode::OK);
    done(server, browser, &path, &[]).await
}

/// What a user's activity page tells of one kind of event, newest first.
async fn told(server: &Site, browser: &Client, action: &str) -> Vec<String> {
    let page = server.text(browser, "/activity").await;
    let rows = support::rows(&page);
    rows.iter().map(|row| support::cell(row, "Action")).filter(|told| told.starts_with(action)).collect()
}

/// An audit event as it is stored: what was done, in whose record, by whom, and what was changed.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    action: String,
    owner: Option<String>,
    actor: Option<String>,
    detail: Option<String>,
}

/// The newest event of an action.
fn newest(server: &Server, action: &str) -> Told {
    use diesel::prelude::*;
    use keyledge::db::schema::{audit_events, users};
    let (user_id, actor_id, detail): (Option<i64>, Option<i64>, Option<String>) = server
        .open_database()
        .read_blocking(|connection| {
            audit_events::table
                .filter(audit_events::action.eq(action))
                .order(audit_events::id.desc())
                .select((audit_events::user_id, audit_events::actor_id, audit_events::detail))
                .first(connection)
        })
        .unwrap_or_else(|error| panic!("no event {action}: {error}"));
    let name = |user_id: Option<i64>| {
        let user_id = user_id?;
        let names = users::table.find(user_id).select(users::username);
        Some(server.open_database().read_blocking(|connection| names.first::<String>(connection)).unwrap())
    };
    Told { action: action.to_owned(), owner: name(user_id), actor: name(actor_id), detail }
}

fn event(action: &str, owner: Option<&str>, actor: Option<&str>, detail: Option<&str>) -> Told {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Told { action: action.to_owned(), owner: text(owner), actor: text(actor), detail: text(detail) }
}

/// A browser of a user with a role that was just made for it.
async fn somebody(server: &Server, username: &str, permissions: &[&str]) -> Client {
    let mut arguments = vec!["role", "add", username];
    arguments.extend(permissions.iter().flat_map(|permission| ["--permission", permission]));
    assert!(server.cli(&arguments).0);
    server.add_user(username, &[username]).await
}

/// Signs in with a one-time password, which must be replaced.
async fn signs_in_once(server: &Site, username: &str, password: &str) {
    let person = browser();
    assert_eq!(server.sign_in(&person, username, password).await.status(), StatusCode::SEE_OTHER);
    let home = person.get(server.at("/")).send().await.unwrap();
    assert_eq!(home.headers()["location"], "/login/password");
}
