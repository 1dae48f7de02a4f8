//! The looks of another instance.

use super::{Gallery, company_with};
use crate::support::{Server, TestDatabase};

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 24">
<path d="M0 0h96v24H0z" fill="#c00"/><path d="M8 6h80v12H8z" fill="#ff0"/>
</svg>"##;

/// The company with a logo, and with an accent that cannot be read on white.
pub(super) fn loud_company(database: TestDatabase) -> Server {
    let logo = database.folder.path().join("logo.svg");
    std::fs::write(&logo, LOGO).unwrap();
    company_with(database, &["--logo", logo.to_str().unwrap(), "--accent-color", "#ffff00"])
}

pub(super) async fn with_a_logo_and_a_loud_accent(_: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.look_at("/login", "loud-sign-in").await;
    gallery.sign_in_as("olivia").await;
    gallery.look("loud-home").await;
    gallery.look_at("/users", "loud-users").await;
    gallery.look_at("/activity", "loud-activity").await;
    gallery.sign_in_as("amara").await;
    page.open_profile().await;
    page.generate().await;
    gallery.look("loud-profile-window-new-key").await;
}
