//! `/roles` and below.

use std::collections::BTreeSet;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::actions::{self, EditRole, NewRole};
use super::model::{Grant, ListedRole, NewSet, parse_description, parse_role_name};
use super::pages::{DeletePage, PermissionChoice, RoleForm, RolePage, RoleRow, RolesPage};
use super::permissions::{BUILT_IN, ROLES_READ, ROLES_WRITE, is_built_in, parse_permissions};
use super::queries;
use super::rules::{self, Refusal};
use crate::error::Error;
use crate::language::Message;
use crate::users::model::Account;
use crate::users::pages::quoted;
use crate::web::answer::{page, see_other};
use crate::web::caller::author;
use crate::web::fields::{Fields, Mistake};
use crate::web::kept;
use crate::web::layout::{Layout, Viewer};
use crate::web::notices;
use crate::web::signed_in::SignedIn;
use crate::web::state::State;

/// What was typed into the form of a role.
#[derive(Clone, Debug, Default)]
struct Typed {
    name: String,
    description: String,
    /// The checkboxes.
    built_in: BTreeSet<String>,
    /// The lines.
    free: String,
    mistake: Option<Mistake>,
    conflicts: Vec<Message>,
}

impl Typed {
    fn read(fields: &Fields) -> Result<Self, Error> {
        Ok(Self {
            description: fields.one("description")?.to_owned(),
            built_in: fields.all("permission").map(str::to_owned).collect(),
            free: fields.one("free")?.to_owned(),
            ..Self::default()
        })
    }

    /// Reads a form that was kept over the end of a session.
    fn read_kept(fields: &Fields) -> Result<Self, Error> {
        Ok(Self { mistake: Some(Mistake::not_sent()), ..Self::read(fields)? })
    }

    fn of(grant: &Grant) -> Self {
        let (built_in, free): (BTreeSet<_>, Vec<_>) =
            (grant.permissions.clone(), grant.permissions.iter().filter(|name| !is_built_in(name)).cloned().collect());
        let description = grant.role.description.clone();
        Self { name: grant.role.name.clone(), description, built_in, free: free.join("\n"), ..Self::default() }
    }

    /// The description and the permissions as they are stored.
    fn accept(&self) -> Result<(String, BTreeSet<String>), Mistake> {
        let description =
            parse_description(&self.description).map_err(|message| Mistake { field: "description", message })?;
        let mut permissions = parse_permissions(&self.free).map_err(|wrong| Mistake {
            field: "free",
            message: Message::new("roles-bad-permission").with("permission", wrong),
        })?;
        permissions.extend(self.built_in.iter().filter(|name| is_built_in(name)).cloned());
        Ok((description, permissions))
    }

    fn into_form(self, account: &Account) -> RoleForm {
        let choice = |(name, explanation): &(&'static str, &'static str)| PermissionChoice {
            name,
            explanation,
            checked: self.built_in.contains(*name),
            locked: !account.permissions.contains(*name),
        };
        RoleForm {
            built_in: BUILT_IN.iter().map(choice).collect(),
            name: self.name,
            description: self.description,
            free: self.free,
            mistake: self.mistake,
            conflicts: self.conflicts,
        }
    }
}

/// Whoever changes a role comes from its page, and goes back to it.
fn require_to_write(account: &Account) -> Result<(), Error> {
    account.require(ROLES_WRITE)?;
    account.require(ROLES_READ)
}

/// The grid of all roles.
///
/// # Errors
/// When somebody may not see it or something goes wrong inside.
pub async fn list(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
) -> Result<HttpResponse, Error> {
    let mut shown = roles_page(&state, &account).await?;
    shown.notice = notices::take(&session, &request);
    page(account.locale, StatusCode::OK, &shown)
}

async fn roles_page(state: &State, account: &Account) -> Result<RolesPage, Error> {
    account.require(ROLES_READ)?;
    let actor = account.actor();
    let row = |ListedRole { grant, users }: ListedRole| RoleRow {
        edit: rules::may_change_role(&actor, &grant).map_err(|refusal| match refusal {
            Refusal::BuiltInRole => Message::new("roles-built-in"),
            refusal => refusal.message(),
        }),
        delete: rules::may_delete_role(&actor, &grant, users > 0).is_ok(),
        about: grant.role.about(),
        name: grant.role.name,
        permissions: grant.permissions.into_iter().collect(),
        users,
    };
    let rows = state.database.read(queries::list).await?.into_iter().map(row).collect();
    Ok(RolesPage { layout: Layout::new(state, Some(Viewer::from(account))), rows, notice: None, refused: None })
}

