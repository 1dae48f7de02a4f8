//! Adding and editing users, and their one-time passwords.

use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, CONTENT_ENCODING};

use super::{
    add_user, and, done, event, filled, form, newest, nonce, path, post, refused, row, signs_in_once, somebody, with,
    without,
};
use crate::support::{PASSWORD, Server, alert, browser, cell, field, on_each_database};

on_each_database![
    a_user_is_added_with_a_one_time_password_that_is_shown_once,
    a_repeated_form_adds_no_second_user_and_shows_no_password,
    what_is_wrong_with_a_new_user_is_said_and_what_was_typed_stays,
    a_user_is_edited,
    what_is_wrong_with_an_edit_is_said_and_what_was_typed_stays,
    a_new_one_time_password_is_shown_once_and_ends_the_sessions,
    a_repeated_form_sets_no_second_password,
    a_form_sets_no_password_once_password_or_status_have_changed,
    a_sign_in_is_seen_in_the_grid,
    the_page_of_a_user_tells_through_which_roles_each_permission_is_held,
    the_details_of_a_user_are_shown_as_text,
    two_roles_are_told_apart_whatever_their_names,
    a_reader_sees_everything_and_changes_nothing,
    a_member_gets_403_pages_and_no_links,
    nobody_who_is_signed_out_sees_anything,
    what_is_not_there_has_a_page,
    a_form_without_its_fields_is_refused,
];

async fn a_user_is_added_with_a_one_time_password_that_is_shown_once(server: Server) {
    let admin = server.signed_in("admin").await;
    let page = server.text(&admin, "/users/new").await;
    let mut fields = with(filled(&page, "/users/new"), "username", " Ada ");
    fields = with(with(fields, "display_name", "Ada Lovelace"), "email", "ada@example.com");
    let answer = post(&server, &admin, "/users/new", &fields).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers()[CONTENT_ENCODING], "identity");
    let shown = answer.text().await.unwrap();
    let password = field(&shown, "one-time-password");
    assert_eq!(shown.matches(&password).count(), 1);
    let row = row(&server, &admin, "ada").await;
    for (heading, text) in [
        ("Username", "ada"),
        ("Display name", "Ada Lovelace"),
        ("E-mail", "ada@example.com"),
        ("Status", "Active"),
        ("Roles", "member"),
        ("Valid keys", "0"),
        ("Last sign-in", "Never"),
    ] {
        assert_eq!(cell(&row, heading), text);
    }
    let its_page = path(&server, &admin, "ada").await;
    for path in ["/users", &its_page, "/activity"] {
        assert!(!server.text(&admin, path).await.contains(&password), "{path} shows the password");
    }
    assert!(!server.database.everything().contains(&password));
    assert_eq!(newest(&server, "add_user"), event("add_user", Some("ada"), Some("admin"), Some("roles: added member")));
    signs_in_once(&server, "ada", &password).await;
}

async fn a_repeated_form_adds_no_second_user_and_shows_no_password(server: Server) {
    let admin = server.signed_in("admin").await;
    let fields = with(filled(&server.text(&admin, "/users/new").await, "/users/new"), "username", "ada");
    let shown = post(&server, &admin, "/users/new", &fields).await.text().await.unwrap();
    let password = field(&shown, "one-time-password");
    let answer = post(&server, &admin, "/users/new", &fields).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert!(alert(&page).contains("already used. It added the user ada"), "{}", alert(&page));
    assert!(!page.contains("one-time-password\""));
    signs_in_once(&server, "ada", &password).await;

    let other = with(filled(&server.text(&admin, "/users/new").await, "/users/new"), "username", "ada");
    assert!(refused(&server, &admin, "/users/new", &other).await.contains("There is a user ada already"));
}

async fn two_roles_are_told_apart_whatever_their_names(server: Server) {
    for role in ["x", "x-hint"] {
        assert!(server.cli(&["role", "add", role, "--description", "Keeps the books."]).0);
    }
    let page = server.text(&server.signed_in("admin").await, "/users/new").await;
    let mut ids: Vec<_> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
    assert_eq!(page.matches("<p>Keeps the books.</p>").count(), 2, "{page}");
}

