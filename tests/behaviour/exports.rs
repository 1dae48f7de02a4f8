//! Exports of the record: what is in them, and that they are whole.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use keyledge::audit::export::{Export, Shape};
use keyledge::audit::model::Filter;
use keyledge::audit::signer::Signer;
use keyledge::audit::verify;
use keyledge::db::DbConnection;
use keyledge::db::schema::audit_events;
use keyledge::secret::{SecretKey, SecretText};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, USER_AGENT};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokio::time::sleep;

use crate::support::{SECRET_KEY, Server, TestDatabase, on_each_database, operators_event, read_export, record_uses};

on_each_database![
    an_export_for_spreadsheets_holds_no_formulas,
    an_export_for_programs_says_what_the_api_says,
    a_whole_export_lets_anybody_compute_the_digests,
    a_long_export_is_whole_and_in_order,
    an_export_that_cannot_be_finished_breaks_off,
];

mod postgres_alone {
    use crate::support::{Backend, run};

    #[test]
    #[ignore = "needs Postgres: run scripts/test"]
    fn what_is_committed_during_an_export_is_no_part_of_it() {
        run(Backend::Postgres, super::what_is_committed_during_an_export_is_no_part_of_it);
    }
}

/// More than a block of the index on SQLite, and more than a slice of an export.
const MANY: i64 = 6_000;

fn today(server: &Server) -> String {
    server.clock.now().utc().format("%Y-%m-%d").to_string()
}

async fn an_export_for_spreadsheets_holds_no_formulas(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let request = Client::new()
        .post(server.at("/auth/token"))
        .basic_auth(&key.client_id, Some(&key.client_secret))
        .header(USER_AGENT, "=HYPERLINK(\"http://example.com\", \"click\")")
        .form(&[("grant_type", "client_credentials")]);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    let path = format!("/activity/export.csv?key={}", key.client_id);
    let answer = admin.get(server.at(&path)).send().await.unwrap();
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/csv; charset=utf-8; header=present");
    let name = format!("attachment; filename=\"keyledge-activity-{}.csv\"", today(&server));
    assert_eq!(answer.headers()[CONTENT_DISPOSITION], name);
    let text = answer.text().await.unwrap();
    assert!(text.starts_with(
        "Time,Username,Client ID,Action,Outcome,Reason,Method,Path,Address,User agent,Done by,Detail\r\n"
    ));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    let cells: Vec<Vec<&str>> = records.iter().map(|record| record.iter().skip(1).collect()).collect();
    let (id, agent) = (&*key.client_id, "'=HYPERLINK(\"http://example.com\", \"click\")");
    assert_eq!(
        cells,
        [
            ["admin", id, "Generated API key", "Allowed", "", "POST", "/profile/api-keys", "127.0.0.1", "", "", ""],
            ["admin", id, "Got access token", "Allowed", "", "POST", "/auth/token", "127.0.0.1", agent, "", ""],
        ]
    );
    assert!(records[0][0].ends_with('Z') && records[0][0].starts_with(&today(&server)));
}

async fn an_export_for_programs_says_what_the_api_says(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let token = server.token(&key).await;
    let answer =
        Client::new().get(server.at("/api/v1/audit-events?limit=200")).bearer_auth(&token).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let mut newest_first = answer["items"].as_array().unwrap().clone();
    newest_first.reverse();
    let export = server.text(&ada, "/activity/export.jsonl").await;
    let exported: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The call that asked is recorded before it is answered.
    assert_eq!(exported, newest_first);
    assert_eq!(exported.last().unwrap()["action"], "use_api");
    let filtered = server.text(&ada, "/activity/export.jsonl?outcome=refused").await;
    assert_eq!(filtered, "");
    let nothing = server.text(&ada, "/activity/export.csv?outcome=refused").await;
    assert_eq!(nothing.lines().count(), 1);
}

async fn a_whole_export_lets_anybody_compute_the_digests(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let key = server.generate(&ada).await;
    server.token(&key).await;
    record_uses(&server.open_database(), &key.client_id, server.clock.now(), Some("key_expired"), 1_200).await;
    admin.post(server.at(&format!("/keys/{}/delete", key.client_id))).send().await.unwrap();
    let events = read_export(&server.text(&admin, "/activity/everybody/export.jsonl").await, &server.database);
    let count = audit_events::table.count();
    let stored: i64 = server.open_database().read_blocking(|connection| count.get_result(connection)).unwrap();
    assert_eq!(i64::try_from(events.len()), Ok(stored));
    let last = events.last().unwrap();
    let names = (last.username.as_deref(), last.client_id.as_deref(), last.actor.as_deref());
    assert_eq!(names, (Some("ada"), Some(&*key.client_id), Some("admin")));
    assert!(events.iter().map(|event| event.writer_id).collect::<BTreeSet<_>>().len() > 1);
}

