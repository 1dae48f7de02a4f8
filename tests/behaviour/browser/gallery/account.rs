//! Account settings.

use super::Gallery;
use crate::support::{PASSWORD, Server};

const NEW: &str = "four unrelated words here";

pub(super) async fn account(_: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    for _ in 0..3 {
        gallery.sign_in_as("olivia").await;
    }
    gallery.look_at("/account", "account").await;
    for field in ["Current password", "New password"] {
        page.type_into(field, "not the password").await;
    }
    gallery.submit("Change password").await;
    gallery.look("account-refused").await;
    gallery.submit("End session 2, Chrome on Linux").await;
    gallery.look("account-session-ended").await;
    gallery.submit("End all other sessions").await;
    gallery.look("account-other-sessions-ended").await;
    page.script::<()>("document.getElementById('language').value = 'en'").await.unwrap();
    gallery.submit("Save language and time zone").await;
    gallery.look("account-language-saved").await;
    change_password(gallery, PASSWORD).await;
    gallery.look("account-password-changed").await;
    for state in ["account-wrong-password", "", "", "account-limited"] {
        change_password(gallery, "not the password").await;
        if !state.is_empty() {
            gallery.look(state).await;
        }
    }
}

async fn change_password(gallery: &Gallery, current: &str) {
    for (field, password) in [("Current password", current), ("New password", NEW), ("Repeat new password", NEW)] {
        gallery.page.type_into(field, password).await;
    }
    gallery.submit("Change password").await;
}
