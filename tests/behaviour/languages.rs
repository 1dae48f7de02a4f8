//! Pages speak the language and tell the time of whoever reads them.

use chrono::{DateTime, Utc};
use keyledge::clock::Clock;
use reqwest::header::{CONTENT_LANGUAGE, COOKIE, VARY};
use reqwest::{Client, Response, StatusCode};

use crate::support::{
    PASSWORD, Server, TestDatabase, browser_speaking, cell, field, nonce, notice, on_each_database, rows,
    session_cookie,
};

on_each_database![
    a_page_speaks_the_language_that_the_browser_prefers,
    mistakes_and_errors_are_said_in_the_language_of_the_page,
    a_chosen_language_and_zone_win_over_the_browser_and_stay,
    the_clock_of_the_browser_counts_where_no_zone_is_chosen,
    what_cannot_be_chosen_is_refused_and_changes_nothing,
    programs_are_spoken_to_in_english,
    a_moment_is_on_the_day_that_it_is_for_who_reads_it,
    a_key_lives_until_the_end_of_a_day_where_its_user_is,
];

/// Half past four in the night in UTC, the evening before in New York.
const NIGHT: &str = "2035-11-25T04:30:00Z";

fn language(answer: &Response) -> &str {
    answer.headers()[CONTENT_LANGUAGE].to_str().unwrap()
}

async fn choose(server: &Server, browser: &Client, language: &str, zone: &str) -> Response {
    let form = [("language", language), ("time_zone", zone)];
    browser.post(server.at("/account/reading")).form(&form).send().await.unwrap()
}

async fn a_page_speaks_the_language_that_the_browser_prefers(server: Server) {
    for (wanted, tag, heading) in [
        ("de", "de", "<h1>Anmelden</h1>"),
        ("de-AT, en;q=0.5", "de", "<h1>Anmelden</h1>"),
        ("fr, en;q=0.2, de;q=0.1", "en", "<h1>Sign in</h1>"),
        ("tlh", "en", "<h1>Sign in</h1>"),
        ("de;;q==", "en", "<h1>Sign in</h1>"),
    ] {
        let answer = browser_speaking(wanted).get(server.at("/login")).send().await.unwrap();
        assert_eq!(language(&answer), tag, "{wanted}");
        assert_eq!(answer.headers()[VARY], "Accept-Language, Cookie");
        let page = answer.text().await.unwrap();
        assert!(page.contains(heading) && page.contains(&format!("<html lang=\"{tag}\">")), "{wanted}");
    }
}

async fn mistakes_and_errors_are_said_in_the_language_of_the_page(server: Server) {
    let browser = server.signed_in_with(browser_speaking("de"), "admin").await;
    let form = nonce(&server.text(&browser, "/profile").await);
    let refused = server.submit(&browser, &form, &[("lifetime", "1000")]).await;
    let words = "Ein Schlüssel kann höchstens 365 Tage gelten. Wählen Sie eine kürzere Gültigkeitsdauer.";
    assert!(refused.text().await.unwrap().contains(words));
    let missing = browser.get(server.at("/no-such-page")).send().await.unwrap();
    assert_eq!((missing.status(), language(&missing)), (StatusCode::NOT_FOUND, "de"));
    assert!(missing.text().await.unwrap().contains("<h1>Nicht gefunden</h1>"));
    let stranger = browser_speaking("de").get(server.at("/no-such-page")).send().await.unwrap();
    assert!(stranger.text().await.unwrap().contains("<h1>Nicht gefunden</h1>"));
}

async fn a_chosen_language_and_zone_win_over_the_browser_and_stay(server: Server) {
    let browser = server.signed_in("admin").await;
    assert_eq!(choose(&server, &browser, "de", "Europe/Berlin").await.status(), StatusCode::SEE_OTHER);
    let page = server.text(&browser, "/account").await;
    assert_eq!(notice(&page), "Ihre Sprache und Ihre Zeitzone wurden gespeichert.");
    assert!(page.contains("<option value=\"de\" lang=\"de\" selected>Deutsch</option>"));
    assert!(page.contains("<option value=\"Europe/Berlin\" selected>Europe/Berlin</option>"));

    let elsewhere = server.signed_in_with(browser_speaking("en"), "admin").await;
    let answer = elsewhere.get(server.at("/account")).send().await.unwrap();
    assert_eq!(language(&answer), "de");
    assert!(activity_in_tokyo(&server).await.contains("\u{a0}CET</time>"));

    choose(&server, &elsewhere, "de", "Europe/Berlin").await;
    assert_eq!(notice(&server.text(&elsewhere, "/account").await), "Nichts geändert: Das war bereits so eingestellt.");
    choose(&server, &elsewhere, "", "Europe/Berlin").await;
    assert_eq!(notice(&server.text(&elsewhere, "/account").await), "Your language and time zone were saved.");
    let events = server.text(&elsewhere, "/activity").await;
    let done: Vec<_> = rows(&events).into_iter().map(|row| cell(row, "Action")).collect();
    assert_eq!(done[..1], ["Account changed language"]);
    assert!(done.contains(&"Account changed language; time zone".to_owned()), "{done:?}");
}

