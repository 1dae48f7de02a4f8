//! One's own activity and everybody's.

use thirtyfour::By;

use super::Gallery;
use crate::support::Server;

/// The client ID of a key that is used every day.
const USED_KEY: &str = "
    const keys = [...document.getElementById('filter-key').options];
    return keys.find(({ text }) => text.includes('Monitoring')).value";

pub(super) async fn activity(_: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("olivia").await;
    gallery.look_at("/activity", "activity").await;
    page.driver.find(By::Tag("summary")).await.unwrap().click().await.unwrap();
    gallery.look("activity-numbers").await;
    let older = gallery.href("Older").await;
    let used: String = page.script(USED_KEY).await.unwrap();
    gallery.look_at(&older, "activity-older").await;
    gallery.look_at("/activity?before=1", "activity-nothing-older").await;
    gallery.look_at(&format!("/activity?key={used}"), "activity-of-a-key").await;
    gallery.look_at("/activity?key=kl_unknown", "activity-no-such-key").await;
    gallery.look_at("/activity?from=2001-01-01&to=2001-01-02", "activity-nothing-found").await;
    gallery.look_at("/activity?from=yesterday", "activity-bad-date").await;
    gallery.look_at("/activity/everybody", "everybody").await;
    gallery.look_at("/activity/everybody?outcome=refused", "everybody-refused").await;
    gallery.look_at("/activity/everybody?user=nobody", "everybody-nobody").await;
    page.open("/keys?owner=amara&only=never-used").await;
    let unused = page.table("All API keys").await[0]["Client ID"].clone();
    let refused = format!("/activity/everybody?key={unused}&outcome=refused");
    gallery.look_at(&refused, "everybody-nothing-found-for-a-key").await;
}
