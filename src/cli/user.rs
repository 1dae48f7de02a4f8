//! `keyledge user`.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Read as _};

use anyhow::{Context, anyhow, bail};

use super::role::refused;
pub(super) use super::user_command::UserArgs;
use super::user_command::UserCommand;
use super::{Operator, output, table};
use crate::api::users::{UserDetails, UserSummary};
use crate::clock::Clock;
use crate::config::StorageConfig;
use crate::db::Timestamp;
use crate::roles::model::NewSet;
use crate::roles::queries as roles;
use crate::secret::SecretText;
use crate::users::actions::{self, EditUser};
use crate::users::author::Author;
use crate::users::listing::{Cursor, Filter, ListedUser, Sort, Status, searched};
use crate::users::listing_queries as listing;
use crate::users::model::{
    User, generate_subject, normalize_username, parse_display_name, parse_email, parse_new_username,
};
use crate::users::password::generate_one_time;
use crate::users::password_rules::check_choice;
use crate::users::queries::{self, NewUser};

/// Users that are read at a time.
const PAGE: usize = 1000;

pub(super) fn run(config: &StorageConfig, UserArgs { command, json }: UserArgs) -> anyhow::Result<()> {
    let command_line = CommandLine { storage: Operator::open(config)?, json, now: Clock::default().now() };
    match command {
        UserCommand::Add { username, display_name, email, roles, password_stdin } => {
            let username = parse_new_username(&username).map_err(|message| anyhow!("bad username: {message}"))?;
            let display_name = parse_display_name(display_name.as_deref().unwrap_or_default(), &username)
                .map_err(anyhow::Error::msg)?;
            let email = parse_email(email.as_deref().unwrap_or_default()).map_err(anyhow::Error::msg)?;
            let roles = roles.into_iter().collect();
            command_line.add(username, display_name, email, &roles, password_stdin)
        }
        UserCommand::List { status, role, search } => {
            let words = search.as_deref().map(searched).unwrap_or_default();
            command_line.list(&Filter { words, status: status.map(Status::from), role })
        }
        UserCommand::Show { username } => {
            let user = command_line.find(&username)?;
            command_line.show(user.id)
        }
        UserCommand::Edit { username, display_name, email, added, removed } => {
            let user = command_line.find(&username)?;
            let display_name = display_name
                .map(|name| parse_display_name(&name, &user.username))
                .transpose()
                .map_err(anyhow::Error::msg)?;
            let email = email.map(|email| parse_email(&email)).transpose().map_err(anyhow::Error::msg)?;
            let (added, removed): (BTreeSet<_>, BTreeSet<_>) =
                (added.into_iter().collect(), removed.into_iter().collect());
            if let Some(both) = added.intersection(&removed).next() {
                bail!("the role {both} cannot be both added and removed");
            }
            let roles = Some(NewSet::Changed { added, removed });
            command_line.edit(&user, &EditUser { version: None, display_name, email, roles })
        }
        UserCommand::Disable { username } => command_line.set_disabled(&username, true),
        UserCommand::Enable { username } => command_line.set_disabled(&username, false),
        UserCommand::SetPassword { username, password_stdin } => command_line.set_password(&username, password_stdin),
    }
}

/// What every subcommand works with.
struct CommandLine {
    storage: Operator,
    json: bool,
    now: Timestamp,
}

impl CommandLine {
    fn add(
        &self,
        username: String,
        display_name: String,
        email: Option<String>,
        roles: &BTreeSet<String>,
        password_stdin: bool,
    ) -> anyhow::Result<()> {
        let password = if password_stdin { read_password(&username)? } else { generate_one_time(&mut rand::rng()) };
        let new = NewUser {
            subject: generate_subject(&mut rand::rng()),
            username,
            display_name,
            email,
            password_hash: self.storage.passwords.hash_blocking(&password)?,
            password_must_change: !password_stdin,
            nonce: None,
        };
        self.storage
            .database
            .write_blocking(|transaction| actions::add(transaction, &Author::Operator, &new, roles, self.now))?
            .map_err(refused)?;
        let words = format!("The user {} was added.", new.username);
        self.tell_password(&new.subject, &new.username, &words, (!password_stdin).then_some(&password))
    }

    fn edit(&self, user: &User, edit: &EditUser) -> anyhow::Result<()> {
        let edited = self
            .storage
            .database
            .write_blocking(|transaction| actions::edit(transaction, &Author::Operator, user.id, edit, self.now))?
            .map_err(refused)?;
        let state = if edited { "was changed" } else { "already has these details" };
        self.done(user, &format!("The user {} {state}.", user.username))
    }

    fn set_disabled(&self, username: &str, disabled: bool) -> anyhow::Result<()> {
        let user = self.find(username)?;
        let changed = self
            .storage
            .database
            .write_blocking(|transaction| {
                actions::set_disabled(transaction, &Author::Operator, user.id, disabled, self.now)
            })?
            .map_err(refused)?;
        let state = if disabled { "disabled" } else { "enabled" };
        let words = if changed { format!("is {state} now") } else { format!("was {state} already") };
        self.done(&user, &format!("The user {} {words}.", user.username))
    }

