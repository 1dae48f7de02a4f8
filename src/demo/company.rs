//! Fernhill Books, a bookseller with a web shop: its people, its roles, and the programs that use its API.

use crate::audit::model::Reason;

/// A role and its permissions.
#[derive(Clone, Copy, Debug)]
pub struct CompanyRole {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its permissions, with spaces between them.
    pub permissions: &'static str,
}

/// The roles, as they are added.
pub static ROLES: [CompanyRole; 7] = [
    CompanyRole {
        name: "developer",
        description: "Builds and runs the shop",
        permissions: "catalogue:read catalogue:write orders:read webhooks:write",
    },
    CompanyRole {
        name: "warehouse",
        description: "Picks, packs and counts",
        permissions: "orders:read stock:read stock:write",
    },
    CompanyRole {
        name: "accountant",
        description: "Keeps the books",
        permissions: "invoices:read journals:read journals:write",
    },
    CompanyRole {
        name: "support",
        description: "Answers customers",
        permissions: "customers:read orders:read refunds:write",
    },
    CompanyRole {
        name: "auditor",
        description: "Sees what was done, and changes nothing",
        permissions: "audit:read journals:read keys:read roles:read users:read",
    },
    CompanyRole {
        name: "shop-api",
        description: "For the shop's API itself, which asks what tokens stand for",
        permissions: "tokens:introspect",
    },
    CompanyRole { name: PARTNER_FEED, description: "Feed for the trade fair", permissions: "catalogue:read" },
];

/// The role that was needed for a while only.
pub const PARTNER_FEED: &str = "partner-feed";

/// Somebody who works there.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The name to sign in with.
    pub username: &'static str,
    /// The name that people read.
    pub name: &'static str,
    /// The roles, with spaces between them.
    pub roles: &'static str,
    /// How many days ago the user was added.
    pub added: i64,
    /// How many days ago the user was disabled.
    pub disabled: Option<i64>,
    /// One day in so many begins with a sign-in; 0 for somebody who never signed in.
    pub signs_in: u32,
    /// Where the browser is.
    pub address: &'static str,
    /// What it says that it is.
    pub browser: &'static str,
}

impl Person {
    /// The e-mail address.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}@fernhill-books.example", self.username)
    }
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/26.1 Safari/605.1.15";
const OFFICE: &str = "198.51.100.24";
const HOME: &str = "2001:db8:40:7::1c";

/// The administrator who added everybody else.
pub const ADMINISTRATOR: &str = "olivia";

/// The people; the administrator first.
pub static PEOPLE: [Person; 13] = [
    person(ADMINISTRATOR, "Olivia Brandt", "administrator developer", 130, 2, OFFICE, FIREFOX),
    person("marek", "Marek Novák", "administrator developer", 129, 4, HOME, FIREFOX),
    person("amara", "Amara Okafor", "developer", 128, 3, OFFICE, SAFARI),
    person("jonas", "Jonas Lindqvist", "developer support", 128, 3, OFFICE, CHROME),
    person("priya", "Priya Raman", "accountant", 127, 5, OFFICE, CHROME),
    person("tomas", "Tomás Herrera", "accountant member", 127, 9, "203.0.113.87", CHROME),
    person("hannah", "Hannah Weiss", "auditor", 110, 12, HOME, SAFARI),
    person("wei", "Wei Zhang", "warehouse", 109, 6, OFFICE, CHROME),
    person("fatima", "Fatima El Amrani", "support warehouse", 96, 6, OFFICE, CHROME),
    person("shop", "Shop API", "shop-api", 95, 40, "192.0.2.10", FIREFOX),
    Person { disabled: Some(21), ..person("lucas", "Lucas Martin", "developer", 120, 4, OFFICE, CHROME) },
    Person { disabled: Some(52), ..person("ingrid", "Ingrid Solberg", "accountant", 119, 7, OFFICE, SAFARI) },
    person("noah", "Noah Fischer", "member", 2, 0, OFFICE, CHROME),
];

