//! `keyledge role`.

use std::collections::BTreeSet;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};

use super::{Operator, output, table};
use crate::api::roles::RoleSummary;
use crate::clock::Clock;
use crate::config::StorageConfig;
use crate::db::Timestamp;
use crate::roles::actions::{self, EditRole, NewRole};
use crate::roles::model::{ListedRole, NewSet, parse_description, parse_role_name};
use crate::roles::permissions::parse_permission;
use crate::roles::queries;
use crate::roles::rules::Refusal;

use crate::users::author::Author;

#[derive(Args)]
pub(super) struct RoleArgs {
    #[command(subcommand)]
    command: RoleCommand,

    /// Print JSON, with the fields of /api/v1/roles.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum RoleCommand {
    /// Add a role with permissions for the APIs behind.
    #[command(
        after_help = "Example: keyledge role add accountant --permission journals:read --permission journals:write"
    )]
    Add {
        /// The name of the role.
        name: String,
        /// What the role is for.
        #[arg(long, default_value = "")]
        description: String,
        /// A permission; may be given several times.
        #[arg(long = "permission", value_parser = parse_permission)]
        permissions: Vec<String>,
    },
    /// List all roles.
    #[command(after_help = "Example: keyledge role list --json | jq -r '.[].name'")]
    List,
    /// Show a role.
    #[command(after_help = "Example: keyledge role show accountant")]
    Show {
        /// The name of the role.
        name: String,
    },
    /// Change a role. Its users lose and gain permissions at the next check.
    #[command(
        after_help = "Example: keyledge role edit accountant --add-permission invoices:read --remove-permission journals:write"
    )]
    Edit {
        /// The name of the role.
        name: String,
        /// What the role is for.
        #[arg(long)]
        description: Option<String>,
        /// A permission to add; may be given several times.
        #[arg(long = "add-permission", value_parser = parse_permission)]
        added: Vec<String>,
        /// A permission to remove; may be given several times.
        #[arg(long = "remove-permission", value_parser = parse_permission)]
        removed: Vec<String>,
    },
    /// Delete a role that nobody has.
    #[command(after_help = "Example: keyledge role delete accountant")]
    Delete {
        /// The name of the role.
        name: String,
    },
}

pub(super) fn run(config: &StorageConfig, RoleArgs { command, json }: RoleArgs) -> anyhow::Result<()> {
    let now = Clock::default().now();
    match command {
        RoleCommand::Add { name, description, permissions } => {
            let name = parse_role_name(&name).map_err(|message| anyhow!("bad role name: {message}"))?;
            let description = parse_description(&description).map_err(anyhow::Error::msg)?;
            let new = NewRole { name, description, permissions: permissions.into_iter().collect() };
            add(&Operator::open(config)?, &new, json, now)
        }
        RoleCommand::List => list(&Operator::open(config)?, json),
        RoleCommand::Show { name } => show(&Operator::open(config)?, &name, json),
        RoleCommand::Edit { name, description, added, removed } => {
            let description = description.as_deref().map(parse_description).transpose().map_err(anyhow::Error::msg)?;
            let (added, removed): (BTreeSet<_>, BTreeSet<_>) =
                (added.into_iter().collect(), removed.into_iter().collect());
            if let Some(both) = added.intersection(&removed).next() {
                bail!("the permission {both} cannot be both added and removed");
            }
            let permissions = Some(NewSet::Changed { added, removed });
            edit(&Operator::open(config)?, &EditRole { name, version: None, description, permissions }, json, now)
        }
        RoleCommand::Delete { name } => delete(&Operator::open(config)?, &name, json, now),
    }
}

fn add(storage: &Operator, new: &NewRole, json: bool, now: Timestamp) -> anyhow::Result<()> {
    let added =
        storage.database.write_blocking(|transaction| actions::add(transaction, &Author::Operator, new, now))?;
    added.map_err(refused)?;
    done(storage, &new.name, json, &format!("The role {} was added.", new.name))
}

fn edit(storage: &Operator, edit: &EditRole, json: bool, now: Timestamp) -> anyhow::Result<()> {
    let edited =
        storage.database.write_blocking(|transaction| actions::edit(transaction, &Author::Operator, edit, now))?;
    let state = if edited.map_err(refused)? { "was changed" } else { "already has these details" };
    done(storage, &edit.name, json, &format!("The role {} {state}.", edit.name))
}

fn delete(storage: &Operator, name: &str, json: bool, now: Timestamp) -> anyhow::Result<()> {
    let deleted =
        storage.database.write_blocking(|transaction| actions::delete(transaction, &Author::Operator, name, now))?;
    deleted.map_err(refused)?;
    let words =
        if json { serde_json::json!({ "name": name }).to_string() } else { format!("The role {name} was deleted.") };
    output::after_change(output::print(&words))
}

/// Says what was done, or shows the role as it is now.
fn done(storage: &Operator, name: &str, json: bool, words: &str) -> anyhow::Result<()> {
    output::after_change(if json { show(storage, name, json) } else { output::print(words) })
}

fn list(storage: &Operator, json: bool) -> anyhow::Result<()> {
    let roles = storage.database.read_blocking(queries::list)?;
    if json {
        let roles: Vec<RoleSummary> = roles.into_iter().map(Into::into).collect();
        return output::print_json(&roles);
    }
    let rows = roles.into_iter().map(|ListedRole { grant, users }| {
        let built_in = if grant.role.built_in { "yes" } else { "" };
        let permissions = grant.permissions.into_iter().collect::<Vec<_>>().join(" ");
        vec![grant.role.name, users.to_string(), built_in.to_owned(), grant.role.description, permissions]
    });
    output::print(&table::render(&["NAME", "USERS", "BUILT IN", "DESCRIPTION", "PERMISSIONS"], rows))
}

fn show(storage: &Operator, name: &str, json: bool) -> anyhow::Result<()> {
    let Some(role) = storage.database.read_blocking(|connection| queries::find_listed(connection, name))? else {
        return Err(refused(Refusal::NoSuchRole(name.to_owned())));
    };
    if json {
        return output::print_json(&RoleSummary::from(role));
    }
    let ListedRole { grant, users } = role;
    let built_in = if grant.role.built_in { "yes" } else { "no" };
    let mut rows = vec![
        vec!["Name".to_owned(), grant.role.name],
        vec!["Description".to_owned(), grant.role.description],
        vec!["Built in".to_owned(), built_in.to_owned()],
        vec!["Users".to_owned(), users.to_string()],
    ];
    for permission in grant.permissions {
        rows.push(vec!["Permission".to_owned(), permission]);
    }
    output::print(&table::render_plain(rows))
}

/// Why a command was not done, in the voice of the command line.
pub(super) fn refused(refusal: Refusal) -> anyhow::Error {
    match refusal {
        Refusal::NoSuchRole(role) => anyhow!("there is no role {role}: add it with `keyledge role add {role}`"),
        Refusal::UsernameTaken(username) => anyhow!("there is a user {username} already"),
        Refusal::RoleNameTaken(role) => anyhow!("there is a role {role} already"),
        refusal => anyhow!("not done: {refusal}"),
    }
}
