//! What cannot be had, and what would be found wrong.

use diesel::connection::SimpleConnection as _;
use serde_json::Value;

use super::Gallery;
use crate::support::Server;

pub(super) async fn what_cannot_be_had(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.look_at("/no-such-page", "not-found-signed-out").await;
    gallery.sign_in_as("amara").await;
    gallery.look_at("/no-such-page", "not-found").await;
    gallery.look_at("/users", "permission-missing").await;
    gallery.look_at("/logout", "method-not-allowed").await;
    gallery.look_at("/activity/export.csv?from=yesterday", "bad-request").await;
    page.open("/account").await;
    page.script::<()>("document.getElementById('current-password').value = 'a'.repeat(17_000)").await.unwrap();
    page.script::<()>("for (const form of document.forms) form.noValidate = true;").await.unwrap();
    page.click("button", "Change password").await;
    page.says("Too much text").await;
    gallery.look("too-large").await;
    let mut other = server.database.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    page.click("button", "Save language and time zone").await;
    page.says("The server has too much to do right now.").await;
    gallery.look("very-busy").await;
    other.batch_execute("ROLLBACK").unwrap();
    server.database.connect().batch_execute("ALTER TABLE users RENAME TO lost").unwrap();
    page.click("button", "Save language and time zone").await;
    page.says("The server could not do this (error 503). Try again later.").await;
    gallery.look("server-not-ready").await;
    server.database.connect().batch_execute("ALTER TABLE lost RENAME TO users").unwrap();
    let form = format!("<form method=post action={}/logout><button>Send</button></form>", page.url);
    page.driver.goto(format!("data:text/html,{form}")).await.unwrap();
    gallery.submit("Send").await;
    gallery.look("cross-origin").await;
}

/// Otherwise a look that finds nothing would say nothing.
pub(super) async fn what_is_wrong_is_found(_: &Server, gallery: &Gallery) {
    gallery.page.open("/login").await;
    let spoil = "
        document.querySelector('main').append(document.createElement('img'));
        document.querySelector('[autocomplete=username]').setAttribute('aria-describedby', 'nothing');
        document.querySelector('h1').style.color = 'light-dark(#e8e8e8, #303030)';
        document.querySelector('h1').style.background = 'light-dark(white, black)';
        document.querySelector('h1').style.colorScheme = 'light dark';
        const small = document.createElement('button');
        Object.assign(small, { id: 'twice', ariaLabel: 'Small' });
        Object.assign(small.style, { position: 'absolute', inset: '0 auto auto 0', inlineSize: '9px', blockSize: '9px' });
        document.querySelector('h1').id = 'twice';
        document.querySelector('main').append(small);";
    gallery.page.script::<Value>(spoil).await.unwrap();
    for scheme in ["light", "dark"] {
        gallery.emulate(1280, scheme).await;
        let found = gallery.check().await;
        let found: Vec<&str> = found.iter().map(|found| found.split(':').next().unwrap()).collect();
        let of_axe = ["color-contrast", "image-alt", "aria-valid-attr-value"];
        assert_eq!(found, [&of_axe[..], &["too-small", "twice", "out-of-order"]].concat(), "{scheme}");
    }
}