async fn what_is_wrong_with_a_new_user_is_said_and_what_was_typed_stays(server: Server) {
    let admin = server.signed_in("admin").await;
    let (long_name, long_email) = ("n".repeat(101), format!("{}@example.com", "e".repeat(250)));
    for (wrong, value, words) in [
        ("username", "", "cannot be a username"),
        ("username", "a b", "cannot be a username"),
        ("username", "Me", "cannot be a username"),
        ("username", "admin", "There is a user admin already"),
        ("display_name", "bell\u{7}", "cannot be shown"),
        ("display_name", &long_name, "too long"),
        ("email", "ada", "not an e-mail address"),
        ("email", "nul\0@example.com", "not an e-mail address"),
        ("email", &long_email, "not an e-mail address"),
        ("role", "poet", "There is no role poet"),
        ("role", "nul\0", "There is no role"),
    ] {
        let page = server.text(&admin, "/users/new").await;
        let mut fields = with(filled(&page, "/users/new"), "username", "ada");
        fields = with(with(fields, "display_name", "Ada L"), "email", "ada@example.com");
        let answer = post(&server, &admin, "/users/new", &with(fields, wrong, value)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong} {value:?} was accepted");
        let page = answer.text().await.unwrap();
        assert!(alert(&page).contains(words), "{wrong} {value:?}: {}", alert(&page));
        assert!(page.contains("<title>Error: "));
        let again = filled(&page, "/users/new");
        let typed = |name: &str| again.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        for (name, value) in [("username", "ada"), ("display_name", "Ada L"), ("email", "ada@example.com")] {
            if name != wrong {
                assert_eq!(typed(name).as_deref(), Some(value), "{name} was lost");
            }
        }
        if wrong != "role" {
            let invalid = page.split("<input ").find(|input| input.contains("aria-invalid=\"true\"")).unwrap();
            assert!(invalid.contains(&format!("name=\"{wrong}\"")) && invalid.contains("aria-describedby=\"mistake"));
        }
    }
    assert!(!server.text(&admin, "/users").await.contains("data-row=\"ada\""));
}

async fn a_user_is_edited(server: Server) {
    let admin = server.signed_in("admin").await;
    assert!(server.cli(&["role", "add", "accountant", "--permission", "journals:read"]).0);
    server.add_user("ada", &["member"]).await;
    let path = path(&server, &admin, "ada").await;
    let mut fields = form(&server, &admin, &path).await;
    fields = with(with(fields, "display_name", " Ada King "), "email", "ada@example.com");
    fields = and(without(fields, "role", "member"), "role", "accountant");
    let page = done(&server, &admin, &path, &fields).await;
    assert!(page.contains("ada was changed."));
    let row = row(&server, &admin, "ada").await;
    let cells = ["Display name", "E-mail", "Roles"].map(|heading| cell(&row, heading));
    assert_eq!(cells, ["Ada King", "ada@example.com", "accountant"]);
    let detail = "display name; e-mail; roles: added accountant, removed member";
    assert_eq!(newest(&server, "edit_user"), event("edit_user", Some("ada"), Some("admin"), Some(detail)));
    assert!(!server.text(&admin, &path).await.contains("ada was changed."), "it is told twice");

    let fields = form(&server, &admin, &path).await;
    assert!(done(&server, &admin, &path, &fields).await.contains("ada already had these details."));
    let fields = with(with(fields, "display_name", ""), "email", "");
    done(&server, &admin, &path, &fields).await;
    assert_eq!(newest(&server, "edit_user").detail.as_deref(), Some("display name; e-mail"));
    let row = super::row(&server, &admin, "ada").await;
    assert_eq!(["Display name", "E-mail"].map(|heading| cell(&row, heading)), ["ada", "None"]);
    let ada = server.signed_in("ada").await;
    assert_eq!(super::told(&server, &ada, "Account changed").await.len(), 2);
}

async fn what_is_wrong_with_an_edit_is_said_and_what_was_typed_stays(server: Server) {
    let admin = server.signed_in("admin").await;
    server.add_user("ada", &["member"]).await;
    let path = path(&server, &admin, "ada").await;
    for (wrong, value, words) in [
        ("display_name", "bell\u{7}", "cannot be shown"),
        ("email", "ada", "not an e-mail address"),
        ("role", "poet", "no role"),
    ] {
        let fields = with(form(&server, &admin, &path).await, "display_name", "Typed");
        let answer = post(&server, &admin, &path, &with(fields, wrong, value)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong} {value:?} was accepted");
        let page = answer.text().await.unwrap();
        assert!(alert(&page).contains(words), "{}", alert(&page));
        assert!(wrong == "display_name" || field(&page, "display-name") == "Typed");
    }
    assert_eq!(cell(&row(&server, &admin, "ada").await, "Display name"), "ada");
}

