//! Under load, on connections that stay open: once a change was answered, no request that is sent goes by what was
//! before, on the instance where the change was made and on any other.

use std::ops::Deref;
use std::time::Instant;

use reqwest::{Client, StatusCode};

use crate::people::{done, filled, switch, with};
use crate::support::load::{Connection, Exchange, Load, Request, basic, bearer, get, post};
use crate::support::{Key, Process, Record, TestDatabase, keyledge, on_each_database};

on_each_database![
    a_deleted_key_is_refused,
    a_deleted_key_is_refused_on_another_instance,
    a_disabled_users_key_is_refused_until_enabled,
    a_disabled_users_key_is_refused_until_enabled_on_another_instance,
    a_user_disabled_on_the_command_line_is_refused,
    a_permission_that_a_role_lost_closes_what_needs_it_until_given_back,
    a_permission_that_a_role_lost_closes_what_needs_it_until_given_back_on_another_instance,
    a_revoked_token_is_refused,
    a_revoked_token_is_refused_on_another_instance,
    tokens_of_a_withdrawn_signing_key_are_refused,
    tokens_of_a_withdrawn_signing_key_are_refused_on_another_instance,
];

/// How often a test repeats its change: a race would not show each time.
const ROUNDS: usize = 5;

/// How many requests are answered before the change.
const ENOUGH: usize = 100;

/// How many are answered after it: so many that each connection has sent some, however slow the machine.
const MORE_THAN_ENOUGH: usize = 400;

const PERMISSION: &str = "journals:read";

/// Without a limit on guesses: a load that goes on with a deleted key is to be refused for that key, not for its number.
const SETTINGS: [&str; 6] = [
    "--public-url",
    "http://keys.example.com",
    "--max-failures-per-name",
    "2000000000",
    "--max-failures-per-address",
    "2000000000",
];

/// What is asked over and over, each on two connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    CheckToken,
    CheckSecret,
    CheckTokenForScope,
    CheckSecretForScope,
    IssueToken,
    CallApi,
    Introspect,
}

const USES: [Use; 7] = [
    Use::CheckToken,
    Use::CheckSecret,
    Use::CheckTokenForScope,
    Use::CheckSecretForScope,
    Use::IssueToken,
    Use::CallApi,
    Use::Introspect,
];

/// All that depends on a token.
const BY_TOKEN: [Use; 4] = [Use::CheckToken, Use::CheckTokenForScope, Use::CallApi, Use::Introspect];

/// All that asks for the permission.
const FOR_SCOPE: [(Use, u16); 3] =
    [(Use::CheckTokenForScope, 403), (Use::CheckSecretForScope, 403), (Use::IssueToken, 400)];

/// Where changes are made, and where the load is: the same instance or two of one database.
struct Instances {
    here: Process,
    other: Option<Process>,
    database: TestDatabase,
}

/// A user's key and a token of it, and the key of somebody else who may ask about the token.
#[derive(Clone)]
struct Caller {
    browser: Client,
    key: Key,
    token: String,
    administrators_key: Key,
}

impl Instances {
    fn start(database: TestDatabase, two: bool) -> Self {
        let start = || Process::start(&database.text, &SETTINGS);
        let (here, other) = (start(), two.then(start));
        let (added, printed) = run(&database, &["role", "add", "reader", "--permission", PERMISSION]);
        assert!(added, "{printed}");
        database.add_user("ada", &["reader"]);
        Self { here, other, database }
    }

    /// Where the load is.
    fn loaded(&self) -> &Process {
        self.other.as_ref().unwrap_or(&self.here)
    }

    async fn caller(&self) -> Caller {
        let browser = self.signed_in("ada").await;
        let key = self.generate(&browser).await;
        let token = self.token(&key).await;
        let admin = self.signed_in("admin").await;
        Caller { browser, key, token, administrators_key: self.generate(&admin).await }
    }

    fn operator(&self, arguments: &[&str]) {
        let (done, printed) = run(&self.database, arguments);
        assert!(done, "{arguments:?}: {printed}");
    }

    /// Makes a change in the middle of a load, and checks that what is sent afterwards is answered as it is to be: as
    /// `refused` has it, and all else with 200 as before.
    async fn assert_immediate(&self, caller: &Caller, refused: &[(Use, u16)], change: impl AsyncFnOnce()) {
        self.assert_change(caller, &[], refused, change).await;
    }