async fn a_long_export_is_whole_and_in_order(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    let admin = server.signed_in("admin").await;
    let (key, of_admin) = (server.generate(&ada).await, server.generate(&admin).await);
    let (database, now) = (server.open_database(), server.clock.now());
    for _ in 0..3 {
        record_uses(&database, &key.client_id, now, None, MANY / 3).await;
        record_uses(&database, &of_admin.client_id, now, None, 700).await;
        record_uses(&database, &key.client_id, now, Some("key_expired"), 400).await;
    }
    let ids = async |query: &str| {
        let text = server.text(&ada, &format!("/activity/export.jsonl?{query}")).await;
        let ids: Vec<i64> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().parse().unwrap())
            .collect();
        assert!(ids.is_sorted_by(|one, next| one < next), "{query}");
        i64::try_from(ids.len()).unwrap()
    };
    // Added, signed in and generated.
    assert_eq!(ids("").await, MANY + 1_200 + 3);
    assert_eq!(ids("outcome=refused").await, 1_200);
    assert_eq!(ids(&format!("key={}&outcome=allowed&from={}", key.client_id, today(&server))).await, MANY + 1);
    let csv = server.text(&ada, "/activity/export.csv").await;
    assert_eq!(i64::try_from(csv.lines().count()), Ok(MANY + 1_200 + 4));
}

async fn an_export_that_cannot_be_finished_breaks_off(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    record_uses(&server.open_database(), &key.client_id, server.clock.now(), None, 2_000).await;
    let whole = async |path: &str| {
        let answer = admin.get(server.at(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await
    };
    let paths = ["/activity/export.csv", "/activity/export.jsonl", "/activity/everybody/export.jsonl"];
    for path in paths {
        assert!(whole(path).await.is_ok(), "{path}");
    }
    // No program can read this time.
    let spoil = diesel::update(audit_events::table.filter(audit_events::id.eq(1_500)))
        .set(audit_events::occurred_at.eq(i64::MAX))
        .execute(&mut server.database.connect());
    assert_eq!(spoil, Ok(1));
    for path in paths {
        assert!(whole(path).await.is_err(), "{path} came to an end as if it were whole");
    }
    let (done, printed) = server.cli(&["audit", "export"]);
    assert!(
        !done
            && printed.ends_with(
                "keyledge: a database statement failed: Error deserializing field 'occurred_at': a time out of range\n"
            ),
        "{}",
        &printed[printed.len() - 200..]
    );
}

async fn what_is_committed_during_an_export_is_no_part_of_it(database: TestDatabase) {
    let (program, late) = (database.open(), database.open());
    // An event of this action is given its ID, and then waits for the lock that is named as its place in the chain.
    let mut other = database.connect();
    other
        .batch_execute(
            "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN PERFORM pg_advisory_xact_lock(NEW.sequence); RETURN NEW; END'; \
             CREATE TRIGGER late BEFORE INSERT ON audit_events FOR EACH ROW WHEN (NEW.action = 'late') \
             EXECUTE FUNCTION wait(); \
             SELECT pg_advisory_lock(2), pg_advisory_lock(3)",
        )
        .unwrap();
    let signer = Signer::open(&program, &SecretKey::parse(&SecretText::new(SECRET_KEY)).unwrap()).unwrap();
    late.record(vec![operators_event("sign_in")]).await.unwrap();
    let recording = std::thread::spawn(move || {
        late.write_blocking(|transaction| {
            for _ in 0..2 {
                transaction.record(operators_event("late"));
            }
            Ok(())
        })
        .unwrap();
    });
    let waits_for = async |sequence: i64| {
        let waiting = format!(
            "SELECT count(*) AS number FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = {sequence} \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        );
        let mut connection = database.connect();
        while sql_query(&waiting).get_result::<Number>(&mut connection).unwrap().number == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let record = async |events| program.record(vec![operators_event("sign_in"); events]).await.unwrap();
    waits_for(2).await;
    record(510).await;
    other.batch_execute("SELECT pg_advisory_unlock(2)").unwrap();
    waits_for(3).await;
    record(100).await;

    let begin = |connection: &mut DbConnection| Export::begin(connection, Filter::default(), Shape::Chain);
    let mut export = program.read_blocking(begin).unwrap();
    let mut exported = String::new();
    let mut next_part = || {
        let part = program.read_blocking(|connection| export.next_part(connection)).unwrap();
        exported.push_str(std::str::from_utf8(part.as_deref().unwrap_or_default()).unwrap());
        part.is_some()
    };
    assert!(next_part());
    other.batch_execute("SELECT pg_advisory_unlock(3)").unwrap();
    recording.join().unwrap();
    while next_part() {}
    let verified = verify::export(exported.as_bytes(), signer.public_key()).unwrap().unwrap();
    assert_eq!(verified.events, 611);
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}
