//! Small screens and wide ones.

use chrono::Duration;
use serde_json::json;
use thirtyfour::{By, Key as Press};

use super::hand::Hand;
use super::{Page, in_chromium};
use crate::support::Server;

in_chromium![
    at_320_pixels_nothing_scrolls_sideways,
    in_german_nothing_scrolls_sideways_either,
    the_controls_of_a_filter_stand_on_one_line,
    no_word_of_german_is_broken,
    at_320_pixels_a_message_moves_nothing,
    on_paper_the_window_stands_alone,
    in_forced_colors_the_focus_is_seen,
    in_forced_colors_a_wrong_field_is_seen,
    cards_are_still_rows_of_a_table,
    who_wants_little_motion_gets_none,
];

/// What is wider than its frame: the page, or a dialog over it.
const TOO_WIDE: &str = "
    return [document.documentElement, ...document.querySelectorAll('dialog, .dialog-body, .table-frame, .table tbody td')]
        .filter(frame => frame.scrollWidth > frame.clientWidth)
        .map(frame => `${frame.tagName} ${frame.className}: ${frame.scrollWidth} > ${frame.clientWidth}`);";

/// The bottoms of the controls of a filter, each once.
const BOTTOMS: &str = "
    const controls = [...document.querySelectorAll('.filters :is(input, select, button)')];
    return [...new Set(controls.map(control => Math.round(control.getBoundingClientRect().bottom)))];";

/// The tops of the links of the navigation, each once.
const TOPS_OF_NAVIGATION: &str = "
    return [...new Set([...document.querySelectorAll('.nav-link')].map(link => link.getBoundingClientRect().top))];";

/// The words of buttons, links, times, labels and headings that stand on more than one line.
const BROKEN_WORDS: &str = r"
    const broken = [];
    for (const element of document.querySelectorAll('main :is(button, a, time, label, th, dt, h1, h2, .badge)')) {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
            for (const word of text.data.matchAll(/[\p{L}\p{N} ]+/gu)) {
                const range = document.createRange();
                range.setStart(text, word.index);
                range.setEnd(text, word.index + word[0].length);
                if (new Set([...range.getClientRects()].map(part => part.top)).size > 1) broken.push(word[0]);
            }
        }
    }
    return broken;";

async fn at_320_pixels_nothing_scrolls_sideways(server: Server, page: Page) {
    let admin = server.signed_in("admin").await;
    let name = "W".repeat(100);
    let key = server.generate_with(&admin, &[("name", &name), ("lifetime", "14")]).await;
    server.token(&key).await;

    let small = json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": false });
    page.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", small).await.unwrap();
    page.open("/login").await;
    assert_eq!(page.script::<u32>("return innerWidth").await.unwrap(), 320);
    assert_fits(&page, "the sign-in page").await;
    page.sign_in().await;
    page.says("expires in 14 days").await;
    assert_fits(&page, "Home").await;

    page.open_profile().await;
    assert_fits(&page, "the Profile window").await;
    page.type_into("Name (optional)", &name).await;
    page.generate().await;
    assert_fits(&page, "the Profile window with a new secret").await;
    page.click("button", "Close").await;
    page.find("alertdialog", "Close without copying?").await;
    assert_fits(&page, "the question before a secret is lost").await;
    page.click("button", "Keep open").await;
    page.click("button", &format!("Delete {}", key.client_id)).await;
    page.find("dialog", "Delete API key").await;
    assert_fits(&page, "the delete dialog").await;

    page.open("/profile").await;
    page.generate().await;
    assert_fits(&page, "the Profile page with a new secret").await;
    page.open("/activity").await;
    assert_fits(&page, "the activity page").await;
    page.driver.find(By::Tag("summary")).await.unwrap().click().await.unwrap();
    assert_fits(&page, "the numbers of the activity page").await;
    page.open("/activity/everybody?user=nobody").await;
    assert_fits(&page, "a mistake on everybody's activity").await;
    page.open("/activity/everybody?outcome=allowed").await;
    assert_fits(&page, "everybody's activity").await;
    page.open("/keys?owner=admin").await;
    assert_fits(&page, "everybody's keys").await;
    page.open(&format!("/keys/{}/delete", key.client_id)).await;
    assert_fits(&page, "the delete page of everybody's keys").await;
    page.open("/account").await;
    page.find("button", "End session 2, Unknown browser").await;
    assert_fits(&page, "the account page").await;
    server.clock.advance(Duration::minutes(59));
    page.come_back().await;
    page.find("alertdialog", "Stay signed in?").await;
    assert_fits(&page, "the warning before the session ends").await;
    page.click("button", "Stay signed in").await;
    page.open(&format!("/profile/api-keys/{}/delete", key.client_id)).await;
    assert_fits(&page, "the delete page").await;
}

