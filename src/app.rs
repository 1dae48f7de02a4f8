//! The application: made once, then run by the command line or by a test.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use anyhow::Context;

use crate::audit::retention;
use crate::audit::signer::{Signer, keep_signed};
use crate::clock::Clock;
use crate::config::{PublicUrl, ServerConfig, StorageConfig, text_or_file};
use crate::db::Database;
use crate::error::Error;
use crate::login::store::DatabaseSessionStore;
use crate::metrics::{self, Metrics};
use crate::oauth::signing_keys::SigningKeys;
use crate::oauth::tokens::Tokens;
use crate::secret::SecretText;
use crate::storage::Storage;
use crate::users::actions::{FirstAdministrator, ensure_administrator};
use crate::users::queries::greatest_password_hash;
use crate::web::brand::Brand;
use crate::web::fields::{LARGEST_FORM, form_config};
use crate::web::state::State;
use crate::web::{
    answer, assets, brand, cross_origin, error_pages, head, headers, nul, shown_secret, signed_in, slow_body,
};
use crate::{
    account, all_keys, api, api_keys, audit, gateway, health, home, language, login, oauth, profile, roles, users,
};

/// A connection on which nothing is asked is kept so long: longer than proxies keep theirs (nginx 60 s, Traefik 90 s,
/// Caddy 120 s). Who closes first is asked nothing any more; closed from here, a request may already be on its way. It is
/// the same for a connection on which nothing was asked yet: Caddy and Traefik open some in advance.
const KEEP_ALIVE: Duration = Duration::from_secs(150);

/// Requests that are under way get this long when the server is told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 10;

/// A server that listens.
pub struct Bound {
    /// Where it listens.
    pub address: SocketAddr,
    /// Under which URL it is reached.
    pub public_url: PublicUrl,
    /// What the first start found.
    pub administrator: FirstAdministrator,
    /// The server, which runs once it is awaited.
    pub server: Server,
    database: Database,
    signer: Signer,
    clock: Clock,
}

impl Bound {
    /// Runs the server until it is told to stop, and then signs what it has recorded.
    ///
    /// # Errors
    /// When it ends by a mistake, or the record cannot be signed.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self { server, database, signer, clock, .. } = self;
        server.await?;
        actix_web::rt::task::spawn_blocking(move || signer.sign_own(&database, clock.now())).await??;
        Ok(())
    }
}

/// Refuses settings that cannot be used together, and reads the files that they name.
///
/// # Errors
/// When a setting is bad.
pub(crate) fn check(config: &ServerConfig) -> anyhow::Result<(Brand, Option<SecretText>)> {
    config.validate()?;
    let brand = Brand::new(config.accent_color, config.logo.as_deref())?;
    let admin_password = text_or_file(config.admin_password.as_ref(), config.admin_password_file.as_deref())?;
    Ok((brand, admin_password))
}

