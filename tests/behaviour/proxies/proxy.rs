//! Real proxies with the configurations of `docs/gateways`.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const NGINX: &str = include_str!("../../../docs/gateways/nginx.conf");
const CADDY: &str = include_str!("../../../docs/gateways/Caddyfile");
const HAPROXY: &str = include_str!("../../../docs/gateways/haproxy.cfg");
const ENVOY: &str = include_str!("../../../docs/gateways/envoy.yaml");

/// Where it writes what went wrong.
const LOG: &str = "log";

/// How long a proxy may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug)]
pub enum Program {
    Nginx,
    Caddy,
    Haproxy,
    Envoy,
}

/// A proxy on an address of its own. It is killed when dropped.
pub struct Proxy {
    pub url: String,
    process: Child,
    folder: TempDir,
}

impl Program {
    /// Whether the caller gets a challenge for each scheme. nginx has learnt it with 1.23.
    pub fn passes_on_every_challenge(self) -> bool {
        match self {
            Self::Nginx => false,
            Self::Caddy | Self::Haproxy | Self::Envoy => true,
        }
    }

    /// Whether the API gets a token that the caller sent. Envoy cannot tell it from a client secret, and removes both.
    pub fn passes_on_tokens(self) -> bool {
        match self {
            Self::Nginx | Self::Caddy | Self::Haproxy => true,
            Self::Envoy => false,
        }
    }

    /// Whether a WebSocket is passed on to the API.
    pub fn passes_on_web_sockets(self) -> bool {
        match self {
            Self::Caddy | Self::Haproxy => true,
            Self::Nginx | Self::Envoy => false,
        }
    }
}

impl Proxy {
    pub fn start(program: Program, keyledge: SocketAddr, api: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        let command = match program {
            Program::Nginx => nginx(folder.path(), address, keyledge, api),
            Program::Caddy => caddy(folder.path(), address, keyledge, api),
            Program::Haproxy => haproxy(HAPROXY, folder.path(), address, keyledge, api),
            Program::Envoy => envoy(folder.path(), address, keyledge, api),
        };
        Self::run(command, folder, address, "http")
    }

    /// HAProxy whose script is told an address that is none, which is an error in it.
    pub fn with_failing_script(keyledge: SocketAddr, api: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        let text = changed(HAPROXY, &[("lua.keyledge abns@keyledge", "lua.keyledge nowhere")]);
        let command = haproxy(&text, folder.path(), address, keyledge, api);
        Self::run(command, folder, address, "http")
    }

    /// Caddy in front of Keyledge over https, with a certificate that nobody trusts. It has a page of its own at
    /// `/harmless`.
    pub fn with_https(keyledge: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        let site = format!(
            "{{\nadmin off\nskip_install_trust\nauto_https disable_redirects\ndefault_bind {}\n}}\n\
             https://{address} {{\n\
             tls internal\n\
             header /harmless Content-Type text/html\n\
             respond /harmless \"<!DOCTYPE html><title>Harmless</title>\"\n\
             reverse_proxy {keyledge}\n\
             }}\n",
            address.ip()
        );
        fs::write(folder.path().join("Caddyfile"), site).unwrap();
        let command = caddy_in(folder.path());
        Self::run(command, folder, address, "https")
    }

    /// Caddy in front of Keyledge with another script in place of one of its own.
    pub fn with_script(keyledge: SocketAddr, name: &str, script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        let site = format!(
            "{{\nadmin off\nauto_https off\ndefault_bind {}\n}}\n\
             http://:{} {{\n\
             @script path /assets/*/js/{name}\n\
             handle @script {{\nroot * {}\nrewrite * /{name}\nfile_server\n}}\n\
             handle {{\nreverse_proxy {keyledge}\n}}\n\
             }}\n",
            address.ip(),
            address.port(),
            folder.path().display(),
        );
        fs::write(folder.path().join(name), script).unwrap();
        fs::write(folder.path().join("Caddyfile"), site).unwrap();
        let command = caddy_in(folder.path());
        Self::run(command, folder, address, "http")
    }

