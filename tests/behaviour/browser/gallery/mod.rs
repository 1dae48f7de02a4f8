//! Every page and every state of it, as it looks in a small company: checked by axe-core in light and dark and on narrow
//! and wide screens, or photographed for `scripts/screenshots`.

mod account;
mod activity;
mod administration;
mod brand;
mod errors;
mod german;
mod no_scripts;
mod profile;
mod signing_in;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::chromium::Browser;
use super::everywhere::looks;
use super::htmx::visit_with_htmx;
use super::no_scripts::allow_scripts;
use super::waiting::{break_storage, mend_storage};
use super::{Page, visit};
use crate::support::{self, Backend, Server, TestDatabase, keyledge};

/// Makes tests of each named `async fn(Server, Gallery)`, with the script of ours and, where scripts matter, with htmx. What
/// is looked at does not depend on the database.
macro_rules! in_the_gallery {
    (without htmx: $($module:ident::$name:ident),+ $(,)?) => {
        $(
            #[test]
            #[ignore = "needs Chromium and axe-core: run scripts/test"]
            fn $name() {
                run(company, false, $module::$name);
            }
        )+
    };
    ($($module:ident::$name:ident),+ $(,)?) => {
        in_the_gallery![without htmx: $($module::$name),+];

        mod htmx {
            $(
                #[test]
                #[ignore = "needs Chromium, Caddy, axe-core and htmx: run scripts/test"]
                fn $name() {
                    super::run(super::company, true, super::$module::$name);
                }
            )+
        }
    };
}

in_the_gallery![
    signing_in::signing_in,
    signing_in::the_end_of_a_session,
    profile::home_and_the_profile_window,
    profile::somebody_without_keys,
    profile::the_profile_page_and_deleting,
    profile::the_profile_window_when_it_waits_and_fails,
    activity::activity,
    account::account,
    administration::people,
    administration::roles_and_keys,
    errors::what_cannot_be_had,
    german::in_german,
];

in_the_gallery![
    without htmx:
    no_scripts::without_scripts,
    no_scripts::administration_without_scripts,
    administration::read_only,
    errors::what_is_wrong_is_found,
];

#[test]
#[ignore = "needs Chromium and axe-core: run scripts/test"]
fn with_a_logo_and_a_loud_accent() {
    run(brand::loud_company, false, brand::with_a_logo_and_a_loud_accent);
}

/// Where the folder for photographs is named, when they are wanted.
const SCREENSHOTS: &str = "KEYLEDGE_SCREENSHOTS";

/// Every rule for WCAG 2.0, 2.1 and 2.2 at the levels A and AA, also those that axe-core leaves out unless asked. What it
/// cannot decide counts as wrong.
const CHECK: &str = "
    const [done] = arguments;
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];
    const rules = axe.getRules(tags).map(rule => rule.ruleId);
    const options = Object.fromEntries(rules.map(rule => [rule, { enabled: true }]));
    const resultTypes = ['violations', 'incomplete'];
    axe.run(document, { runOnly: { type: 'rule', values: rules }, rules: options, resultTypes }).then(
        ({ violations, incomplete }) => done([...violations, ...incomplete].flatMap(finding => finding.nodes.map(node =>
            `${finding.id}: ${node.target.join(' ')}: ${node.failureSummary} ${node.html}`))),
        error => done([String(error)]));";

/// IDs that stand twice, so that what describes something may describe another thing.
const TWICE: &str = "
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    return ids.filter((id, place) => ids.indexOf(id) !== place).map(id => `twice: ${id}`);";

