//! What all pages share: the state, the layout, the guards, the headers, the error pages, the assets, the looks.

pub mod answer;
pub mod assets;
pub mod brand;
pub mod caller;
pub mod cross_origin;
pub mod error_pages;
pub mod fields;
pub mod head;
pub mod headers;
pub mod kept;
pub mod layout;
pub mod locale;
pub mod notices;
pub mod nul;
pub mod redact;
pub mod shown_secret;
pub mod signed_in;
pub mod slow_body;
pub mod state;
