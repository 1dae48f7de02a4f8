//! `/users/{subject}`: one user, shown and saved.

use std::collections::BTreeSet;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::actions::{self, EditUser};
use super::listing::ListedUser;
use super::listing_queries as listing;
use super::model::{Account, parse_display_name, parse_email};
use super::pages::{PermissionRow, RoleChoice, UserForm, UserPage, quoted};
use super::queries;
use crate::error::Error;
use crate::language::{Argument, Message};
use crate::roles::model::{ADMINISTRATOR, Grant, NewSet};
use crate::roles::permissions::{USERS_READ, USERS_WRITE, explanation};
use crate::roles::queries as roles;
use crate::roles::rules::{self, Actor, Refusal, Subject};
use crate::web::answer::{page, see_other};
use crate::web::caller::author;
use crate::web::fields::{Fields, Mistake};
use crate::web::kept;
use crate::web::layout::{Layout, Viewer};
use crate::web::notices;
use crate::web::signed_in::SignedIn;
use crate::web::state::State;

/// What was typed into the form of a user.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The name that people read.
    pub display_name: String,
    /// The e-mail address.
    pub email: String,
    /// The names of the roles; none where the form had no roles to choose.
    pub roles: Option<BTreeSet<String>>,
    /// Why it was not accepted.
    pub mistake: Option<Mistake>,
    /// How it differs from what was saved meanwhile.
    pub conflicts: Vec<Message>,
}

impl Typed {
    /// Reads the form.
    ///
    /// # Errors
    /// When a field is missing.
    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let has_roles = fields.all("with_roles").next().is_some();
        Ok(Self {
            display_name: fields.one("display_name")?.to_owned(),
            email: fields.one("email")?.to_owned(),
            roles: has_roles.then(|| fields.all("role").map(str::to_owned).collect()),
            ..Self::default()
        })
    }

    /// Reads a form that was kept over the end of a session.
    ///
    /// # Errors
    /// When a field is missing.
    pub fn read_kept(fields: &Fields) -> Result<Self, Error> {
        Ok(Self { mistake: Some(Mistake::not_sent()), ..Self::read(fields)? })
    }

    /// The display name and the e-mail address as they are stored.
    ///
    /// # Errors
    /// Which field cannot be accepted.
    pub fn accept(&self, username: &str) -> Result<(String, Option<String>), Mistake> {
        let display_name = parse_display_name(&self.display_name, username)
            .map_err(|message| Mistake { field: "display_name", message })?;
        let email = parse_email(&self.email).map_err(|message| Mistake { field: "email", message })?;
        Ok((display_name, email))
    }

    /// The form with what was typed in it. Roles that are `held` already need not be given.
    #[must_use]
    pub fn into_form(self, actor: &Actor, grants: &[Grant], held: &[String]) -> UserForm {
        let choice = |grant: &Grant, chosen: &BTreeSet<String>| {
            let name = grant.role.name.clone();
            let locked = if held.contains(&name) { None } else { rules::may_give(actor, grant).err() };
            RoleChoice {
                about: grant.role.about(),
                checked: chosen.contains(&name),
                locked: locked.map(|refusal| refusal.message()),
                name,
            }
        };
        UserForm {
            display_name: self.display_name,
            email: self.email,
            roles: self.roles.map(|chosen| grants.iter().map(|grant| choice(grant, &chosen)).collect()),
            mistake: self.mistake,
            conflicts: self.conflicts,
        }
    }
}

/// A user by the ID in a path.
///
/// # Errors
/// [`Error::NotFound`] when there is no such user.
pub async fn find(state: &State, subject: String) -> Result<ListedUser, Error> {
    let now = state.clock.now();
    let found = state
        .database
        .read(move |connection| match queries::find_by_subject(connection, &subject)? {
            Some(user) => listing::find(connection, user.id, now),
            None => Ok(None),
        })
        .await?;
    found.ok_or(Error::NotFound)
}

/// Whoever changes a user comes from the user's page, and goes back to it.
pub(super) fn require_to_write(account: &Account) -> Result<(), Error> {
    account.require(USERS_WRITE)?;
    account.require(USERS_READ)
}

/// The page of a user.
///
/// # Errors
/// When somebody may not see it, there is no such user or something goes wrong inside.
pub async fn show(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_READ)?;
    let kept = kept::find(&session, &request, &account.user.username)
        .and_then(|fields| Some((Typed::read_kept(&fields).ok()?, fields.number("version").ok()?)));
    let (typed, version) = kept.unzip();
    let mut shown = user_page(&state, &account, subject.into_inner(), typed).await?;
    shown.version = version.unwrap_or(shown.version);
    shown.notice = notices::take(&session, &request);
    kept::forget(&session, &request);
    page(account.locale, StatusCode::OK, &shown)
}