async fn in_german_nothing_scrolls_sideways_either(server: Server, page: Page) {
    let admin = server.signed_in("admin").await;
    let key = server.generate_with(&admin, &[("lifetime", "14")]).await;
    server.token(&key).await;
    page.sign_in().await;
    page.speak_german().await;
    let small = json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": false });
    page.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", small).await.unwrap();
    let delete = format!("/keys/{}/delete", key.client_id);
    for path in ["/account", "/activity", "/users", "/users/new", "/roles", "/roles/new", "/keys", &delete, "/"] {
        page.open(path).await;
        assert_fits(&page, path).await;
    }
    page.says("läuft in 14 Tagen ab").await;
    page.click("link", "Profil").await;
    page.find("dialog", "Profil").await;
    assert_fits(&page, "the Profile window").await;
    page.click("button", "Generieren").await;
    page.says("Kopieren Sie das Client-Secret jetzt").await;
    assert_fits(&page, "the Profile window with a new secret").await;
    page.click("button", "Schließen").await;
    page.find("alertdialog", "Ohne Kopieren schließen?").await;
    assert_fits(&page, "the question before a secret is lost").await;
    page.click("button", "Offen lassen").await;
    page.click("button", &format!("{} löschen", key.client_id)).await;
    page.find("dialog", "API-Schlüssel löschen").await;
    assert_fits(&page, "the delete dialog").await;
    page.open("/").await;
    server.clock.advance(Duration::minutes(59));
    page.come_back().await;
    page.find("alertdialog", "Angemeldet bleiben?").await;
    page.says("Sekunden abgemeldet").await;
    assert_fits(&page, "the warning before the session ends").await;
}

async fn the_controls_of_a_filter_stand_on_one_line(_server: Server, page: Page) {
    page.sign_in().await;
    let wide = json!({ "width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": false });
    page.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", wide).await.unwrap();
    // A label of two lines on one of the pages, a hint below a field on the other.
    for path in ["/keys", "/users"] {
        page.open(path).await;
        let bottoms: Vec<i32> = page.script(BOTTOMS).await.unwrap();
        assert_eq!(bottoms.len(), 1, "{path}: {bottoms:?}");
    }
}

async fn no_word_of_german_is_broken(server: Server, page: Page) {
    let admin = server.signed_in("admin").await;
    let key = server.generate_with(&admin, &[("lifetime", "14")]).await;
    server.token(&key).await;
    assert!(server.cli(&["role", "add", "reader"]).0);
    page.sign_in().await;
    page.speak_german().await;
    page.is_seen(390, "light").await;
    page.open("/").await;
    let tops: Vec<f64> = page.script(TOPS_OF_NAVIGATION).await.unwrap();
    assert_eq!(tops.len(), 1, "the navigation takes more than a row of a phone");
    // The grid of the Profile page becomes cards a little below 1195 pixels.
    for width in [390, 1195, 1215, 1280] {
        page.is_seen(width, "light").await;
        for path in ["/", "/activity", "/activity/everybody", "/users", "/roles", "/keys", "/account", "/profile"] {
            page.open(path).await;
            assert_fits(&page, path).await;
            let broken: Vec<String> = page.script(BROKEN_WORDS).await.unwrap();
            assert!(broken.is_empty(), "{path} at {width} pixels: {broken:?}");
        }
    }
}

async fn at_320_pixels_a_message_moves_nothing(_server: Server, page: Page) {
    page.sign_in().await;
    page.is_seen(320, "light").await;
    page.open_profile().await;
    Hand::Mouse.generate(&page).await;
    let top = "return document.getElementById('client-secret').getBoundingClientRect().top";
    let refused = "Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject() } })";
    page.find("button", "Copy client secret").await.focus().await.unwrap();
    page.says("API key generated").await;
    let generated: f64 = page.script(top).await.unwrap();
    let empty = "for (const status of document.querySelectorAll('[role=status]')) status.textContent = ''";
    for (way, script) in [("as it is", ""), ("with a clipboard that refuses", refused)] {
        page.script::<()>(script).await.unwrap();
        page.script::<()>(empty).await.unwrap();
        let emptied: f64 = page.script(top).await.unwrap();
        page.press(Press::Enter).await;
        page.says("Client secret copied").await;
        let copied: f64 = page.script(top).await.unwrap();
        let tops = [generated, emptied, copied];
        assert!(tops.iter().all(|top| (top - generated).abs() < 0.5), "{way}: {tops:?}");
    }
}

