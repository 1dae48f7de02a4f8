//! Does what [`super::history`] tells.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use diesel::QueryResult;
use diesel::result::Error as DieselError;
use rand::CryptoRng;

use super::company::{ADMINISTRATOR, PEOPLE, PROGRAMS, Person, ROLES};
use super::history::{self, Deed, Step};
use crate::api_keys::actions::{self as api_keys, GenerateKey};
use crate::api_keys::model::{ClientId, ClientSecret, Lifetime};
use crate::audit::model::{Action, NewEvent, Outcome, Reason, Source};
use crate::db::{Database, Entry, Error, Timestamp, Transaction};
use crate::roles::actions::{self as roles, EditRole, NewRole};
use crate::roles::model::NewSet;
use crate::roles::rules::Refusal;
use crate::secret::random_base62;
use crate::users::actions::{self as users, EditUser};
use crate::users::author::Author;
use crate::users::model::generate_subject;
use crate::users::queries::{self, NewUser};

/// The longest lifetime of an API key in the company, in days.
const MAX_KEY_LIFETIME_DAYS: u32 = 365;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The company is there.
    Done,
    /// There are users, so nothing was done.
    NotEmpty,
}

/// Fills a database that holds no user with the company, whole or not at all.
///
/// # Errors
/// When the transaction fails.
pub fn fill(
    database: &Database,
    password_hash: &str,
    rng: &mut impl CryptoRng,
    now: Timestamp,
) -> Result<Filled, Error> {
    let steps = history::until(now);
    database.write_blocking(|transaction| {
        queries::one_after_another(transaction)?;
        if queries::any(transaction)? {
            return Ok(Filled::NotEmpty);
        }
        let mut company = Company { transaction, rng, password_hash, users: Vec::new(), keys: BTreeMap::new() };
        for step in steps {
            company.take(step)?;
        }
        Ok(Filled::Done)
    })
}

/// The company as far as it exists.
struct Company<'a, 'b, R> {
    transaction: &'a mut Transaction<'b>,
    rng: &'a mut R,
    password_hash: &'a str,
    users: Vec<FoundUser>,
    /// By their place in [`PROGRAMS`].
    keys: BTreeMap<usize, FoundKey>,
}

struct FoundUser {
    person: &'static Person,
    id: i64,
    subject: String,
}

struct FoundKey {
    id: i64,
    user_id: i64,
    client_id: ClientId,
}

impl<R: CryptoRng> Company<'_, '_, R> {
    fn take(&mut self, Step { at, deed }: Step) -> QueryResult<()> {
        match deed {
            Deed::AddRole(index) => {
                let role = &ROLES[index];
                let new = NewRole {
                    name: role.name.to_owned(),
                    description: role.description.to_owned(),
                    permissions: words(role.permissions),
                };
                let author = self.author("/roles/new");
                roles::add(self.transaction, &author, &new, at).and_then(done)
            }
            Deed::Grant(role, permission) => {
                let permissions = NewSet::Changed { added: words(permission), removed: BTreeSet::new() };
                let edit = EditRole {
                    name: role.to_owned(),
                    version: None,
                    description: None,
                    permissions: Some(permissions),
                };
                let author = self.author(&format!("/roles/{role}/edit"));
                roles::edit(self.transaction, &author, &edit, at).and_then(done).map(drop)
            }
            Deed::DeleteRole(role) => {
                let author = self.author(&format!("/roles/{role}/delete"));
                roles::delete(self.transaction, &author, role, at).and_then(done)
            }
            Deed::AddUser(index) => self.add_user(&PEOPLE[index], at),
            Deed::GiveRole(username, role) => {
                self.change_roles(username, NewSet::Changed { added: words(role), removed: BTreeSet::new() }, at)
            }
            Deed::TakeRole(username, role) => {
                self.change_roles(username, NewSet::Changed { added: BTreeSet::new(), removed: words(role) }, at)
            }
            Deed::Disable(index) => {
                let user = self.user(PEOPLE[index].username)?;
                let (user_id, author) = (user.id, self.author(&format!("/users/{}/disable", user.subject)));
                users::set_disabled(self.transaction, &author, user_id, true, at).and_then(done).map(drop)
            }
            Deed::SignIn(index, refused) => self.sign_in(&PEOPLE[index], refused, at),
            Deed::SignInAsNobody => {
                self.event(Action::SignIn, Some(Reason::Unknown), None, None, stranger("/login"), at);
                Ok(())
            }
            Deed::SignOut(index) => {
                let person = &PEOPLE[index];
                let user_id = self.user(person.username)?.id;
                self.event(Action::SignOut, None, Some(user_id), None, browser(person, "/logout"), at);
                Ok(())
            }
            Deed::Generate(index) => self.generate(index, at),
            Deed::Delete(index) => {
                let key = self.key(index)?;
                let (user_id, client_id) = (key.user_id, key.client_id.clone());
                let path = format!("/profile/api-keys/{client_id}/delete");
                let source = browser(self.user(PROGRAMS[index].owner)?.person, &path);
                api_keys::remove(self.transaction, user_id, user_id, client_id.as_str(), source, at).map(drop)
            }
            Deed::GetToken(index, refused) => {
                self.used(index, Action::IssueToken, refused, ("POST", "/auth/token"), 0, at)
            }
            Deed::Request(index, refused, number) => {
                let request = PROGRAMS[index].request;
                let action = if request.1 == "/auth/introspect" { Action::Introspect } else { Action::Check };
                self.used(index, action, refused, request, number, at)
            }
            Deed::Overreach(index, number) => match PROGRAMS[index].refused {
                Some((method, path, reason)) => {
                    self.used(index, Action::Check, Some(reason), (method, path), number, at)
                }
                None => Ok(()),
            },
            Deed::Guess => {
                self.event(Action::IssueToken, Some(Reason::Unknown), None, None, stranger("/auth/token"), at);
                Ok(())
            }
        }
    }