async fn the_clock_of_the_browser_counts_where_no_zone_is_chosen(server: Server) {
    assert!(activity_in_tokyo(&server).await.contains("\u{a0}JST</time>"));
    let browser = server.signed_in("admin").await;
    assert!(server.text(&browser, "/activity").await.contains("\u{a0}UTC</time>"));
    choose(&server, &browser, "", "UTC").await;
    assert!(activity_in_tokyo(&server).await.contains("\u{a0}UTC</time>"));
}

/// What somebody sees whose browser says that it is in Tokyo.
async fn activity_in_tokyo(server: &Server) -> String {
    let signed_in = server.sign_in(&browser_speaking("en"), "admin", PASSWORD).await;
    let cookies = format!("{}; time_zone=Asia/Tokyo", session_cookie(&signed_in));
    let answer = Client::new().get(server.at("/activity")).header(COOKIE, cookies).send().await.unwrap();
    answer.text().await.unwrap()
}

async fn what_cannot_be_chosen_is_refused_and_changes_nothing(server: Server) {
    let browser = server.signed_in("admin").await;
    for (language, zone) in [("tlh", ""), ("", "Europe/Atlantis"), ("DE", ""), ("de", "<b>")] {
        let answer = choose(&server, &browser, language, zone).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{language} {zone}");
        assert!(answer.text().await.unwrap().contains("There is no such language or time zone here."));
    }
    let page = server.text(&browser, "/account").await;
    assert!(page.contains("<html lang=\"en\">"));
    let chosen: Vec<_> = page.lines().filter(|line| line.contains(" selected>")).map(str::trim).collect();
    assert_eq!(chosen, ["<option value=\"\" selected>Same as your browser</option>"; 2]);
}

async fn programs_are_spoken_to_in_english(server: Server) {
    let browser = server.signed_in_with(browser_speaking("de"), "admin").await;
    choose(&server, &browser, "de", "Europe/Berlin").await;
    let table = server.text(&browser, "/activity/export.csv").await;
    assert!(table.starts_with("Time,Username,") && table.contains("Signed in,Allowed"));
    let key = server.generate(&browser).await;
    let token = server.token(&key).await;
    let path = server.at("/api/v1/api-keys/kl_0000000000000000000000");
    let problem = browser.get(path).bearer_auth(token).send().await.unwrap();
    assert!(problem.headers().get(CONTENT_LANGUAGE).is_none());
    assert!(problem.text().await.unwrap().contains("Not Found"));
}

async fn a_moment_is_on_the_day_that_it_is_for_who_reads_it(database: TestDatabase) {
    let server = Server::start_on(database, at(NIGHT), &[]);
    let browser = server.signed_in("admin").await;
    for (zone, (hour, letters), today, other_days) in [
        ("Europe/Berlin", ("25 November 2035, 05:", "CET"), "2035-11-25", ["2035-11-24", "2035-11-26"]),
        ("America/New_York", ("24 November 2035, 23:", "EST"), "2035-11-24", ["2035-11-23", "2035-11-25"]),
    ] {
        choose(&server, &browser, "", zone).await;
        let page = server.text(&browser, "/activity").await;
        let time = cell(rows(&page)[0], "Time");
        assert!(time.starts_with(hour) && time.ends_with(letters), "{time}");
        assert!(page.contains("datetime=\"2035-11-25T04:3"));
        let count = rows(&page).len();
        let on = async |day: &str| rows(&server.text(&browser, &format!("/activity?from={day}&to={day}")).await).len();
        assert_eq!(on(today).await, count, "{time}");
        for day in other_days {
            assert_eq!(on(day).await, 0, "{time}");
        }
    }
}

async fn a_key_lives_until_the_end_of_a_day_where_its_user_is(database: TestDatabase) {
    let server = Server::start_on(database, at(NIGHT), &[]);
    let browser = server.signed_in("admin").await;
    choose(&server, &browser, "", "America/New_York").await;
    let page = server.text(&browser, "/profile").await;
    assert!(page.contains("min=\"2035-11-24\" max=\"2036-11-22\""), "{}", field(&page, "expires-on"));
    server.generate_with(&browser, &[("lifetime", "date"), ("expires_on", "2035-11-24")]).await;
    let page = server.text(&browser, "/profile").await;
    assert_eq!(cell(rows(&page)[0], "Expiration date"), "25 November 2035, 00:00 EST Expires tomorrow");
}

/// A clock that goes on from there.
fn at(time: &str) -> Clock {
    let clock = Clock::default();
    clock.advance(time.parse::<DateTime<Utc>>().unwrap() - clock.now().utc());
    clock
}