async fn on_paper_the_window_stands_alone(_server: Server, page: Page) {
    page.sign_in().await;
    page.open_profile().await;
    page.generate().await;
    page.driver.cdp().send_raw("Emulation.setEmulatedMedia", json!({ "media": "print" })).await.unwrap();
    let printed = "
        const { top, height } = document.querySelector('dialog:modal').getBoundingClientRect();
        const shown = element => element.checkVisibility();
        return [top, [...document.querySelectorAll('.page-header, .page-main')].filter(shown).length,
            height >= document.querySelector('dialog:modal .dialog-body').scrollHeight];";
    let (top, beside, whole): (f64, usize, bool) = page.script(printed).await.unwrap();
    assert!(top.abs() < 1.0 && beside == 0 && whole, "{top}, {beside}, {whole}");
    page.driver.cdp().send_raw("Emulation.setEmulatedMedia", json!({ "media": "" })).await.unwrap();
    page.close_without_copying().await;
    page.driver.cdp().send_raw("Emulation.setEmulatedMedia", json!({ "media": "print" })).await.unwrap();
    page.says("You are signed in as").await;
}

async fn in_forced_colors_the_focus_is_seen(_server: Server, page: Page) {
    page.sign_in().await;
    page.is_seen(1440, "light").await;
    page.forces_colors().await;
    Hand::Keyboard.choose(&page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    Hand::Keyboard.choose(&page, "button", "Generate").await;
    page.has_focus("heading", "Your new API key").await;
    Hand::Keyboard.choose(&page, "button", "Copy client secret").await;
    page.says("Client secret copied").await;
}

async fn in_forced_colors_a_wrong_field_is_seen(_server: Server, page: Page) {
    page.sign_in().await;
    page.open("/users/new").await;
    page.forces_colors().await;
    page.type_into("Username", "a b").await;
    page.click("button", "Add user").await;
    page.says("This cannot be a username").await;
    let widths = "return ['new-username', 'display-name'].map(id =>
        getComputedStyle(document.getElementById(id)).borderTopWidth)";
    assert_eq!(page.script::<[String; 2]>(widths).await.unwrap(), ["2px", "1px"]);
}

pub(super) async fn assert_fits(page: &Page, what: &str) {
    let too_wide: Vec<String> = page.script(TOO_WIDE).await.unwrap();
    assert!(too_wide.is_empty(), "{what}: {too_wide:?}");
}

impl Page {
    /// Shows the page in the colours that somebody chose for all pages.
    async fn forces_colors(&self) {
        let features = json!([{ "name": "forced-colors", "value": "active" }]);
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", json!({ "features": features })).await.unwrap();
        assert!(self.script::<bool>("return matchMedia('(forced-colors: active)').matches").await.unwrap());
    }

    /// Shows the page in front on a screen of this width, in light or dark.
    pub(super) async fn is_seen(&self, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 768 });
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", json!({ "features": features })).await.unwrap();
        self.stays_in_front().await;
    }
}

async fn cards_are_still_rows_of_a_table(server: Server, page: Page) {
    server.generate(&server.signed_in("admin").await).await;
    page.sign_in().await;
    for width in [320, 1440] {
        page.is_seen(width, "light").await;
        for path in ["/profile", "/users", "/roles", "/keys"] {
            page.open(path).await;
            let size = "const { tHead, tBodies } = document.querySelector('table');
                return [tHead.rows[0].cells.length, tBodies[0].rows.length]";
            let [columns, rows]: [usize; 2] = page.script(size).await.unwrap();
            assert!(columns > 3 && rows > 0, "{path}");
            let tree = page.driver.cdp().send_raw("Accessibility.getFullAXTree", json!({})).await.unwrap();
            let count = |role: &str| {
                let nodes = tree["nodes"].as_array().unwrap().iter();
                nodes.filter(|node| node["ignored"] == false && node["role"]["value"] == role).count()
            };
            let seen = [count("table"), count("columnheader"), count("rowheader"), count("row")];
            assert_eq!(seen, [1, columns, rows, 1 + rows], "{path} at {width} pixels");
        }
    }
}

async fn who_wants_little_motion_gets_none(_server: Server, page: Page) {
    page.open("/login").await;
    for (wanted, moves) in [("no-preference", true), ("reduce", false)] {
        let motion = json!({ "features": [{ "name": "prefers-reduced-motion", "value": wanted }] });
        page.driver.cdp().send_raw("Emulation.setEmulatedMedia", motion).await.unwrap();
        let script = "return [...document.querySelectorAll('*')].some(element => {
            const { transitionDuration, animationName } = getComputedStyle(element);
            return animationName !== 'none' || transitionDuration.split(', ').some(time => time !== '0s');
        })";
        assert_eq!(page.script::<bool>(script).await.unwrap(), moves, "{wanted}");
    }
}
