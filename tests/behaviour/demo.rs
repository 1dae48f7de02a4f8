//! The small company that `keyledge demo` makes.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection as _;
use reqwest::StatusCode;

use crate::support::{PASSWORD, TestDatabase, browser, keyledge, on_each_database, read_export};

const MICROSECONDS_OF_A_DAY: i64 = 86_400_000_000;

on_each_database![
    an_empty_database_becomes_a_company_whose_record_is_whole,
    the_people_sign_in_and_see_what_they_did,
    without_a_given_password_one_is_made_and_told,
    a_database_that_holds_a_user_is_refused_and_left_alone,
    a_database_of_another_program_is_refused_and_left_alone,
    a_password_that_is_easy_to_guess_is_refused,
];

fn done(database: &TestDatabase, arguments: &[&str], input: &str) -> String {
    let finished = keyledge(&database.text, arguments, input);
    assert_eq!(finished.code, 0, "{arguments:?}: {}", finished.errors);
    finished.output
}

fn fill(database: &TestDatabase) -> String {
    done(database, &["demo", "--password-stdin"], PASSWORD)
}

async fn an_empty_database_becomes_a_company_whose_record_is_whole(database: TestDatabase) {
    fill(&database);
    assert!(done(&database, &["audit", "verify"], "").contains("The record is whole"));
    let events = read_export(&done(&database, &["audit", "export"], ""), &database);
    assert!(events.is_sorted_by_key(|event| event.occurred_at), "the events are not in the order of time");
    let days: BTreeSet<_> = events.iter().map(|event| event.occurred_at / MICROSECONDS_OF_A_DAY).collect();
    assert!(days.len() > 90, "there are events on {} days", days.len());
    for reason in [
        "key_deleted",
        "key_expired",
        "permission_missing",
        "token_expired",
        "unknown",
        "user_disabled",
        "wrong_password",
        "wrong_secret",
    ] {
        assert!(events.iter().any(|event| event.reason.as_deref() == Some(reason)), "nothing is refused as {reason}");
    }
    let listed = |arguments: &[&str]| done(&database, &[&["key", "list"], arguments].concat(), "").lines().count() - 1;
    for status in ["valid", "suspended", "expired"] {
        assert!(listed(&["--status", status]) > 0, "no key is {status}");
    }
    for concern in ["never-used", "expires-soon", "unused"] {
        assert!(listed(&["--only", concern]) > 0, "no key is {concern}");
    }
    let users = done(&database, &["user", "list"], "");
    assert!(users.contains("Inactive") && users.contains("never"), "{users}");
}

async fn the_people_sign_in_and_see_what_they_did(database: TestDatabase) {
    fill(&database);
    let server = database.serve(&[]);
    let olivia = server.signed_in("olivia").await;
    for (path, text) in [
        ("/profile", "Monitoring"),
        ("/activity", "Checked at the gateway"),
        ("/users", "Amara Okafor"),
        ("/roles", "customers:write"),
        ("/keys?status=suspended", "Webhook relay"),
    ] {
        assert!(server.text(&olivia, path).await.contains(text), "{path} does not show {text}");
    }
    assert_eq!(server.sign_in(&browser(), "lucas", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    let noah = server.signed_in("noah").await;
    assert_eq!(noah.get(server.at("/")).send().await.unwrap().headers()["location"], "/login/password");
    assert_eq!(server.sign_in(&browser(), "admin", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
}

async fn without_a_given_password_one_is_made_and_told(database: TestDatabase) {
    let printed = done(&database, &["demo"], "");
    assert!(printed.contains("olivia") && printed.contains("for trying out only"), "{printed}");
    let (_, rest) = printed.split_once("have the password ").unwrap();
    let password = rest.lines().next().unwrap();
    assert_eq!(password.len(), 22);
    let server = database.serve(&[]);
    assert_eq!(server.sign_in(&browser(), "amara", password).await.status(), StatusCode::SEE_OTHER);
}

async fn a_database_that_holds_a_user_is_refused_and_left_alone(database: TestDatabase) {
    fill(&database);
    let events = done(&database, &["audit", "export"], "").lines().count();
    let again = keyledge(&database.text, &["demo"], "");
    assert_eq!((again.code, &*again.output), (1, ""));
    assert!(again.errors.contains("the database holds users already"), "{}", again.errors);
    assert_eq!(done(&database, &["audit", "export"], "").lines().count(), events);
}

async fn a_database_of_another_program_is_refused_and_left_alone(database: TestDatabase) {
    database.connect().batch_execute("CREATE TABLE notes (note TEXT)").unwrap();
    let before = (database.columns(), database.everything());
    let refused = keyledge(&database.text, &["demo"], "");
    assert!(refused.code == 1 && refused.errors.contains("was not started on the database"), "{}", refused.errors);
    assert!((database.columns(), database.everything()) == before);
}

async fn a_password_that_is_easy_to_guess_is_refused(database: TestDatabase) {
    let finished = keyledge(&database.text, &["demo", "--password-stdin"], "abababababababababab");
    assert_eq!(finished.code, 1);
    assert!(finished.errors.contains("easy to guess"), "{}", finished.errors);
    fill(&database);
}
