//! The same by mouse and by keyboard alone, with scripts and without, on narrow and wide screens, in light and in dark. One
//! browser is made narrow and wide in turn, and what is seen does not depend on the database.

use chrono::Duration;
use thirtyfour::Key as Press;

use super::no_scripts::disable_scripts;
use super::width::assert_fits;
use super::{Page, run};
use crate::support::{Backend, PASSWORD, Server, record_uses};

const WIDTHS: [u32; 3] = [320, 768, 1440];

const SEEN: &str = "return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]";

#[derive(Clone, Copy, PartialEq)]
enum Hand {
    Mouse,
    Keyboard,
}

#[test]
#[ignore = "needs Chromium: run scripts/test"]
fn everywhere_a_user_gets_along_by_mouse() {
    run(Backend::Sqlite, |server, page| with_scripts(server, page, Hand::Mouse));
}

#[test]
#[ignore = "needs Chromium: run scripts/test"]
fn everywhere_a_user_gets_along_with_the_keyboard_alone() {
    run(Backend::Sqlite, |server, page| with_scripts(server, page, Hand::Keyboard));
}

#[test]
#[ignore = "needs Chromium: run scripts/test"]
fn everywhere_a_user_gets_along_by_mouse_without_scripts() {
    run(Backend::Sqlite, |server, page| without_scripts(server, page, Hand::Mouse));
}

#[test]
#[ignore = "needs Chromium: run scripts/test"]
fn everywhere_a_user_gets_along_with_the_keyboard_alone_without_scripts() {
    run(Backend::Sqlite, |server, page| without_scripts(server, page, Hand::Keyboard));
}

async fn with_scripts(server: Server, page: Page, hand: Hand) {
    page.allow_clipboard().await;
    record(&server).await;
    page.sign_in().await;
    in_every_look(&page, async |width| {
        in_the_window(&page, hand).await;
        in_lists(&page, hand, width).await;
        when_the_session_has_ended(&server, &page, hand).await;
    })
    .await;
}

async fn without_scripts(server: Server, page: Page, hand: Hand) {
    disable_scripts(&page).await;
    record(&server).await;
    page.sign_in().await;
    in_every_look(&page, async |width| {
        on_the_profile_page(&page, hand).await;
        in_lists(&page, hand, width).await;
        when_the_session_has_ended_without_scripts(&server, &page, hand).await;
    })
    .await;
}

async fn in_every_look(page: &Page, flows: impl AsyncFn(u32)) {
    for width in WIDTHS {
        for scheme in ["light", "dark"] {
            page.is_seen(width, scheme).await;
            page.open("/").await;
            assert_eq!(page.script::<(u32, bool)>(SEEN).await.unwrap(), (width, scheme == "dark"));
            flows(width).await;
        }
    }
}

/// Fills the activity of `admin`.
async fn record(server: &Server) {
    let key = server.generate(&server.signed_in("admin").await).await;
    record_uses(&server.open_database(), &key.client_id, server.clock.now(), Some("key_expired"), 60).await;
}

