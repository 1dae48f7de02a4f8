//! The same by mouse and by keyboard alone, with scripts and without, on narrow and wide screens, in light and in dark. One
//! browser is made narrow and wide in turn, and what is seen does not depend on the database.

mod failing;
mod lists;
mod no_scripts;
mod window;

use serde_json::json;

use super::hand::Hand;
use super::no_scripts::disable_scripts;
use super::{Page, run};
use crate::support::{Backend, Server};

const WIDTHS: [u32; 3] = [320, 768, 1440];

const SEEN: &str = "return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]";

/// Makes two tests of each named `async fn(&Server, &Page, Hand)`, which is called in every look on the start page. With
/// scripts one more of each, with htmx.
macro_rules! in_every_look {
    (with scripts: $($name:ident),+ $(,)?) => {
        crate::browser::everywhere::in_every_look!(@hands true, $($name),+);

        mod htmx {
            $(
                #[test]
                #[ignore = "needs Chromium, Caddy and htmx: run scripts/test"]
                fn $name() {
                    crate::browser::htmx::run(async |server, page| {
                        crate::browser::everywhere::go_through(server, page, super::Hand::Keyboard, &super::$name).await;
                    });
                }
            )+
        }
    };
    (without scripts: $($name:ident),+ $(,)?) => {
        crate::browser::everywhere::in_every_look!(@hands false, $($name),+);
    };
    (@hands $scripts:expr, $($name:ident),+) => {
        mod by_mouse {
            $(
                #[test]
                #[ignore = "needs Chromium: run scripts/test"]
                fn $name() {
                    crate::browser::everywhere::by($scripts, super::Hand::Mouse, &super::$name);
                }
            )+
        }

        mod with_the_keyboard_alone {
            $(
                #[test]
                #[ignore = "needs Chromium: run scripts/test"]
                fn $name() {
                    crate::browser::everywhere::by($scripts, super::Hand::Keyboard, &super::$name);
                }
            )+
        }
    };
}

use in_every_look;

fn by(scripts: bool, hand: Hand, flow: &impl AsyncFn(&Server, &Page, Hand)) {
    run(Backend::Sqlite, async |server, page| {
        if !scripts {
            disable_scripts(&page).await;
        }
        go_through(server, page, hand, flow).await;
    });
}

async fn go_through(server: Server, page: Page, hand: Hand, flow: &impl AsyncFn(&Server, &Page, Hand)) {
    page.allow_clipboard().await;
    // Between one page and the next, a headless browser at times forgets that its window is in front.
    let in_front = json!({ "enabled": true });
    page.driver.cdp().send_raw("Emulation.setFocusEmulationEnabled", in_front).await.unwrap();
    page.sign_in().await;
    page.in_every_look(async || flow(&server, &page, hand).await).await;
}

impl Page {
    /// Does the same on the start page in every look, by somebody who is signed in.
    pub(super) async fn in_every_look(&self, flow: impl AsyncFn()) {
        for width in WIDTHS {
            for scheme in ["light", "dark"] {
                self.is_seen(width, scheme).await;
                self.open("/").await;
                assert_eq!(self.script::<(u32, bool)>(SEEN).await.unwrap(), (width, scheme == "dark"));
                flow().await;
            }
        }
    }
}