/// Saves what was typed.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn save(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    require_to_write(&account)?;
    let fields = Fields(form.into_inner());
    let mut typed = Typed::read(&fields)?;
    let version = fields.number("version")?;
    let ListedUser { user, .. } = find(&state, subject.into_inner()).await?;
    let (display_name, email) = match typed.accept(&user.username) {
        Ok(accepted) => accepted,
        Err(mistake) => {
            typed.mistake = Some(mistake);
            let shown = user_page(&state, &account, user.subject, Some(typed)).await?;
            // Whoever corrects a field still edits the version that the form began with.
            return page(account.locale, StatusCode::UNPROCESSABLE_ENTITY, &UserPage { version, ..shown });
        }
    };
    let edit = EditUser {
        version: Some(version),
        display_name: Some(display_name),
        email: Some(email),
        roles: typed.roles.clone().map(NewSet::Exactly),
    };
    let (author, now, user_id) = (author(&state, &request, &account), state.clock.now(), user.id);
    let edited =
        state.database.write(move |transaction| actions::edit(transaction, &author, user_id, &edit, now)).await?;
    let refusal = match edited {
        Ok(changed) => {
            let notice = Message::new(if changed { "user-changed" } else { "user-unchanged" });
            notices::tell(&session, notice.with("user", user.username))?;
            return Ok(see_other(&format!("/users/{}", user.subject)));
        }
        Err(refusal @ (Refusal::PermissionMissing(_) | Refusal::NoSuchUser | Refusal::HoldsMore(_))) => {
            return refused(&state, &account, user.subject, refusal).await;
        }
        Err(refusal) => refusal,
    };
    if refusal == Refusal::Outdated {
        let current = find(&state, user.subject.clone()).await?;
        typed.conflicts = conflicts(&typed, &current);
        let shown = user_page(&state, &account, user.subject, Some(typed)).await?;
        return page(account.locale, StatusCode::CONFLICT, &shown);
    }
    let field = match refusal {
        Refusal::GrantsMore(_)
        | Refusal::GrantsFree(_)
        | Refusal::NoSuchRole(_)
        | Refusal::OwnRoles
        | Refusal::LastAdministrator => "role",
        _ => "",
    };
    typed.mistake = Some(Mistake { field, message: refusal.message() });
    let shown = user_page(&state, &account, user.subject, Some(typed)).await?;
    page(account.locale, StatusCode::UNPROCESSABLE_ENTITY, &UserPage { version, ..shown })
}

/// How what was typed differs from what is saved now, a sentence each.
fn conflicts(typed: &Typed, current: &ListedUser) -> Vec<Message> {
    let mut conflicts = Vec::new();
    let now =
        |message: Message, saved: &str, typed: &str| message.with("saved", quoted(saved)).with("typed", quoted(typed));
    let saved_email = current.user.email.as_deref().unwrap_or_default();
    if typed.display_name.trim() != current.user.display_name {
        conflicts.push(now(
            Message::new("conflict-display-name"),
            &current.user.display_name,
            typed.display_name.trim(),
        ));
    }
    if typed.email.trim() != saved_email {
        conflicts.push(now(Message::new("conflict-email"), saved_email, typed.email.trim()));
    }
    if let Some(roles) = &typed.roles
        && *roles != current.roles.iter().cloned().collect()
    {
        let chosen: Vec<_> = roles.iter().map(String::as_str).collect();
        let said = |roles: String| {
            if roles.is_empty() { Argument::Message(Message::new("conflict-no-roles")) } else { Argument::Text(roles) }
        };
        let (saved, chosen) = (said(current.roles.join(", ")), said(chosen.join(", ")));
        conflicts.push(Message::new("conflict-roles").with("saved", saved).with("typed", chosen));
    }
    if conflicts.is_empty() {
        conflicts.push(Message::new("conflict-same"));
    }
    if !current.user.is_active() {
        conflicts.push(Message::new("user-conflict-disabled"));
    }
    conflicts
}

/// The page of a user who could not be changed.
///
/// # Errors
/// When there is no such user or something goes wrong inside.
pub async fn refused(
    state: &State,
    account: &Account,
    subject: String,
    refusal: Refusal,
) -> Result<HttpResponse, Error> {
    match refusal {
        Refusal::PermissionMissing(permission) => Err(Error::PermissionMissing(permission)),
        Refusal::NoSuchUser => Err(Error::NotFound),
        refusal => {
            account.require(USERS_READ)?;
            let shown = user_page(state, account, subject, None).await?;
            page(
                account.locale,
                StatusCode::UNPROCESSABLE_ENTITY,
                &UserPage { refused: Some(refusal.message()), ..shown },
            )
        }
    }
}

async fn user_page(state: &State, account: &Account, subject: String, typed: Option<Typed>) -> Result<UserPage, Error> {
    let listed = find(state, subject).await?;
    let user_id = listed.user.id;
    let (held, grants, others) = state
        .database
        .read(move |connection| {
            Ok((
                roles::grants_of_user(connection, user_id)?,
                roles::list_grants(connection)?,
                queries::other_administrators(connection, user_id)?,
            ))
        })
        .await?;
    let actor = account.actor();
    let permissions = held.keys().cloned().collect();
    let user = Subject { id: Some(user_id), permissions: &permissions };
    let may_change = rules::may_change_user(&actor, user);
    let switch = if listed.user.is_active() {
        rules::may_disable(&actor, user, listed.roles.iter().any(|role| role == ADMINISTRATOR), others)
    } else {
        may_change.clone()
    };
    let typed = typed.unwrap_or_else(|| Typed {
        display_name: listed.user.display_name.clone(),
        email: listed.user.email.clone().unwrap_or_default(),
        roles: (user_id != account.user.id).then(|| listed.roles.iter().cloned().collect()),
        ..Typed::default()
    });
    let form = may_change.is_ok().then(|| typed.into_form(&actor, &grants, &listed.roles));
    Ok(UserPage {
        layout: Layout::new(state, Some(Viewer::from(account))),
        version: listed.user.version,
        permissions: held
            .into_iter()
            .map(|(name, roles)| PermissionRow { explanation: explanation(&name), name, roles: roles.join(", ") })
            .collect(),
        notice: None,
        refused: None,
        form,
        locked: match may_change {
            Err(refusal @ Refusal::HoldsMore(_)) => Some(refusal.message()),
            _ => None,
        },
        switch: switch.map_err(|refusal| refusal.message()),
        password: rules::may_set_password(&actor, user).map_err(|refusal| refusal.message()),
        user: listed.into(),
    })
}
