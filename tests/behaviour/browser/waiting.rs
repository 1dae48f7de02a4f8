//! What the Profile window says while it waits for the server, and when that fails.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use serde_json::json;
use thirtyfour::{Key as Press, WebElement};

use super::{Page, in_chromium};
use crate::support::{PASSWORD, Server};

in_chromium![
    a_slow_answer_is_told_on_the_button_and_further_clicks_are_ignored,
    a_slow_question_is_told_and_asked_once,
    a_quick_answer_is_never_called_slow,
    a_lost_server_is_told_in_place_and_nothing_typed_is_lost,
    a_mistake_of_the_server_is_told_in_place_and_nothing_typed_is_lost,
    a_server_that_is_lost_or_fails_is_told_on_every_other_form_and_nothing_typed_is_lost,
    too_many_requests_are_told_in_place_and_nothing_typed_is_lost,
    a_server_that_does_not_answer_is_told_in_place_and_nothing_typed_is_lost,
    where_a_window_cannot_be_opened_that_is_told,
    an_ended_session_and_a_lost_server_are_told_in_the_same_place,
    a_form_that_is_no_longer_complete_can_be_sent_once_it_is,
    who_goes_elsewhere_meanwhile_sends_nothing,
    a_form_that_is_taken_away_meanwhile_keeps_nobody,
    a_long_wait_is_told_in_minutes,
    what_was_said_over_a_page_goes_after_a_while,
    a_field_is_no_longer_called_wrong_once_its_message_is_gone,
    a_field_of_the_page_is_no_longer_called_wrong_either,
    a_deletion_that_fails_is_told_however_impatient_one_was,
    a_deletion_over_the_list_of_all_keys_is_told_however_impatient_one_was,
];

mod own_script {
    use super::where_a_proxy_asks_to_sign_in_the_page_is_loaded_again;

    super::in_chromium![
        @ sqlite,
        "needs Chromium: run scripts/test",
        where_a_proxy_asks_to_sign_in_the_page_is_loaded_again
    ];
}

/// What the window's status region says.
const STATUS: &str = "return document.querySelector('#profile .dialog-status').textContent";

/// What is told in the form that the focus is in, or above a page's filters.
const TOLD_BESIDE: &str = "
    const { form } = document.activeElement, place = form.method === 'get' ? form.closest('main') : form;
    return place.querySelector(':scope > [data-errors]').textContent;";

/// What an alert beside the form of the API Client panel says.
const ALERT: &str = "return document.querySelector('.panel [role=alert]')?.textContent ?? ''";

/// How many messages there are on the page.
const NOTICES: &str = "return document.querySelectorAll('main .notice').length";

/// Waits for an answer only so long as a person in a hurry.
pub(super) const IMPATIENT: &str = "
    const { timeout } = AbortSignal;
    AbortSignal.timeout = () => timeout.call(AbortSignal, 500);
    if (window.htmx) htmx.config.timeout = 500;";

/// Answers as a proxy does behind which there is nobody, or no longer.
const NOBODY_THERE: &str = "
    const { fetch } = window;
    window.fetch = async () => new Response(null, { status: 502 });
    window.somebodyThere = () => { window.fetch = fetch; };";

/// Answers what a script asks, by either way to ask.
const LIMIT: &str = "
    const { fetch, XMLHttpRequest: { prototype } } = window, { send } = prototype;
    window.fetch = async () => new Response('<h1>429</h1>', { status: 429, headers: { 'Retry-After': '30' } });
    prototype.send = function () {
        Object.defineProperties(this, { status: { value: 429 }, responseText: { value: '<h1>429</h1>' } });
        this.getResponseHeader = name => name === 'Retry-After' ? '30' : null;
        this.onload();
    };
    window.noLimit = () => { window.fetch = fetch; prototype.send = send; };";

async fn a_slow_answer_is_told_on_the_button_and_further_clicks_are_ignored(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.slow_down(4000).await;
    page.click("button", "Generate").await;
    let button = page.is_busy().await;
    button.click().await.unwrap();
    button.click().await.unwrap();
    page.credentials().await;
    page.says("API key generated").await;
    page.find("button", "Generate").await;
    page.has_keys(1).await;
}

