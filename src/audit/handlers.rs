//! `/activity` and below.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_TYPE, ContentDisposition, DispositionParam, DispositionType, HeaderValue,
};
use actix_web::{HttpResponse, web};
use chrono_tz::Tz;
use serde::Deserialize;
use url::form_urlencoded;

use super::asked::{Asked, Missing, Whose, from_in, until_in};
use super::export::{self, Export, Shape};
use super::model::{Event, Filter};
use super::pages::{ActivityPage, FilterForm, KeyChoice, Mistake};
use super::queries;
use super::uses::{self, Month};
use crate::api_keys::queries as api_keys;
use crate::db::{DbConnection, Timestamp, UsesOf, uses_since};
use crate::error::Error;
use crate::language::Message;
use crate::roles::permissions::AUDIT_READ;
use crate::users::model::Account;
use crate::web::answer::page;
use crate::web::layout::{Layout, Viewer};
use crate::web::signed_in::SignedIn;
use crate::web::state::State;

/// Events on a page.
const PAGE_SIZE: usize = 50;

/// The query of the pages and of the exports.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    user: String,
    key: String,
    from: String,
    to: String,
    outcome: String,
    before: Option<i64>,
}

/// Whose activity an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Own,
    Everybody,
}

impl View {
    fn path(self) -> &'static str {
        match self {
            Self::Own => "/activity",
            Self::Everybody => "/activity/everybody",
        }
    }
}

/// What was done by the person and with the person's keys.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn own(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Error> {
    show(&state, &account, View::Own, query.into_inner()).await
}

/// What was done by anybody, and what belongs to nobody.
///
/// # Errors
/// When the person may not see it or something goes wrong inside.
pub async fn everybody(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Error> {
    account.require(AUDIT_READ)?;
    show(&state, &account, View::Everybody, query.into_inner()).await
}

/// The events of [`own`] as a file.
///
/// # Errors
/// When nobody is signed in, there is no such kind of file, or something goes wrong inside.
pub async fn export_own(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    format: web::Path<String>,
    query: web::Query<Query>,
) -> Result<HttpResponse, Error> {
    let shape = match &**format {
        "csv" => Shape::Csv,
        "jsonl" => Shape::Events,
        _ => return Err(Error::NotFound),
    };
    send(&state, &account, View::Own, shape, &query).await
}

/// The events of [`everybody`] as a file.
///
/// # Errors
/// When the person may not see them, there is no such kind of file, or something goes wrong inside.
pub async fn export_everybody(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    format: web::Path<String>,
    query: web::Query<Query>,
) -> Result<HttpResponse, Error> {
    account.require(AUDIT_READ)?;
    let shape = match &**format {
        "csv" => Shape::Csv,
        "jsonl" => Shape::Chain,
        _ => return Err(Error::NotFound),
    };
    send(&state, &account, View::Everybody, shape, &query).await
}

/// What a page shows of the database.
struct Found {
    events: Vec<Event>,
    month: Month,
}

async fn show(state: &State, account: &Account, view: View, query: Query) -> Result<HttpResponse, Error> {
    let now = state.clock.now();
    let (user_id, before) = (account.user.id, query.before);
    let asked = query.read(view, account);
    let (found, keys) = state
        .database
        .read(move |connection| {
            let found = match asked {
                Ok(asked) => find(connection, &asked, before, now)?,
                Err(mistake) => Err(mistake),
            };
            let keys = match view {
                View::Own => api_keys::names_of_user(connection, user_id)?,
                View::Everybody => Vec::new(),
            };
            Ok((found, keys))
        })
        .await?;
    let (status, mistake, month, mut events) = match found {
        Ok(Found { events, month }) => (StatusCode::OK, None, Some(month), events),
        Err(mistake) => (StatusCode::UNPROCESSABLE_ENTITY, Some(mistake), None, Vec::new()),
    };
    let more = events.len() > PAGE_SIZE;
    events.truncate(PAGE_SIZE);
    let last = events.last().filter(|_| more).map(|event| event.id);
    page(
        account.locale,
        status,
        &ActivityPage {
            layout: Layout::new(state, Some(Viewer::from(account))),
            everybody: view == View::Everybody,
            older: last.map(|last| query.link(view.path(), Some(last))),
            newest: before.map(|_| query.link(view.path(), None)),
            csv: query.link(&format!("{}/export.csv", view.path()), None),
            json_lines: query.link(&format!("{}/export.jsonl", view.path()), None),
            events: events.into_iter().map(Into::into).collect(),
            month,
            form: FilterForm {
                path: view.path(),
                is_filtered: !query.fields().is_empty(),
                user: query.user,
                key: query.key,
                keys: keys
                    .into_iter()
                    .map(|(client_id, name, deleted)| KeyChoice { client_id, note: note(name, deleted) })
                    .collect(),
                from: query.from,
                to: query.to,
                outcome: query.outcome,
                mistake,
            },
        },
    )
}

/// What people read after the client ID of a key.
fn note(name: Option<String>, deleted: bool) -> Option<Message> {
    match (name, deleted) {
        (Some(name), false) => Some(Message::new("activity-key-note").with("name", name)),
        (Some(name), true) => Some(Message::new("activity-key-note-deleted").with("name", name)),
        (None, true) => Some(Message::new("activity-key-deleted")),
        (None, false) => None,
    }
}

fn find(
    connection: &mut DbConnection,
    asked: &Asked,
    before: Option<i64>,
    now: Timestamp,
) -> diesel::QueryResult<Result<Found, Mistake>> {
    let filter = match asked.filter(connection)? {
        Ok(filter) => filter,
        Err(missing) => return Ok(Err(mistake(missing))),
    };
    let events = queries::newest(connection, filter, before, PAGE_SIZE + 1)?;
    let month = Month::of(uses_since(connection, uses_of(filter), uses::first_day(now))?, now);
    Ok(Ok(Found { events, month }))
}

/// Whose uses the picture above filtered events shows.
fn uses_of(filter: Filter) -> UsesOf {
    match (filter.api_key_id, filter.user_id) {
        (Some(api_key_id), _) => UsesOf::Key(api_key_id),
        (None, Some(user_id)) => UsesOf::User(user_id),
        (None, None) => UsesOf::Everybody,
    }
}

async fn send(
    state: &State,
    account: &Account,
    view: View,
    shape: Shape,
    query: &Query,
) -> Result<HttpResponse, Error> {
    let asked = query.read(view, account).map_err(|mistake| Error::BadRequest(mistake.message))?;
    let export = state
        .database
        .read(move |connection| match asked.filter(connection)? {
            Ok(filter) => Ok(Ok(Export::begin(connection, filter, shape)?)),
            Err(missing) => Ok(Err(mistake(missing))),
        })
        .await?
        .map_err(|mistake| Error::BadRequest(mistake.message))?;
    let subject = match view {
        View::Own => "activity",
        View::Everybody => "everybodys-activity",
    };
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(export::file_name(subject, shape, state.clock.now()))],
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(shape.media_type())))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .streaming(export::body(state.database.clone(), export)))
}

