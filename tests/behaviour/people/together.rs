//! Two administrators at once.

use reqwest::{Client, StatusCode};

use super::{and, done, filled, form, path, post, row, with, without};
use crate::support::{Process, Server, TestDatabase, alert, cell, field, on_each_database};

on_each_database![
    the_later_editor_of_a_user_is_told_and_loses_nothing,
    the_later_editor_of_a_role_is_told_and_loses_nothing,
    of_two_edits_at_the_same_moment_one_is_told,
    the_last_administrator_stays_though_two_disable_each_other,
    the_last_administrator_stays_though_two_take_the_role_away,
    the_last_administrator_stays_though_a_disabled_one_is_left,
    a_role_is_not_deleted_while_it_is_given,
];

/// How often a test repeats what two do at once: a race would not show each time.
const ROUNDS: usize = 8;

async fn the_later_editor_of_a_user_is_told_and_loses_nothing(server: Server) {
    let admin = server.signed_in("admin").await;
    let other = server.add_user("other", &["administrator"]).await;
    server.add_user("ada", &["member"]).await;
    assert!(server.cli(&["role", "add", "accountant", "--permission", "journals:read"]).0);
    let path = path(&server, &admin, "ada").await;
    let (mine, theirs) = (form(&server, &admin, &path).await, form(&server, &other, &path).await);
    let theirs = and(with(theirs, "email", "theirs@example.com"), "role", "accountant");
    done(&server, &other, &path, &theirs).await;

    let mine = without(with(mine, "display_name", "Mine"), "role", "member");
    let answer = post(&server, &admin, &path, &mine).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let page = answer.text().await.unwrap();
    let told = alert(&page);
    for words in [
        "Somebody else made a change while you were editing. None of your changes have been saved yet.",
        "Display name is “ada” now; you have “Mine”.",
        "E-mail is “theirs@example.com” now; you have empty.",
        "The roles are now: accountant, member; you have: none.",
    ] {
        assert!(told.contains(words), "{words} is not in: {told}");
    }
    let again = filled(&page, &path);
    assert_eq!(field(&page, "display-name"), "Mine");
    assert!(again.iter().all(|(name, _)| name != "role"), "{again:?}");
    let saved = row(&server, &admin, "ada").await;
    assert_eq!((cell(&saved, "Display name"), cell(&saved, "E-mail")), ("ada".into(), "theirs@example.com".into()));

    done(&server, &admin, &path, &with(again, "email", "theirs@example.com")).await;
    let saved = row(&server, &admin, "ada").await;
    let cells = ["Display name", "E-mail", "Roles"].map(|heading| cell(&saved, heading));
    assert_eq!(cells, ["Mine", "theirs@example.com", "None"]);

    let mine = form(&server, &admin, &path).await;
    super::switch(&server, &other, "ada", "disable").await;
    let answer = post(&server, &admin, &path, &mine).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert!(alert(&answer.text().await.unwrap()).contains("The user is disabled now."));
}

async fn the_later_editor_of_a_role_is_told_and_loses_nothing(server: Server) {
    let admin = server.signed_in("admin").await;
    let other = server.add_user("other", &["administrator"]).await;
    assert!(server.cli(&["role", "add", "reader", "--permission", "journals:read"]).0);
    let path = "/roles/reader/edit";
    let (mine, theirs) =
        (filled(&server.text(&admin, path).await, path), filled(&server.text(&other, path).await, path));
    done(&server, &other, path, &with(theirs, "free", "journals:read invoices:read")).await;

    let mine = and(with(mine, "description", "Mine"), "permission", "keys:read");
    let answer = post(&server, &admin, path, &mine).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let page = answer.text().await.unwrap();
    let told = alert(&page);
    for words in [
        "Description is empty now; you have “Mine”.",
        "The role has invoices:read now; your form does not.",
        "The role does not have keys:read now; your form does.",
    ] {
        assert!(told.contains(words), "{words} is not in: {told}");
    }
    assert!(!server.cli(&["role", "show", "reader"]).1.contains("Mine"));
    let again = filled(&page, path);
    assert!(again.contains(&("permission".to_owned(), "keys:read".to_owned())), "{again:?}");
    done(&server, &admin, path, &with(again, "free", "journals:read invoices:read")).await;
    let shown = server.cli(&["role", "show", "reader"]).1;
    assert!(
        ["Mine", "journals:read", "invoices:read", "keys:read"].iter().all(|saved| shown.contains(saved)),
        "{shown}"
    );
}

async fn of_two_edits_at_the_same_moment_one_is_told(server: Server) {
    let admin = server.signed_in("admin").await;
    let other = server.add_user("other", &["administrator"]).await;
    server.add_user("ada", &["member"]).await;
    let path = path(&server, &admin, "ada").await;
    for round in 0..ROUNDS {
        let fields = form(&server, &admin, &path).await;
        let named = |name: &str| with(fields.clone(), "display_name", &format!("{name} {round}"));
        let (mine, theirs) = (named("Mine"), named("Theirs"));
        let (one, two) = tokio::join!(post(&server, &admin, &path, &mine), post(&server, &other, &path, &theirs));
        let saved = cell(&row(&server, &admin, "ada").await, "Display name");
        let (winner, loser) = if saved.starts_with("Mine") { (one, two) } else { (two, one) };
        assert_eq!((winner.status(), loser.status()), (StatusCode::SEE_OTHER, StatusCode::CONFLICT), "{saved}");
    }
}

