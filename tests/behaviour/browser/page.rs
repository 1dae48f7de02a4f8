//! What a person sees and does on a page. Things are found by role and accessible name, as Chromium computes them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::json;
use thirtyfour::common::command::Command;
use thirtyfour::error::{WebDriverError, WebDriverResult};
use thirtyfour::{By, Key, WebDriver, WebElement};

use crate::support::PASSWORD;

/// How long a person is expected to wait on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(25);

/// The rows of a table with this name, cells by column.
const ROWS: &str = "
    const table = [...document.querySelectorAll('table')].find(table => table.caption?.textContent === arguments[0]
        || document.getElementById(table.getAttribute('aria-labelledby'))?.textContent === arguments[0]);
    if (!table) return [];
    const columns = [...table.tHead.rows[0].cells].map(cell => cell.textContent.trim());
    return [...table.tBodies[0].rows].map(row =>
        Object.fromEntries([...row.cells].map((cell, index) => [columns[index], cell.textContent.trim()])));";

/// Whether the page has been loaded and, where it can be seen and holds anything, drawn.
const IS_THERE: &str = "
    return document.readyState === 'complete'
        && (document.hidden || document.body.innerText.trim() === '' || performance.getEntriesByType('paint').length > 0)";

/// Whether no form, whose answer is another page, waits for it.
const NO_FORM_WAITS: &str = "return document.querySelector('form[aria-busy]:not([hx-get], [hx-post])') === null";

/// What has this role and name, of what has the focus where there is no selector. Chromium computes them only for what may
/// have that name, since each takes its time. What htmx has not quite put in yet has the focus only once it has: until then
/// htmx may still move it.
const NAMED: &str = r"
    const [selector, role, name] = arguments, dense = text => text.replace(/\s+/g, '');
    const texts = element => [element, ...element.labels ?? [], ...element.ariaLabelledByElements ?? []]
        .map(({ textContent }) => textContent);
    if (!selector && document.querySelector('.htmx-added, .htmx-settling')) return [];
    const asked = selector ? [...document.querySelectorAll(selector)] : [document.activeElement];
    return asked.filter(element =>
        dense([...texts(element), element.ariaLabel, element.title].join(' ')).includes(dense(name))
            && element.computedName === name && element.computedRole === role);";

/// Everything that can be read on the page or sent from it.
const EVERYTHING: &str = "
    return document.documentElement.outerHTML
        + [...document.querySelectorAll('input')].map(input => input.value).join(' ');";

/// A browser tab.
pub struct Page {
    pub driver: WebDriver,
    pub url: String,
    /// Whether scripts run.
    pub has_scripts: Cell<bool>,
}

impl Page {
    pub fn new(driver: WebDriver, url: String) -> Self {
        Self { driver, url, has_scripts: Cell::new(true) }
    }

    /// Between one page and the next, a headless browser at times forgets that its window is in front, and lets it wait.
    pub async fn stays_in_front(&self) {
        let in_front = json!({ "enabled": true });
        self.driver.cdp().send_raw("Emulation.setFocusEmulationEnabled", in_front).await.unwrap();
    }

