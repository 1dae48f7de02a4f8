//! `/users` and below: the grid, adding, disabling and enabling, one-time passwords. What one user's page shows and saves
//! is in [`super::editing`].

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use url::form_urlencoded;

use super::actions;
use super::author::Author;
use super::editing::{self, Typed};
pub use super::editing::{save, show};
use super::listing::{Column, Cursor, Filter, ListedUser, Sort, Status, searched};
use super::listing_queries as listing;
use super::model::{Account, generate_subject, parse_username};
use super::pages::{
    ConfirmPage, FilterForm, Heading, Headings, Mistake, NewUserPage, PasswordPage, SortChoice, UsersPage,
};
use super::password::generate_one_time;
use super::queries::NewUser;
use crate::error::Error;
use crate::roles::model::MEMBER;
use crate::roles::permissions::{USERS_READ, USERS_WRITE};
use crate::roles::queries as roles;
use crate::roles::rules::Refusal;
use crate::secret::{SecretText, random_base62};
use crate::web::answer::{page, see_other};
use crate::web::caller;
use crate::web::fields::Fields;
use crate::web::layout::{Layout, Viewer};
use crate::web::notices;
use crate::web::signed_in::SignedIn;
use crate::web::state::State;

/// Users on a page.
const PAGE_SIZE: usize = 50;

/// The query of `/users`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    search: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    after: String,
}

impl ListQuery {
    fn filter(&self) -> Filter {
        let role = (!self.role.is_empty()).then(|| self.role.clone());
        Filter { words: searched(&self.search), status: Status::parse(&self.status), role }
    }

    /// Where the same users are in an order, from a place on.
    fn href(&self, sort: Sort, after: Option<&Cursor>) -> String {
        let sort = if sort == Sort::default() { String::new() } else { sort.code() };
        let after = after.map(Cursor::code).unwrap_or_default();
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("search", self.search.trim()),
            ("status", &self.status),
            ("role", &self.role),
            ("sort", &sort),
            ("after", &after),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { "/users".to_owned() } else { format!("/users?{query}") }
    }
}

/// The grid of all users.
///
/// # Errors
/// When somebody may not see it or something goes wrong inside.
pub async fn list(
    state: web::Data<State>,
    session: Session,
    SignedIn(account): SignedIn,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_READ)?;
    let query = query.into_inner();
    let sort = Sort::parse(&query.sort).unwrap_or_default();
    let after = match &*query.after {
        "" => None,
        after => Some(Cursor::parse(after, sort.column).ok_or(Error::NotFound)?),
    };
    let (filter, now) = (query.filter(), state.clock.now());
    let is_filtered = filter != Filter::default();
    let is_first = after.is_none();
    let (found, roles) = state
        .database
        .read(move |connection| {
            let found = listing::page(connection, &filter, sort, after.as_ref(), PAGE_SIZE, now)?;
            Ok((found, roles::names(connection)?))
        })
        .await?;
    let heading = |label, column| Heading {
        label,
        href: query.href(Sort { column, descending: sort == Sort { column, descending: false } }, None),
        sorted: (sort.column == column).then_some(if sort.descending { "descending" } else { "ascending" }),
    };
    page(
        StatusCode::OK,
        &UsersPage {
            layout: Layout::new(&state, Some(Viewer::from(&account))),
            headings: Headings {
                username: heading("Username", Column::Username),
                display_name: heading("Display name", Column::DisplayName),
                email: heading("E-mail", Column::Email),
                last_sign_in: heading("Last sign-in", Column::LastSignIn),
                updated: heading("Updated", Column::Updated),
            },
            next: found.next.map(|next| query.href(sort, Some(&next))),
            first: (!is_first).then(|| query.href(sort, None)),
            form: FilterForm {
                search: query.search,
                status: query.status,
                role: query.role,
                roles,
                sorts: SortChoice::all(sort),
                is_filtered,
            },
            rows: found.users.into_iter().map(Into::into).collect(),
            notice: notices::take(&session),
        },
    )
}

/// The form to add a user.
///
/// # Errors
/// When somebody may not or something goes wrong inside.
pub async fn new(state: web::Data<State>, SignedIn(account): SignedIn) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let typed = Typed { roles: Some([MEMBER.to_owned()].into()), ..Typed::default() };
    new_page(&state, &account, String::new(), typed).await
}