async fn in_the_window(page: &Page, hand: Hand) {
    hand.choose(page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    assert_fits(page, "the Profile window").await;
    let before = page.key_rows().await.unwrap().len();

    hand.type_into(page, "Name (optional)", "Night shift").await;
    page.lose_server(true).await;
    hand.choose(page, "button", "Generate").await;
    page.is_told("The server could not be reached. It is safe to try again.").await;
    assert_fits(page, "an error in place").await;
    page.lose_server(false).await;

    hand.choose(page, "button", "Generate").await;
    page.has_focus("heading", "Your new API key: Night shift").await;
    let (client_id, client_secret) = page.credentials().await;
    assert_fits(page, "a new API key").await;
    hand.choose(page, "button", "Copy client secret").await;
    page.says("Client secret copied").await;
    page.clipboard_is(&client_secret).await;

    hand.choose(page, "button", &format!("Delete {client_id}")).await;
    page.has_focus("button", "Cancel").await;
    assert_fits(page, "the question before a key is deleted").await;
    hand.choose(page, "button", "Delete").await;
    page.says(&format!("API key {client_id} was deleted")).await;
    page.has_keys(before).await;

    hand.choose(page, "button", "Generate a replacement").await;
    let (_, client_secret) = page.credentials().await;
    match hand {
        Hand::Mouse => page.click("button", "Close").await,
        Hand::Keyboard => page.press(Press::Escape).await,
    }
    page.has_focus("button", "Keep open").await;
    hand.choose(page, "button", "Close without copying").await;
    page.is_gone("dialog", "Profile").await;
    page.path_is("/").await;
    page.has_focus("link", "Profile").await;
    page.forgets(&client_secret).await;
}

async fn when_the_session_has_ended(server: &Server, page: &Page, hand: Hand) {
    page.open("/activity").await;
    hand.choose(page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    hand.type_into(page, "Name (optional)", "Night shift").await;
    server.clock.advance(Duration::minutes(61));
    hand.choose(page, "button", "Generate").await;
    page.find("alertdialog", "Your session has ended").await;
    assert_fits(page, "the end of the session").await;
    hand.choose(page, "link", "Sign in again").await;
    hand.sign_in(page).await;
    page.path_is("/profile").await;
    page.find("dialog", "Profile").await;
    assert_eq!(page.value("Name (optional)").await.unwrap(), "Night shift");
}

async fn on_the_profile_page(page: &Page, hand: Hand) {
    hand.choose(page, "link", "Profile").await;
    page.path_is("/profile").await;
    let before = page.key_rows().await.unwrap().len();

    hand.type_into(page, "Name (optional)", "Night shift").await;
    if hand == Hand::Keyboard {
        page.tab_to("combobox", "Lifetime").await;
    }
    page.find("combobox", "Lifetime").await.send_keys("Until").await.unwrap();
    hand.choose(page, "button", "Generate").await;
    page.says("Choose a lifetime, or a date such as").await;
    assert_eq!(page.value("Name (optional)").await.unwrap(), "Night shift");
    assert_fits(page, "an error").await;

    page.open("/profile").await;
    hand.choose(page, "button", "Generate").await;
    page.path_is("/profile/api-keys").await;
    page.has_focus("heading", "Your new API key").await;
    let (client_id, client_secret) = page.credentials().await;
    page.is_gone("button", "Copy client secret").await;
    assert_fits(page, "a new API key").await;

    hand.choose(page, "button", &format!("Delete {client_id}")).await;
    page.has_focus("button", "Cancel").await;
    page.forgets(&client_secret).await;
    assert_fits(page, "the question before a key is deleted").await;
    hand.choose(page, "button", "Delete").await;
    page.says(&format!("API key {client_id} was deleted")).await;
    page.has_keys(before).await;
    hand.choose(page, "button", "Close").await;
    page.path_is("/").await;
}

async fn when_the_session_has_ended_without_scripts(server: &Server, page: &Page, hand: Hand) {
    page.open("/activity").await;
    server.clock.advance(Duration::minutes(61));
    hand.choose(page, "link", "Profile").await;
    page.path_is("/login").await;
    assert_fits(page, "the sign-in page").await;
    hand.sign_in(page).await;
    page.path_is("/profile").await;
}

async fn in_lists(page: &Page, hand: Hand, width: u32) {
    page.open("/activity").await;
    hand.choose(page, "link", "Older").await;
    page.find("link", "Newest").await;
    assert_fits(page, "older activity").await;
    hand.choose(page, "link", "Newest").await;
    page.is_gone("link", "Newest").await;

    page.open("/users").await;
    // Cards have no headings to click: the form above sorts them. The keyboard still finds the headings.
    if hand == Hand::Mouse && width < 1440 {
        page.find("combobox", "Sort by").await.send_keys("Last sign-in").await.unwrap();
        page.click("button", "Show").await;
        page.until("the users are sorted", async || {
            Ok(page.driver.current_url().await?.query().is_some_and(|query| query.contains("sort=")).then_some(()))
        })
        .await;
    } else {
        hand.choose(page, "link", "Username").await;
        page.path_and_query_are("/users?sort=-username").await;
    }
    assert_fits(page, "sorted users").await;
}

impl Hand {
    /// Presses a button or follows a link.
    async fn choose(self, page: &Page, role: &str, name: &str) {
        if self == Self::Mouse {
            page.click(role, name).await;
            return;
        }
        page.find(role, name).await;
        if page.focused().await.unwrap() != (role.to_owned(), name.to_owned()) {
            page.tab_to(role, name).await;
        }
        // A button takes a space once it is released: chromedriver presses twice what leads to another page when pressed.
        page.press(if role == "button" { Press::Space } else { Press::Enter }).await;
    }

    async fn type_into(self, page: &Page, field: &str, text: &str) {
        if self == Self::Mouse {
            page.click("textbox", field).await;
        } else {
            page.tab_to("textbox", field).await;
        }
        page.type_here(text).await;
    }

    async fn sign_in(self, page: &Page) {
        page.has_focus("textbox", "Username").await;
        page.type_here("admin").await;
        self.type_into(page, "Password", PASSWORD).await;
        self.choose(page, "button", "Sign in").await;
    }
}
