//! `/keys` and below.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use url::form_urlencoded;

use super::model::{Concern, KeyFilter};
use super::pages::{Choice, Confirm, DeleteFragment, DeletePage, Deleted, FilterForm, ListPage, Row};
use super::queries;
use crate::api_keys;
use crate::api_keys::model::{ClientId, Status};
use crate::api_keys::pages::LastUse;
use crate::error::Error;
use crate::language::Time;
use crate::roles::permissions::{KEYS_DELETE, KEYS_READ};
use crate::users;
use crate::users::model::{User, normalize_username};
use crate::web::answer::{page, see_other, wants_fragment};
use crate::web::caller;
use crate::web::layout::{Layout, Viewer};
use crate::web::notices;
use crate::web::signed_in::SignedIn;
use crate::web::state::State;

/// Keys on a page.
const PAGE_SIZE: usize = 50;

/// The entry of a session's state that tells the next list which key was just deleted.
const DELETED: &str = "deleted_key_of_somebody";

/// The query of the list, and of what comes back to it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    owner: String,
    status: String,
    only: String,
    after: String,
}

/// Everybody's keys.
///
/// # Errors
/// When the person may not see them or something goes wrong inside.
pub async fn list(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Error> {
    account.require(KEYS_READ)?;
    let (query, now) = (query.into_inner(), state.clock.now());
    let (status, concern) = (query.status()?, query.concern()?);
    let (owner, after) = (normalize_username(&query.owner), query.after.clone());
    let found = state
        .database
        .read(move |connection| {
            let (owners, too_many_owners) = if owner.is_empty() {
                (None, false)
            } else {
                let (owners, more) = queries::owners_beginning_with(connection, &owner)?;
                (Some(owners), more)
            };
            let place = if after.is_empty() { None } else { queries::place(connection, &after, None)? };
            if place.is_none() && !after.is_empty() {
                return Ok(None);
            }
            let filter = KeyFilter { owners, status, concern };
            let keys = queries::page(connection, &filter, place, PAGE_SIZE + 1, now)?;
            Ok(Some((keys, too_many_owners)))
        })
        .await?;
    let (mut keys, too_many_owners) = found.ok_or(Error::NotFound)?;
    let more = keys.len() > PAGE_SIZE;
    keys.truncate(PAGE_SIZE);
    let next = keys.last().filter(|_| more).map(|(key, _)| query.link("/keys", Some(&key.client_id)));
    let rows = keys
        .into_iter()
        .map(|(key, owner)| Row {
            last_use: LastUse::of(&key),
            status: Status::of(key.expires_at, owner.is_active(), now),
            owner: owner.username,
            client_id: key.client_id,
            name: key.name,
            created_at: Time(key.created_at),
            expires_at: Time(key.expires_at),
        })
        .collect();
    page(
        account.locale,
        StatusCode::OK,
        &ListPage {
            layout: Layout::new(&state, Some(Viewer::from(&account))),
            rows,
            deleted: notices::take_entry(&session, &request, DELETED),
            next,
            first: (!query.after.is_empty()).then(|| query.link("/keys", None)),
            form: FilterForm {
                is_filtered: !query.fields().is_empty(),
                too_many_owners,
                statuses: [Status::Valid, Status::Suspended, Status::Expired]
                    .map(|choice| Choice {
                        value: choice.class(),
                        label: choice.label(),
                        selected: status == Some(choice),
                    })
                    .into(),
                concerns: Concern::ALL
                    .map(|choice| Choice {
                        value: choice.code(),
                        label: choice.label(),
                        selected: concern == Some(choice),
                    })
                    .into(),
                hidden: query.hidden(),
                owner: query.owner,
            },
        },
    )
}

/// Asks before a key is deleted.
///
/// # Errors
/// [`Error::NotFound`] when there is no such key.
pub async fn confirm(
    state: web::Data<State>,
    request: HttpRequest,
    SignedIn(account): SignedIn,
    client_id: web::Path<String>,
    query: web::Query<Query>,
) -> Result<HttpResponse, Error> {
    account.require(KEYS_READ)?;
    account.require(KEYS_DELETE)?;
    let client_id = ClientId::parse(&client_id).ok_or(Error::NotFound)?;
    let find = move |connection: &mut _| api_keys::queries::find_with_owner(connection, client_id.as_str());
    let (key, owner) = state.database.look_up(find).await?.ok_or(Error::NotFound)?;
    let confirm = Confirm {
        status: Status::of(key.expires_at, owner.is_active(), state.clock.now()),
        action: query.link(&format!("/keys/{}/delete", key.client_id), None),
        hidden: query.hidden(),
        owner: owner.username,
        client_id: key.client_id,
        name: key.name,
    };
    let mut answer = if wants_fragment(&request) {
        page(account.locale, StatusCode::OK, &DeleteFragment { confirm })?
    } else {
        let layout = Layout::new(&state, Some(Viewer::from(&account)));
        page(account.locale, StatusCode::OK, &DeletePage { layout, confirm })?
    };
    answer.headers_mut().append(VARY, HeaderValue::from_static("HX-Request"));
    Ok(answer)
}

/// The owner of a key, whether or not it was deleted.
async fn owner_of(state: &State, client_id: ClientId) -> Result<Option<User>, Error> {
    let find = move |connection: &mut _| match api_keys::queries::owner_of(connection, client_id.as_str())? {
        Some((_, owner_id)) => users::queries::find(connection, owner_id),
        None => Ok(None),
    };
    Ok(state.database.look_up(find).await?)
}

/// Deletes a key. A second wish, as from a double click, is answered as the first one was.
///
/// # Errors
/// [`Error::NotFound`] when there never was such a key.
pub async fn delete(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    client_id: web::Path<String>,
    query: web::Query<Query>,
) -> Result<HttpResponse, Error> {
    account.require(KEYS_READ)?;
    account.require(KEYS_DELETE)?;
    let client_id = ClientId::parse(&client_id).ok_or(Error::NotFound)?;
    let owner = owner_of(&state, client_id.clone()).await?.ok_or(Error::NotFound)?;
    let source = caller::source(&request, &state.config.trusted_proxies);
    let (actor_id, now) = (account.user.id, state.clock.now());
    let deletion = api_keys::actions::delete(&state.database, owner.id, actor_id, client_id, source, now).await?;
    let key = deletion.key().ok_or(Error::NotFound)?;
    session.insert(DELETED, Deleted { owner: owner.username, client_id: key.client_id }).map_err(Error::internal)?;
    Ok(see_other(&query.link("/keys", None)))
}

impl Query {
    fn status(&self) -> Result<Option<Status>, Error> {
        match &*self.status {
            "" => Ok(None),
            "valid" => Ok(Some(Status::Valid)),
            "suspended" => Ok(Some(Status::Suspended)),
            "expired" => Ok(Some(Status::Expired)),
            _ => Err(Error::BadRequest("keys-bad-status")),
        }
    }

    fn concern(&self) -> Result<Option<Concern>, Error> {
        let concern = Concern::ALL.into_iter().find(|concern| concern.code() == self.only);
        if concern.is_none() && !self.only.is_empty() {
            return Err(Error::BadRequest("keys-bad-concern"));
        }
        Ok(concern)
    }

    /// The filters that are set.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        let fields = [("owner", self.owner.trim()), ("status", &self.status), ("only", &self.only)];
        fields.into_iter().filter(|(_, text)| !text.is_empty()).collect()
    }

    fn hidden(&self) -> Vec<(&'static str, String)> {
        self.fields().into_iter().map(|(name, text)| (name, text.to_owned())).collect()
    }

    /// A path with the same filters.
    fn link(&self, path: &str, after: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.fields());
        query.extend_pairs(after.map(|after| ("after", after)));
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}