async fn a_slow_question_is_told_and_asked_once(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    let (client_id, _) = page.generate().await;
    page.click("button", "Copy client secret").await;
    page.says("Client secret copied").await;
    page.slow_down(3000).await;
    let name = format!("Delete {client_id}");
    page.click("button", &name).await;
    let button = page.find("button", &name).await;
    page.until("the status says so", async || {
        let is_told = page.script::<String>(STATUS).await? == "Please wait…";
        Ok((is_told && button.attr("aria-disabled").await?.as_deref() == Some("true")).then_some(()))
    })
    .await;
    button.click().await.unwrap();
    page.has_focus("button", "Cancel").await;
    assert_eq!(page.script::<String>(STATUS).await.unwrap(), "");
    assert_eq!(button.attr("aria-disabled").await.unwrap(), None);
    let icons = "return document.querySelectorAll('[data-row] .button svg *').length";
    assert!(page.script::<i64>(icons).await.unwrap() > 0, "the icon is as it was");
    page.press(Press::Escape).await;
    page.is_gone("dialog", "Delete API key").await;
    page.has_focus("button", &name).await;
}

async fn a_quick_answer_is_never_called_slow(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.generate().await;
    // Longer than it takes until an answer is slow.
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(page.script::<String>(STATUS).await.unwrap(), "API key generated");
}

async fn a_lost_server_is_told_in_place_and_nothing_typed_is_lost(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.type_into("Name (optional)", "Night shift").await;
    page.lose_server(true).await;
    page.click("button", "Generate").await;
    page.is_told("The server could not be reached. It is safe to try again.").await;
    page.lose_server(false).await;
    page.generates_what_was_typed().await;
}

async fn a_mistake_of_the_server_is_told_in_place_and_nothing_typed_is_lost(server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.type_into("Name (optional)", "Night shift").await;
    break_storage(&server);
    page.click("button", "Generate").await;
    page.is_told("The mistake is ours.").await;
    mend_storage(&server);
    page.generates_what_was_typed().await;
}

async fn a_server_that_is_lost_or_fails_is_told_on_every_other_form_and_nothing_typed_is_lost(
    server: Server,
    page: Page,
) {
    page.open("/login").await;
    page.keeps_what_is_typed(&server, "Username", "Sign in").await;
    page.sign_in().await;
    for (path, field, button) in [
        ("/users/new", "Username", "Add user"),
        ("/users", "Search", "Show"),
        ("/roles/new", "Name", "Add role"),
        ("/account", "Current password", "Change password"),
        ("/keys", "Owner (username begins with)", "Filter"),
    ] {
        page.open(path).await;
        if path == "/account" {
            page.type_into("New password", "a quite long new password").await;
            page.type_into("Repeat new password", "a quite long new password").await;
        }
        page.keeps_what_is_typed(&server, field, button).await;
    }
}

async fn too_many_requests_are_told_in_place_and_nothing_typed_is_lost(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.type_into("Name (optional)", "Night shift").await;
    page.limit(true).await;
    page.click("button", "Generate").await;
    page.is_told("There were too many requests. Nothing was done. Try again in 30 seconds.").await;
    page.limit(false).await;
    page.generates_what_was_typed().await;
}

async fn a_server_that_does_not_answer_is_told_in_place_and_nothing_typed_is_lost(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.type_into("Name (optional)", "Night shift").await;
    page.script::<()>(IMPATIENT).await.unwrap();
    page.slow_down(3000).await;
    page.click("button", "Generate").await;
    page.is_told("The server did not answer. It is safe to try again.").await;
    page.slow_down(0).await;
    page.click("button", "Generate").await;
    // The server has heard the first time, and nobody its answer.
    page.says("No second key was generated.").await;
    assert_eq!(page.key_rows().await.unwrap()[0]["Name"], "Night shift");
    page.has_keys(1).await;

    page.open("/users/new").await;
    page.type_into("Username", "ada").await;
    page.script::<()>(IMPATIENT).await.unwrap();
    page.slow_down(3000).await;
    page.click("button", "Add user").await;
    page.says("The server did not answer. It is safe to try again.").await;
    page.slow_down(0).await;
    page.click("button", "Add user").await;
    page.find("heading", "ada was added").await;
}

async fn where_a_window_cannot_be_opened_that_is_told(_server: Server, page: Page) {
    page.sign_in().await;
    page.lose_server(true).await;
    page.click("link", "Profile").await;
    page.says("The server could not be reached. It is safe to try again.").await;
    page.has_focus("link", "Profile").await;
    page.path_is("/").await;
    page.lose_server(false).await;
    page.open_profile().await;
}