/// Adds a user and shows the one-time password, in this one answer.
///
/// # Errors
/// When somebody may not or something goes wrong inside.
pub async fn add(
    state: web::Data<State>,
    request: HttpRequest,
    SignedIn(account): SignedIn,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let fields = Fields(form.into_inner());
    let (nonce, typed_name) = (fields.nonce()?.to_owned(), fields.one("username")?.to_owned());
    let mut typed = Typed::read(&fields)?;
    let accepted = parse_username(&typed_name)
        .map_err(|expected| Mistake { field: "username", message: format!("This is no username: {expected}.") })
        .and_then(|username| typed.accept(&username).map(|(display_name, email)| (username, display_name, email)));
    let (username, display_name, email) = match accepted {
        Ok(accepted) => accepted,
        Err(mistake) => {
            typed.mistake = Some(mistake);
            return new_page(&state, &account, typed_name, typed).await;
        }
    };
    let password = generate_one_time(&mut rand::rng());
    let user = NewUser {
        subject: generate_subject(&mut rand::rng()),
        username: username.clone(),
        display_name,
        email,
        password_hash: state.passwords.hash(&password).await?,
        password_must_change: true,
        nonce: Some(nonce),
    };
    let (author, now) = (author(&state, &request, &account), state.clock.now());
    let (subject, roles) = (user.subject.clone(), typed.roles.clone().unwrap_or_default());
    let added = state.database.write(move |transaction| actions::add(transaction, &author, &user, &roles, now)).await?;
    match added {
        Ok(_) => password_page(&state, &account, subject, username, true, &password),
        Err(Refusal::PermissionMissing(permission)) => Err(Error::PermissionMissing(permission)),
        Err(refusal) => {
            let field = match refusal {
                Refusal::UsernameTaken(_) => "username",
                Refusal::GrantsMore(_) | Refusal::GrantsFree(_) | Refusal::NoSuchRole(_) => "role",
                _ => "",
            };
            let message = match refusal {
                Refusal::FormUsed => format!(
                    "This form was already used. It added the user {username}, whose one-time password cannot be shown \
                     again. If you did not note it, set a new one on the page of {username}."
                ),
                refusal => refusal.to_string(),
            };
            typed.mistake = Some(Mistake { field, message });
            new_page(&state, &account, typed_name, typed).await
        }
    }
}

async fn new_page(state: &State, account: &Account, username: String, typed: Typed) -> Result<HttpResponse, Error> {
    let grants = state.database.read(roles::list_grants).await?;
    let status = if typed.mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(
        status,
        &NewUserPage {
            layout: Layout::new(state, Some(Viewer::from(account))),
            nonce: random_base62::<16>(&mut rand::rng(), 22),
            username,
            form: typed.into_form(&account.actor(), &grants, &[]),
        },
    )
}

/// Asks before a user is disabled.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn confirm_disable(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let listed = editing::find(&state, subject.into_inner()).await?;
    let consequences = vec![
        keys_suspended(listed.valid_keys(), &listed.user.username),
        format!("{} is signed out everywhere and cannot sign in until enabled again.", listed.user.display_name),
    ];
    confirm(&state, &account, listed, "disable", consequences)
}

/// Asks before a user is enabled.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn confirm_enable(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let listed = editing::find(&state, subject.into_inner()).await?;
    let consequences = vec![
        keys_restored(listed.suspended_keys(), &listed.user.username),
        format!("{} can sign in again with the same password as before.", listed.user.display_name),
    ];
    confirm(&state, &account, listed, "enable", consequences)
}

/// Asks before a user gets a one-time password.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn confirm_password(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let listed = editing::find(&state, subject.into_inner()).await?;
    let consequences = vec![
        format!(
            "The password of {} is replaced by a new one, which you see once and must be changed at the next sign-in.",
            listed.user.display_name
        ),
        "All browser sessions end. The API keys go on working.".to_owned(),
    ];
    confirm(&state, &account, listed, "password", consequences)
}

fn confirm(
    state: &State,
    account: &Account,
    listed: ListedUser,
    action: &'static str,
    consequences: Vec<String>,
) -> Result<HttpResponse, Error> {
    let (heading, button) = match action {
        "disable" => ("Disable user", "Disable"),
        "enable" => ("Enable user", "Enable"),
        _ => ("Set one-time password", "Set password"),
    };
    page(
        StatusCode::OK,
        &ConfirmPage {
            layout: Layout::new(state, Some(Viewer::from(account))),
            heading,
            subject: listed.user.subject,
            username: listed.user.username,
            display_name: listed.user.display_name,
            consequences,
            action,
            button,
            is_danger: action == "disable",
            nonce: (action == "password").then(|| random_base62::<16>(&mut rand::rng(), 22)),
        },
    )
}

