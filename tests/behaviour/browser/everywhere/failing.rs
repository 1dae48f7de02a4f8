//! Waiting, failing, and the end of a session.

use chrono::Duration;

use super::super::waiting::{break_storage, mend_storage};
use super::super::width::assert_fits;
use super::{Hand, Page, Server, in_every_look};

in_every_look![
    with scripts:
    what_fails_is_told_in_place_until_it_goes,
    the_end_of_a_session_is_told_and_put_off,
    an_ended_session_leads_back_to_where_one_was,
    a_session_that_cannot_go_on_ends_with_a_warning,
];

const UNREACHABLE: &str = "The server could not be reached. It is safe to try again.";

async fn what_fails_is_told_in_place_until_it_goes(server: &Server, page: &Page, hand: Hand) {
    page.lose_server(true).await;
    hand.choose(page, "link", "Profile").await;
    page.says(UNREACHABLE).await;
    page.has_focus("link", "Profile").await;
    page.path_is("/").await;
    assert_fits(page, "a window that cannot be opened").await;
    page.lose_server(false).await;

    hand.choose(page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    let before = page.key_rows().await.unwrap().len();
    hand.type_into(page, "Name (optional)", "Night shift").await;

    page.lose_server(true).await;
    hand.choose(page, "button", "Generate").await;
    page.is_told(UNREACHABLE).await;
    assert_fits(page, "a lost server").await;
    page.lose_server(false).await;

    break_storage(server);
    hand.choose(page, "button", "Generate").await;
    page.is_told("The mistake is ours.").await;
    assert_fits(page, "a mistake of the server").await;
    mend_storage(server);

    page.limit(true).await;
    hand.choose(page, "button", "Generate").await;
    page.is_told("There were too many requests. Nothing was done. Try again in 30 seconds.").await;
    assert_fits(page, "too many requests").await;
    page.limit(false).await;

    page.slow_down(3000).await;
    hand.choose(page, "button", "Generate").await;
    page.is_busy().await;
    assert_fits(page, "a slow answer").await;
    hand.choose(page, "button", "Generating…").await;
    hand.choose(page, "button", "Generating…").await;
    page.has_focus("heading", "Your new API key: Night shift").await;
    page.slow_down(0).await;
    page.has_keys(before + 1).await;
    let (client_id, _) = page.credentials().await;
    assert_eq!(page.key_rows().await.unwrap()[0]["Client ID"], client_id);

    let delete = format!("Delete {client_id}");
    page.lose_server(true).await;
    hand.choose(page, "button", &delete).await;
    page.says(UNREACHABLE).await;
    page.has_focus("button", &delete).await;
    assert_fits(page, "a question that cannot be asked").await;
    page.lose_server(false).await;
    hand.choose_again(page, &delete).await;
    page.has_focus("button", "Cancel").await;
    page.lose_server(true).await;
    hand.choose(page, "button", "Delete").await;
    page.says(UNREACHABLE).await;
    page.has_focus("button", "Delete").await;
    assert_fits(page, "a key that cannot be deleted").await;
    page.lose_server(false).await;
    hand.choose(page, "button", "Delete").await;
    page.has_keys(before).await;
}

async fn the_end_of_a_session_is_told_and_put_off(server: &Server, page: &Page, hand: Hand) {
    page.open("/users/new").await;
    hand.type_into(page, "Username", "typed before the warning").await;
    server.clock.advance(Duration::minutes(59));
    page.come_back().await;
    page.find("alertdialog", "Stay signed in?").await;
    page.says("You will be signed out in").await;
    assert_fits(page, "the warning before the session ends").await;
    hand.choose(page, "button", "Stay signed in").await;
    page.is_gone("alertdialog", "Stay signed in?").await;
    page.says("You stay signed in").await;
    page.has_focus("textbox", "Username").await;
    assert_eq!(page.value("Username").await.unwrap(), "typed before the warning");
}

async fn an_ended_session_leads_back_to_where_one_was(server: &Server, page: &Page, hand: Hand) {
    page.open("/activity").await;
    hand.choose(page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    hand.type_into(page, "Name (optional)", "Night shift").await;
    server.clock.advance(Duration::minutes(61));
    hand.choose(page, "button", "Generate").await;
    page.find("alertdialog", "Your session has ended").await;
    assert_fits(page, "the end of the session").await;
    hand.choose(page, "button", "Sign in again").await;
    page.says("Sign in, and what you typed will be there again.").await;
    assert_fits(page, "the sign-in page with what was typed").await;
    hand.sign_in(page).await;
    page.path_is("/profile").await;
    page.find("dialog", "Profile").await;
    page.message_has_focus("Your session had ended. Nothing was changed.").await;
    assert_fits(page, "what was typed, again").await;
    assert_eq!(page.value("Name (optional)").await.unwrap(), "Night shift");
}

async fn a_session_that_cannot_go_on_ends_with_a_warning(server: &Server, page: &Page, hand: Hand) {
    page.driver.delete_all_cookies().await.unwrap();
    page.sign_in().await;
    page.goes_on_all_day(server).await;
    page.open("/users/new").await;
    hand.type_into(page, "Username", "typed before the warning").await;
    server.clock.advance(Duration::minutes(4));
    page.come_back().await;
    page.find("alertdialog", "Your session ends soon").await;
    page.has_focus("button", "Go on").await;
    page.is_gone("button", "Stay signed in").await;
    assert_fits(page, "the warning before a session ends for good").await;
    hand.choose(page, "button", "Go on").await;
    page.is_gone("alertdialog", "Your session ends soon").await;
    page.has_focus("textbox", "Username").await;
    assert_eq!(page.value("Username").await.unwrap(), "typed before the warning");
}