async fn where_a_proxy_asks_to_sign_in_the_page_is_loaded_again(_server: Server, page: Page) {
    page.sign_in().await;
    let redirect = "
        window.isOld = true;
        window.fetch = async (url, { redirect }) => {
            if (redirect !== 'manual') throw new TypeError('a script may not read the sign-in of a proxy');
            return { type: 'opaqueredirect', status: 0, headers: new Headers(), text: async () => '' };
        };";
    page.script::<()>(redirect).await.unwrap();
    page.click("link", "Profile").await;
    page.until("the page is loaded again", async || {
        Ok((!page.script::<bool>("return window.isOld ?? false").await?).then_some(()))
    })
    .await;
    page.open_profile().await;
}

async fn an_ended_session_and_a_lost_server_are_told_in_the_same_place(server: Server, page: Page) {
    page.sign_in().await;
    page.open("/users/new").await;
    page.type_into("Username", "ada").await;
    server.clock.advance(chrono::Duration::minutes(61));
    page.come_back().await;
    page.find("alertdialog", "Your session has ended").await;
    page.lose_server(true).await;
    page.click("button", "Sign in again").await;
    let told = "return document.querySelector('[data-session] [role=alert]')?.textContent ?? ''";
    page.until("the dialog says that the server is lost", async || {
        Ok(page.script::<String>(told).await?.contains("The server could not be reached.").then_some(()))
    })
    .await;
    page.lose_server(false).await;
    page.click("button", "Sign in again").await;
    page.sign_in_here("admin").await;
    page.message_has_focus("Your session had ended. Nothing was changed.").await;
    assert_eq!(page.value("Username").await.unwrap(), "ada");
}

async fn a_form_that_is_no_longer_complete_can_be_sent_once_it_is(_server: Server, page: Page) {
    page.open("/login").await;
    page.type_into("Username", "admin").await;
    page.type_into("Password", "not the password").await;
    page.slow_down(1500).await;
    let emptied = "
        document.querySelector('main form button[type=submit]').click();
        document.querySelector('input[name=password]').value = '';";
    page.script::<()>(emptied).await.unwrap();
    page.says("The username or the password is wrong, or the account is disabled.").await;
    page.slow_down(0).await;
    page.type_into("Password", PASSWORD).await;
    page.click("button", "Sign in").await;
    page.find("link", "Profile").await;
}

async fn who_goes_elsewhere_meanwhile_sends_nothing(server: Server, page: Page) {
    let key = server.generate(&server.signed_in("admin").await).await;
    page.sign_in().await;
    page.open(&format!("/keys/{}/delete", key.client_id)).await;
    page.slow_down(1500).await;
    let away = "
        document.querySelector('dialog form[method=post] button').click();
        document.querySelector('.nav-link[href=\"/activity\"]').click();";
    page.script::<()>(away).await.unwrap();
    page.find("heading", "Activity").await;
    page.slow_down(0).await;
    page.open("/profile").await;
    page.has_keys(1).await;
}

async fn a_field_is_no_longer_called_wrong_once_its_message_is_gone(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.script::<()>("document.getElementById('key-name').value = 'a'.repeat(101)").await.unwrap();
    page.click("button", "Generate").await;
    page.says("The name is too long").await;
    let field = page.find("textbox", "Name (optional)").await;
    assert_eq!(field.attr("aria-invalid").await.unwrap().as_deref(), Some("true"));
    page.lose_server(true).await;
    page.click("button", "Generate").await;
    page.says("The server could not be reached.").await;
    assert_eq!(field.attr("aria-invalid").await.unwrap(), None);
    assert_eq!(field.attr("aria-describedby").await.unwrap(), None);
}

async fn a_field_of_the_page_is_no_longer_called_wrong_either(_server: Server, page: Page) {
    page.open("/login").await;
    page.type_into("Username", "ada").await;
    page.type_into("Password", "not the password").await;
    page.click("button", "Sign in").await;
    page.says("The username or the password is wrong").await;
    page.lose_server(true).await;
    page.type_into("Password", "not this one either").await;
    page.click("button", "Sign in").await;
    page.says("The server could not be reached.").await;
    assert_eq!(page.script::<i64>(NOTICES).await.unwrap(), 1);
    page.lose_server(false).await;

    page.sign_in().await;
    page.open("/users/new").await;
    page.type_into("Username", "a b").await;
    page.click("button", "Add user").await;
    page.says("This cannot be a username").await;
    let field = page.find("textbox", "Username").await;
    assert_eq!(field.attr("aria-describedby").await.unwrap().as_deref(), Some("mistake username-hint"));
    page.lose_server(true).await;
    page.click("button", "Add user").await;
    page.says("The server could not be reached.").await;
    assert_eq!(page.script::<i64>(NOTICES).await.unwrap(), 1);
    assert_eq!(field.attr("aria-invalid").await.unwrap(), None);
    assert_eq!(field.attr("aria-describedby").await.unwrap().as_deref(), Some("username-hint"));
}