/// The form to add a role.
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
    let typed = kept::find(&session, &request, &account.user.username).and_then(|fields| {
        Some(Typed { name: fields.one("name").ok()?.to_owned(), ..Typed::read_kept(&fields).ok()? })
    });
    kept::forget(&session, &request);
    new_page(&state, &account, StatusCode::OK, typed.unwrap_or_default())
}

/// Adds a role.
///
/// # Errors
/// When somebody may not or something goes wrong inside.
pub async fn add(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    require_to_write(&account)?;
    let fields = Fields(form.into_inner());
    let mut typed = Typed { name: fields.one("name")?.trim().to_owned(), ..Typed::read(&fields)? };
    let accepted = parse_role_name(&typed.name)
        .map_err(|_| Mistake { field: "name", message: Message::new("roles-bad-name") })
        .and_then(|name| typed.accept().map(|(description, permissions)| NewRole { name, description, permissions }));
    let new = match accepted {
        Ok(new) => new,
        Err(mistake) => {
            let typed = Typed { mistake: Some(mistake), ..typed };
            return new_page(&state, &account, StatusCode::UNPROCESSABLE_ENTITY, typed);
        }
    };
    let (author, now) = (author(&state, &request, &account), state.clock.now());
    match state.database.write(move |transaction| actions::add(transaction, &author, &new, now)).await? {
        Ok(()) => {
            notices::tell(&session, Message::new("roles-added").with("role", typed.name))?;
            Ok(see_other("/roles"))
        }
        Err(Refusal::PermissionMissing(permission)) => Err(Error::PermissionMissing(permission)),
        Err(refusal) => {
            let field = if matches!(refusal, Refusal::RoleNameTaken(_)) { "name" } else { "permission" };
            typed.mistake = Some(Mistake { field, message: refusal.message() });
            new_page(&state, &account, StatusCode::UNPROCESSABLE_ENTITY, typed)
        }
    }
}

fn new_page(state: &State, account: &Account, status: StatusCode, typed: Typed) -> Result<HttpResponse, Error> {
    let layout = Layout::new(state, Some(Viewer::from(account)));
    page(account.locale, status, &RolePage { layout, edited: None, users: 0, form: typed.into_form(account) })
}

/// The form to change a role.
///
/// # Errors
/// When somebody may not, there is no such role or something goes wrong inside.
pub async fn edit(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    name: web::Path<String>,
) -> Result<HttpResponse, Error> {
    require_to_write(&account)?;
    let kept = kept::find(&session, &request, &account.user.username)
        .and_then(|fields| Some((Typed::read_kept(&fields).ok()?, fields.number("version").ok()?)));
    let listed = find(&state, name.into_inner()).await?;
    if let Err(refusal) = rules::may_change_role(&account.actor(), &listed.grant) {
        return refused(&state, &account, refusal).await;
    }
    let (typed, version) = kept.unwrap_or_else(|| (Typed::of(&listed.grant), listed.grant.role.version));
    kept::forget(&session, &request);
    edit_page(&state, &account, StatusCode::OK, &listed, version, typed)
}

/// Saves what was typed.
///
/// # Errors
/// When somebody may not, there is no such role or something goes wrong inside.
pub async fn save(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    name: web::Path<String>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    require_to_write(&account)?;
    let fields = Fields(form.into_inner());
    let version = fields.number("version")?;
    let name = name.into_inner();
    let mut typed = Typed { name: name.clone(), ..Typed::read(&fields)? };
    let (description, permissions) = match typed.accept() {
        Ok(accepted) => accepted,
        Err(mistake) => {
            typed.mistake = Some(mistake);
            let listed = find(&state, name).await?;
            return edit_page(&state, &account, StatusCode::UNPROCESSABLE_ENTITY, &listed, version, typed);
        }
    };
    let edit = EditRole {
        name: name.clone(),
        version: Some(version),
        description: Some(description),
        permissions: Some(NewSet::Exactly(permissions.clone())),
    };
    let (author, now) = (author(&state, &request, &account), state.clock.now());
    let edited = state.database.write(move |transaction| actions::edit(transaction, &author, &edit, now)).await?;
    match edited {
        Ok(changed) => {
            let notice = Message::new(if changed { "roles-changed" } else { "roles-unchanged" });
            notices::tell(&session, notice.with("role", name))?;
            Ok(see_other("/roles"))
        }
        Err(Refusal::Outdated) => {
            let listed = find(&state, name).await?;
            typed.conflicts = conflicts(&typed, &permissions, &listed.grant);
            let version = listed.grant.role.version;
            edit_page(&state, &account, StatusCode::CONFLICT, &listed, version, typed)
        }
        Err(refusal @ Refusal::GrantsMore(_)) => {
            typed.mistake = Some(Mistake { field: "permission", message: refusal.message() });
            let listed = find(&state, name).await?;
            edit_page(&state, &account, StatusCode::UNPROCESSABLE_ENTITY, &listed, version, typed)
        }
        Err(refusal) => refused(&state, &account, refusal).await,
    }
}