    fn run(mut command: Command, folder: TempDir, address: SocketAddr, scheme: &str) -> Self {
        let program = command.get_program().to_owned();
        let log = folder.path().join(LOG);
        let mut process = command
            .env_clear()
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap()))
            .env("HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .env("XDG_DATA_HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started ({error}): run scripts/test", program.display()));
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = process.try_wait().unwrap().is_some();
            if ended || begun.elapsed() > PATIENCE {
                let _ = process.kill();
                let _ = process.wait();
                panic!("{} does not listen: {}", program.display(), fs::read_to_string(&log).unwrap());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { url: format!("{scheme}://{address}"), process, folder }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            println!("{}", fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default());
        }
    }
}

fn nginx(folder: &Path, address: SocketAddr, keyledge: SocketAddr, api: SocketAddr) -> Command {
    let site = changed(
        NGINX,
        &[
            ("127.0.0.1:8080", &keyledge.to_string()),
            ("127.0.0.1:3000", &api.to_string()),
            ("listen 80;", &format!("listen {address};")),
        ],
    );
    fs::write(folder.join("site.conf"), site).unwrap();
    // One process, so that none is left when it is killed.
    let frame = "daemon off; master_process off; pid pid; events {}
        http {
            access_log off;
            client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi; scgi_temp_path scgi;
            include site.conf;
        }";
    fs::write(folder.join("nginx.conf"), frame).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "stderr"]);
    command
}

fn caddy(folder: &Path, address: SocketAddr, keyledge: SocketAddr, api: SocketAddr) -> Command {
    let site = changed(
        CADDY,
        &[
            ("127.0.0.1:8080", &keyledge.to_string()),
            ("127.0.0.1:3000", &api.to_string()),
            ("http://api.example.com", &format!("http://{address}")),
        ],
    );
    let frame = format!("{{\nadmin off\nauto_https off\ndefault_bind {}\n}}\n", address.ip());
    fs::write(folder.join("Caddyfile"), frame + site.as_str()).unwrap();
    caddy_in(folder)
}

fn caddy_in(folder: &Path) -> Command {
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("Caddyfile"));
    command
}

fn haproxy(text: &str, folder: &Path, address: SocketAddr, keyledge: SocketAddr, api: SocketAddr) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gateways/keyledge.lua");
    let configuration = changed(
        text,
        &[
            ("127.0.0.1:8080", &keyledge.to_string()),
            ("127.0.0.1:3000", &api.to_string()),
            ("bind :80", &format!("bind {address}")),
            // Its name is one for the whole machine.
            ("abns@keyledge", &format!("abns@keyledge-{address}")),
            ("/etc/haproxy/keyledge.lua", script.to_str().unwrap()),
        ],
    );
    let file = folder.join("haproxy.cfg");
    fs::write(&file, configuration).unwrap();
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(file);
    command
}

fn envoy(folder: &Path, address: SocketAddr, keyledge: SocketAddr, api: SocketAddr) -> Command {
    let socket = |address: SocketAddr| format!("address: {}, port_value: {} ", address.ip(), address.port());
    let configuration = changed(
        ENVOY,
        &[
            ("address: 0.0.0.0, port_value: 80 ", &socket(address)),
            ("127.0.0.1:8080", &keyledge.to_string()),
            ("address: 127.0.0.1, port_value: 8080 ", &socket(keyledge)),
            ("address: 127.0.0.1, port_value: 3000 ", &socket(api)),
        ],
    );
    let file = folder.join("envoy.yaml");
    fs::write(&file, configuration).unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pypi/envoy/_bin/envoy");
    let mut command = Command::new(program);
    // For hot restart, all that run on this machine would share one ID.
    command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warn", "--config-path"]).arg(file);
    command
}

/// A documented configuration with the places that its reader is told to change changed.
fn changed(documented: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(documented.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the documented configuration has no {from}");
        text.replace(from, to)
    })
}

/// Nobody else listens there: a proxy cannot be told to choose a port and say which, and a port that was free a moment
/// ago may be taken by another test.
fn free_address() -> SocketAddr {
    let [high, low, ..] = rand::random::<[u8; 4]>();
    SocketAddr::from((Ipv4Addr::new(127, 77, high, low.clamp(1, 254)), 8000))
}