    fn add_user(&mut self, person: &'static Person, at: Timestamp) -> QueryResult<()> {
        let new = NewUser {
            subject: generate_subject(self.rng),
            username: person.username.to_owned(),
            display_name: person.name.to_owned(),
            email: Some(person.email()),
            password_hash: self.password_hash.to_owned(),
            password_must_change: person.signs_in == 0,
            nonce: None,
        };
        let (author, subject) = (self.author("/users/new"), new.subject.clone());
        let id = users::add(self.transaction, &author, &new, &words(person.roles), at).and_then(done)?;
        self.users.push(FoundUser { person, id, subject });
        Ok(())
    }

    fn change_roles(&mut self, username: &str, roles: NewSet, at: Timestamp) -> QueryResult<()> {
        let user = self.user(username)?;
        let (user_id, author) = (user.id, self.author(&format!("/users/{}", user.subject)));
        let edit = EditUser { roles: Some(roles), ..EditUser::default() };
        users::edit(self.transaction, &author, user_id, &edit, at).and_then(done).map(drop)
    }

    fn sign_in(&mut self, person: &'static Person, refused: Option<Reason>, at: Timestamp) -> QueryResult<()> {
        let user_id = self.user(person.username)?.id;
        if refused.is_none() {
            queries::note_sign_in(self.transaction, user_id, at)?;
        }
        self.event(Action::SignIn, refused, Some(user_id), None, browser(person, "/login"), at);
        Ok(())
    }

    fn generate(&mut self, index: usize, at: Timestamp) -> QueryResult<()> {
        let program = &PROGRAMS[index];
        let user = self.user(program.owner)?;
        let (user_id, source) = (user.id, browser(user.person, "/profile/api-keys"));
        let lifetime = Lifetime::in_days(program.lifetime, MAX_KEY_LIFETIME_DAYS, at)
            .map_err(|_| mistake(&format!("no key lives for {} days", program.lifetime)))?;
        let nonce = random_base62::<16>(self.rng, 22);
        let request = GenerateKey { user_id, name: program.name.map(str::to_owned), lifetime, nonce };
        let client_id = ClientId::generate(self.rng);
        let digest = ClientSecret::generate(self.rng).digest();
        let id = api_keys::add(self.transaction, &request, &client_id, &digest, source, at)?;
        self.keys.insert(index, FoundKey { id, user_id, client_id });
        Ok(())
    }

    fn used(
        &mut self,
        index: usize,
        action: Action,
        refused: Option<Reason>,
        (method, path): (&str, &str),
        number: u32,
        at: Timestamp,
    ) -> QueryResult<()> {
        let (key, program) = (self.key(index)?, &PROGRAMS[index]);
        let (key_id, user_id) = (key.id, key.user_id);
        let source = Source {
            address: address(program.address),
            method: method.to_owned(),
            path: path.replace('#', &number.to_string()),
            user_agent: Some(program.agent.to_owned()),
        };
        self.event(action, refused, Some(user_id), Some(key_id), source, at);
        Ok(())
    }

    fn event(
        &mut self,
        action: Action,
        refused: Option<Reason>,
        user_id: Option<i64>,
        api_key_id: Option<i64>,
        source: Source,
        at: Timestamp,
    ) {
        let outcome = refused.map_or(Outcome::Allowed, Outcome::Refused);
        let event =
            NewEvent { at, user_id, api_key_id, actor_id: None, action, outcome, source: Some(source), detail: None };
        let is_last_use = action.is_use() && refused.is_none();
        self.transaction.record(Entry { is_last_use, ..event.into() });
    }

    /// The administrator, or the operator as long as there is none.
    fn author(&self, path: &str) -> Author {
        self.user(ADMINISTRATOR).map_or(Author::Operator, |administrator| Author::Person {
            user_id: administrator.id,
            source: browser(administrator.person, path),
        })
    }

    fn user(&self, username: &str) -> QueryResult<&FoundUser> {
        let found = self.users.iter().find(|user| user.person.username == username);
        found.ok_or_else(|| mistake(&format!("there is no user {username} yet")))
    }

    fn key(&self, index: usize) -> QueryResult<&FoundKey> {
        self.keys.get(&index).ok_or_else(|| mistake(&format!("there is no key number {index} yet")))
    }
}

fn browser(person: &Person, path: &str) -> Source {
    Source {
        address: address(person.address),
        method: "POST".to_owned(),
        path: path.to_owned(),
        user_agent: Some(person.browser.to_owned()),
    }
}

fn stranger(path: &str) -> Source {
    Source {
        address: address("203.0.113.240"),
        method: "POST".to_owned(),
        path: path.to_owned(),
        user_agent: Some("Go-http-client/2.0".to_owned()),
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

/// The company keeps to all rules, so what is refused is a mistake in its history, and nothing of it is written.
fn done<T>(result: Result<T, Refusal>) -> QueryResult<T> {
    result.map_err(|refusal| mistake(&refusal.to_string()))
}

fn mistake(words: &str) -> DieselError {
    DieselError::QueryBuilderError(words.into())
}