fn mistake(missing: Missing) -> Mistake {
    match missing {
        Missing::User => Mistake { field: "user", message: "activity-no-user" },
        Missing::Key => Mistake { field: "key", message: "activity-no-key" },
    }
}

impl Query {
    /// What is asked for.
    fn read(&self, view: View, account: &Account) -> Result<Asked, Mistake> {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let date = |field, text: &str, parse: fn(&str, Tz) -> Result<Timestamp, &'static str>| match filled(text) {
            Some(text) => {
                parse(&text, account.locale.zone).map(Some).map_err(|_| Mistake { field, message: "activity-bad-date" })
            }
            None => Ok(None),
        };
        let (from, until) = (date("from", &self.from, from_in)?, date("to", &self.to, until_in)?);
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            return Err(Mistake { field: "to", message: "activity-days-swapped" });
        }
        let refused = match self.outcome.as_str() {
            "" => None,
            "allowed" => Some(false),
            "refused" => Some(true),
            _ => return Err(Mistake { field: "outcome", message: "activity-bad-outcome" }),
        };
        let whose = match view {
            View::Own => Whose::User(account.user.id),
            View::Everybody => filled(&self.user).map_or(Whose::Everybody, Whose::Named),
        };
        Ok(Asked { whose, client_id: filled(&self.key), refused, from, until })
    }

    /// The filters that are set.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        let fields = [
            ("user", &*self.user),
            ("key", &self.key),
            ("from", &self.from),
            ("to", &self.to),
            ("outcome", &self.outcome),
        ];
        fields.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect()
    }

    /// A path with the same filters.
    fn link(&self, path: &str, before: Option<i64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.fields());
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}