async fn a_new_one_time_password_is_shown_once_and_ends_the_sessions(server: Server) {
    let admin = server.signed_in("admin").await;
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let token = server.token(&key).await;
    let path = format!("{}/password", path(&server, &admin, "ada").await);
    let question = server.text(&admin, &path).await;
    assert!(question.contains("Set one-time password") && question.contains("All browser sessions end."));
    let answer = post(&server, &admin, &path, &filled(&question, &path)).await;
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    let shown = answer.text().await.unwrap();
    let password = field(&shown, "one-time-password");
    assert_eq!(ada.get(server.at("/")).send().await.unwrap().headers()["location"], "/login?next=%2F");
    assert_eq!(server.sign_in(&browser(), "ada", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    assert_eq!(newest(&server, "set_password"), event("set_password", Some("ada"), Some("admin"), None));
    assert!(!server.database.everything().contains(&password));
    signs_in_once(&server, "ada", &password).await;
}

async fn a_repeated_form_sets_no_second_password(server: Server) {
    let admin = server.signed_in("admin").await;
    server.add_user("ada", &[]).await;
    let path = format!("{}/password", path(&server, &admin, "ada").await);
    let fields = filled(&server.text(&admin, &path).await, &path);
    let (one, two) = tokio::join!(post(&server, &admin, &path, &fields), post(&server, &admin, &path, &fields));
    let pages = [one.text().await.unwrap(), two.text().await.unwrap()];
    let shown: Vec<_> = pages.iter().filter(|page| page.contains("id=\"one-time-password\"")).collect();
    let told: Vec<_> = pages.iter().filter(|page| alert(page).contains("already used")).collect();
    assert_eq!((shown.len(), told.len()), (1, 1));
    signs_in_once(&server, "ada", &field(shown[0], "one-time-password")).await;
}

async fn a_form_sets_no_password_once_password_or_status_have_changed(server: Server) {
    let admin = server.signed_in("admin").await;
    server.add_user("ada", &[]).await;
    let path = format!("{}/password", path(&server, &admin, "ada").await);
    let first = filled(&server.text(&admin, &path).await, &path);
    post(&server, &admin, &path, &first).await;
    let second = filled(&server.text(&admin, &path).await, &path);
    let shown = post(&server, &admin, &path, &second).await.text().await.unwrap();
    for used in [&first, &second] {
        let page = post(&server, &admin, &path, used).await.text().await.unwrap();
        assert!(alert(&page).contains("already used") && !page.contains("id=\"one-time-password\""), "{page}");
    }
    signs_in_once(&server, "ada", &field(&shown, "one-time-password")).await;
    let third = filled(&server.text(&admin, &path).await, &path);
    for change in ["disable", "enable"] {
        assert!(server.cli(&["user", change, "ada"]).0);
    }
    let page = post(&server, &admin, &path, &third).await.text().await.unwrap();
    assert!(alert(&page).contains("the password or status of this user changed after it was shown"), "{page}");
}

async fn a_sign_in_is_seen_in_the_grid(server: Server) {
    let admin = server.signed_in("admin").await;
    add_user(&server, &admin, "bob", &[]).await;
    assert_eq!(cell(&row(&server, &admin, "bob").await, "Last sign-in"), "Never");
    let today = server.clock.now().utc().format("%-d %B %Y").to_string();
    assert_eq!(cell(&row(&server, &admin, "admin").await, "Last sign-in"), today);
    server.add_user("ada", &[]).await;
    server.sign_in(&browser(), "bob", "not the password").await;
    assert_eq!(cell(&row(&server, &admin, "bob").await, "Last sign-in"), "Never");
    assert_eq!(cell(&row(&server, &admin, "ada").await, "Last sign-in"), today);
}

async fn the_page_of_a_user_tells_through_which_roles_each_permission_is_held(server: Server) {
    let admin = server.signed_in("admin").await;
    assert!(server.cli(&["role", "add", "reader", "--permission", "journals:read"]).0);
    let both = ["role", "add", "writer", "--permission", "journals:read", "--permission", "journals:write"];
    assert!(server.cli(&both).0);
    server.add_user("ada", &["reader", "writer"]).await;
    let page = server.text(&admin, &path(&server, &admin, "ada").await).await;
    let held = |permission: &str| cell(crate::support::row(&page, permission).unwrap(), "Through");
    assert_eq!((&*held("journals:read"), &*held("journals:write")), ("reader, writer", "writer"));
    let page = server.text(&admin, &path(&server, &admin, "admin").await).await;
    let row = crate::support::row(&page, "users:read").unwrap();
    assert_eq!(cell(row, "Through"), "administrator");
    assert!(cell(row, "What it is for").contains("See all users"));
}

async fn the_details_of_a_user_are_shown_as_text(server: Server) {
    let admin = server.signed_in("admin").await;
    server.add_user("ada", &[]).await;
    let path = path(&server, &admin, "ada").await;
    let fields = with(form(&server, &admin, &path).await, "display_name", "<script>alert(\"1\")</script> ключ");
    done(&server, &admin, &path, &fields).await;
    for path in ["/users", &path, &format!("{path}/disable"), &format!("{path}/password")] {
        let page = server.text(&admin, path).await;
        assert!(!page.contains("<script>alert"), "{path} shows a name as markup");
        assert!(page.contains("ключ"), "{path} does not show the name");
    }
}

async fn a_reader_sees_everything_and_changes_nothing(server: Server) {
    let admin = server.signed_in("admin").await;
    let reader = somebody(&server, "reader", &["users:read", "roles:read"]).await;
    let home = server.text(&reader, "/").await;
    assert!(home.contains("href=\"/users\"") && home.contains("href=\"/roles\""));
    let its_page = path(&server, &reader, "admin").await;
    for path in ["/users", &its_page, "/roles"] {
        let page = server.text(&reader, path).await;
        assert!(page.contains("<h1"));
        for offered in ["/users/new", "/roles/new", "/disable", "/password\"", "/edit", "/delete", "Save changes"] {
            assert!(!page.contains(offered), "{path} offers {offered}");
        }
    }
    let before = server.text(&admin, "/users").await;
    let fields = form(&server, &admin, &its_page).await;
    for path in [its_page.clone(), format!("{its_page}/disable"), format!("{its_page}/enable"), "/users/new".to_owned()]
    {
        assert_eq!(post(&server, &reader, &path, &fields).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["/roles/new", "/roles/reader/edit", "/roles/reader/delete"] {
        assert_eq!(post(&server, &reader, path, &fields).await.status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(reader.get(server.at(path)).send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(server.text(&admin, "/users").await, before);
}

async fn a_member_gets_403_pages_and_no_links(server: Server) {
    let admin = server.signed_in("admin").await;
    let member = server.add_user("ada", &["member"]).await;
    let its_page = path(&server, &admin, "ada").await;
    let home = server.text(&member, "/").await;
    assert!(!home.contains("/users") && !home.contains("/roles"));
    for path in [
        "/users".to_owned(),
        "/users/new".to_owned(),
        its_page.clone(),
        format!("{its_page}/disable"),
        format!("{its_page}/enable"),
        format!("{its_page}/password"),
        "/users/usr_0".to_owned(),
        "/roles".to_owned(),
        "/roles/new".to_owned(),
        "/roles/member/edit".to_owned(),
        "/roles/member/delete".to_owned(),
    ] {
        let answer = member.get(server.at(&path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("Not allowed") && page.contains("Nothing was changed"), "{path}");
        if !matches!(&*path, "/users" | "/roles") {
            let answer = post(&server, &member, &path, &[]).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert_eq!(cell(&row(&server, &admin, "ada").await, "Status"), "Active");
}

async fn nobody_who_is_signed_out_sees_anything(server: Server) {
    for path in ["/users", "/users/new", "/roles", "/roles/new"] {
        let answer = browser().get(server.at(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/login?next="), "{path}");
    }
}

async fn what_is_not_there_has_a_page(server: Server) {
    let admin = server.signed_in("admin").await;
    for path in [
        "/users/ada",
        "/users/usr_0000000000000000000000",
        "/users/usr_0/disable",
        "/users?after=rubbish",
        "/users?sort=updated&after=YWRhCng",
        "/roles/poet/edit",
        "/roles/poet/delete",
    ] {
        let answer = admin.get(server.at(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().await.unwrap().contains("nothing here"), "{path}");
    }
    for path in ["/users?sort=rubbish", "/users?status=rubbish", "/users?role=poet"] {
        assert_eq!(admin.get(server.at(path)).send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
}

async fn a_form_without_its_fields_is_refused(server: Server) {
    let admin = server.signed_in("admin").await;
    let its_page = path(&server, &admin, "admin").await;
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let short = [field("nonce", "short"), field("username", "ada"), field("display_name", ""), field("email", "")];
    let nonce = nonce(&server.text(&admin, "/users/new").await);
    let twice = [field("nonce", &nonce), field("username", "ada"), field("username", "bob")];
    let version = [field("version", "first"), field("display_name", ""), field("email", "")];
    for (path, fields) in [
        ("/users/new", &[][..]),
        ("/users/new", &short),
        ("/users/new", &twice),
        (&its_page, &[]),
        (&its_page, &version),
        (&format!("{its_page}/password"), &[]),
        ("/roles/new", &[]),
        ("/roles/member/edit", &version),
    ] {
        let answer = post(&server, &admin, path, fields).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path} {fields:?}");
        assert!(answer.text().await.unwrap().contains("try again"), "{path}");
    }
}
