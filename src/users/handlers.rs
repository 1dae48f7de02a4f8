//! `/users` and `/users/new`: the grid, and adding. What one user's page shows and saves is in [`super::editing`], whether
//! a user can sign in is in [`super::access`].

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use url::form_urlencoded;

use super::access::password_page;
use super::actions;
use super::editing::{Typed, require_to_write};
use super::listing::{Column, Cursor, Filter, Sort, Status, searched};
use super::listing_queries as listing;
use super::model::{Account, generate_subject, parse_new_username};
use super::pages::{FilterForm, Heading, Headings, NewUserPage, SortChoice, UsersPage};
use super::password::generate_one_time;
use super::queries::NewUser;
use crate::error::Error;
use crate::language::Message;
use crate::roles::model::MEMBER;
use crate::roles::permissions::USERS_READ;
use crate::roles::queries as roles;
use crate::roles::rules::Refusal;
use crate::secret::random_base62;
use crate::web::answer::page;
use crate::web::caller::author;
use crate::web::fields::{Fields, Mistake};
use crate::web::kept;
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
    request: HttpRequest,
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
        account.locale,
        StatusCode::OK,
        &UsersPage {
            layout: Layout::new(&state, Some(Viewer::from(&account))),
            headings: Headings {
                username: heading("common-username", Column::Username),
                display_name: heading("common-display-name", Column::DisplayName),
                email: heading("common-email", Column::Email),
                last_sign_in: heading("common-last-sign-in", Column::LastSignIn),
                updated: heading("common-updated", Column::Updated),
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
            notice: notices::take(&session, &request),
        },
    )
}

/// The form to add a user.
///
/// # Errors
/// When somebody may not or something goes wrong inside.
pub async fn new(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
) -> Result<HttpResponse, Error> {
    require_to_write(&account)?;
    let kept = kept::find(&session, &request, &account.user.username)
        .and_then(|fields| Some((fields.one("username").ok()?.to_owned(), Typed::read_kept(&fields).ok()?)));
    let empty = || (String::new(), Typed { roles: Some([MEMBER.to_owned()].into()), ..Typed::default() });
    let (username, typed) = kept.unwrap_or_else(empty);
    let shown = new_page(&state, &account, StatusCode::OK, username, typed).await?;
    kept::forget(&session, &request);
    Ok(shown)
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
    require_to_write(&account)?;
    let fields = Fields(form.into_inner());
    let (nonce, typed_name) = (fields.nonce()?.to_owned(), fields.one("username")?.to_owned());
    let mut typed = Typed::read(&fields)?;
    let accepted = parse_new_username(&typed_name)
        .map_err(|_| Mistake { field: "username", message: Message::new("user-bad-username") })
        .and_then(|username| typed.accept(&username).map(|(display_name, email)| (username, display_name, email)));
    let (username, display_name, email) = match accepted {
        Ok(accepted) => accepted,
        Err(mistake) => {
            typed.mistake = Some(mistake);
            return new_page(&state, &account, StatusCode::UNPROCESSABLE_ENTITY, typed_name, typed).await;
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
                Refusal::FormUsed => Message::new("user-form-used").with("user", username),
                refusal => refusal.message(),
            };
            typed.mistake = Some(Mistake { field, message });
            new_page(&state, &account, StatusCode::UNPROCESSABLE_ENTITY, typed_name, typed).await
        }
    }
}

async fn new_page(
    state: &State,
    account: &Account,
    status: StatusCode,
    username: String,
    typed: Typed,
) -> Result<HttpResponse, Error> {
    let grants = state.database.read(roles::list_grants).await?;
    page(
        account.locale,
        status,
        &NewUserPage {
            layout: Layout::new(state, Some(Viewer::from(account))),
            nonce: random_base62::<16>(&mut rand::rng(), 22),
            username,
            form: typed.into_form(&account.actor(), &grants, &[]),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_carries_what_was_chosen_and_nothing_empty() {
        let query = ListQuery { search: " Ada & Bob ".to_owned(), role: "member".to_owned(), ..ListQuery::default() };
        let sort = Sort { column: Column::Updated, descending: true };
        assert_eq!(query.href(sort, None), "/users?search=Ada+%26+Bob&role=member&sort=-updated");
        assert_eq!(ListQuery::default().href(Sort::default(), None), "/users");
    }
}