async fn a_form_that_is_taken_away_meanwhile_keeps_nobody(_server: Server, page: Page) {
    page.sign_in().await;
    page.open("/activity").await;
    page.slow_down(1000).await;
    let taken_away = "
        const form = document.querySelector('form.filters');
        form.querySelector('button').click();
        form.remove();";
    page.script::<()>(taken_away).await.unwrap();
    // Longer than the answer takes.
    tokio::time::sleep(Duration::from_secs(2)).await;
    page.slow_down(0).await;
    assert_eq!(page.script::<String>("return document.getElementById('status').textContent").await.unwrap(), "");
    page.open_profile().await;
}

async fn a_long_wait_is_told_in_minutes(_server: Server, page: Page) {
    page.open("/login").await;
    let said = "
        const { src } = document.querySelector('script[src$=\"/errors.js\"]');
        import(src).then(({ wordsFor }) => arguments[0](['119', '120', '3541'].map(time => wordsFor(429, time))));";
    let told: Vec<String> = page.driver.execute_async(said, Vec::new()).await.unwrap().convert().unwrap();
    for (words, time) in told.iter().zip(["119 seconds", "2 minutes", "60 minutes"]) {
        assert!(words.ends_with(&format!("in {time}.")), "{words}");
    }
}

async fn what_was_said_over_a_page_goes_after_a_while(_server: Server, page: Page) {
    page.sign_in().await;
    page.allow_clipboard().await;
    let hurried = "
        const { setTimeout } = window;
        window.setTimeout = (action, time, ...rest) => setTimeout(action, time === 10_000 ? 1000 : time, ...rest);";
    page.script::<()>(hurried).await.unwrap();
    page.click("button", "Copy API base URL").await;
    page.says("API base URL copied").await;
    let height: u32 = page.script("return document.documentElement.scrollHeight").await.unwrap();
    page.until("nothing is said any more", async || {
        let opacity = "return getComputedStyle(document.getElementById('status')).opacity";
        Ok((page.script::<String>(opacity).await? == "0").then_some(()))
    })
    .await;
    assert_eq!(page.script::<u32>("return document.documentElement.scrollHeight").await.unwrap(), height);
    page.click("button", "Copy API base URL").await;
    page.says("API base URL copied").await;
}

async fn a_deletion_that_fails_is_told_however_impatient_one_was(server: Server, page: Page) {
    let key = server.generate(&server.signed_in("admin").await).await;
    page.sign_in().await;
    page.open_profile().await;
    page.click("button", &format!("Delete {}", key.client_id)).await;
    page.has_focus("button", "Cancel").await;
    break_storage(&server);
    page.slow_down(2000).await;
    page.click("button", "Delete").await;
    page.find("button", "Deleting…").await;
    page.press(Press::Escape).await;
    page.click("button", "Cancel").await;
    page.says("The mistake is ours.").await;
    page.find("dialog", "Delete API key").await;
    page.slow_down(0).await;
    mend_storage(&server);
    page.press(Press::Escape).await;
    page.is_gone("dialog", "Delete API key").await;
    page.has_keys(1).await;
}

async fn a_deletion_over_the_list_of_all_keys_is_told_however_impatient_one_was(server: Server, page: Page) {
    let key = server.generate(&server.signed_in("admin").await).await;
    page.sign_in().await;
    page.open("/keys").await;
    page.click("button", &format!("Delete {}", key.client_id)).await;
    page.has_focus("button", "Cancel").await;
    page.slow_down(1500).await;
    let (cancel, delete) = (page.find("button", "Cancel").await, page.find("button", "Delete").await);
    delete.click().await.unwrap();
    cancel.click().await.unwrap();
    page.find("dialog", "Delete API key").await;
    page.message_has_focus(&format!("API key {} of admin was deleted.", key.client_id)).await;
}

/// Makes the server answer every question about keys with a mistake of its own.
pub(super) fn break_storage(server: &Server) {
    server.database.connect().batch_execute("ALTER TABLE api_keys RENAME TO lost").unwrap();
}

pub(super) fn mend_storage(server: &Server) {
    server.database.connect().batch_execute("ALTER TABLE lost RENAME TO api_keys").unwrap();
}

