//! Every setting, with its flag, its environment variable and its default.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use url::Url;

use crate::color::Color;
use crate::db::DatabaseUrl;
use crate::secret::SecretText;

/// The settings that every subcommand needs to reach the database.
#[derive(Args, Clone, Debug)]
pub struct StorageConfig {
    /// The database: sqlite:PATH for one machine, postgres://USER:PASSWORD@HOST/DATABASE for more.
    #[arg(
        long,
        env = "KEYLEDGE_DATABASE_URL",
        default_value = "sqlite:keyledge.db",
        hide_env_values = true,
        global = true
    )]
    pub database_url: SecretText,

    /// The secret key, at least 32 characters and the same on all instances. Unset on SQLite, a file beside the
    /// database holds it.
    #[arg(long, env = "KEYLEDGE_SECRET_KEY", hide_env_values = true, global = true)]
    pub secret_key: Option<SecretText>,

    /// A file that holds the secret key.
    #[arg(long, env = "KEYLEDGE_SECRET_KEY_FILE", conflicts_with = "secret_key", global = true)]
    pub secret_key_file: Option<PathBuf>,

    /// The work factor of bcrypt for passwords: each step doubles the time. Others are hashed anew at the next sign-in.
    #[arg(long, env = "KEYLEDGE_BCRYPT_COST", default_value_t = 12, value_parser = clap::value_parser!(u32).range(4..=31), global = true)]
    pub bcrypt_cost: u32,

    /// Connections to a Postgres server by which this process reads; two more decide and write.
    #[arg(long, env = "KEYLEDGE_POSTGRES_CONNECTIONS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..), global = true)]
    pub postgres_connections: u32,
}

impl StorageConfig {
    /// Where the database is. The URL is parsed here and not with the command line, whose messages repeat what they
    /// refuse: it may carry a password.
    ///
    /// # Errors
    /// When it is not a URL of a database.
    pub fn database_url(&self) -> Result<DatabaseUrl, BadSetting> {
        self.database_url.reveal().parse().map_err(|message| BadSetting(format!("--database-url: {message}")))
    }
}

/// How access tokens are signed (RFC 7518 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TokenAlgorithm {
    /// ECDSA on the curve P-256: short and quick.
    #[value(name = "ES256")]
    Es256,
    /// RSA with keys of 2048 bits: for APIs that know nothing else. Signing takes longer.
    #[value(name = "RS256")]
    Rs256,
}

impl TokenAlgorithm {
    /// Its name in tokens and in published keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// The settings of the server.
#[derive(Args, Clone, Debug)]
pub struct ServerConfig {
    /// The address and port to listen on.
    #[arg(long, env = "KEYLEDGE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// The URL under which people and programs reach this server, without a path. It is the issuer of the access
    /// tokens. [default: http:// and the listening address]
    #[arg(long, env = "KEYLEDGE_PUBLIC_URL", value_parser = parse_public_url)]
    pub public_url: Option<PublicUrl>,

    /// The name of the API that the keys are for, shown in the header of every page: at most 100 characters.
    #[arg(long, env = "KEYLEDGE_INSTANCE_NAME", default_value = "Keyledge", value_parser = parse_instance_name)]
    pub instance_name: String,

    /// The colour of links and main buttons, as # and six hexadecimal digits. Where it would be hard to read it is made
    /// darker or lighter.
    #[arg(long, env = "KEYLEDGE_ACCENT_COLOR", default_value = "#155e75")]
    pub accent_color: Color,

    /// An SVG or PNG file of at most 64 KiB, shown beside the name in the header of every page. [default: a key]
    #[arg(long, env = "KEYLEDGE_LOGO")]
    pub logo: Option<PathBuf>,

    /// The base URL of the API that the keys are for, shown on the home page. [default: the public URL]
    #[arg(long, env = "KEYLEDGE_API_URL")]
    pub api_url: Option<Url>,

    /// The audience of the access tokens. [default: the issuer]
    #[arg(long, env = "KEYLEDGE_AUDIENCE")]
    pub audience: Option<String>,

    /// How long an access token lives. It never outlives its key.
    #[arg(long, env = "KEYLEDGE_TOKEN_LIFETIME", default_value = "1h", value_parser = parse_duration)]
    pub token_lifetime: Duration,

    /// How access tokens are signed, for the first signing key of a new database; later ones are made by `keyledge
    /// signing-key rotate`.
    #[arg(long, env = "KEYLEDGE_TOKEN_ALGORITHM", value_enum, default_value = "ES256", ignore_case = true)]
    pub token_algorithm: TokenAlgorithm,

    /// The longest lifetime of an API key, in days.
    #[arg(long, env = "KEYLEDGE_MAX_KEY_LIFETIME_DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub max_key_lifetime_days: u32,

    /// A browser session ends when it was not used for this long.
    #[arg(long, env = "KEYLEDGE_SESSION_IDLE_LIFETIME", default_value = "1h", value_parser = parse_duration)]
    pub session_idle_lifetime: Duration,

    /// A browser session ends this long after the sign-in, used or not.
    #[arg(long, env = "KEYLEDGE_SESSION_ABSOLUTE_LIFETIME", default_value = "12h", value_parser = parse_duration)]
    pub session_absolute_lifetime: Duration,

    /// Failed sign-ins, and failed token requests, that one address may make for one username or client ID in a window.
    #[arg(long, env = "KEYLEDGE_MAX_FAILURES_PER_NAME", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_failures_per_name: u32,

