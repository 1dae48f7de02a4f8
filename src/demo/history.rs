//! What the people and their programs did, as one list in the order of time.

use chrono::{Datelike as _, Duration, NaiveTime, Weekday};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::company::{CompanyRole, PARTNER_FEED, PEOPLE, PROGRAMS, Person, Program, ROLES, Rhythm};
use crate::audit::model::Reason;
use crate::db::Timestamp;

/// Something that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A role is added: by the administrator, or by the operator as long as there is none.
    AddRole(usize),
    /// The administrator lets a role have one more permission.
    Grant(&'static str, &'static str),
    /// The administrator deletes a role.
    DeleteRole(&'static str),
    /// A user is added: the administrator by the operator, the others by the administrator.
    AddUser(usize),
    /// A user gets one more role.
    GiveRole(&'static str, &'static str),
    /// A user loses a role.
    TakeRole(&'static str, &'static str),
    /// The administrator disables a user.
    Disable(usize),
    /// A user signs in, or tries to.
    SignIn(usize, Option<Reason>),
    /// Somebody tries to sign in as nobody that there is.
    SignInAsNobody,
    /// A user signs out.
    SignOut(usize),
    /// A user generates a key.
    Generate(usize),
    /// A user deletes a key.
    Delete(usize),
    /// A program gets an access token, or tries to.
    GetToken(usize, Option<Reason>),
    /// A program asks the shop's API for what it always asks for, with a number in it.
    Request(usize, Option<Reason>, u32),
    /// A program asks for what it is refused now and then.
    Overreach(usize, u32),
    /// A stranger tries a client ID that never was.
    Guess,
}

/// A deed and when it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What.
    pub deed: Deed,
}

/// Everything up to now. It is the same each time, but for what would still lie ahead.
#[must_use]
pub fn until(now: Timestamp) -> Vec<Step> {
    let mut history = History { now, rng: StdRng::seed_from_u64(1), steps: Vec::new() };
    history.people();
    history.roles();
    for (index, program) in PROGRAMS.iter().enumerate() {
        history.program(index, program);
    }
    history.strangers();
    history.steps.retain(|step| step.at < now);
    history.steps.sort_by_key(|step| step.at);
    history.steps
}

struct History {
    now: Timestamp,
    rng: StdRng,
    steps: Vec<Step>,
}

impl History {
    fn people(&mut self) {
        for (index, person) in PEOPLE.iter().enumerate() {
            let minute = i64::try_from(index).unwrap_or_default();
            let added = self.at(person.added, 8, 2 * minute);
            self.step(added, Deed::AddUser(index));
            if let Some(disabled) = person.disabled {
                self.step(self.at(disabled, 16, 30), Deed::Disable(index));
                self.step(self.at(disabled - 3, 19, 12), Deed::SignIn(index, Some(Reason::UserDisabled)));
            }
            self.sign_ins(index, person);
        }
    }

    fn sign_ins(&mut self, index: usize, person: &Person) {
        if person.signs_in == 0 {
            return;
        }
        for ago in (person.disabled.map_or(0, |disabled| disabled + 1)..person.added).rev() {
            if !self.is_working_day(ago) || !self.rng.random_ratio(1, person.signs_in) {
                continue;
            }
            let begins = self.at(ago, 7, 0) + self.seconds(9_000);
            if self.rng.random_ratio(1, 9) {
                self.step(begins + -Duration::seconds(21), Deed::SignIn(index, Some(Reason::WrongPassword)));
            }
            self.step(begins, Deed::SignIn(index, None));
            if self.rng.random_ratio(1, 3) {
                let stays = Duration::minutes(self.rng.random_range(4..110));
                self.step(begins + stays, Deed::SignOut(index));
            }
        }
    }

    fn roles(&mut self) {
        for (index, CompanyRole { name, .. }) in ROLES.iter().enumerate() {
            let minute = i64::try_from(index).unwrap_or_default();
            // Before the first user, but for the one that was needed for a while only.
            let ago = if *name == PARTNER_FEED { 73 } else { 130 };
            self.step(self.at(ago, 7, 10 + 3 * minute), Deed::AddRole(index));
        }
        self.step(self.at(73, 7, 55), Deed::GiveRole("jonas", PARTNER_FEED));
        self.step(self.at(57, 15, 20), Deed::TakeRole("jonas", PARTNER_FEED));
        self.step(self.at(57, 15, 22), Deed::DeleteRole(PARTNER_FEED));
        self.step(self.at(44, 9, 41), Deed::Grant("accountant", "invoices:write"));
        self.step(self.at(23, 14, 3), Deed::GiveRole("hannah", "accountant"));
        self.step(self.at(12, 10, 37), Deed::Grant("support", "customers:write"));
    }

