//! The same by mouse and by keyboard alone, with scripts and without, on narrow and wide screens, in light and in dark. One
//! browser is made narrow and wide in turn, and what is seen does not depend on the database.

mod account;
mod failing;
mod lists;
mod no_scripts;
mod people;
mod window;

use super::chromium::Browser;
use super::hand::Hand;
use super::no_scripts::disable_scripts;
use super::{Page, htmx, run};
use crate::support::{Backend, Server};

/// Widths in pixels and colour schemes.
pub(super) fn looks() -> impl Iterator<Item = (u32, &'static str)> {
    [320, 768, 1440].into_iter().flat_map(|width| [(width, "light"), (width, "dark")])
}

const SEEN: &str = "return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]";

/// Half of the looks: every width and both colour schemes. The other hand has the other half, and with htmx, in place of the
/// program's own script, each hand has what it left out.
fn looks_of(hand: Hand, with_htmx: bool) -> impl Iterator<Item = (u32, &'static str)> {
    let first = usize::from(hand == Hand::Keyboard) + usize::from(with_htmx);
    looks().enumerate().filter(move |(place, _)| (place / 2 + place % 2 + first) % 2 == 0).map(|(_, look)| look)
}

/// Makes two tests of each named `async fn(&Server, &Page, Hand)`, which is called on the start page in the looks of each
/// hand. With scripts two more of each, with htmx.
macro_rules! in_every_look {
    (with scripts: $($name:ident),+ $(,)?) => {
        crate::browser::everywhere::in_every_look!(@hands with_scripts, $($name),+);

        mod htmx {
            use super::{Hand, $($name),+};

            crate::browser::everywhere::in_every_look!(@hands with_htmx, $($name),+);
        }
    };
    (without scripts: $($name:ident),+ $(,)?) => {
        crate::browser::everywhere::in_every_look!(@hands without_scripts, $($name),+);
    };
    (with and without scripts: $($name:ident),+ $(,)?) => {
        mod with_scripts {
            use super::{Hand, $($name),+};

            crate::browser::everywhere::in_every_look![with scripts: $($name),+];
        }

        mod without_scripts {
            use super::{Hand, $($name),+};

            crate::browser::everywhere::in_every_look![without scripts: $($name),+];
        }
    };
    (@hands $how:ident, $($name:ident),+) => {
        crate::browser::everywhere::in_every_look!(@hand by_mouse, Mouse, $how, $($name),+);
        crate::browser::everywhere::in_every_look!(@hand with_the_keyboard_alone, Keyboard, $how, $($name),+);
    };
    (@hand $hands:ident, $hand:ident, $how:ident, $($name:ident),+) => {
        mod $hands {
            $(
                #[test]
                #[ignore = "needs Chromium, and with htmx Caddy: run scripts/test"]
                fn $name() {
                    crate::browser::everywhere::$how(super::Hand::$hand, &super::$name);
                }
            )+
        }
    };
}

use in_every_look;

fn with_scripts(hand: Hand, flow: &impl AsyncFn(&Server, &Page, Hand)) {
    run(Backend::Sqlite, Browser::Shell, async |server, page| go_through(server, page, hand, false, flow).await);
}

fn with_htmx(hand: Hand, flow: &impl AsyncFn(&Server, &Page, Hand)) {
    htmx::run(async |server, page| go_through(server, page, hand, true, flow).await);
}

fn without_scripts(hand: Hand, flow: &impl AsyncFn(&Server, &Page, Hand)) {
    run(Backend::Sqlite, Browser::Shell, async |server, page| {
        disable_scripts(&page).await;
        go_through(server, page, hand, false, flow).await;
    });
}

async fn go_through(
    server: Server,
    page: Page,
    hand: Hand,
    with_htmx: bool,
    flow: &impl AsyncFn(&Server, &Page, Hand),
) {
    page.allow_clipboard().await;
    page.sign_in().await;
    page.in_looks(looks_of(hand, with_htmx), async || flow(&server, &page, hand).await).await;
}

impl Page {
    /// Does the same on the start page in every look, by somebody who is signed in.
    pub(super) async fn in_every_look(&self, flow: impl AsyncFn()) {
        self.in_looks(looks(), flow).await;
    }

    async fn in_looks(&self, looks: impl Iterator<Item = (u32, &'static str)>, flow: impl AsyncFn()) {
        for (width, scheme) in looks {
            self.is_seen(width, scheme).await;
            self.open("/").await;
            self.until(&format!("the page is {width} pixels wide and {scheme}"), async || {
                let seen = self.script::<(u32, bool)>(SEEN).await?;
                Ok((seen == (width, scheme == "dark")).then_some(()))
            })
            .await;
            flow().await;
        }
    }

    /// A name that has another end in every look.
    async fn name_here(&self, name: &str) -> String {
        let (width, is_dark): (u32, bool) = self.script(SEEN).await.unwrap();
        format!("{name}-{width}-{}", if is_dark { "dark" } else { "light" })
    }

    /// Signs in as somebody else, whoever was signed in before.
    async fn is_now(&self, username: &str) {
        self.driver.delete_all_cookies().await.unwrap();
        self.sign_in_as(username).await;
    }
}

#[test]
fn both_hands_see_every_width_and_scheme_and_with_htmx_what_they_left_out() {
    for hand in Hand::BOTH {
        let (own, other): (Vec<_>, Vec<_>) = (looks_of(hand, false).collect(), looks_of(hand, true).collect());
        for half in [&own, &other] {
            assert!([320, 768, 1440].iter().all(|width| half.iter().any(|look| look.0 == *width)));
            assert!(["light", "dark"].iter().all(|scheme| half.iter().any(|look| look.1 == *scheme)));
        }
        assert!(looks().all(|look| own.contains(&look) != other.contains(&look)));
    }
    assert!(looks_of(Hand::Mouse, false).eq(looks_of(Hand::Keyboard, true)));
}