    /// Failed sign-ins, and failed token requests, that one address may make in a window.
    #[arg(long, env = "KEYLEDGE_MAX_FAILURES_PER_ADDRESS", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_failures_per_address: u32,

    /// How long failed attempts are counted.
    #[arg(long, env = "KEYLEDGE_FAILURE_WINDOW", default_value = "15m", value_parser = parse_duration)]
    pub failure_window: Duration,

    /// How many days the record is kept.
    #[arg(long, env = "KEYLEDGE_AUDIT_RETENTION_DAYS", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub audit_retention_days: u32,

    /// Proxies, as addresses or networks separated by commas, whose X-Forwarded-For header, and what
    /// they say about the request that they ask about, is believed.
    #[arg(long, env = "KEYLEDGE_TRUSTED_PROXIES", value_delimiter = ',', value_parser = parse_network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Threads that serve requests. [default: one a processor]
    #[arg(long, env = "KEYLEDGE_WORKERS", value_parser = clap::value_parser!(u16).range(1..))]
    pub workers: Option<u16>,

    /// The password of the first administrator on an empty database. Unset, a one-time password is printed.
    #[arg(long, env = "KEYLEDGE_ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<SecretText>,

    /// A file that holds the password of the first administrator.
    #[arg(long, env = "KEYLEDGE_ADMIN_PASSWORD_FILE", conflicts_with = "admin_password")]
    pub admin_password_file: Option<PathBuf>,
}

/// A setting that cannot be used, in a sentence that says what was expected.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(pub String);

impl ServerConfig {
    /// Checks what no single setting can know.
    ///
    /// # Errors
    /// When settings contradict each other.
    pub fn validate(&self) -> Result<(), BadSetting> {
        if self.public_url.as_ref().is_some_and(PublicUrl::is_https) && self.trusted_proxies.is_empty() {
            return Err(BadSetting(
                "the public URL is https, so a proxy in front of this server ends TLS: name its address with \
                 --trusted-proxies (for example 127.0.0.1), since all callers would otherwise share the proxy's address"
                    .to_owned(),
            ));
        }
        if self.session_idle_lifetime > self.session_absolute_lifetime {
            return Err(BadSetting(
                "--session-idle-lifetime is longer than --session-absolute-lifetime: expected it to be at most as long"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

/// The text of a setting given directly or by the name of a file.
///
/// # Errors
/// When the file cannot be read.
pub fn text_or_file(text: Option<&SecretText>, file: Option<&Path>) -> Result<Option<SecretText>, BadSetting> {
    match file {
        Some(path) => std::fs::read_to_string(path)
            .map(|text| Some(SecretText::new(text.trim_end_matches(['\r', '\n']))))
            .map_err(|error| BadSetting(format!("the file {} cannot be read: {error}", path.display()))),
        None => Ok(text.cloned()),
    }
}

/// An origin: scheme, host and port, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The URL of a server that only this machine can reach.
    #[must_use]
    pub fn of_listener(address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        Self(format!("http://{}", SocketAddr::new(host, address.port())))
    }

    /// The URL as text, such as `https://keys.example.com`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether browsers reach the server over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// What a cookie of this name is called. Over TLS its prefix makes browsers refuse one that another host of the domain
    /// set.
    #[must_use]
    pub fn cookie_name(&self, name: &str) -> String {
        if self.is_https() { format!("__Host-{name}") } else { name.to_owned() }
    }
}

/// What fits the header of a page at every width.
const LONGEST_INSTANCE_NAME: usize = 100;

fn parse_instance_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_readable = !name.is_empty() && !name.contains(char::is_control);
    let is_short = name.chars().count() <= LONGEST_INSTANCE_NAME;
    let expected = format!("expected a name that can be read, of at most {LONGEST_INSTANCE_NAME} characters");
    if is_readable && is_short { Ok(name.to_owned()) } else { Err(expected) }
}

fn parse_public_url(text: &str) -> Result<PublicUrl, String> {
    let expected = "expected an http or https URL without a path, for example https://keys.example.com";
    let url = Url::parse(text).map_err(|_| expected.to_owned())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if plain { Ok(PublicUrl(url.origin().ascii_serialization())) } else { Err(expected.to_owned()) }
}

/// A year: what lasts longer than that here is a mistake.
const LONGEST_DURATION: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn parse_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if (Duration::from_secs(1)..=LONGEST_DURATION).contains(&duration) => Ok(duration),
        _ => {
            Err("expected a duration of at least one second and at most a year, for example 90s, 15m or 12h".to_owned())
        }
    }
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "expected an address or a network, for example 127.0.0.1 or 10.0.0.0/8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_without_a_path() {
        assert_eq!(parse_public_url("https://keys.example.com/").unwrap().as_str(), "https://keys.example.com");
        assert_eq!(parse_public_url("http://localhost:8080").unwrap().as_str(), "http://localhost:8080");
        for bad in ["keys.example.com", "ftp://keys.example.com", "https://keys.example.com/path", "https://a@b"] {
            assert!(parse_public_url(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn a_single_address_is_a_network_of_one() {
        assert_eq!(parse_network("127.0.0.1").unwrap(), "127.0.0.1/32".parse::<IpNet>().unwrap());
        assert!(parse_network("localhost").is_err());
    }
}
