//! The Profile window: how it opens and closes.

use std::time::Duration;

use thirtyfour::{By, Key as Press};

use super::{Page, in_chromium};
use crate::support::Server;

in_chromium![
    the_window_opens_over_home_and_closes_with_its_x_with_escape_and_with_back,
    escape_closes_what_is_on_top_and_at_last_the_reloaded_window,
    the_page_under_the_window_shows_what_was_changed_in_it,
    whoever_goes_on_before_the_page_under_the_window_is_renewed_keeps_the_focus,
    a_window_whose_link_was_renewed_meanwhile_gives_the_focus_to_another_one,
    the_secret_is_gone_once_the_window_was_closed_or_left,
    a_double_click_on_generate_makes_one_key,
    a_window_that_waits_for_a_secret_stays_open,
    a_question_about_what_was_closed_meanwhile_is_not_asked,
    one_answer_is_waited_for_at_a_time,
    what_was_typed_into_the_page_under_the_window_stays,
    no_page_logs_an_error_or_asks_another_host,
];

async fn the_window_opens_over_home_and_closes_with_its_x_with_escape_and_with_back(_server: Server, page: Page) {
    page.sign_in().await;
    page.path_is("/").await;

    page.open_profile().await;
    page.path_is("/profile").await;
    assert_eq!(page.driver.title().await.unwrap(), "Profile – Keyledge");
    page.click("button", "Close").await;
    page.is_gone("dialog", "Profile").await;
    page.path_is("/").await;
    page.has_focus("link", "Profile").await;
    assert_eq!(page.driver.title().await.unwrap(), "Home – Keyledge");

    page.open_profile().await;
    page.press(Press::Escape).await;
    page.is_gone("dialog", "Profile").await;
    page.path_is("/").await;
    page.has_focus("link", "Profile").await;

    page.open_profile().await;
    page.driver.back().await.unwrap();
    page.is_gone("dialog", "Profile").await;
    page.path_is("/").await;
    page.has_focus("link", "Profile").await;
    page.find("heading", "Get access to the API").await;
}

async fn escape_closes_what_is_on_top_and_at_last_the_reloaded_window(server: Server, page: Page) {
    let key = server.generate(&server.signed_in("admin").await).await;
    page.sign_in().await;
    page.open_profile().await;
    page.driver.refresh().await.unwrap();
    page.click("button", &format!("Delete {}", key.client_id)).await;
    page.has_focus("button", "Cancel").await;
    page.press(Press::Escape).await;
    page.is_gone("dialog", "Delete API key").await;
    page.has_focus("button", &format!("Delete {}", key.client_id)).await;
    page.path_is("/profile").await;
    page.press(Press::Escape).await;
    page.path_is("/").await;
    page.is_gone("dialog", "Profile").await;
}

async fn the_page_under_the_window_shows_what_was_changed_in_it(_server: Server, page: Page) {
    page.sign_in().await;
    page.says("You have no valid API key").await;
    page.click("link", "Get an API key").await;
    page.find("dialog", "Profile").await;
    let (client_id, _) = page.generate().await;
    page.close_without_copying().await;
    page.find("link", "Manage API keys").await;
    page.says(&format!("curl --user {client_id}")).await;
    page.find("button", "Copy token command").await;
    page.has_focus("link", "Profile").await;
}

async fn whoever_goes_on_before_the_page_under_the_window_is_renewed_keeps_the_focus(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.generate().await;
    let hold_back = "
        const { fetch } = window, released = new Promise(release => window.release = release);
        window.fetch = (...request) => released.then(() => fetch(...request));";
    page.script::<()>(hold_back).await.unwrap();
    page.close_without_copying().await;
    page.find("button", "Copy API base URL").await.focus().await.unwrap();
    page.script::<()>("release()").await.unwrap();
    page.find("link", "Manage API keys").await;
    page.has_focus("button", "Copy API base URL").await;
}