    /// The same where something was refused before.
    async fn assert_change(
        &self,
        caller: &Caller,
        refused_before: &[(Use, u16)],
        refused_after: &[(Use, u16)],
        change: impl AsyncFnOnce(),
    ) {
        let load = caller.load(self.loaded());
        load.wait_for(ENOUGH);
        change().await;
        let changed_at = Instant::now();
        load.wait_for(MORE_THAN_ENOUGH);
        let exchanges = load.stop();
        for usage in USES {
            let status_of = |refused: &[(Use, u16)]| {
                refused.iter().find(|(other, _)| *other == usage).map_or(200, |(_, status)| *status)
            };
            let (earlier, status) = (status_of(refused_before), status_of(refused_after));
            let (after, before): (Vec<_>, Vec<_>) = exchanges
                .iter()
                .filter(|exchange| exchange.about == usage)
                .partition(|exchange| exchange.sent_at > changed_at);
            let was_so = before.iter().any(|exchange| outcome(exchange) == earlier);
            assert!(was_so, "{usage:?} was not answered {earlier} before");
            let either = [earlier, status];
            assert!(before.iter().all(|exchange| either.contains(&outcome(exchange))), "{usage:?}: {before:?}");
            assert!(!after.is_empty(), "{usage:?} was not sent after the change");
            let wrong: Vec<_> = after.iter().filter(|exchange| outcome(exchange) != status).collect();
            assert!(
                wrong.is_empty(),
                "{} of {} requests for {usage:?} that were sent after the change were not answered {status}, the last \
                 {:?} after it: {:?}",
                wrong.len(),
                after.len(),
                wrong.last().unwrap().sent_at - changed_at,
                wrong.last().unwrap().answer
            );
        }
    }
}

impl Deref for Instances {
    type Target = Process;

    /// Where changes are made.
    fn deref(&self) -> &Process {
        &self.here
    }
}

impl Caller {
    fn load(&self, process: &Process) -> Load<Use> {
        let (secret, token) = (basic(&self.key), bearer(&self.token));
        let (administrators, about_token) = (basic(&self.administrators_key), format!("token={}", self.token));
        Load::start(process, 2 * USES.len(), move |place, _| {
            let usage = USES[place % USES.len()];
            let (with_token, with_secret) = ([("Authorization", &*token)], [("Authorization", &*secret)]);
            let text = match usage {
                Use::CheckToken => get("/auth/verify", &with_token),
                Use::CheckSecret => get("/auth/verify", &with_secret),
                Use::CheckTokenForScope => get(&format!("/auth/verify?scope={PERMISSION}"), &with_token),
                Use::CheckSecretForScope => get(&format!("/auth/verify?scope={PERMISSION}"), &with_secret),
                Use::IssueToken => {
                    post("/auth/token", &with_secret, &format!("grant_type=client_credentials&scope={PERMISSION}"))
                }
                Use::CallApi => get("/api/v1/me", &with_token),
                Use::Introspect => post("/auth/introspect", &[("Authorization", &administrators)], &about_token),
            };
            Request { about: usage, text }
        })
    }
}

/// The status of an answer. A token that is said to be inactive is refused.
fn outcome(exchange: &Exchange<Use>) -> u16 {
    match &exchange.answer {
        Some(answer) if exchange.about == Use::Introspect && answer.body == "{\"active\":false}" => 401,
        _ => exchange.status(),
    }
}

async fn a_deleted_key_is_refused(database: TestDatabase) {
    let instances = Instances::start(database, false);
    delete(&instances).await;
    Record::whole(&instances.database).assert_ends_with_deletion();
}

async fn a_deleted_key_is_refused_on_another_instance(database: TestDatabase) {
    delete(&Instances::start(database, true)).await;
}

async fn delete(instances: &Instances) {
    for _ in 0..ROUNDS {
        let caller = instances.caller().await;
        let delete = async || {
            let answer = instances.delete(&caller.browser, &caller.key.client_id).await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        };
        instances.assert_immediate(&caller, &USES.map(|usage| (usage, 401)), delete).await;
    }
}

async fn a_disabled_users_key_is_refused_until_enabled(database: TestDatabase) {
    disable_and_enable(&Instances::start(database, false)).await;
}