    fn program(&mut self, index: usize, program: &Program) {
        let generated = self.at(program.generated, 10, 15) + self.seconds(5_400);
        self.step(generated, Deed::Generate(index));
        let deleted = program.deleted.map(|ago| self.at(ago, 11, 5));
        if let Some(deleted) = deleted {
            self.step(deleted, Deed::Delete(index));
        }
        let expires = generated + Duration::days(program.lifetime.into());
        let owner = PEOPLE.iter().find(|person| person.username == program.owner);
        let disabled = owner.and_then(|owner| owner.disabled).map(|ago| self.at(ago, 16, 30));
        // A program does not know that its key is gone: it tries on until somebody notices.
        let noticed = [deleted, Some(expires), disabled].into_iter().flatten().min().map(|end| end + Duration::days(4));
        let stopped = program.stopped.map(|ago| self.at(ago, 23, 59));
        let ends = [noticed, stopped].into_iter().flatten().min().unwrap_or(self.now);
        for ago in (0..=program.generated).rev() {
            for at in self.runs(program.rhythm, ago) {
                if at <= generated || at >= ends {
                    continue;
                }
                let refused = [
                    (deleted, Reason::KeyDeleted),
                    (Some(expires), Reason::KeyExpired),
                    (disabled, Reason::UserDisabled),
                ]
                .into_iter()
                .find_map(|(since, reason)| since.is_some_and(|since| since <= at).then_some(reason));
                self.run(index, program, at, refused);
            }
        }
    }

    /// One run: now and then a new token, then a request.
    fn run(&mut self, index: usize, program: &Program, at: Timestamp, refused: Option<Reason>) {
        let number = self.rng.random_range(1_000..100_000);
        if refused.is_some() || self.rng.random_ratio(1, 6) {
            let secret = self.rng.random_ratio(1, 50).then_some(Reason::WrongSecret);
            self.step(at + -Duration::seconds(1), Deed::GetToken(index, refused.or(secret)));
        }
        if refused.is_none() && program.refused.is_some() && self.rng.random_ratio(1, 45) {
            self.step(at, Deed::Overreach(index, number));
        } else if !matches!(refused, Some(Reason::KeyDeleted)) {
            self.step(at, Deed::Request(index, refused, number));
        }
    }

    /// When a program runs on a day.
    fn runs(&mut self, rhythm: Rhythm, ago: i64) -> Vec<Timestamp> {
        let (first_hour, hours, times) = match rhythm {
            Rhythm::Nightly(times) => (1, 4, times),
            Rhythm::OfficeHours(most) if self.is_working_day(ago) => (7, 10, self.rng.random_range(most / 2..=most)),
            Rhythm::AllDay(most) => (0, 24, self.rng.random_range(most / 2..=most)),
            Rhythm::Never | Rhythm::OfficeHours(_) => (0, 1, 0),
        };
        let begin = self.at(ago, first_hour, 0);
        (0..times).map(|_| begin + self.seconds(hours * 3_600)).collect()
    }

    fn strangers(&mut self) {
        for (ago, guesses) in [(66, 3), (31, 7), (9, 5)] {
            let begin = self.at(ago, 3, 17);
            for guess in 0..guesses {
                let deed = if guess % 3 == 2 { Deed::SignInAsNobody } else { Deed::Guess };
                self.step(begin + Duration::seconds(guess * 4), deed);
            }
        }
    }

    fn step(&mut self, at: Timestamp, deed: Deed) {
        self.steps.push(Step { at, deed });
    }

    /// A time of the day so many days ago, in UTC.
    fn at(&self, days_ago: i64, hour: i64, minute: i64) -> Timestamp {
        let midnight = self.now.utc().date_naive().and_time(NaiveTime::MIN).and_utc();
        Timestamp::from(midnight - Duration::days(days_ago)) + Duration::minutes(60 * hour + minute)
    }

    fn is_working_day(&self, ago: i64) -> bool {
        !matches!(self.at(ago, 12, 0).utc().weekday(), Weekday::Sat | Weekday::Sun)
    }

    fn seconds(&mut self, below: i64) -> Duration {
        Duration::milliseconds(self.rng.random_range(0..below * 1_000))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse::<DateTime<Utc>>().unwrap().into()
    }

    #[test]
    fn the_same_happens_each_time_in_the_order_of_time() {
        let now = at("2026-11-24T12:00:00Z");
        let steps = until(now);
        assert_eq!(steps, until(now));
        assert!(steps.is_sorted_by_key(|step| step.at) && steps.iter().all(|step| step.at < now));
        let early = at("2026-11-24T00:00:00Z");
        let before: Vec<Step> = steps.iter().copied().filter(|step| step.at < early).collect();
        assert_eq!(until(early), before);
    }
}