const fn person(
    username: &'static str,
    name: &'static str,
    roles: &'static str,
    added: i64,
    signs_in: u32,
    address: &'static str,
    browser: &'static str,
) -> Person {
    Person { username, name, roles, added, disabled: None, signs_in, address, browser }
}

/// How often a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Never.
    Never,
    /// So many times between one and five on each night.
    Nightly(u32),
    /// Up to so many times on each working day.
    OfficeHours(u32),
    /// Up to so many times a day, at any hour.
    AllDay(u32),
}

/// An API key and the program that uses it.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The username of the key's owner.
    pub owner: &'static str,
    /// The name of the key.
    pub name: Option<&'static str>,
    /// How many days ago the key was generated.
    pub generated: i64,
    /// For how many days.
    pub lifetime: u32,
    /// How often the program runs.
    pub rhythm: Rhythm,
    /// How many days ago it ran last; it runs on for as long as it can where there is nothing said.
    pub stopped: Option<i64>,
    /// How many days ago the key was deleted.
    pub deleted: Option<i64>,
    /// Where the program runs.
    pub address: &'static str,
    /// What it says that it is.
    pub agent: &'static str,
    /// What it asks the shop's API for; `#` stands for a number.
    pub request: (&'static str, &'static str),
    /// What it is refused now and then, and why.
    pub refused: Option<(&'static str, &'static str, Reason)>,
}

const CURL: &str = "curl/8.14.1";
const PYTHON: &str = "python-requests/2.32.5";
const NODE: &str = "node-fetch/3.3.2";
const SCANNER: &str = "StockScanner/4.2 (Android 15)";

const PLAIN: Program = Program {
    owner: ADMINISTRATOR,
    name: None,
    generated: 0,
    lifetime: 90,
    rhythm: Rhythm::Never,
    stopped: None,
    deleted: None,
    address: OFFICE,
    agent: CURL,
    request: ("GET", "/v1/catalogue/books/#"),
    refused: None,
};

