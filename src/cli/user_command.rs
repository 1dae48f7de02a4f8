//! The command line of `keyledge user`.

use clap::{Args, Subcommand, ValueEnum};

use crate::roles::model::MEMBER;
use crate::users::listing::Status;

#[derive(Args)]
pub(super) struct UserArgs {
    #[command(subcommand)]
    pub(super) command: UserCommand,

    /// Print JSON, with the fields of /api/v1/users.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Add a user. Prints a one-time password, which must be changed at the first sign-in.
    #[command(
        after_help = "Example: keyledge user add ada --display-name 'Ada Lovelace' --role member --role accountant"
    )]
    Add {
        /// The name to sign in with.
        username: String,
        /// The name that people read. [default: the username]
        #[arg(long)]
        display_name: Option<String>,
        /// The e-mail address.
        #[arg(long)]
        email: Option<String>,
        /// A role; may be given several times.
        #[arg(long = "role", default_value = MEMBER)]
        roles: Vec<String>,
        /// Read the password from standard input. It need not be changed then.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List users by username.
    #[command(after_help = "Examples:\n  keyledge user list --role accountant --status inactive\n  \
                            keyledge user list --json | jq -r '.[] | select(.valid_keys > 0) | .username'")]
    List {
        /// Only users of this status.
        #[arg(long)]
        status: Option<ListedStatus>,
        /// Only users with this role.
        #[arg(long)]
        role: Option<String>,
        /// Only users whose username, display name or e-mail address has words that begin so; of more than
        /// five, the first five of the alphabet.
        #[arg(long)]
        search: Option<String>,
    },
    /// Show a user, with the permissions held now and the roles through which they are held.
    #[command(after_help = "Example: keyledge user show ada")]
    Show {
        /// The name to sign in with.
        username: String,
    },
    /// Change a user. A role that is removed is gone at the next check.
    #[command(after_help = "Example: keyledge user edit ada --email ada@example.com --add-role accountant")]
    Edit {
        /// The name to sign in with.
        username: String,
        /// The name that people read.
        #[arg(long)]
        display_name: Option<String>,
        /// The e-mail address; empty for none.
        #[arg(long)]
        email: Option<String>,
        /// A role to add; may be given several times.
        #[arg(long = "add-role")]
        added: Vec<String>,
        /// A role to remove; may be given several times.
        #[arg(long = "remove-role")]
        removed: Vec<String>,
    },
    /// Disable a user: ends the browser sessions and suspends the API keys at once.
    #[command(after_help = "Example: keyledge user disable ada")]
    Disable {
        /// The name to sign in with.
        username: String,
    },
    /// Enable a user: the API keys work again.
    #[command(after_help = "Example: keyledge user enable ada")]
    Enable {
        /// The name to sign in with.
        username: String,
    },
    /// Set a one-time password and print it. Ends the user's browser sessions.
    #[command(after_help = "Examples:\n  keyledge user set-password ada\n  \
                            pass show ada | keyledge user set-password ada --password-stdin")]
    SetPassword {
        /// The name to sign in with.
        username: String,
        /// Read the one-time password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ListedStatus {
    Active,
    Inactive,
}

impl From<ListedStatus> for Status {
    fn from(status: ListedStatus) -> Self {
        match status {
            ListedStatus::Active => Self::Active,
            ListedStatus::Inactive => Self::Inactive,
        }
    }
}
