//! What works a page: a mouse, or the keyboard alone.

use thirtyfour::{By, Key as Press};

use super::Page;
use crate::support::PASSWORD;

/// Whether what has the focus can be seen to have it: an outline around it, and nothing over it.
const FOCUS_IS_SEEN: &str = "
    const focused = document.activeElement, [{ left, top, width, height }] = focused.getClientRects();
    const over = document.elementFromPoint(left + width / 2, top + height / 2);
    return focused.contains(over) && getComputedStyle(focused).outlineStyle !== 'none';";

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Hand {
    Mouse,
    Keyboard,
}

impl Hand {
    pub(super) const BOTH: [Self; 2] = [Self::Keyboard, Self::Mouse];

    /// Presses a button, follows a link, or ticks a box.
    pub(super) async fn choose(self, page: &Page, role: &str, name: &str) {
        if self == Self::Mouse {
            page.click(role, name).await;
            return;
        }
        self.reach(page, role, name).await;
        // A button takes a space once it is released: chromedriver presses twice what leads to another page when pressed.
        page.press(if role == "link" { Press::Enter } else { Press::Space }).await;
    }

    /// Presses a button that still has the focus, which a message elsewhere may have scrolled out of view.
    pub(super) async fn choose_again(self, page: &Page, name: &str) {
        match self {
            Self::Mouse => page.click("button", name).await,
            Self::Keyboard => page.press(Press::Space).await,
        }
    }

    /// Presses a button twice without looking.
    pub(super) async fn choose_twice(self, page: &Page, name: &str) {
        if self == Self::Mouse {
            let button = page.find("button", name).await;
            page.double_click(&button, 0).await;
        } else {
            self.reach(page, "button", name).await;
            page.driver.action_chain().send_keys(Press::Space).send_keys(Press::Space).perform().await.unwrap();
        }
    }

    pub(super) async fn type_into(self, page: &Page, field: &str, text: &str) {
        self.enter(page, field).await;
        page.type_here(text).await;
    }

    /// Types in place of what a field holds.
    pub(super) async fn retype(self, page: &Page, field: &str, text: &str) {
        self.enter(page, field).await;
        let all = page.driver.action_chain().key_down(Press::Control).send_keys("a").key_up(Press::Control);
        all.perform().await.unwrap();
        page.type_here(text).await;
    }

    /// Chooses what begins so in a list.
    pub(super) async fn select(self, page: &Page, field: &str, text: &str) {
        if self == Self::Keyboard {
            self.reach(page, "combobox", field).await;
            page.type_here(text).await;
        } else {
            let option = By::XPath(format!(".//option[starts-with(normalize-space(), '{text}')]"));
            page.find("combobox", field).await.find(option).await.unwrap().click().await.unwrap();
        }
    }

    /// Closes the Profile window with what a person would use.
    pub(super) async fn close(self, page: &Page) {
        match self {
            Self::Mouse => page.click("button", "Close").await,
            Self::Keyboard => page.press(Press::Escape).await,
        }
    }

    /// Answers no to a question, with what a person would use.
    pub(super) async fn cancel(self, page: &Page) {
        if self == Self::Keyboard && page.has_scripts.get() {
            page.press(Press::Escape).await;
        } else {
            self.choose(page, "button", "Cancel").await;
        }
    }

    /// Generates a key, and waits until the window has come to rest with it. Returns its client ID and its client secret.
    pub(super) async fn generate(self, page: &Page) -> (String, String) {
        self.choose(page, "button", "Generate").await;
        page.has_focus("heading", "Your new API key").await;
        page.credentials().await
    }

    /// Signs in on a sign-in page that is open.
    pub(super) async fn sign_in(self, page: &Page) {
        self.sign_in_as(page, "admin", PASSWORD).await;
    }

    /// The same as somebody else.
    pub(super) async fn sign_in_as(self, page: &Page, username: &str, password: &str) {
        page.has_focus("textbox", "Username").await;
        page.type_here(username).await;
        self.type_into(page, "Password", password).await;
        self.choose(page, "button", "Sign in").await;
    }

    async fn enter(self, page: &Page, field: &str) {
        if self == Self::Mouse {
            page.click("textbox", field).await;
        } else {
            self.reach(page, "textbox", field).await;
        }
    }

    async fn reach(self, page: &Page, role: &str, name: &str) {
        page.find(role, name).await;
        if !page.is_focused(role, name).await.unwrap() {
            page.tab_to(role, name).await;
        }
        page.until(&format!("it can be seen that {name} has the focus"), async || {
            Ok(page.script::<bool>(FOCUS_IS_SEEN).await?.then_some(()))
        })
        .await;
    }
}