/// The keys: at least one for everything that there is to say about a key.
pub static PROGRAMS: [Program; 19] = [
    Program {
        name: Some("Monitoring"),
        generated: 61,
        rhythm: Rhythm::AllDay(10),
        address: "192.0.2.14",
        agent: "Prometheus/3.5.0",
        request: ("GET", "/v1/health"),
        ..PLAIN
    },
    Program { name: Some("Old laptop"), generated: 118, rhythm: Rhythm::OfficeHours(3), address: HOME, ..PLAIN },
    Program {
        owner: "marek",
        name: Some("Release script"),
        generated: 82,
        rhythm: Rhythm::OfficeHours(3),
        address: HOME,
        request: ("PUT", "/v1/webhooks/#"),
        refused: Some(("POST", "/v1/webhooks", Reason::TokenExpired)),
        ..PLAIN
    },
    Program {
        owner: "amara",
        name: Some("Nightly import"),
        generated: 100,
        lifetime: 365,
        rhythm: Rhythm::Nightly(9),
        address: "192.0.2.21",
        agent: PYTHON,
        request: ("PUT", "/v1/catalogue/books/#"),
        refused: Some(("PUT", "/v1/stock/#", Reason::PermissionMissing)),
        ..PLAIN
    },
    Program {
        owner: "amara",
        name: Some("Continuous integration"),
        generated: 80,
        rhythm: Rhythm::OfficeHours(12),
        address: "203.0.113.140",
        agent: NODE,
        refused: Some(("POST", "/v1/orders", Reason::PermissionMissing)),
        ..PLAIN
    },
    Program { owner: "amara", name: Some("Staging"), generated: 33, ..PLAIN },
    Program {
        owner: "jonas",
        name: Some("Report builder"),
        generated: 88,
        rhythm: Rhythm::AllDay(7),
        address: "192.0.2.33",
        agent: NODE,
        request: ("GET", "/v1/orders/#"),
        refused: Some(("GET", "/v1/journals", Reason::PermissionMissing)),
        ..PLAIN
    },
    Program {
        owner: "jonas",
        name: Some("Experiment with the new search"),
        generated: 64,
        lifetime: 30,
        rhythm: Rhythm::OfficeHours(5),
        ..PLAIN
    },
    Program {
        owner: "jonas",
        name: Some("Demonstration for the trade fair"),
        generated: 72,
        rhythm: Rhythm::OfficeHours(4),
        deleted: Some(58),
        address: "203.0.113.9",
        ..PLAIN
    },
    Program {
        owner: "priya",
        name: Some("Spreadsheet of open invoices"),
        generated: 45,
        rhythm: Rhythm::OfficeHours(6),
        agent: PYTHON,
        request: ("GET", "/v1/invoices/#"),
        refused: Some(("POST", "/v1/refunds", Reason::PermissionMissing)),
        ..PLAIN
    },
    Program {
        owner: "priya",
        generated: 6,
        lifetime: 30,
        rhythm: Rhythm::OfficeHours(2),
        request: ("GET", "/v1/journals/#"),
        ..PLAIN
    },
    Program {
        owner: "tomas",
        name: Some("Year-end closing"),
        generated: 126,
        lifetime: 365,
        rhythm: Rhythm::OfficeHours(4),
        stopped: Some(98),
        address: "203.0.113.87",
        agent: PYTHON,
        request: ("POST", "/v1/journals"),
        ..PLAIN
    },
    Program {
        owner: "hannah",
        name: Some("Monthly extract"),
        generated: 70,
        lifetime: 180,
        rhythm: Rhythm::Nightly(1),
        address: HOME,
        agent: PYTHON,
        request: ("GET", "/v1/journals"),
        refused: Some(("GET", "/v1/customers", Reason::PermissionMissing)),
        ..PLAIN
    },
    Program {
        owner: "wei",
        name: Some("Scanner at the gate"),
        generated: 77,
        rhythm: Rhythm::OfficeHours(14),
        address: "198.51.100.201",
        agent: SCANNER,
        request: ("PUT", "/v1/stock/#"),
        refused: Some(("PUT", "/v1/stock/#", Reason::TokenExpired)),
        ..PLAIN
    },
    Program {
        owner: "wei",
        name: Some("Scanner in hall 2"),
        generated: 40,
        rhythm: Rhythm::OfficeHours(11),
        address: "198.51.100.202",
        agent: SCANNER,
        request: ("PUT", "/v1/stock/#"),
        ..PLAIN
    },
    Program {
        owner: "fatima",
        name: Some("Parcel labels"),
        generated: 55,
        rhythm: Rhythm::OfficeHours(9),
        address: "198.51.100.77",
        agent: NODE,
        request: ("GET", "/v1/orders/#"),
        refused: Some(("GET", "/v1/invoices/#", Reason::PermissionMissing)),
        ..PLAIN
    },
    Program {
        owner: "lucas",
        name: Some("Webhook relay"),
        generated: 75,
        lifetime: 180,
        rhythm: Rhythm::AllDay(6),
        stopped: Some(17),
        address: "192.0.2.51",
        agent: NODE,
        request: ("PUT", "/v1/webhooks/#"),
        ..PLAIN
    },
    Program {
        owner: "ingrid",
        name: Some("Bank statements"),
        generated: 112,
        rhythm: Rhythm::Nightly(3),
        stopped: Some(50),
        agent: PYTHON,
        request: ("POST", "/v1/journals"),
        ..PLAIN
    },
    Program {
        owner: "shop",
        name: Some("Shop API"),
        generated: 84,
        lifetime: 365,
        rhythm: Rhythm::AllDay(8),
        address: "192.0.2.10",
        agent: "fernhill-shop/2.8.0",
        request: ("POST", "/auth/introspect"),
        ..PLAIN
    },
];