/// Two instances and two administrators, `one` and `two`, and nobody else who is one.
struct Two {
    here: Process,
    there: Process,
    database: TestDatabase,
}

impl Two {
    fn start(database: TestDatabase) -> Self {
        let start = || Process::start(&database.text, &["--public-url", "http://keys.example.com"]);
        let (here, there) = (start(), start());
        let two = Self { here, there, database };
        for username in ["one", "two"] {
            two.database.add_user(username, &["administrator"]);
        }
        two.operator(&["user", "disable", "admin"]);
        two
    }

    fn operator(&self, arguments: &[&str]) {
        let finished = crate::support::keyledge(&self.database.text, arguments, "");
        assert_eq!(finished.code, 0, "{arguments:?}: {}", finished.errors);
    }

    /// Where the pages of both are.
    async fn pages(&self, browser: &Client) -> [String; 2] {
        let page = self.here.text(browser, "/users").await;
        ["one", "two"].map(|username| {
            let row = crate::support::row(&page, username).unwrap();
            row.split_once("href=\"").unwrap().1.split('"').next().unwrap().to_owned()
        })
    }

    fn administrators(&self) -> usize {
        let arguments = ["user", "list", "--role", "administrator", "--status", "active", "--json"];
        let finished = crate::support::keyledge(&self.database.text, &arguments, "");
        serde_json::from_str::<serde_json::Value>(&finished.output).unwrap().as_array().unwrap().len()
    }
}

async fn the_last_administrator_stays_though_two_disable_each_other(database: TestDatabase) {
    let two = Two::start(database);
    for _ in 0..ROUNDS {
        let (first, second) = (two.here.signed_in("one").await, two.there.signed_in("two").await);
        let [of_one, of_two] = two.pages(&first).await;
        let disable = async |process: &Process, browser: &Client, path: &str| {
            browser.post(process.at(&format!("{path}/disable"))).send().await.unwrap()
        };
        let (one, other) = tokio::join!(disable(&two.here, &first, &of_two), disable(&two.there, &second, &of_one));
        assert_eq!(two.administrators(), 1);
        let done = [&one, &other].into_iter().filter(|answer| {
            let location = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
            location.is_some_and(|location| location.starts_with("/users/"))
        });
        assert_eq!(done.count(), 1, "{one:?} {other:?}");
        for username in ["one", "two"] {
            two.operator(&["user", "enable", username]);
        }
    }
}

async fn the_last_administrator_stays_though_two_take_the_role_away(database: TestDatabase) {
    let two = Two::start(database);
    for _ in 0..ROUNDS {
        let (first, second) = (two.here.signed_in("one").await, two.there.signed_in("two").await);
        let [of_one, of_two] = two.pages(&first).await;
        let form = async |process: &Process, browser: &Client, path: &str| {
            without(filled(&process.text(browser, path).await, path), "role", "administrator")
        };
        let forms = (form(&two.here, &first, &of_two).await, form(&two.there, &second, &of_one).await);
        let take = async |process: &Process, browser: &Client, path: &str, fields: &[(String, String)]| {
            browser.post(process.at(path)).form(fields).send().await.unwrap().status()
        };
        let (one, other) =
            tokio::join!(take(&two.here, &first, &of_two, &forms.0), take(&two.there, &second, &of_one, &forms.1));
        assert_eq!(two.administrators(), 1);
        let done = [one, other].into_iter().filter(|status| *status == StatusCode::SEE_OTHER).count();
        assert_eq!(done, 1, "{one} {other}");
        for username in ["one", "two"] {
            two.operator(&["user", "edit", username, "--add-role", "administrator"]);
        }
    }
}

async fn the_last_administrator_stays_though_a_disabled_one_is_left(server: Server) {
    let admin = server.signed_in("admin").await;
    server.add_user("other", &["administrator"]).await;
    let path = path(&server, &admin, "admin").await;
    super::switch(&server, &admin, "other", "disable").await;
    for arguments in [&["user", "disable", "admin"][..], &["user", "edit", "admin", "--remove-role", "administrator"]] {
        let (done, printed) = server.cli(arguments);
        assert!(!done && printed.contains("This is the last active administrator"), "{printed}");
    }
    // Somebody who is disabled is no active administrator, so the role can be taken away.
    assert!(server.cli(&["user", "edit", "other", "--remove-role", "administrator"]).0);
    assert!(server.text(&admin, &path).await.contains("You cannot disable yourself"));
}

async fn a_role_is_not_deleted_while_it_is_given(server: Server) {
    let admin = server.signed_in("admin").await;
    let other = server.add_user("other", &["administrator"]).await;
    server.add_user("ada", &["member"]).await;
    let path = path(&server, &admin, "ada").await;
    for round in 0..ROUNDS {
        let role = format!("role{round}");
        assert!(server.cli(&["role", "add", &role, "--permission", "journals:read"]).0);
        let fields = and(form(&server, &admin, &path).await, "role", &role);
        let delete = format!("/roles/{role}/delete");
        let (given, deleted) = tokio::join!(post(&server, &admin, &path, &fields), post(&server, &other, &delete, &[]));
        let has_it = cell(&row(&server, &admin, "ada").await, "Roles").contains(&role);
        let exists = server.cli(&["role", "show", &role]).0;
        assert_eq!(has_it, exists, "{} {}", given.status(), deleted.status());
        assert_eq!(has_it, given.status() == StatusCode::SEE_OTHER);
        assert_eq!(exists, deleted.status() != StatusCode::SEE_OTHER);
    }
}
