//! The client secret, which is shown once: how it is saved, and that nobody loses it unasked.

use serde_json::json;
use thirtyfour::Key as Press;

use super::hand::Hand;
use super::{Page, in_another_browser, in_chromium};
use crate::support::Server;

in_chromium![
    both_are_copied_as_environment_variables_and_downloaded_as_a_file,
    closing_with_a_secret_that_was_not_copied_asks,
    a_secret_that_was_copied_is_not_asked_about,
    where_pages_have_no_clipboard_the_secret_is_copied_all_the_same,
    where_nothing_may_be_copied_that_is_said_and_the_secret_is_selected,
    generating_again_with_a_secret_that_was_not_copied_asks,
    deleting_another_key_with_a_secret_that_was_not_copied_asks,
    a_secret_is_not_asked_about_when_its_own_key_is_deleted,
    the_secret_is_nowhere_but_in_the_window,
];

mod in_every_look {
    use super::leaving_the_page_with_a_secret_that_was_not_copied_asks;

    super::super::in_chromium![without Postgres: leaving_the_page_with_a_secret_that_was_not_copied_asks];
}

/// What stands beside a copy button, as it is seen.
const BESIDE: &str = "
    const place = arguments[0].parentElement, field = place.querySelector('input');
    return field ? field.value : place.querySelector('code').innerText;";

/// All that a page stores, what its address and its requests tell, and how many caches and databases it has.
const STORED: &str = "
    const [done] = arguments;
    localStorage.setItem('seen', 'seen by local');
    sessionStorage.setItem('seen', 'seen by session');
    Promise.all([caches.keys(), indexedDB.databases()]).then(more => done(JSON.stringify([
        history.state, { ...localStorage }, { ...sessionStorage }, document.cookie, document.title, location.href,
        performance.getEntries().map(entry => entry.name), more.flat().length,
    ])), error => done(String(error)));";

const QUESTION: &str = "Close without copying?";
const OTHER_QUESTION: &str = "Go on without copying?";

async fn both_are_copied_as_environment_variables_and_downloaded_as_a_file(_server: Server, page: Page) {
    page.sign_in().await;
    page.allow_clipboard().await;
    let folder = tempfile::tempdir().unwrap();
    page.allow_downloads(folder.path()).await;

    page.open_profile().await;
    let (client_id, client_secret) = page.generate().await;
    let variables = format!("API_CLIENT_ID={client_id}\nAPI_CLIENT_SECRET={client_secret}");
    page.click("button", "Copy both as environment variables").await;
    page.says("Both copied as environment variables").await;
    page.clipboard_is(&variables).await;
    page.close_without_a_question().await;

    page.open_profile().await;
    let (client_id, client_secret) = page.generate().await;
    page.click("button", "Download as .env file").await;
    page.says(&format!("Downloaded as {client_id}.env")).await;
    let file = folder.path().join(format!("{client_id}.env"));
    let saved = page.until("the file is there", async || Ok(std::fs::read_to_string(&file).ok())).await;
    assert_eq!(saved, format!("API_CLIENT_ID={client_id}\nAPI_CLIENT_SECRET={client_secret}\n"));
    page.close_without_a_question().await;
}

async fn closing_with_a_secret_that_was_not_copied_asks(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    let (client_id, client_secret) = page.generate().await;

    page.click("button", "Close").await;
    page.find("alertdialog", QUESTION).await;
    page.says(&format!("The client secret of {client_id} was neither copied nor downloaded.")).await;
    page.has_focus("button", "Keep open").await;
    page.press(Press::Enter).await;
    page.is_gone("alertdialog", QUESTION).await;
    page.has_focus("button", "Close").await;

    for _ in 0..3 {
        page.press(Press::Escape).await;
        page.find("alertdialog", QUESTION).await;
        page.has_focus("button", "Keep open").await;
        page.press(Press::Escape).await;
        page.is_gone("alertdialog", QUESTION).await;
        page.has_focus("button", "Close").await;
    }
    page.path_is("/profile").await;
    assert_eq!(page.value("Client secret").await.unwrap(), client_secret);

    page.driver.back().await.unwrap();
    page.find("alertdialog", QUESTION).await;
    page.path_is("/profile").await;
    page.press(Press::Tab).await;
    page.has_focus("button", "Close without copying").await;
    page.press(Press::Enter).await;
    page.is_gone("dialog", "Profile").await;
    page.path_is("/").await;
    page.has_focus("link", "Profile").await;
    page.forgets(&client_secret).await;
}

