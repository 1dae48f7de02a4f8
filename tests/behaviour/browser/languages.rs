//! The language and the clock that the browser says, and those that a person chooses.

use serde_json::json;

use super::chromium::{Browser, Chromium};
use super::hand::Hand;
use super::{Page, drive, in_chromium};
use crate::support::Server;

in_chromium![
    without htmx:
    a_page_speaks_the_language_of_the_browser,
    times_are_told_by_the_clock_of_the_browser,
    a_language_and_a_time_zone_are_chosen,
];

/// The times in the tables of a page.
const TIMES: &str = "return [...document.querySelectorAll('td time')].map(time => time.textContent)";

async fn a_page_speaks_the_language_of_the_browser(_server: Server, page: Page) {
    let chromium = Chromium::start(Browser::Whole);
    drive(chromium.driver(&[], &["--accept-lang=de-AT,en"]).await, &page.url, async |page| {
        page.open("/login").await;
        page.find("button", "Anmelden").await;
    })
    .await;
    page.open("/login").await;
    page.find("button", "Sign in").await;
}

async fn times_are_told_by_the_clock_of_the_browser(_server: Server, page: Page) {
    let tokyo = json!({ "timezoneId": "Asia/Tokyo" });
    page.driver.cdp().send_raw("Emulation.setTimezoneOverride", tokyo).await.unwrap();
    page.sign_in().await;
    page.open("/activity").await;
    all_end_with(&page, "JST").await;
}

async fn a_language_and_a_time_zone_are_chosen(_server: Server, page: Page) {
    page.sign_in().await;
    let choices = [
        (["Language", "Time zone"], ["Deutsch", "Asia/Tokyo"], "Save language and time zone", "Sprache", "JST"),
        (["Sprache", "Zeitzone"], ["English", "Asia/Kolkata"], "Sprache und Zeitzone speichern", "Language", "IST"),
    ];
    for (hand, (fields, chosen, save, told, zone)) in Hand::BOTH.into_iter().zip(choices) {
        page.open("/account").await;
        for (field, choice) in fields.into_iter().zip(chosen) {
            hand.select(&page, field, choice).await;
        }
        hand.choose(&page, "button", save).await;
        page.find("combobox", told).await;
        page.open("/activity").await;
        all_end_with(&page, zone).await;
    }
}

async fn all_end_with(page: &Page, zone: &str) {
    let times: Vec<String> = page.script(TIMES).await.unwrap();
    assert!(!times.is_empty() && times.iter().all(|time| time.ends_with(zone)), "{times:?}");
}
