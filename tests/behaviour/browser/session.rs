//! What a person sees of the end of a session.

use chrono::Duration;
use serde_json::json;
use thirtyfour::Key as Press;

use super::waiting::IMPATIENT;
use super::{Page, in_chromium};
use crate::support::Server;

in_chromium![
    a_person_is_warned_before_the_session_ends_and_stays,
    a_warning_that_comes_true_is_told_anew,
    a_server_that_does_not_answer_is_told_in_the_warning,
    an_ended_session_is_told_and_leads_back_to_where_one_was,
    from_the_profile_window_an_ended_session_leads_back_to_it,
    from_a_form_an_ended_session_leads_back_to_what_was_typed,
    a_session_that_has_lasted_long_enough_ends_with_a_warning,
];

/// How often the server has told how long the session lasts.
const ANSWERS: &str = "return performance.getEntriesByName(`${location.origin}/account/session`).length";

async fn a_person_is_warned_before_the_session_ends_and_stays(server: Server, page: Page) {
    page.sign_in().await;
    page.open("/users/new").await;
    page.type_into("Username", "typed before the warning").await;
    page.come_back().await;
    page.until("the page knows how long the session lasts", async || {
        let asked: usize = page.script(ANSWERS).await?;
        Ok((asked > 0).then_some(()))
    })
    .await;
    page.is_gone("alertdialog", "Stay signed in?").await;
    page.has_focus("textbox", "Username").await;

    server.clock.advance(Duration::minutes(59));
    page.come_back().await;
    page.find("alertdialog", "Stay signed in?").await;
    page.has_focus("button", "Stay signed in").await;
    page.says("You will be signed out in").await;
    page.limit(true).await;
    page.press(Press::Enter).await;
    page.says("There were too many requests. Nothing was done. Try again in 30 seconds.").await;
    page.limit(false).await;
    page.click("button", "Stay signed in").await;
    page.says("You stay signed in").await;
    page.is_gone("alertdialog", "Stay signed in?").await;
    page.has_focus("textbox", "Username").await;
    assert_eq!(page.value("Username").await.unwrap(), "typed before the warning");

    server.clock.advance(Duration::minutes(59));
    page.come_back().await;
    page.click("button", "Sign out now").await;
    page.path_is("/login").await;
}

async fn a_warning_that_comes_true_is_told_anew(server: Server, page: Page) {
    page.sign_in().await;
    page.open("/users/new").await;
    let refused = async || {
        page.come_back().await;
        page.find("alertdialog", "Stay signed in?").await;
        page.limit(true).await;
        page.click("button", "Stay signed in").await;
        page.says("There were too many requests.").await;
        page.limit(false).await;
    };
    let told = "return document.querySelector('[data-session] [data-errors]').textContent";
    server.clock.advance(Duration::minutes(59));
    refused().await;
    page.press(Press::Escape).await;
    page.is_gone("alertdialog", "Stay signed in?").await;
    page.come_back().await;
    page.find("alertdialog", "Stay signed in?").await;
    assert_eq!(page.script::<String>(told).await.unwrap(), "");

    refused().await;
    let note = "document.querySelector('[data-session]').addEventListener('close', () => window.wasClosed = true)";
    page.script::<()>(note).await.unwrap();
    server.clock.advance(Duration::minutes(2));
    page.come_back().await;
    page.find("alertdialog", "Your session has ended").await;
    page.has_focus("button", "Sign in again").await;
    assert_eq!(page.script::<String>(told).await.unwrap(), "");
    assert!(page.script::<bool>("return window.wasClosed ?? false").await.unwrap(), "it is read out as it opens");
    page.press(Press::Escape).await;
    page.is_gone("alertdialog", "Your session has ended").await;
}

async fn a_server_that_does_not_answer_is_told_in_the_warning(server: Server, page: Page) {
    page.sign_in().await;
    server.clock.advance(Duration::minutes(59));
    page.come_back().await;
    page.find("alertdialog", "Stay signed in?").await;
    page.script::<()>(IMPATIENT).await.unwrap();
    page.slow_down(3000).await;
    page.click("button", "Stay signed in").await;
    page.says("The server did not answer. It is safe to try again.").await;
}

async fn an_ended_session_is_told_and_leads_back_to_where_one_was(server: Server, page: Page) {
    page.sign_in().await;
    page.open("/activity?before=9999").await;
    server.clock.advance(Duration::minutes(59));
    page.come_back().await;
    page.find("alertdialog", "Stay signed in?").await;
    page.press(Press::Escape).await;
    page.is_gone("alertdialog", "Stay signed in?").await;

    server.clock.advance(Duration::minutes(2));
    page.come_back().await;
    page.find("alertdialog", "Your session has ended").await;
    page.click("button", "Not now").await;
    page.is_gone("alertdialog", "Your session has ended").await;
    page.come_back().await;
    page.find("alertdialog", "Your session has ended").await;
    page.has_focus("button", "Sign in again").await;
    page.press(Press::Enter).await;
    page.path_is("/login/again").await;
    page.sign_in_here("admin").await;
    page.path_is("/activity").await;
    assert_eq!(page.driver.current_url().await.unwrap().query(), Some("before=9999"));
}

