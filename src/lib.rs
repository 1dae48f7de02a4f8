//! Keyledge.

pub mod api;
pub mod api_keys;
pub mod app;
pub mod attempts;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod health;
pub mod home;
pub mod login;
pub mod oauth;
pub mod profile;
pub mod secret;
pub mod users;
pub mod web;
