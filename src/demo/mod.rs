//! A small company to try the program out with: people, roles, API keys in every status, and three months of what they
//! did.
//!
//! [`company`] says who there is and what their programs do, [`history`] makes of it one list of deeds in the order of
//! time, and [`actions`] does them by the same actions that serve requests, all in one transaction: the record that comes
//! out is as whole as one that has grown. What happens is the same each time. Client secrets and the users' random IDs are
//! not: a secret that anybody could compute would be none.

pub mod actions;
pub mod company;
pub mod history;