    /// Opens a page and waits until it is there: at times the driver returns before that, and what is done then comes to
    /// the page before.
    pub async fn open(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.url)).await.unwrap();
        self.until(&format!("{path} is there"), async || Ok(self.script::<bool>(IS_THERE).await?.then_some(()))).await;
    }

    /// Signs in as `admin` and comes to Home.
    pub async fn sign_in(&self) {
        self.sign_in_as("admin").await;
    }

    /// The same as somebody else.
    pub async fn sign_in_as(&self, username: &str) {
        self.open("/login").await;
        self.sign_in_here(username).await;
        self.find("link", "Profile").await;
    }

    /// The same on a sign-in page that is open already.
    pub async fn sign_in_here(&self, username: &str) {
        self.type_into("Username", username).await;
        self.type_into("Password", PASSWORD).await;
        self.click("button", "Sign in").await;
    }

    /// Chooses German under Account settings, with the form as somebody without scripts has it.
    pub async fn speak_german(&self) {
        self.open("/account").await;
        self.script::<()>("document.getElementById('language').value = 'de'").await.unwrap();
        self.click("button", "Save language and time zone").await;
        self.says("Ihre Sprache und Ihre Zeitzone wurden gespeichert.").await;
    }

    /// Comes back to the tab after a while in another one.
    pub async fn come_back(&self) {
        self.script::<()>("document.dispatchEvent(new Event('visibilitychange'))").await.unwrap();
    }

    /// Opens the Profile window with the User icon.
    pub async fn open_profile(&self) {
        self.click("link", "Profile").await;
        self.find("dialog", "Profile").await;
    }

    /// Presses Generate and reads the client ID and the client secret.
    pub async fn generate(&self) -> (String, String) {
        self.click("button", "Generate").await;
        self.credentials().await
    }

    /// Closes the Profile window while it shows a secret that was not copied.
    pub async fn close_without_copying(&self) {
        self.click("button", "Close").await;
        self.click("button", "Close without copying").await;
        self.is_gone("dialog", "Profile").await;
    }

    /// The client ID and the client secret, once there are any.
    pub async fn credentials(&self) -> (String, String) {
        self.until("both fields are filled", async || {
            let client_id = self.value("Client ID").await?;
            let client_secret = self.value("Client secret").await?;
            let filled = client_id.starts_with("kl_") && client_secret.starts_with("kls_");
            Ok(filled.then_some((client_id, client_secret)))
        })
        .await
    }

    /// Looks again and again until there is something to see.
    pub async fn until<T>(&self, what: &str, look: impl AsyncFn() -> WebDriverResult<Option<T>>) -> T {
        let start = Instant::now();
        loop {
            let seen = look().await;
            if let Ok(Some(found)) = seen {
                return found;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "{what}: not so after {PATIENCE:?}, at {:?}\n{}\n{:?}\n{}",
                self.driver.current_url().await.map(String::from),
                self.visible_text().await.unwrap_or_default(),
                seen.err(),
                self.everything().await.unwrap_or_default(),
            );
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// What has this role and name, once it is there.
    pub async fn find(&self, role: &str, name: &str) -> WebElement {
        self.until(&format!("there is a {role} named “{name}”"), async || {
            Ok(self.all(role, name).await?.into_iter().next())
        })
        .await
    }

    /// Waits until nothing has this role and name.
    pub async fn is_gone(&self, role: &str, name: &str) {
        self.until(&format!("no {role} is named “{name}”"), async || {
            Ok(self.all(role, name).await?.is_empty().then_some(()))
        })
        .await;
    }

    pub async fn click(&self, role: &str, name: &str) {
        self.until(&format!("a {role} named “{name}” can be clicked"), async || {
            match self.all(role, name).await?.first() {
                Some(element) => element.click().await.map(Some),
                None => Ok(None),
            }
        })
        .await;
        self.has_left().await;
    }

    /// Waits until a form that was sent has its answer. Where the browser asks whether to leave, that is for the test to
    /// answer.
    async fn has_left(&self) {
        self.until("no form waits to be sent", async || match self.script::<bool>(NO_FORM_WAITS).await {
            Err(error) if led_on(&error) => Ok(Some(())),
            none_waits => Ok(none_waits?.then_some(())),
        })
        .await;
    }

    /// Clicks twice, with a pause in which the page may change under the pointer.
    pub async fn double_click(&self, element: &WebElement, pause_milliseconds: u32) {
        let actions = json!([{ "type": "pointer", "id": "mouse", "actions": [
            { "type": "pointerMove", "origin": element.to_json().unwrap(), "x": 0, "y": 0 },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
            { "type": "pause", "duration": pause_milliseconds },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ] }]);
        self.driver.cmd(Command::PerformActions(actions.into())).await.unwrap();
        self.has_left().await;
    }

    pub async fn type_into(&self, name: &str, text: &str) {
        self.find("textbox", name).await.send_keys(text).await.unwrap();
    }

    /// Types into what has the focus.
    pub async fn type_here(&self, text: &str) {
        self.driver.action_chain().send_keys(text).perform().await.unwrap();
    }

    pub async fn clear(&self, name: &str) {
        self.find("textbox", name).await.clear().await.unwrap();
    }

    pub async fn press(&self, key: Key) {
        if matches!(key, Key::Enter) {
            return self.press_enter().await;
        }
        let sends_nothing = matches!(key, Key::Tab);
        let pressed = self.driver.action_chain().send_keys(key).perform().await;
        assert!(pressed.as_ref().err().is_none_or(led_on), "{pressed:?}");
        if !sends_nothing {
            self.has_left().await;
        }
    }

    /// As a keyboard does it: the driver would press the key and enter its character one after the other, and the second
    /// may come to the page that the first has led to.
    async fn press_enter(&self) {
        for (event, text) in [("keyDown", "\r"), ("keyUp", "")] {
            let key =
                json!({ "type": event, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": text });
            let sent = self.driver.cdp().send_raw("Input.dispatchKeyEvent", key).await;
            assert!(sent.as_ref().err().is_none_or(led_on), "{sent:?}");
            if sent.is_err() {
                return;
            }
        }
        self.has_left().await;
    }

    /// Goes back to what had the focus before.
    pub async fn shift_tab(&self) {
        let keys = self.driver.action_chain().key_down(Key::Shift).send_keys(Key::Tab).key_up(Key::Shift);
        keys.perform().await.unwrap();
    }

    /// Presses Tab until this has the focus.
    pub async fn tab_to(&self, role: &str, name: &str) {
        for _ in 0..40 {
            self.press(Key::Tab).await;
            if self.until("the focus can be told", async || self.is_focused(role, name).await.map(Some)).await {
                return;
            }
        }
        panic!("40 times Tab do not reach the {role} “{name}”, but {:?}", self.focused().await);
    }

    /// Waits until this has the focus.
    pub async fn has_focus(&self, role: &str, name: &str) {
        self.until(&format!("the {role} “{name}” has the focus"), async || {
            Ok(self.is_focused(role, name).await?.then_some(()))
        })
        .await;
    }

    /// Whether this has the focus now.
    pub async fn is_focused(&self, role: &str, name: &str) -> WebDriverResult<bool> {
        Ok(!self.named(None, role, name).await?.is_empty())
    }

    /// Waits until a message that begins so has the focus. Messages have no names.
    pub async fn message_has_focus(&self, text: &str) {
        self.until(&format!("the message “{text}” has the focus"), async || {
            let message = self.driver.active_element().await?;
            let begins = message.class_name().await?.is_some_and(|class| class.contains("notice"))
                && message.text().await?.starts_with(text);
            Ok(begins.then_some(()))
        })
        .await;
    }

    pub async fn path_is(&self, path: &str) {
        self.until(&format!("the path is {path}"), async || {
            Ok((self.driver.current_url().await?.path() == path).then_some(()))
        })
        .await;
    }

    pub async fn path_and_query_are(&self, wanted: &str) {
        self.until(&format!("the address is {wanted}"), async || {
            let url = self.driver.current_url().await?;
            Ok((format!("{}?{}", url.path(), url.query().unwrap_or_default()) == wanted).then_some(()))
        })
        .await;
    }

    /// Waits until a person can read this.
    pub async fn says(&self, text: &str) {
        self.until(&format!("the page says “{text}”"), async || {
            Ok(self.visible_text().await?.contains(text).then_some(()))
        })
        .await;
    }

    /// Waits until this is nowhere on the page, hidden fields included.
    pub async fn forgets(&self, text: &str) {
        self.until("the page no longer has a text", async || {
            Ok((!self.everything().await?.contains(text)).then_some(()))
        })
        .await;
    }

    /// The whole page, hidden fields included.
    pub async fn everything(&self) -> WebDriverResult<String> {
        self.script(EVERYTHING).await
    }

    /// Waits until the grid has so many keys and returns their client IDs.
    pub async fn has_keys(&self, count: usize) -> Vec<String> {
        self.until(&format!("the grid has {count} keys"), async || {
            let rows = self.key_rows().await?;
            Ok((rows.len() == count)
                .then(|| rows.into_iter().map(|mut row| row.remove("Client ID").unwrap()).collect()))
        })
        .await
    }

    /// The rows of the API Keys grid, cells by column.
    pub async fn key_rows(&self) -> WebDriverResult<Vec<BTreeMap<String, String>>> {
        self.rows("API Keys").await
    }

    /// The rows of a table, once it is there.
    pub async fn table(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        self.find("table", name).await;
        self.rows(name).await.unwrap()
    }

    async fn rows(&self, table: &str) -> WebDriverResult<Vec<BTreeMap<String, String>>> {
        self.driver.execute(ROWS, vec![json!(table)]).await?.convert()
    }

    /// Allows the page to read the clipboard.
    pub async fn allow_clipboard(&self) {
        let permissions = json!({
            "origin": self.url,
            "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"],
        });
        self.driver.cdp().send_raw("Browser.grantPermissions", permissions).await.unwrap();
    }

    /// Lets the page copy nothing, by either way to do it.
    pub async fn forbid_copying(&self) {
        let script = "
            Object.defineProperty(navigator, 'clipboard', { value: undefined });
            document.execCommand = () => false;";
        self.script::<()>(script).await.unwrap();
    }

    /// Waits until the clipboard holds exactly this.
    pub async fn clipboard_is(&self, text: &str) {
        self.until("the clipboard holds what was copied", async || {
            let script = "navigator.clipboard.readText().then(arguments[0], error => arguments[0](String(error)));";
            let held: String = self.driver.execute_async(script, Vec::new()).await?.convert()?;
            Ok((held == text).then_some(()))
        })
        .await;
    }

    pub async fn value(&self, name: &str) -> WebDriverResult<String> {
        match self.all("textbox", name).await?.first() {
            Some(element) => Ok(element.prop("value").await?.unwrap_or_default()),
            None => Ok(String::new()),
        }
    }

    pub async fn script<T: DeserializeOwned>(&self, script: &str) -> WebDriverResult<T> {
        self.driver.execute(script, Vec::new()).await?.convert()
    }

    async fn visible_text(&self) -> WebDriverResult<String> {
        self.driver.find(By::Tag("body")).await?.text().await
    }

    /// The role and the name of what has the focus.
    pub async fn focused(&self) -> WebDriverResult<(String, String)> {
        self.script("return [document.activeElement.computedRole, document.activeElement.computedName]").await
    }

    async fn all(&self, role: &str, name: &str) -> WebDriverResult<Vec<WebElement>> {
        let candidates = match role {
            "alertdialog" | "dialog" => "dialog",
            "button" => "button",
            "checkbox" => "input[type=checkbox]",
            "combobox" => "select",
            "heading" => "h1, h2, h3",
            "link" => "a",
            "table" => "table",
            "textbox" => "input, textarea",
            other => panic!("nothing is known about the role {other}"),
        };
        self.named(Some(candidates), role, name).await
    }

    /// What fits a selector, or has the focus, and has this role and name.
    async fn named(&self, selector: Option<&str>, role: &str, name: &str) -> WebDriverResult<Vec<WebElement>> {
        self.driver.execute(NAMED, vec![json!(selector), json!(role), json!(name)]).await?.elements()
    }
}

/// Whether the driver only says that a key led to another page, or to a question of the browser, before it was let go.
fn led_on(error: &WebDriverError) -> bool {
    ["aborted by navigation", "dialog type beforeunload"].iter().any(|words| error.to_string().contains(words))
}