/// Disables a user.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn disable(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    set_disabled(&state, &request, &session, &account, subject.into_inner(), true).await
}

/// Enables a user.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn enable(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    set_disabled(&state, &request, &session, &account, subject.into_inner(), false).await
}

async fn set_disabled(
    state: &State,
    request: &HttpRequest,
    session: &Session,
    account: &Account,
    subject: String,
    disabled: bool,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let ListedUser { user, .. } = editing::find(state, subject).await?;
    let (author, now, user_id) = (author(state, request, account), state.clock.now(), user.id);
    let changed = state
        .database
        .write(move |transaction| actions::set_disabled(transaction, &author, user_id, disabled, now))
        .await?;
    let word = if disabled { "disabled" } else { "enabled" };
    let notice = match changed {
        Ok(true) => format!("{} is {word} now.", user.username),
        Ok(false) => format!("{} was {word} already.", user.username),
        Err(refusal) => return editing::refused(state, account, user.subject, refusal).await,
    };
    notices::tell(session, notice)?;
    Ok(see_other(&format!("/users/{}", user.subject)))
}

/// Sets a one-time password and shows it, in this one answer.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn set_password(
    state: web::Data<State>,
    request: HttpRequest,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let nonce = Fields(form.into_inner()).nonce()?.to_owned();
    let ListedUser { user, .. } = editing::find(&state, subject.into_inner()).await?;
    let password = generate_one_time(&mut rand::rng());
    let hash = state.passwords.hash(&password).await?;
    let (author, now, user_id) = (author(&state, &request, &account), state.clock.now(), user.id);
    let set = state
        .database
        .write(move |transaction| actions::set_password(transaction, &author, user_id, &hash, Some(&nonce), now))
        .await?;
    match set {
        Ok(()) => password_page(&state, &account, user.subject, user.username, false, &password),
        Err(refusal) => editing::refused(&state, &account, user.subject, refusal).await,
    }
}

fn password_page(
    state: &State,
    account: &Account,
    subject: String,
    username: String,
    added: bool,
    password: &SecretText,
) -> Result<HttpResponse, Error> {
    let layout = Layout::new(state, Some(Viewer::from(account)));
    let password = password.reveal().to_owned();
    let mut answer = page(StatusCode::OK, &PasswordPage { layout, subject, username, added, password })?;
    // A compressed answer's length tells about its content.
    answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    Ok(answer)
}

/// Whoever is signed in, as the author of a change.
#[must_use]
pub fn author(state: &State, request: &HttpRequest, account: &Account) -> Author {
    Author::Person { user_id: account.user.id, source: caller::source(request, &state.config.trusted_proxies) }
}

fn keys_suspended(valid: i64, username: &str) -> String {
    match valid {
        0 => format!("{username} has no valid API key."),
        1 => "1 valid API key will be suspended. Programs that use it are refused from the next request on.".to_owned(),
        valid => format!(
            "{valid} valid API keys will be suspended. Programs that use them are refused from the next request on."
        ),
    }
}

fn keys_restored(suspended: i64, username: &str) -> String {
    match suspended {
        0 => format!("{username} has no suspended API key."),
        1 => "1 suspended API key will be valid again.".to_owned(),
        suspended => format!("{suspended} suspended API keys will be valid again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_to_the_keys_is_said_with_the_right_plural() {
        assert_eq!(keys_suspended(0, "ada"), "ada has no valid API key.");
        assert!(keys_suspended(1, "ada").starts_with("1 valid API key will be suspended. Programs that use it"));
        assert!(keys_suspended(3, "ada").starts_with("3 valid API keys will be suspended. Programs that use them"));
        assert_eq!(keys_restored(1, "ada"), "1 suspended API key will be valid again.");
        assert_eq!(keys_restored(2, "ada"), "2 suspended API keys will be valid again.");
    }

    #[test]
    fn a_link_carries_what_was_chosen_and_nothing_empty() {
        let query = ListQuery { search: " Ada & Bob ".to_owned(), role: "member".to_owned(), ..ListQuery::default() };
        let sort = Sort { column: Column::Updated, descending: true };
        assert_eq!(query.href(sort, None), "/users?search=Ada+%26+Bob&role=member&sort=-updated");
        assert_eq!(ListQuery::default().href(Sort::default(), None), "/users");
    }
}
