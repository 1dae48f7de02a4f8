//! What is older than the operator wants to keep is removed, without a check that waits for it.

use std::time::{Duration as StdDuration, Instant};

use chrono::Duration;
use diesel::prelude::*;
use keyledge::audit::retention::clean;
use keyledge::audit::signer::Signer;
use keyledge::clock::Clock;
use keyledge::db::schema::{audit_events, audit_writers, daily_uses};
use keyledge::db::{Database, Timestamp};
use keyledge::secret::{SecretKey, SecretText};
use reqwest::StatusCode;

use crate::support::{Backend, Process, SECRET_KEY, Server, TestDatabase, on_each_database, record_uses, rows};

on_each_database![
    old_events_and_counts_go_and_new_ones_stay,
    a_chain_goes_on_from_what_was_removed,
    an_event_of_a_clock_that_was_ahead_stays_with_those_after_it,
    checks_go_on_meanwhile,
    ended_tokens_are_forgotten_when_their_time_has_come,
    the_operator_sets_how_long_the_record_is_kept,
];

const KEEP_DAYS: u32 = 400;

/// Some blocks of the index on SQLite, where the newest block always stays.
const OLD_EVENTS: i64 = 20_000;

fn signer(database: &Database) -> Signer {
    Signer::open(database, &SecretKey::parse(&SecretText::new(SECRET_KEY)).unwrap()).unwrap()
}

fn count_before(database: &Database, time: Timestamp) -> i64 {
    let events = audit_events::table.filter(audit_events::occurred_at.lt(time.unix_micros()));
    database.read_blocking(|connection| events.count().get_result(connection)).unwrap()
}

async fn old_events_and_counts_go_and_new_ones_stay(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let (database, old) = (server.open_database(), server.clock.now());
    let (recent, now) = (old + Duration::days(100), old + Duration::days(450));
    record_uses(&database, &key.client_id, old, None, OLD_EVENTS).await;
    record_uses(&database, &key.client_id, recent, None, 5_000).await;

    clean(&database, &signer(&database), now, KEEP_DAYS).await.unwrap();
    let left = count_before(&database, recent);
    match server.database.backend() {
        Backend::Sqlite => assert!(left < OLD_EVENTS / 2, "{left} old events are left"),
        Backend::Postgres => assert_eq!(left, 0),
    }
    assert_eq!(count_before(&database, now) - left, 5_000);
    let old_counts = daily_uses::table.filter(daily_uses::day.lt(recent.unix_day())).count();
    assert_eq!(database.read_blocking(|connection| old_counts.get_result::<i64>(connection)).unwrap(), 0);
    assert_eq!(rows(&server.text(&admin, "/activity").await).len(), 50);
}

async fn a_chain_goes_on_from_what_was_removed(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let (database, old) = (server.open_database(), server.clock.now());
    record_uses(&database, &key.client_id, old, None, OLD_EVENTS).await;
    record_uses(&database, &key.client_id, old + Duration::days(100), None, 500).await;
    let (other, now) = (server.open_database(), old + Duration::days(450));
    let signer = signer(&database);
    let (one, two) = tokio::join!(clean(&database, &signer, now, KEEP_DAYS), clean(&other, &signer, now, KEEP_DAYS));
    one.unwrap();
    two.unwrap();
    let writers = audit_writers::table
        .filter(audit_writers::pruned_through.gt(0))
        .select((audit_writers::id, audit_writers::pruned_through));
    let writers: Vec<(i64, i64)> = database.read_blocking(|connection| writers.load(connection)).unwrap();
    let mut going_on = 0;
    for (writer_id, through) in writers {
        let next = audit_events::table
            .filter(audit_events::writer_id.eq(writer_id))
            .order(audit_events::sequence.asc())
            .select(audit_events::sequence);
        let next: Option<i64> = database.read_blocking(|connection| next.first(connection).optional()).unwrap();
        assert!(next.is_none_or(|next| next == through + 1), "a gap after {through}: {next:?}");
        going_on += i32::from(next.is_some());
    }
    assert_eq!(going_on, 1);
}

async fn an_event_of_a_clock_that_was_ahead_stays_with_those_after_it(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let (database, old) = (server.open_database(), server.clock.now());
    let (ahead, now) = (old + Duration::days(100), old + Duration::days(450));
    record_uses(&database, &key.client_id, old, None, 700).await;
    record_uses(&database, &key.client_id, ahead, None, 1).await;
    record_uses(&database, &key.client_id, old, None, OLD_EVENTS).await;

    clean(&database, &signer(&database), now, KEEP_DAYS).await.unwrap();
    assert_eq!((count_before(&database, ahead), count_before(&database, now)), (OLD_EVENTS, OLD_EVENTS + 1));
}

async fn checks_go_on_meanwhile(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let token = server.token(&key).await;
    let (database, old) = (server.open_database(), server.clock.now());
    record_uses(&database, &key.client_id, old, None, OLD_EVENTS).await;
    // The counts of today stay: the checks go on adding to them.
    let now = old + Duration::days(KEEP_DAYS.into()) + Duration::seconds(1);
    let begun = Instant::now();
    let cleaning = tokio::spawn(async move { clean(&database, &signer(&database), now, KEEP_DAYS).await });
    let (mut checks, mut longest) = (0, StdDuration::ZERO);
    while !cleaning.is_finished() {
        let asked = Instant::now();
        assert_eq!(server.me(&token).await.status(), StatusCode::OK);
        longest = longest.max(asked.elapsed());
        checks += 1;
    }
    let whole = begun.elapsed();
    cleaning.await.unwrap().unwrap();
    // A check that had to wait would take as long as the cleaning, on any machine.
    assert!(checks > 5 && longest < whole / 2, "{checks} checks in {whole:?}, the longest took {longest:?}");
}

async fn ended_tokens_are_forgotten_when_their_time_has_come(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let token = server.token(&key).await;
    let form = [("token", &*token), ("client_id", &key.client_id), ("client_secret", &key.client_secret)];
    let answer = reqwest::Client::new().post(server.at("/auth/revoke")).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let (database, now) = (server.open_database(), server.clock.now());
    let kept = || {
        let kept = keyledge::db::schema::revoked_tokens::table.count();
        database.read_blocking(|connection| kept.get_result::<i64>(connection)).unwrap()
    };
    clean(&database, &signer(&database), now, KEEP_DAYS).await.unwrap();
    assert_eq!(kept(), 1);
    clean(&database, &signer(&database), now + Duration::hours(2), KEEP_DAYS).await.unwrap();
    assert_eq!(kept(), 0);
}

async fn the_operator_sets_how_long_the_record_is_kept(database: TestDatabase) {
    let clock = Clock::default();
    let now = clock.now();
    // What is removed is the beginning of the record, so all of it has to be old.
    clock.advance(Duration::days(-3));
    let server = Server::start_on(database, clock, &[]);
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    record_uses(&server.open_database(), &key.client_id, server.clock.now(), None, OLD_EVENTS).await;
    let database = server.stop();
    let record = database.open();
    assert!(count_before(&record, now) > OLD_EVENTS);

    let _process = Process::start(&database.text, &["--audit-retention-days", "1"]);
    // The newest event always stays, and on SQLite the newest block.
    let most = match database.backend() {
        Backend::Sqlite => OLD_EVENTS / 2,
        Backend::Postgres => 1,
    };
    let begun = Instant::now();
    while count_before(&record, now) > most {
        assert!(begun.elapsed() < StdDuration::from_secs(60), "{} old events are left", count_before(&record, now));
        tokio::time::sleep(StdDuration::from_millis(50)).await;
    }
}