impl Page {
    /// Loses the server, or finds it again.
    pub(super) async fn lose_server(&self, lost: bool) {
        self.network(lost, 0).await;
    }

    /// Makes every answer take so much longer.
    pub(super) async fn slow_down(&self, milliseconds: u32) {
        self.network(false, milliseconds).await;
    }

    async fn network(&self, offline: bool, latency: u32) {
        let conditions =
            json!({ "offline": offline, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.driver.cdp().send_raw("Network.enable", json!({})).await.unwrap();
        self.driver.cdp().send_raw("Network.emulateNetworkConditions", conditions).await.unwrap();
    }

    /// Makes what the page asks fail as a proxy in front of the program may let it fail, or no longer.
    pub(super) async fn limit(&self, limited: bool) {
        self.script::<()>(if limited { LIMIT } else { "window.noLimit()" }).await.unwrap();
    }

    /// Waits until the button says that the server is at work, and returns it.
    pub(super) async fn is_busy(&self) -> WebElement {
        let button = self.find("button", "Generating…").await;
        assert_eq!(button.attr("aria-disabled").await.unwrap().as_deref(), Some("true"));
        self.until("the status says so", async || {
            Ok((self.script::<String>(STATUS).await? == "Generating…").then_some(()))
        })
        .await;
        button
    }

    /// Waits until this is said beside the form, which keeps what was typed and the focus.
    pub(super) async fn is_told(&self, words: &str) {
        self.until(&format!("an alert says “{words}”"), async || {
            Ok(self.script::<String>(ALERT).await?.contains(words).then_some(()))
        })
        .await;
        assert_eq!(self.value("Name (optional)").await.unwrap(), "Night shift");
        self.has_focus("button", "Generate").await;
    }

    /// Types into a form of the page and sends it without success, first offline, then to a proxy with nobody behind it,
    /// then to a server without its database, then to one that makes a mistake, and at last to one that answers with another
    /// page.
    async fn keeps_what_is_typed(&self, server: &Server, field: &str, button: &str) {
        const UNREACHABLE: &str = "The server could not be reached. It is safe to try again.";
        const NOT_READY: &str = "The server could not do this (error 503). Try again later.";
        const FORMS: &str = "[...document.querySelectorAll('main form')]";
        let path = self.driver.current_url().await.unwrap().path().to_owned();
        let mark = format!("for (const form of {FORMS}) Object.assign(form, {{ isOld: true, noValidate: true }});");
        self.script::<()>(&mark).await.unwrap();
        self.type_into(field, "01022003").await;
        let typed = self.value(field).await.unwrap();
        assert_ne!(typed, "", "{path}");
        let is_told = async |words: &str| {
            self.click("button", button).await;
            self.says(words).await;
            self.has_focus("button", button).await;
            assert!(self.script::<String>(TOLD_BESIDE).await.unwrap().contains(words), "{path}");
            assert_eq!(self.value(field).await.unwrap(), typed, "{path}");
            assert!(self.script::<bool>("return document.activeElement.form.isOld").await.unwrap(), "{path}");
        };
        self.lose_server(true).await;
        is_told(UNREACHABLE).await;
        self.lose_server(false).await;
        self.script::<()>(NOBODY_THERE).await.unwrap();
        is_told(UNREACHABLE).await;
        self.script::<()>("window.somebodyThere()").await.unwrap();
        self.limit(true).await;
        is_told("There were too many requests. Nothing was done. Try again in 30 seconds.").await;
        self.limit(false).await;
        server.database.connect().batch_execute("ALTER TABLE users RENAME TO lost").unwrap();
        is_told(NOT_READY).await;
        server.database.connect().batch_execute("ALTER TABLE lost RENAME TO users").unwrap();
        if self.script::<bool>("return document.activeElement.form.method === 'post'").await.unwrap() {
            server.database.connect().batch_execute("ALTER TABLE audit_events RENAME TO lost").unwrap();
            is_told("The mistake is ours.").await;
            server.database.connect().batch_execute("ALTER TABLE lost RENAME TO audit_events").unwrap();
        }
        self.click("button", button).await;
        self.until("another page is shown", async || {
            Ok(self.script::<bool>(&format!("return !{FORMS}.some(form => form.isOld)")).await?.then_some(()))
        })
        .await;
    }

    async fn generates_what_was_typed(&self) {
        self.generate().await;
        self.has_keys(1).await;
        assert_eq!(self.key_rows().await.unwrap()[0]["Name"], "Night shift");
        assert_eq!(self.script::<String>(ALERT).await.unwrap(), "");
    }
}
