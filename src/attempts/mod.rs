//! Limits on failed attempts, by address and by the pair of address and name.
//!
//! The pair holds off someone who guesses one user's password; the address someone who tries many names. No limit is on
//! a name alone, so no stranger can lock a user out. Counts are in the database, because every instance must know them.
//! Successes never count.

pub mod model;
pub mod queries;
