//! The uses of keys on each of the last thirty days, and the picture of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;

use crate::db::{Timestamp, Uses};
use crate::language::{Argument, Message};

/// How many days are shown, today included.
pub const DAYS: i32 = 30;

/// The width of a day in the picture, in its own units.
const DAY_WIDTH: i64 = 10;

/// The width of a bar.
const BAR_WIDTH: i64 = 7;

/// The height of the picture, in its own units.
const HEIGHT: i64 = 1000;

/// A bar of anything is at least so high that it can be seen.
const LOWEST_BAR: i64 = 40;

/// The first of the days that are shown, in days since 1970.
#[must_use]
pub fn first_day(now: Timestamp) -> i32 {
    now.unix_day() - (DAYS - 1)
}

/// The uses of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day, in UTC.
    pub date: NaiveDate,
    /// How many were allowed.
    pub allowed: i64,
    /// How many were refused.
    pub refused: i64,
}

impl Day {
    /// Both kinds.
    #[must_use]
    pub fn numbers(&self) -> [i64; 2] {
        [self.allowed, self.refused]
    }

    fn uses(&self) -> i64 {
        self.allowed + self.refused
    }
}

/// The uses of each of the last thirty days, the oldest first.
#[derive(Clone, Debug)]
pub struct Month {
    /// The days.
    pub days: Vec<Day>,
}

impl Month {
    /// Adds up what was counted, of whichever keys.
    #[must_use]
    pub fn of(uses: impl IntoIterator<Item = Uses>, now: Timestamp) -> Self {
        let mut counts = BTreeMap::<i32, (i64, i64)>::new();
        for Uses { day, allowed, refused, .. } in uses {
            let count = counts.entry(day).or_default();
            count.0 += allowed;
            count.1 += refused;
        }
        let first = first_day(now);
        let days = (first..first + DAYS)
            .filter_map(|day| {
                let (allowed, refused) = counts.get(&day).copied().unwrap_or_default();
                NaiveDate::from_epoch_days(day).map(|date| Day { date, allowed, refused })
            })
            .collect();
        Self { days }
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.iter().all(|day| day.uses() == 0)
    }

    /// Such as `12 uses in the last 30 days, 1 refused`.
    #[must_use]
    pub fn summary(&self) -> Message {
        let uses: i64 = self.days.iter().map(Day::uses).sum();
        let refused: i64 = self.days.iter().map(|day| day.refused).sum();
        Message::new("uses-summary").with("uses", uses).with("days", DAYS).with("refused", refused)
    }

    /// The same with the day that has the most uses, the last one of several.
    #[must_use]
    pub fn paragraph(&self) -> Message {
        match self.days.iter().filter(|day| day.uses() > 0).max_by_key(|day| day.uses()) {
            Some(day) => Message::new("uses-paragraph-most")
                .with("summary", self.summary())
                .with("uses", day.uses())
                .with("day", Argument::Date(day.date)),
            None => Message::new("uses-paragraph").with("summary", self.summary()),
        }
    }

    /// The bars of the picture: allowed uses stand on a line, refused ones hang from it, both to the same scale.
    #[must_use]
    pub fn picture(&self) -> Picture {
        let highest = |part: fn(&Day) -> i64| self.days.iter().map(part).max().unwrap_or(0);
        let (most_allowed, most_refused) = (highest(|day| day.allowed), highest(|day| day.refused));
        let scale = (most_allowed + most_refused).max(1);
        // A wide division: a count has no upper limit.
        let length = |uses: i64| {
            let length = i128::from(uses) * i128::from(HEIGHT) / i128::from(scale);
            i64::try_from(length).unwrap_or(HEIGHT)
        };
        // Each side is at least as high as its lowest bar.
        let below = if most_refused > 0 { length(most_refused).max(LOWEST_BAR) } else { 0 };
        let line = if most_allowed > 0 { (HEIGHT - below).max(LOWEST_BAR) } else { HEIGHT - below };
        let bar = |uses: i64, room: i64| if uses == 0 { 0 } else { length(uses).max(LOWEST_BAR).min(room) };
        let mut picture = Picture {
            width: DAY_WIDTH * i64::from(DAYS),
            height: HEIGHT,
            line,
            allowed: String::new(),
            refused: String::new(),
        };
        for (number, day) in (0..).zip(&self.days) {
            let x = number * DAY_WIDTH + (DAY_WIDTH - BAR_WIDTH) / 2;
            for (path, height) in [
                (&mut picture.allowed, -bar(day.allowed, line)),
                (&mut picture.refused, bar(day.refused, HEIGHT - line)),
            ] {
                if height != 0 {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{x} {line}v{height}h{BAR_WIDTH}v{}z", -height);
                }
            }
        }
        picture
    }
}

/// The shapes of a picture, for a template to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its width, in its own units.
    pub width: i64,
    /// Its height.
    pub height: i64,
    /// How far down the line is.
    pub line: i64,
    /// The path of all bars of allowed uses.
    pub allowed: String,
    /// The path of all bars of refused uses.
    pub refused: String,
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_764_000_000, 0).unwrap().into()
    }

    fn month(counts: &[(i32, i64, i64)]) -> Month {
        let today = now().unix_day();
        let uses =
            counts.iter().map(|&(ago, allowed, refused)| Uses { api_key_id: 1, day: today - ago, allowed, refused });
        Month::of(uses, now())
    }

    #[test]
    fn a_month_ends_today_and_adds_up_all_keys() {
        let month = month(&[(0, 1, 0), (0, 2, 1), (29, 4, 0), (30, 100, 100)]);
        assert_eq!(month.days.len(), 30);
        assert_eq!(month.days[29], Day { date: now().utc().date_naive(), allowed: 3, refused: 1 });
        assert_eq!(month.days[0].numbers(), [4, 0]);
        let said = "8 uses in the last 30 days, 1 refused. Most: 4 on 24 November 2025.";
        assert_eq!(month.paragraph().to_string(), said);
    }

    #[test]
    fn one_use_is_not_many() {
        assert_eq!(month(&[(3, 1, 0)]).summary().to_string(), "1 use in the last 30 days, 0 refused");
        assert_eq!(
            month(&[(3, 1_234_567, 1000)]).summary().to_string(),
            "1,235,567 uses in the last 30 days, 1,000 refused"
        );
        assert_eq!(month(&[]).paragraph().to_string(), "0 uses in the last 30 days, 0 refused.");
        assert!(month(&[]).is_empty());
    }

    #[test]
    fn refused_uses_hang_from_the_line_on_which_allowed_ones_stand() {
        let picture = month(&[(29, 3, 0), (0, 1, 1)]).picture();
        assert_eq!(picture.line, 750);
        assert_eq!(picture.allowed, "M1 750v-750h7v750zM291 750v-250h7v250z");
        assert_eq!(picture.refused, "M291 750v250h7v-250z");
    }

    #[test]
    fn a_single_refusal_among_a_million_uses_can_be_seen() {
        let picture = month(&[(29, 1_000_000, 0), (0, 0, 1)]).picture();
        assert_eq!((picture.line, &*picture.refused), (960, "M291 960v40h7v-40z"));
        assert_eq!(picture.allowed, "M1 960v-960h7v960z");
    }
}