async fn a_window_whose_link_was_renewed_meanwhile_gives_the_focus_to_another_one(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.generate().await;
    // The page is asked for by its path, a window is not.
    let hold_back = "
        const { fetch } = window, released = new Promise(release => window.release = release);
        window.fetch = (...request) =>
            typeof request[0] === 'string' ? released.then(() => fetch(...request)) : fetch(...request);";
    page.script::<()>(hold_back).await.unwrap();
    page.close_without_copying().await;
    page.click("link", "Get an API key").await;
    page.find("dialog", "Profile").await;
    page.script::<()>("release()").await.unwrap();
    page.until("the page is renewed", async || {
        let renewed = "return document.getElementById('main').textContent.includes('Manage API keys')";
        Ok(page.script::<bool>(renewed).await?.then_some(()))
    })
    .await;
    page.press(Press::Escape).await;
    page.is_gone("dialog", "Profile").await;
    page.has_focus("link", "Profile").await;
}

async fn the_secret_is_gone_once_the_window_was_closed_or_left(_server: Server, page: Page) {
    page.sign_in().await;

    page.open_profile().await;
    let (_, closed_with_x) = page.generate().await;
    page.close_without_copying().await;
    page.forgets(&closed_with_x).await;
    page.path_is("/").await;
    page.open_profile().await;
    page.has_keys(1).await;
    page.forgets(&closed_with_x).await;

    let (_, left_with_back) = page.generate().await;
    page.driver.back().await.unwrap();
    page.click("button", "Close without copying").await;
    page.is_gone("dialog", "Profile").await;
    page.forgets(&left_with_back).await;
    page.driver.forward().await.unwrap();
    page.has_keys(2).await;
    page.forgets(&left_with_back).await;

    page.open("/profile").await;
    let (_, left_with_a_link) = page.generate().await;
    page.click("link", "Activity").await;
    page.find("heading", "Activity").await;
    page.forgets(&left_with_a_link).await;
    page.driver.back().await.unwrap();
    page.find("dialog", "Profile").await;
    page.forgets(&left_with_a_link).await;
    page.driver.forward().await.unwrap();
    page.find("heading", "Activity").await;
    page.forgets(&left_with_a_link).await;
}

async fn a_window_that_waits_for_a_secret_stays_open(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.slow_down(3000).await;
    page.click("button", "Generate").await;
    page.press(Press::Escape).await;
    page.click("button", "Close").await;
    page.driver.back().await.unwrap();
    page.is_busy().await;
    page.path_is("/profile").await;
    let (client_id, _) = page.credentials().await;
    page.slow_down(0).await;
    assert_eq!(page.has_keys(1).await, [client_id]);
    page.click("button", "Close").await;
    page.find("alertdialog", "Close without copying?").await;
}

async fn a_question_about_what_was_closed_meanwhile_is_not_asked(server: Server, page: Page) {
    let key = server.generate(&server.signed_in("admin").await).await;
    page.sign_in().await;
    page.open_profile().await;
    page.slow_down(1500).await;
    page.click("button", &format!("Delete {}", key.client_id)).await;
    page.press(Press::Escape).await;
    page.is_gone("dialog", "Profile").await;
    // Longer than the answer takes.
    tokio::time::sleep(Duration::from_secs(3)).await;
    page.is_gone("dialog", "Delete API key").await;
    page.slow_down(0).await;
    page.open_profile().await;
    page.has_keys(1).await;
}

async fn one_answer_is_waited_for_at_a_time(server: Server, page: Page) {
    let key = server.generate(&server.signed_in("admin").await).await;
    page.sign_in().await;
    page.open_profile().await;
    page.click("button", &format!("Delete {}", key.client_id)).await;
    page.click("button", "Delete").await;
    page.find("button", "Generate a replacement").await;
    page.slow_down(2000).await;
    page.click("button", "Generate").await;
    page.click("button", "Generate a replacement").await;
    let (client_id, _) = page.credentials().await;
    page.slow_down(0).await;
    // A second answer would take the place of the secret.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(page.credentials().await.0, client_id);
    assert_eq!(page.has_keys(1).await, [client_id]);
}

