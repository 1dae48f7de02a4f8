//! Lists of several pages, and lists that are sorted.

use super::super::width::assert_fits;
use super::{Hand, Page, Server, in_every_look};
use crate::support::record_uses;

in_every_look![with and without scripts: lists_are_paged_and_sorted];

async fn lists_are_paged_and_sorted(server: &Server, page: &Page, hand: Hand) {
    let key = server.generate(&server.signed_in("admin").await).await;
    record_uses(&server.open_database(), &key.client_id, server.clock.now(), Some("key_expired"), 60).await;
    page.open("/activity").await;
    hand.choose(page, "link", "Older").await;
    page.find("link", "Newest").await;
    assert_fits(page, "older activity").await;
    hand.choose(page, "link", "Newest").await;
    page.is_gone("link", "Newest").await;

    page.open("/users").await;
    // Cards have no headings to click: the form above sorts them. The keyboard still finds the headings.
    let cards: bool = page.script("return innerWidth < 1440").await.unwrap();
    if hand == Hand::Mouse && cards {
        hand.select(page, "Sort by", "Last sign-in").await;
        hand.choose(page, "button", "Show").await;
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