async fn a_disabled_users_key_is_refused_until_enabled_on_another_instance(database: TestDatabase) {
    disable_and_enable(&Instances::start(database, true)).await;
}

async fn disable_and_enable(instances: &Instances) {
    let admin = instances.signed_in("admin").await;
    let refused = USES.map(|usage| (usage, 401));
    for _ in 0..ROUNDS {
        let caller = instances.caller().await;
        let disable = async || {
            switch(instances, &admin, "ada", "disable").await;
        };
        instances.assert_immediate(&caller, &refused, disable).await;
        let enable = async || {
            switch(instances, &admin, "ada", "enable").await;
        };
        instances.assert_change(&caller, &refused, &[], enable).await;
    }
}

async fn a_user_disabled_on_the_command_line_is_refused(database: TestDatabase) {
    let instances = Instances::start(database, false);
    let caller = instances.caller().await;
    let disable = async || instances.operator(&["user", "disable", "ada"]);
    instances.assert_immediate(&caller, &USES.map(|usage| (usage, 401)), disable).await;
    instances.operator(&["user", "enable", "ada"]);
    assert_let_in(&instances, &caller.token);
}

async fn a_permission_that_a_role_lost_closes_what_needs_it_until_given_back(database: TestDatabase) {
    edit_role(&Instances::start(database, false)).await;
}

async fn a_permission_that_a_role_lost_closes_what_needs_it_until_given_back_on_another_instance(
    database: TestDatabase,
) {
    edit_role(&Instances::start(database, true)).await;
}

async fn edit_role(instances: &Instances) {
    let admin = instances.signed_in("admin").await;
    let caller = instances.caller().await;
    let edit = async |permissions: &str| {
        let path = "/roles/reader/edit";
        let fields = with(filled(&instances.text(&admin, path).await, path), "free", permissions);
        done(instances, &admin, path, &fields).await;
    };
    for _ in 0..ROUNDS {
        instances.assert_immediate(&caller, &FOR_SCOPE, async || edit("").await).await;
        instances.assert_change(&caller, &FOR_SCOPE, &[], async || edit(PERMISSION).await).await;
    }
}

async fn a_revoked_token_is_refused(database: TestDatabase) {
    revoke(&Instances::start(database, false)).await;
}

async fn a_revoked_token_is_refused_on_another_instance(database: TestDatabase) {
    revoke(&Instances::start(database, true)).await;
}

async fn revoke(instances: &Instances) {
    let first = instances.caller().await;
    for _ in 0..ROUNDS {
        let caller = Caller { token: instances.token(&first.key).await, ..first.clone() };
        let (secret, form) = (basic(&first.key), format!("token={}", caller.token));
        let request = post("/auth/revoke", &[("Authorization", &secret)], &form);
        let revoke = async || {
            assert_eq!(Connection::open(instances).ask(&request).unwrap().status, 200);
        };
        instances.assert_immediate(&caller, &BY_TOKEN.map(|usage| (usage, 401)), revoke).await;
    }
}

async fn tokens_of_a_withdrawn_signing_key_are_refused(database: TestDatabase) {
    withdraw(&Instances::start(database, false)).await;
}

async fn tokens_of_a_withdrawn_signing_key_are_refused_on_another_instance(database: TestDatabase) {
    withdraw(&Instances::start(database, true)).await;
}

async fn withdraw(instances: &Instances) {
    let first = instances.caller().await;
    for _ in 0..ROUNDS {
        let caller = Caller { token: instances.token(&first.key).await, ..first.clone() };
        let withdraw = async || instances.operator(&["signing-key", "rotate", "--now"]);
        instances.assert_immediate(&caller, &BY_TOKEN.map(|usage| (usage, 401)), withdraw).await;
        assert_let_in(instances, &instances.token(&first.key).await);
    }
}

fn assert_let_in(instances: &Instances, token: &str) {
    let request = get("/auth/verify", &[("Authorization", &bearer(token))]);
    assert_eq!(Connection::open(instances.loaded()).ask(&request).unwrap().status, 200);
}

fn run(database: &TestDatabase, arguments: &[&str]) -> (bool, String) {
    let finished = keyledge(&database.text, arguments, "");
    (finished.code == 0, [finished.output, finished.errors].concat())
}