/// What can be pressed and is smaller than 24 px. Links in a sentence are as high as its lines.
const TOO_SMALL: &str = "
    return [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
        .filter(target => target.checkVisibility() && !target.closest('[aria-hidden=true]') && !(target.matches('p a')
            && getComputedStyle(target).display === 'inline'
            && target.parentElement.textContent.trim() !== target.textContent.trim()))
        .map(target => [target, target.getBoundingClientRect()])
        .filter(([, { width, height }]) => width < 24 || height < 24)
        .map(([target, { width, height }]) => `too-small: ${width} x ${height} px: ${target.outerHTML}`);";

/// What Tab reaches although it is seen above what it reached before, or left of it on the same line. The next column may
/// begin higher, and what is scrolled under the head of a window still comes after it.
const OUT_OF_ORDER: &str = "
    const front = document.activeElement.closest('dialog:modal') ?? document;
    const isClipped = element => element !== null && (isClipped(element.parentElement)
        || (element.offsetHeight <= 1 && getComputedStyle(element).overflow !== 'visible'));
    const place = stop => {
        const { left, right, top, bottom } = stop.getBoundingClientRect();
        const scrolled = stop.closest('.dialog-body')?.scrollTop ?? 0;
        return { left, right, top: top + scrolled, bottom: bottom + scrolled };
    };
    const stops = [...front.querySelectorAll('a[href], button, input, select, textarea, summary')].filter(stop =>
        stop.tabIndex >= 0 && !stop.disabled && !stop.closest('[inert]') && !isClipped(stop)
            && stop.checkVisibility({ visibilityProperty: true }));
    return stops.slice(1).flatMap((stop, index) => {
        const here = place(stop), there = place(stops[index]);
        const isAbove = here.bottom <= there.top && here.left < there.right;
        const isLeft = here.right <= there.left && here.bottom > there.top && here.top < there.bottom;
        const isWrong = isAbove || isLeft || stop.tabIndex > 0;
        return isWrong ? [`out-of-order: ${stop.outerHTML} after ${stops[index].outerHTML}`] : [];
    });";

/// Shows in a window what has the focus, which may be out of view in another size; credentials as a whole, as when they are
/// new. Waits for fonts and for the next picture.
const SETTLE: &str = "
    const [done] = arguments, focused = document.activeElement;
    if (focused.closest('dialog:modal')) (focused.closest('.credentials') ?? focused).scrollIntoView({ block: 'nearest' });
    document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";

const SIZE: &str = "
    const { scrollWidth, scrollHeight } = document.documentElement;
    return [scrollWidth, document.querySelector('dialog:modal') ? innerHeight : scrollHeight];";

/// What is done at each state.
enum Look {
    /// axe-core, as a script.
    Check(String),
    /// Photographs, in a folder.
    Photograph(PathBuf),
}

pub(super) struct Gallery {
    pub(super) page: Page,
    look: Look,
    /// Widths in pixels and colour schemes.
    sizes: Vec<(u32, &'static str)>,
}

fn run(company: fn(TestDatabase) -> Server, with_htmx: bool, test: impl AsyncFnOnce(&Server, &Gallery)) {
    let look = if let Some(folder) = std::env::var_os(SCREENSHOTS) {
        Look::Photograph(folder.into())
    } else {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm/node_modules/axe-core/axe.min.js");
        let script = std::fs::read_to_string(script);
        Look::Check(script.expect("axe-core is not there: run scripts/test, which installs it"))
    };
    support::run(Backend::Sqlite, async |database: TestDatabase| {
        let server = company(database);
        let sizes = match look {
            // What a page looks like does not depend on which script asked for it.
            Look::Check(_) if with_htmx => vec![(768, "light")],
            Look::Check(_) => looks().collect(),
            Look::Photograph(_) => vec![(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")],
        };
        let test = async |page| test(&server, &Gallery { page, look, sizes }).await;
        if with_htmx {
            visit_with_htmx(&server.url, test).await;
        } else {
            visit(server.url.clone(), Browser::Shell, test).await;
        }
    });
}

/// The program over the company of `keyledge demo`.
pub(crate) fn company(database: TestDatabase) -> Server {
    company_with(database, &[])
}

/// The same with more flags.
fn company_with(database: TestDatabase, flags: &[&str]) -> Server {
    let filled = keyledge(&database.text, &["demo", "--password-stdin"], support::PASSWORD);
    assert_eq!(filled.code, 0, "{}", filled.errors);
    let usual = ["--instance-name", "Fernhill Books", "--max-failures-per-name", "3"];
    database.serve(&[&usual[..], flags].concat())
}

impl Gallery {
    /// Looks at what the page shows now.
    pub(super) async fn look(&self, state: &str) {
        for &(width, scheme) in &self.sizes {
            self.emulate(width, scheme).await;
            match &self.look {
                Look::Check(_) => {
                    let found = self.check().await;
                    assert!(found.is_empty(), "{state}, {scheme}, {width} px:\n{}", found.join("\n\n"));
                }
                Look::Photograph(folder) => {
                    self.photograph(&folder.join(format!("{state}-{width}-{scheme}.png"))).await;
                }
            }
        }
    }

    /// Looks at a page that was loaded without scripts. axe-core is one, so they may run meanwhile.
    pub(super) async fn look_without_scripts(&self, state: &str) {
        allow_scripts(&self.page, true).await;
        self.look(state).await;
        allow_scripts(&self.page, false).await;
    }

    pub(super) async fn emulate(&self, width: u32, scheme: &str) {
        self.page.is_seen(width, scheme).await;
        self.page.driver.execute_async(SETTLE, Vec::new()).await.unwrap();
    }

    /// Opens a page and looks at it.
    pub(super) async fn look_at(&self, path: &str, state: &str) {
        self.page.open(path).await;
        self.look(state).await;
    }

    /// Opens a page without scripts and looks at it.
    pub(super) async fn look_at_without_scripts(&self, path: &str, state: &str) {
        self.page.open(path).await;
        self.look_without_scripts(state).await;
    }

    /// Looks at what lies over something, of which axe-core cannot say whether it can be read.
    pub(super) async fn look_over(&self, below: &str, state: &str) {
        let leave_out = async |inert: bool| {
            let script = "document.querySelector(arguments[0]).inert = arguments[1]";
            self.page.driver.execute(script, vec![json!(below), json!(inert)]).await.unwrap();
        };
        leave_out(true).await;
        self.look(state).await;
        leave_out(false).await;
    }

    /// Presses a button whose answer is another page, or another content of this one. The browser's own checks of fields are
    /// off, so that the server's words are seen.
    pub(super) async fn submit(&self, button: &str) {
        const SHOWN: &str = "(document.querySelector('main')?.firstElementChild ?? document.body)";
        let script = format!("{SHOWN}.isOld = true; for (const form of document.forms) form.noValidate = true;");
        self.page.script::<Value>(&script).await.unwrap();
        self.page.click("button", button).await;
        self.page
            .until("another page is shown", async || {
                let is_new = format!("return !{SHOWN}.isOld && document.readyState === 'complete'");
                Ok(self.page.script::<bool>(&is_new).await?.then_some(()))
            })
            .await;
    }

    /// Signs in, as somebody else where somebody is signed in.
    pub(super) async fn sign_in_as(&self, username: &str) {
        self.page.open("/login").await;
        self.page.driver.delete_all_cookies().await.unwrap();
        self.page.open("/login").await;
        self.page.type_into("Username", username).await;
        self.page.type_into("Password", support::PASSWORD).await;
        self.submit("Sign in").await;
    }

    /// Sends a form of the page without leaving it, and returns the answer.
    pub(super) async fn send_beside(&self, form: &str) -> String {
        let script = "
            const form = document.querySelector(arguments[0]), body = new URLSearchParams(new FormData(form));
            return fetch(form.getAttribute('action'), { method: 'POST', body }).then(answer => answer.text());";
        self.page.driver.execute(script, vec![json!(form)]).await.unwrap().convert().unwrap()
    }

    /// Confirms that a key is to be deleted, which the server cannot do.
    pub(super) async fn fail_to_delete(&self, server: &Server) {
        break_storage(server);
        self.page.click("button", "Delete").await;
        self.page.says("The mistake is ours.").await;
        mend_storage(server);
    }

    /// Where the first link with this text leads.
    pub(super) async fn href(&self, text: &str) -> String {
        let script = "return [...document.querySelectorAll('main a')]
            .find(link => link.textContent.trim() === arguments[0])?.getAttribute('href') ?? ''";
        let href: String = self.page.driver.execute(script, vec![json!(text)]).await.unwrap().convert().unwrap();
        assert_ne!(href, "", "there is no link {text}");
        href
    }

    /// What axe-core finds wrong with what the page shows now, and what is hard to hit or reached out of order.
    pub(super) async fn check(&self) -> Vec<String> {
        let (driver, Look::Check(script)) = (&self.page.driver, &self.look) else { return Vec::new() };
        if self.page.script::<bool>("return typeof axe === 'undefined'").await.unwrap() {
            driver.execute(script, Vec::new()).await.unwrap();
        }
        let mut found: Vec<String> = driver.execute_async(CHECK, Vec::new()).await.unwrap().convert().unwrap();
        for script in [TOO_SMALL, TWICE, OUT_OF_ORDER] {
            found.extend(self.page.script::<Vec<String>>(script).await.unwrap());
        }
        found
    }

    async fn photograph(&self, file: &Path) {
        let (width, height): (u32, u32) = self.page.script(SIZE).await.unwrap();
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height.min(2_400), "scale": 1 });
        let picture = self
            .page
            .driver
            .cdp()
            .send_raw("Page.captureScreenshot", json!({ "clip": clip, "captureBeyondViewport": true }))
            .await
            .unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()).unwrap();
    }
}