/// Makes the application and lets it listen.
///
/// # Errors
/// When a setting is bad, the database cannot be used or the address is taken.
pub fn bind(storage: &StorageConfig, config: ServerConfig, clock: Clock) -> anyhow::Result<Bound> {
    let (brand, admin_password) = check(&config)?;
    language::prepare();
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}: choose another address with --listen", config.listen))?;
    let address = listener.local_addr()?;
    let public_url = config.public_url.clone().unwrap_or_else(|| PublicUrl::of_listener(address));

    let Storage { database, secret_key, passwords, signer } = Storage::open_or_create(storage)?;
    if let Some(slowest) = database.read_blocking(greatest_password_hash)? {
        passwords.keep_pace_with(&slowest);
    }
    let mut rng = rand::rng();
    let audience = config.audience.clone().unwrap_or_else(|| public_url.as_str().to_owned());
    let (lifetime, algorithm, now) = (config.token_lifetime, config.token_algorithm, clock.now());
    let signing_keys = SigningKeys::open(&database, secret_key.clone(), lifetime, algorithm, &mut rng, now)?;
    let tokens = Tokens::new(signing_keys, public_url.as_str(), &audience);
    let administrator = ensure_administrator(
        &database,
        &passwords,
        admin_password.as_ref(),
        &config.instance_name,
        &mut rng,
        clock.now(),
    )?;

    let retention_days = config.audit_retention_days;
    actix_web::rt::spawn(retention::keep_clean(database.clone(), signer.clone(), clock.clone(), retention_days));
    actix_web::rt::spawn(keep_signed(database.clone(), signer.clone(), clock.clone()));
    let its = (database.clone(), clock.clone());
    let metrics = Metrics::new()?;
    let workers = config.workers;
    let state = State {
        config,
        brand,
        public_url: public_url.clone(),
        clock,
        database,
        secret_key,
        passwords,
        tokens,
        metrics,
    };
    let mut server = HttpServer::new(move || {
        let requests = state.metrics.of_thread();
        App::new()
            .wrap(from_fn(slow_body::end))
            .wrap(from_fn(move |request, next| metrics::observe(requests.clone(), request, next)))
            .app_data(web::Data::new(state.clone()))
            .app_data(web::PayloadConfig::new(LARGEST_FORM))
            .app_data(form_config(LARGEST_FORM))
            .app_data(web::QueryConfig::default().error_handler(|_, _| Error::NotFound.into()))
            .configure(gateway::routes)
            .service(
                web::scope("")
                    .wrap(from_fn(head::as_get))
                    .wrap(from_fn(headers::add))
                    .configure(oauth::routes)
                    .configure(api::routes)
                    .configure(health::routes)
                    .configure(metrics::routes)
                    .configure(|config| pages(config, &state)),
            )
    })
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(KEEP_ALIVE)
    .shutdown_timeout(SHUTDOWN_SECONDS);
    if let Some(workers) = workers {
        server = server.workers(workers.into());
    }
    let server = server.listen(listener)?.run();
    let (database, clock) = its;
    Ok(Bound { address, public_url, administrator, server, database, signer, clock })
}

/// Everything that people see: behind sessions, guarded against other websites, with error pages. The order is that of
/// an answer's way out: the page, the session's cookie, the refusal of other websites, the error page, what makes browsers
/// forget a secret, what a script is told of a redirect. Asking how long a session lasts stands before them, because it
/// does not prolong the session.
fn pages(config: &mut web::ServiceConfig, state: &State) {
    config.service(
        web::resource("/account/session")
            .wrap(sessions(state, None))
            .wrap(from_fn(error_pages::render))
            .get(account::handlers::session),
    );
    config.service(
        web::scope("")
            .wrap(from_fn(nul::refuse))
            .wrap(from_fn(signed_in::look_up_for_error_pages))
            .wrap(sessions(state, Some(state.config.session_idle_lifetime)))
            .wrap(from_fn(cross_origin::refuse))
            .wrap(from_fn(error_pages::render))
            .wrap(from_fn(shown_secret::forget))
            .wrap(from_fn(answer::tell_redirect))
            .wrap(Compress::default())
            .configure(home::routes)
            .configure(login::routes)
            .configure(profile::routes)
            .configure(api_keys::routes)
            .configure(account::routes)
            .configure(audit::routes)
            .configure(all_keys::routes)
            .configure(users::routes)
            .configure(roles::routes)
            .configure(assets::routes)
            .configure(brand::routes)
            .default_service(web::to(|| async { Err::<actix_web::HttpResponse, _>(Error::NotFound) })),
    );
}

/// `idle_lifetime` is how long requests prolong a session, where they do.
fn sessions(state: &State, idle_lifetime: Option<Duration>) -> SessionMiddleware<DatabaseSessionStore> {
    let longest = |lifetime| chrono::Duration::from_std(lifetime).unwrap_or(chrono::Duration::MAX);
    let store = DatabaseSessionStore {
        database: state.database.clone(),
        clock: state.clock.clone(),
        absolute_lifetime: longest(state.config.session_absolute_lifetime),
        idle_lifetime: idle_lifetime.map(longest),
    };
    let https = state.public_url.is_https();
    let state_ttl = state.config.session_idle_lifetime.try_into().unwrap_or(CookieDuration::MAX);
    SessionMiddleware::builder(store, Key::from(&state.secret_key.cookie_key()))
        .cookie_name(state.public_url.cookie_name("keyledge"))
        .cookie_secure(https)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_content_security(CookieContentSecurity::Private)
        .session_lifecycle(BrowserSession::default().state_ttl(state_ttl))
        .build()
}
