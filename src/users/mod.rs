//! Users, their roles and permissions, and their passwords.
//!
//! A user is active or disabled and holds roles; a role is a named set of permissions. Disabling a user ends the
//! browser sessions at once and suspends the API keys; nothing about the keys is written for that, because a key's
//! status is computed when it is asked for.

pub mod actions;
pub mod model;
pub mod password;
pub mod password_rules;
pub mod queries;