async fn what_was_typed_into_the_page_under_the_window_stays(server: Server, page: Page) {
    page.sign_in().await;
    page.open("/users/new").await;
    page.type_into("Username", "ada").await;
    page.open_profile().await;
    page.generate().await;
    page.click("button", "Copy client secret").await;
    page.says("Client secret copied").await;
    page.click("button", "Close").await;
    page.is_gone("dialog", "Profile").await;
    page.path_is("/users/new").await;
    page.click("button", "Add user").await;
    page.find("heading", "ada was added").await;

    page.open("/activity/everybody").await;
    page.type_into("Username", "ada").await;
    let generated = async || {
        page.open_profile().await;
        page.generate().await;
        page.close_without_copying().await;
    };
    generated().await;
    // Longer than it takes to ask for the page.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(page.value("Username").await.unwrap(), "ada");

    server.token(&server.generate(&server.signed_in("admin").await).await).await;
    page.open("/activity").await;
    page.driver.find(By::Tag("summary")).await.unwrap().click().await.unwrap();
    let events = "return document.querySelectorAll('table[role=table] tbody tr').length";
    let before: usize = page.script(events).await.unwrap();
    generated().await;
    page.until("the page is renewed", async || Ok((page.script::<usize>(events).await? > before).then_some(()))).await;
    assert!(page.script::<bool>("return document.querySelector('main details').open").await.unwrap());
}

async fn a_double_click_on_generate_makes_one_key(server: Server, page: Page) {
    page.sign_in().await;
    page.allow_clipboard().await;
    page.open_profile().await;
    for (milliseconds, keys) in [(0, 1), (200, 2)] {
        let button = page.find("button", "Generate").await;
        page.double_click(&button, milliseconds).await;
        page.has_keys(keys).await;
        page.credentials().await;
        page.click("button", "Copy client secret").await;
        page.says("Client secret copied").await;
    }
    page.press(Press::Escape).await;
    page.is_gone("dialog", "Profile").await;
    let admin = server.signed_in("admin").await;
    assert_eq!(server.text(&admin, "/profile").await.matches("data-row=").count(), 2);
}

async fn no_page_logs_an_error_or_asks_another_host(_server: Server, page: Page) {
    page.open("/login").await;
    page.asks_only_its_server().await;
    page.sign_in().await;
    page.allow_clipboard().await;
    page.asks_only_its_server().await;

    page.open_profile().await;
    let (client_id, _) = page.generate().await;
    page.click("button", "Copy client secret").await;
    page.says("Client secret copied").await;
    page.click("button", &format!("Delete {client_id}")).await;
    page.click("button", "Delete").await;
    page.has_keys(0).await;
    page.click("button", "Generate a replacement").await;
    let (client_id, _) = page.credentials().await;
    page.close_without_copying().await;
    page.asks_only_its_server().await;

    for path in ["/profile", "/account", "/activity", &format!("/profile/api-keys/{client_id}/delete")] {
        page.open(path).await;
        page.asks_only_its_server().await;
    }
    page.open("/profile").await;
    page.generate().await;
    page.script::<()>("console.error('the end')").await.unwrap();
    let log = page.driver.browser_log().await.unwrap();
    assert!(log.len() == 1 && log[0].message.contains("the end"), "{log:?}");
}

impl Page {
    async fn asks_only_its_server(&self) {
        let script = "return [location.origin, performance.getEntriesByType('resource').map(entry => entry.name)]";
        let (origin, asked): (String, Vec<String>) = self.script(script).await.unwrap();
        assert!(asked.iter().any(|asked| asked.contains(".css")), "nothing was seen: {asked:?}");
        assert!(asked.iter().all(|asked| asked.starts_with(&format!("{origin}/"))), "{asked:?}");
    }
}