async fn a_secret_that_was_copied_is_not_asked_about(_server: Server, page: Page) {
    page.sign_in().await;
    page.allow_clipboard().await;

    page.open_profile().await;
    page.generate().await;
    page.click("button", "Copy client ID").await;
    page.says("Client ID copied").await;
    page.press(Press::Escape).await;
    page.click("button", "Keep open").await;
    page.click("button", "Copy client secret").await;
    page.says("Client secret copied").await;
    page.close_without_a_question().await;

    page.open_profile().await;
    let (_, client_secret) = page.generate().await;
    page.tab_to("textbox", "Client secret").await;
    page.press_control_and("c").await;
    page.clipboard_is(&client_secret).await;
    page.close_without_a_question().await;
}

async fn where_pages_have_no_clipboard_the_secret_is_copied_all_the_same(_server: Server, page: Page) {
    page.sign_in().await;
    page.script::<()>("Object.defineProperty(navigator, 'clipboard', { value: undefined })").await.unwrap();
    page.open_profile().await;
    let (_, client_secret) = page.generate().await;
    page.click("button", "Copy client secret").await;
    page.says("Client secret copied").await;
    page.has_focus("button", "Copy client secret").await;
    page.pastes(&client_secret).await;
    page.close_without_a_question().await;
}

async fn where_nothing_may_be_copied_that_is_said_and_the_secret_is_selected(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    let (_, client_secret) = page.generate().await;
    page.forbid_copying().await;
    page.click("button", "Copy client secret").await;
    page.says("Your browser did not allow copying. The text is selected: copy it with the keyboard.").await;
    page.press_control_and("c").await;
    page.pastes(&client_secret).await;
    page.close_without_a_question().await;
}

async fn generating_again_with_a_secret_that_was_not_copied_asks(_server: Server, page: Page) {
    page.sign_in().await;
    page.allow_clipboard().await;
    page.open_profile().await;
    let (client_id, client_secret) = page.generate().await;

    page.click("button", "Generate").await;
    page.find("alertdialog", OTHER_QUESTION).await;
    page.says(&format!("The client secret of {client_id} was neither copied nor downloaded.")).await;
    page.has_focus("button", "Keep open").await;
    page.click("button", "Keep open").await;
    page.is_gone("alertdialog", OTHER_QUESTION).await;
    page.has_focus("button", "Generate").await;
    page.press(Press::Space).await;
    page.find("alertdialog", OTHER_QUESTION).await;
    page.press(Press::Escape).await;
    page.is_gone("alertdialog", OTHER_QUESTION).await;
    assert_eq!(page.value("Client secret").await.unwrap(), client_secret);
    page.has_keys(1).await;

    page.click("button", "Generate").await;
    page.click("button", "Go on without copying").await;
    page.has_keys(2).await;
    page.forgets(&client_secret).await;
    page.credentials().await;
    page.click("button", "Copy client secret").await;
    page.says("Client secret copied").await;
    page.click("button", "Generate").await;
    page.has_keys(3).await;
}

async fn deleting_another_key_with_a_secret_that_was_not_copied_asks(server: Server, page: Page) {
    let other = server.generate(&server.signed_in("admin").await).await;
    let trash = format!("Delete {}", other.client_id);
    page.sign_in().await;
    page.open_profile().await;
    let (client_id, client_secret) = page.generate().await;

    page.tab_to("button", &trash).await;
    page.press(Press::Enter).await;
    page.has_focus("button", "Cancel").await;
    page.press(Press::Tab).await;
    page.press(Press::Enter).await;
    page.find("alertdialog", OTHER_QUESTION).await;
    page.has_focus("button", "Keep open").await;
    page.press(Press::Enter).await;
    page.is_gone("dialog", "Delete API key").await;
    page.has_focus("button", &trash).await;
    assert_eq!(page.value("Client secret").await.unwrap(), client_secret);
    page.has_keys(2).await;

    page.press(Press::Enter).await;
    page.has_focus("button", "Cancel").await;
    page.press(Press::Tab).await;
    page.press(Press::Enter).await;
    page.has_focus("button", "Keep open").await;
    page.press(Press::Tab).await;
    page.has_focus("button", "Go on without copying").await;
    page.press(Press::Enter).await;
    page.says(&format!("API key {} was deleted", other.client_id)).await;
    assert_eq!(page.has_keys(1).await, [client_id.as_str()]);
    page.is_gone("dialog", "Delete API key").await;
    page.forgets(&client_secret).await;
}