    fn set_password(&self, username: &str, password_stdin: bool) -> anyhow::Result<()> {
        let user = self.find(username)?;
        let password =
            if password_stdin { read_password(&user.username)? } else { generate_one_time(&mut rand::rng()) };
        let hash = self.storage.passwords.hash_blocking(&password)?;
        self.storage
            .database
            .write_blocking(|transaction| {
                actions::set_password(transaction, &Author::Operator, user.id, &hash, None, self.now)
            })?
            .map_err(refused)?;
        let words = format!("The password of {} was set.", user.username);
        self.tell_password(&user.subject, &user.username, &words, (!password_stdin).then_some(&password))
    }

    fn list(&self, filter: &Filter) -> anyhow::Result<()> {
        if let Some(role) = &filter.role
            && self.storage.database.read_blocking(|connection| roles::find(connection, role))?.is_none()
        {
            bail!("there is no role {role}");
        }
        let mut users = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = self.storage.database.read_blocking(|connection| {
                listing::page(connection, filter, Sort::default(), after.as_ref(), PAGE, self.now)
            })?;
            users.extend(page.users);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if self.json {
            let users: Vec<UserSummary> = users.into_iter().map(Into::into).collect();
            return output::print_json(&users);
        }
        let rows = users.into_iter().map(|listed| {
            let (status, valid_keys) = (Status::of(&listed.user).label().to_string(), listed.valid_keys().to_string());
            let last_sign_in = last_sign_in(&listed);
            let ListedUser { user, roles, .. } = listed;
            let email = user.email.unwrap_or_default();
            vec![user.username, user.display_name, email, status, roles.join(", "), valid_keys, last_sign_in]
        });
        let header = ["USERNAME", "DISPLAY NAME", "E-MAIL", "STATUS", "ROLES", "VALID KEYS", "LAST SIGN-IN"];
        output::print(&table::render(&header, rows))
    }

    fn show(&self, user_id: i64) -> anyhow::Result<()> {
        let (listed, grants) = self.storage.database.read_blocking(|connection| {
            Ok((listing::find(connection, user_id, self.now)?, roles::grants_of_user(connection, user_id)?))
        })?;
        let listed = listed.context("the user is gone")?;
        if self.json {
            return output::print_json(&UserDetails::of(listed, grants));
        }
        let (valid, suspended) = (listed.valid_keys(), listed.suspended_keys());
        let keys =
            if suspended > 0 { format!("{valid} valid, {suspended} suspended") } else { format!("{valid} valid") };
        let row = |name: &str, value: String| vec![name.to_owned(), value];
        let mut rows = vec![
            row("Username", listed.user.username.clone()),
            row("ID", listed.user.subject.clone()),
            row("Display name", listed.user.display_name.clone()),
            row("E-mail", listed.user.email.clone().unwrap_or_default()),
            row("Status", Status::of(&listed.user).label().to_string()),
            row("Roles", listed.roles.join(", ")),
            row("API keys", keys),
            row("Last sign-in", last_sign_in(&listed)),
            row("Updated", listed.updated_at.rfc3339()),
        ];
        for (permission, roles) in grants {
            rows.push(row("Permission", format!("{permission} (through {})", roles.join(", "))));
        }
        output::print(&table::render_plain(rows))
    }

    fn find(&self, username: &str) -> anyhow::Result<User> {
        let username = normalize_username(username);
        let user =
            self.storage.database.read_blocking(|connection| queries::find_by_username(connection, &username))?;
        user.ok_or_else(|| anyhow!("there is no user {username}"))
    }

    /// Says what was done, or shows the user as it is now.
    fn done(&self, user: &User, words: &str) -> anyhow::Result<()> {
        output::after_change(if self.json { self.show(user.id) } else { output::print(words) })
    }

    fn tell_password(
        &self,
        subject: &str,
        username: &str,
        words: &str,
        one_time: Option<&SecretText>,
    ) -> anyhow::Result<()> {
        let one_time = one_time.map(SecretText::reveal);
        let told = match one_time {
            _ if self.json => {
                let told = serde_json::json!({ "id": subject, "username": username, "one_time_password": one_time });
                format!("{told:#}")
            }
            Some(password) => format!("{words}\nOne-time password, to be changed at the first sign-in: {password}"),
            None => words.to_owned(),
        };
        if one_time.is_none() {
            return output::after_change(output::print(&told));
        }
        output::print_whole(format!("{told}\n").as_bytes()).with_context(|| {
            format!(
                "{username} has a one-time password now that could not be told: make another one with `keyledge user \
                 set-password {username}`"
            )
        })
    }
}

fn last_sign_in(listed: &ListedUser) -> String {
    listed.last_sign_in_at.map_or_else(|| "never".to_owned(), Timestamp::rfc3339)
}

/// Reads a password that obeys the rules from standard input.
pub(super) fn read_password(username: &str) -> anyhow::Result<SecretText> {
    if std::io::stdin().is_terminal() {
        output::remark("Type the password, then Enter and Ctrl-D. It is shown as you type.");
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("the password cannot be read")?;
    let password = SecretText::new(text.trim_end_matches(['\r', '\n']));
    check_choice(&password, &[username]).map_err(anyhow::Error::msg)?;
    Ok(password)
}
