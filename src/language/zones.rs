//! Time zones, by their names in the IANA database.

use chrono::{Duration, LocalResult, NaiveDate, NaiveTime, TimeZone as _};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::db::Timestamp;

/// The zones of a part of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRegion {
    /// The first part of their names, such as `Europe`.
    pub name: &'static str,
    /// Their names.
    pub zones: Vec<&'static str>,
}

/// Parts of the world. Names that begin otherwise are older ones of the same zones.
const REGIONS: [&str; 10] =
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

/// All zones that can be chosen besides UTC.
#[must_use]
pub fn regions() -> Vec<ZoneRegion> {
    let zones_of = |region: &str| {
        let names = TZ_VARIANTS.iter().map(|zone| zone.name());
        names.filter(|name| name.split_once('/').is_some_and(|(first, _)| first == region)).collect()
    };
    REGIONS.into_iter().map(|name| ZoneRegion { name, zones: zones_of(name) }).collect()
}

/// The zone of this name.
#[must_use]
pub fn parse_zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// When a day begins in a zone. Where the clocks skip midnight, it is when they go on.
#[must_use]
pub fn start_of_day(date: NaiveDate, zone: Tz) -> Option<Timestamp> {
    // No zone has ever skipped more than a day.
    (0..=48).find_map(|half_hours| {
        let local = date.and_time(NaiveTime::MIN).checked_add_signed(Duration::minutes(30 * half_hours))?;
        match zone.from_local_datetime(&local) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.to_utc().into()),
            LocalResult::None => None,
        }
    })
}
