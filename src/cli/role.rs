//! `keyledge role`.

use std::collections::BTreeSet;

use anyhow::bail;
use clap::Subcommand;

use super::Operator;
use crate::clock::Clock;
use crate::config::StorageConfig;
use crate::users::actions::{self, RoleAdded};
use crate::users::model::{parse_permission, parse_role_name};

#[derive(Subcommand)]
pub(super) enum RoleCommand {
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
}

pub(super) fn run(config: &StorageConfig, command: RoleCommand) -> anyhow::Result<()> {
    let RoleCommand::Add { name, description, permissions } = command;
    let name = parse_role_name(&name).map_err(|message| anyhow::anyhow!("bad role name: {message}"))?;
    let permissions: BTreeSet<String> = permissions.into_iter().collect();
    let storage = Operator::open(config)?;
    match actions::add_role(&storage.database, &name, &description, &permissions, Clock::default().now())? {
        RoleAdded::Added => println!("The role {name} was added."),
        RoleAdded::NameTaken => bail!("there is a role {name} already"),
    }
    Ok(())
}