/// How what was typed differs from what is saved now, a sentence each.
fn conflicts(typed: &Typed, permissions: &BTreeSet<String>, current: &Grant) -> Vec<Message> {
    let mut conflicts = Vec::new();
    let description = typed.description.trim();
    if description != current.role.description {
        let (saved, typed) = (quoted(&current.role.description), quoted(description));
        conflicts.push(Message::new("conflict-description").with("saved", saved).with("typed", typed));
    }
    let names = |names: Vec<&str>| names.join(", ");
    let only_saved = names(current.permissions.difference(permissions).map(String::as_str).collect());
    if !only_saved.is_empty() {
        conflicts.push(Message::new("conflict-role-has").with("permissions", only_saved));
    }
    let only_typed = names(permissions.difference(&current.permissions).map(String::as_str).collect());
    if !only_typed.is_empty() {
        conflicts.push(Message::new("conflict-role-has-not").with("permissions", only_typed));
    }
    if conflicts.is_empty() {
        conflicts.push(Message::new("conflict-same"));
    }
    conflicts
}

fn edit_page(
    state: &State,
    account: &Account,
    status: StatusCode,
    listed: &ListedRole,
    version: i32,
    typed: Typed,
) -> Result<HttpResponse, Error> {
    let layout = Layout::new(state, Some(Viewer::from(account)));
    let edited = Some((listed.grant.role.name.clone(), version));
    page(account.locale, status, &RolePage { layout, edited, users: listed.users, form: typed.into_form(account) })
}

/// Asks before a role is deleted.
///
/// # Errors
/// When somebody may not, there is no such role or something goes wrong inside.
pub async fn confirm(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    name: web::Path<String>,
) -> Result<HttpResponse, Error> {
    require_to_write(&account)?;
    let ListedRole { grant, users } = find(&state, name.into_inner()).await?;
    if let Err(refusal) = rules::may_delete_role(&account.actor(), &grant, users > 0) {
        return refused(&state, &account, refusal).await;
    }
    let layout = Layout::new(&state, Some(Viewer::from(&account)));
    page(
        account.locale,
        StatusCode::OK,
        &DeletePage { layout, name: grant.role.name, description: grant.role.description },
    )
}

/// Deletes a role.
///
/// # Errors
/// When somebody may not, there is no such role or something goes wrong inside.
pub async fn delete(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    name: web::Path<String>,
) -> Result<HttpResponse, Error> {
    require_to_write(&account)?;
    let (author, now) = (author(&state, &request, &account), state.clock.now());
    let name = name.into_inner();
    let asked = name.clone();
    match state.database.write(move |transaction| actions::delete(transaction, &author, &asked, now)).await? {
        Ok(()) => {
            notices::tell(&session, Message::new("roles-deleted").with("role", name))?;
            Ok(see_other("/roles"))
        }
        Err(refusal) => refused(&state, &account, refusal).await,
    }
}

async fn find(state: &State, name: String) -> Result<ListedRole, Error> {
    state.database.read(move |connection| queries::find_listed(connection, &name)).await?.ok_or(Error::NotFound)
}

/// The grid, with why a role could not be changed.
async fn refused(state: &State, account: &Account, refusal: Refusal) -> Result<HttpResponse, Error> {
    match refusal {
        Refusal::PermissionMissing(permission) => Err(Error::PermissionMissing(permission)),
        Refusal::NoSuchRole(_) => Err(Error::NotFound),
        refusal => {
            let shown = roles_page(state, account).await?;
            page(
                account.locale,
                StatusCode::UNPROCESSABLE_ENTITY,
                &RolesPage { refused: Some(refusal.message()), ..shown },
            )
        }
    }
}