async fn from_the_profile_window_an_ended_session_leads_back_to_it(server: Server, page: Page) {
    page.sign_in().await;
    page.open("/activity").await;
    page.open_profile().await;
    page.type_into("Name (optional)", "Night shift").await;
    server.clock.advance(Duration::minutes(61));
    page.click("button", "Generate").await;
    page.find("alertdialog", "Your session has ended").await;
    page.click("button", "Not now").await;
    page.is_gone("alertdialog", "Your session has ended").await;
    assert_eq!(page.value("Name (optional)").await.unwrap(), "Night shift");
    page.click("button", "Generate").await;
    page.click("button", "Sign in again").await;
    page.sign_in_here("admin").await;
    page.path_is("/profile").await;
    page.find("dialog", "Profile").await;
    page.has_keys(0).await;
    page.message_has_focus("Your session had ended. Nothing was changed.").await;
    assert_eq!(page.value("Name (optional)").await.unwrap(), "Night shift");

    page.open("/activity").await;
    page.open_profile().await;
    server.clock.advance(Duration::minutes(61));
    page.come_back().await;
    page.find("alertdialog", "Your session has ended").await;
    page.click("button", "Sign in again").await;
    page.is_gone("alertdialog", "Your session has ended").await;
    page.sign_in_here("admin").await;
    page.path_is("/profile").await;
    page.find("dialog", "Profile").await;
    page.is_gone("alertdialog", "Your session has ended").await;
    assert_eq!(page.script::<i64>("return document.querySelectorAll('.notice-danger').length").await.unwrap(), 0);
}

async fn from_a_form_an_ended_session_leads_back_to_what_was_typed(server: Server, page: Page) {
    page.sign_in().await;
    page.open("/users/new").await;
    page.type_into("Username", "a b").await;
    page.click("button", "Add user").await;
    page.says("This cannot be a username").await;
    server.clock.advance(Duration::minutes(61));
    page.come_back().await;
    page.find("alertdialog", "Your session has ended").await;
    page.click("button", "Sign in again").await;
    page.sign_in_here("admin").await;
    page.message_has_focus("Your session had ended. Nothing was changed.").await;
    assert_eq!(page.value("Username").await.unwrap(), "a b");

    page.clear("Username").await;
    page.type_into("Username", "ada").await;
    page.click("checkbox", "administrator").await;
    page.click("checkbox", "member").await;
    server.clock.advance(Duration::minutes(61));
    page.come_back().await;
    page.find("alertdialog", "Your session has ended").await;
    page.click("button", "Not now").await;
    page.type_into("Display name", "Ada Lovelace").await;
    page.click("button", "Add user").await;
    page.find("heading", "Your session has ended").await;
    page.click("button", "Sign in again").await;
    page.sign_in_here("admin").await;
    page.message_has_focus("Your session had ended. Nothing was changed.").await;
    assert_eq!(page.value("Display name").await.unwrap(), "Ada Lovelace");
    page.click("button", "Add user").await;
    page.find("heading", "ada was added").await;
    let (_, shown) = server.cli(&["user", "show", "ada"]);
    assert!(shown.contains("Ada Lovelace") && shown.contains("administrator") && !shown.contains("member"), "{shown}");
}

async fn a_session_that_has_lasted_long_enough_ends_with_a_warning(server: Server, page: Page) {
    page.sign_in().await;
    page.goes_on_all_day(&server).await;
    server.clock.advance(Duration::minutes(4));
    page.come_back().await;
    page.find("alertdialog", "Your session ends soon").await;
    page.is_gone("button", "Stay signed in").await;
    page.has_focus("button", "Go on").await;
    page.press(Press::Enter).await;
    page.is_gone("alertdialog", "Your session ends soon").await;
    page.open("/activity").await;
    page.find("heading", "Activity").await;
}

impl Page {
    /// Uses a session in time, again and again, until its longest lifetime has almost come to its end.
    pub(super) async fn goes_on_all_day(&self, server: &Server) {
        for _ in 0..14 {
            server.clock.advance(Duration::minutes(51));
            let answer = self.driver.execute_async("fetch('/').then(({ url }) => arguments[0](url))", Vec::new()).await;
            assert_eq!(answer.unwrap().json(), &json!(format!("{}/", self.url)), "the session has ended");
        }
    }
}