async fn a_secret_is_not_asked_about_when_its_own_key_is_deleted(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    let (client_id, _) = page.generate().await;
    page.click("button", &format!("Delete {client_id}")).await;
    page.click("button", "Delete").await;
    page.has_keys(0).await;
}

async fn leaving_the_page_with_a_secret_that_was_not_copied_asks(_server: Server, page: Page) {
    // Without these, WebDriver agrees to leave before anybody is asked.
    let asked = [("webSocketUrl", json!(true)), ("unhandledPromptBehavior", json!({ "beforeUnload": "ignore" }))];
    in_another_browser(&page.url, &asked, async |page| {
        page.sign_in().await;
        page.allow_clipboard().await;
        for hand in Hand::BOTH {
            page.in_every_look(async || leaving_asks(&page, hand).await).await;
        }
    })
    .await;
}

async fn leaving_asks(page: &Page, hand: Hand) {
    page.open("/profile").await;
    let (_, client_secret) = hand.generate(page).await;
    hand.choose(page, "link", "Activity").await;
    page.answers_the_browser(false).await;
    assert_eq!(page.value("Client secret").await.unwrap(), client_secret);
    page.path_is("/profile").await;

    for button in ["Close", "Sign out"] {
        hand.choose(page, "button", button).await;
        page.answers_the_browser(false).await;
    }
    page.until("no form seems to be on its way", async || {
        Ok(page.script::<bool>("return document.querySelector('form[aria-busy]') === null").await?.then_some(()))
    })
    .await;
    hand.choose(page, "link", "Activity").await;
    page.answers_the_browser(true).await;
    page.find("heading", "Activity").await;
    page.path_is("/activity").await;

    page.open("/profile").await;
    hand.generate(page).await;
    hand.choose(page, "button", "Copy client secret").await;
    page.says("Client secret copied").await;
    hand.choose(page, "link", "Activity").await;
    page.find("heading", "Activity").await;
}

async fn the_secret_is_nowhere_but_in_the_window(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    let (_, client_secret) = page.generate().await;
    page.stores_nowhere(&client_secret).await;
    let field = page.find("textbox", "Client secret").await;
    assert_eq!(field.attr("autocomplete").await.unwrap().as_deref(), Some("off"));
    assert_eq!(field.attr("name").await.unwrap(), None);

    let stored = "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))";
    page.script::<()>(stored).await.unwrap();
    page.forgets(&client_secret).await;
}

impl Page {
    /// Whatever the page stores, this is not in it.
    pub(super) async fn stores_nowhere(&self, text: &str) {
        let stored: String = self.driver.execute_async(STORED, Vec::new()).await.unwrap().convert().unwrap();
        assert!(stored.contains("seen by local") && stored.contains("seen by session"), "{stored}");
        assert!(!stored.contains(text) && stored.ends_with(",0]"), "{stored}");
    }

    /// Lets the browser leave the page, or not, once it asks.
    async fn answers_the_browser(&self, leave: bool) {
        self.until("the browser asks", async || {
            let answered = if leave { self.driver.accept_alert().await } else { self.driver.dismiss_alert().await };
            answered.map(Some)
        })
        .await;
    }

    /// Presses a copy button, finds on the clipboard what is shown beside it, and returns that.
    pub(super) async fn copies(&self, hand: Hand, button: &str, told: &str) -> String {
        let shown: String = self
            .until(&format!("{button} has something beside it"), async || {
                // The page may be renewed between the two.
                let beside = vec![self.find("button", button).await.to_json()?];
                self.driver.execute(BESIDE, beside).await?.convert().map(Some)
            })
            .await;
        hand.choose(self, "button", button).await;
        self.says(told).await;
        self.clipboard_is(&shown).await;
        self.has_focus("button", button).await;
        shown
    }

    async fn press_control_and(&self, letter: &str) {
        let keys = self.driver.action_chain().key_down(Press::Control).send_keys(letter).key_up(Press::Control);
        keys.perform().await.unwrap();
    }

    /// Pastes into a field that is empty, and finds this in it.
    async fn pastes(&self, text: &str) {
        self.find("textbox", "Name (optional)").await.click().await.unwrap();
        self.press_control_and("v").await;
        assert_eq!(self.value("Name (optional)").await.unwrap(), text);
    }

    async fn close_without_a_question(&self) {
        self.press(Press::Escape).await;
        self.is_gone("dialog", "Profile").await;
        self.path_is("/").await;
    }
}
