//! What was changed in the record behind the program's back is found out.

use chrono::Duration;
use diesel::prelude::*;
use keyledge::audit::chain::{Break, Verified};
use keyledge::audit::model::{Action, NewEvent, Outcome};
use keyledge::audit::retention::clean;
use keyledge::audit::signer::Signer;
use keyledge::audit::verify;
use keyledge::db::schema::{audit_events, audit_heads, audit_keys, audit_writers};
use keyledge::db::{Database, DbConnection, Timestamp};
use keyledge::secret::{SecretKey, SecretText};

use crate::support::{self, Backend, SECRET_KEY, Server, TestDatabase, keyledge, on_each_database};

on_each_database![
    an_untouched_record_is_verified_and_signed_to_its_end_once_the_program_has_stopped,
    one_changed_byte_of_an_event_names_that_event,
    a_removed_event_is_missed,
    an_event_that_was_put_in_is_found,
    a_chain_cannot_be_cut_off_before_its_signed_head,
    a_chain_cannot_be_computed_anew_without_the_key,
    a_chain_cannot_be_taken_out,
    a_chain_cannot_be_emptied_without_its_head,
    the_newest_chain_cannot_be_taken_out_while_its_head_is_left,
    a_head_of_another_key_is_refused,
    pruning_leaves_a_signed_end_and_nobody_can_remove_more,
    what_was_changed_is_not_removed_for_its_age,
    a_changed_head_stops_the_pruning,
    the_command_line_verifies_the_record_and_names_what_was_changed,
    a_whole_export_is_verified_elsewhere_with_the_public_key_alone,
];

/// The record of a program that has stopped, and a way to change it.
struct Stopped {
    database: Database,
    public_key: Vec<u8>,
    _owner: TestDatabase,
}

impl Stopped {
    /// A program that was used, stopped, and used by an operator once more.
    async fn after(server: Server) -> Self {
        let admin = server.signed_in("admin").await;
        let key = server.generate(&admin).await;
        for _ in 0..5 {
            server.token(&key).await;
        }
        let (added, printed) = server.cli(&["role", "add", "reader"]);
        assert!(added, "{printed}");
        let owner = server.stop();
        let database = owner.open();
        let public_key = signer(&database).public_key().to_vec();
        Self { database, public_key, _owner: owner }
    }

    fn verify(&self) -> Result<Verified, Break> {
        verify::database(&self.database, &self.public_key).unwrap()
    }

    /// Changes something behind the program's back.
    fn tamper(&self, change: impl FnOnce(&mut DbConnection) -> QueryResult<usize>) {
        let changed = self.database.write_blocking(|transaction| change(&mut *transaction)).unwrap();
        assert!(changed > 0, "nothing was changed");
    }

    /// Records so much that there is something to prune: on SQLite the newest block always stays.
    async fn fill(&self, at: Timestamp) {
        let event = NewEvent {
            at,
            user_id: None,
            api_key_id: None,
            actor_id: None,
            action: Action::SignIn,
            outcome: Outcome::Allowed,
            source: None,
            detail: None,
        };
        for _ in 0..20 {
            self.database.record(vec![event.clone().into(); 500]).await.unwrap();
        }
    }

    /// Removes the events of a chain up to this one, and lets the chain say so, as the program does with what is too old.
    fn remove_through(&self, (id, writer_id, sequence): (i64, i64, i64)) {
        let digest = audit_events::table.find(id).select(audit_events::digest);
        let digest: Vec<u8> = self.database.read_blocking(|connection| digest.first(connection)).unwrap();
        let removed = audit_events::table.filter(audit_events::id.le(id)).filter(audit_events::writer_id.eq(writer_id));
        self.tamper(|connection| {
            diesel::delete(removed).execute(connection)?;
            diesel::update(audit_writers::table.find(writer_id))
                .set((audit_writers::pruned_through.eq(sequence), audit_writers::pruned_digest.eq(Some(digest))))
                .execute(connection)
        });
    }

    fn count(&self) -> i64 {
        let events = audit_events::table.count();
        self.database.read_blocking(|connection| events.get_result(connection)).unwrap()
    }

    /// The place of an event in the middle of the record.
    fn middle(&self) -> (i64, i64, i64) {
        let events = audit_events::table.order(audit_events::id).select((
            audit_events::id,
            audit_events::writer_id,
            audit_events::sequence,
        ));
        let events: Vec<(i64, i64, i64)> = self.database.read_blocking(|connection| events.load(connection)).unwrap();
        events.into_iter().filter(|event| event.1 == 1).nth(3).unwrap()
    }
}

fn signer(database: &Database) -> Signer {
    Signer::open(database, &SecretKey::parse(&SecretText::new(SECRET_KEY)).unwrap()).unwrap()
}

async fn an_untouched_record_is_verified_and_signed_to_its_end_once_the_program_has_stopped(server: Server) {
    let record = Stopped::after(server).await;
    let verified = record.verify().unwrap();
    assert!(verified.chains == 2 && verified.events > 7, "{verified:?}");
    assert_eq!(verified.unsigned, 0);
}

async fn one_changed_byte_of_an_event_names_that_event(server: Server) {
    let record = Stopped::after(server).await;
    let (id, writer_id, sequence) = record.middle();
    let event = audit_events::table.find(id);
    let before: Option<String> =
        record.database.read_blocking(|connection| event.select(audit_events::path).first(connection)).unwrap();
    let set_path = |path: Option<String>| {
        record.tamper(|connection| diesel::update(event).set(audit_events::path.eq(path)).execute(connection));
    };
    set_path(before.clone().map(|path| path.replacen('/', "?", 1)));
    assert_eq!(record.verify(), Err(Break::Changed { id, writer_id, sequence }));
    set_path(before);
    record.verify().unwrap();

    let digest: Vec<u8> =
        record.database.read_blocking(|connection| event.select(audit_events::digest).first(connection)).unwrap();
    let changed = [&digest[..31], &[digest[31] ^ 1]].concat();
    record.tamper(|connection| diesel::update(event).set(audit_events::digest.eq(changed)).execute(connection));
    assert_eq!(record.verify(), Err(Break::Changed { id, writer_id, sequence }));
}

async fn a_removed_event_is_missed(server: Server) {
    let record = Stopped::after(server).await;
    let (id, writer_id, sequence) = record.middle();
    record.tamper(|connection| diesel::delete(audit_events::table.find(id)).execute(connection));
    let found = record.verify().unwrap_err();
    let Break::Gap { writer_id: chain, expected, sequence: came, .. } = found else { panic!("{found}") };
    assert_eq!((chain, expected, came), (writer_id, sequence, sequence + 1));
}

async fn an_event_that_was_put_in_is_found(server: Server) {
    let record = Stopped::after(server).await;
    record.tamper(|connection| {
        diesel::insert_into(audit_events::table)
            .values((
                audit_events::writer_id.eq(99),
                audit_events::sequence.eq(1),
                audit_events::occurred_at.eq(0),
                audit_events::action.eq("sign_in"),
                audit_events::is_use.eq(false),
                audit_events::digest.eq(vec![0; 32]),
            ))
            .execute(connection)
    });
    assert!(matches!(record.verify(), Err(Break::NoChain { writer_id: 99, .. })));
}

async fn a_chain_cannot_be_cut_off_before_its_signed_head(server: Server) {
    let record = Stopped::after(server).await;
    let (id, writer_id, sequence) = record.middle();
    let tail = audit_events::table.filter(audit_events::id.ge(id)).filter(audit_events::writer_id.eq(writer_id));
    record.tamper(|connection| diesel::delete(tail).execute(connection));
    let found = record.verify().unwrap_err();
    let Break::CutOff { sequence: last, signed, .. } = found else { panic!("{found}") };
    assert!(last == sequence - 1 && signed > last, "{found}");
}

async fn a_chain_cannot_be_computed_anew_without_the_key(server: Server) {
    let record = Stopped::after(server).await;
    // Whoever cuts a chain off and says so in its head has to sign that.
    let (id, writer_id, sequence) = record.middle();
    let tail = audit_events::table.filter(audit_events::id.gt(id)).filter(audit_events::writer_id.eq(writer_id));
    let digest: Vec<u8> = record
        .database
        .read_blocking(|connection| audit_events::table.find(id).select(audit_events::digest).first(connection))
        .unwrap();
    record.tamper(|connection| {
        diesel::delete(tail).execute(connection)?;
        diesel::update(audit_heads::table.find(writer_id))
            .set((audit_heads::sequence.eq(sequence), audit_heads::digest.eq(digest)))
            .execute(connection)
    });
    assert_eq!(record.verify(), Err(Break::Signature { writer_id }));
}

async fn a_chain_cannot_be_taken_out(server: Server) {
    let record = Stopped::after(server).await;
    record.tamper(|connection| {
        diesel::delete(audit_events::table.filter(audit_events::writer_id.eq(1))).execute(connection)?;
        diesel::delete(audit_heads::table.find(1)).execute(connection)?;
        diesel::delete(audit_writers::table.find(1)).execute(connection)
    });
    assert_eq!(record.verify(), Err(Break::Chains { writer_id: 2 }));
}

async fn a_chain_cannot_be_emptied_without_its_head(server: Server) {
    let record = Stopped::after(server).await;
    record.tamper(|connection| {
        diesel::delete(audit_events::table.filter(audit_events::writer_id.eq(1))).execute(connection)?;
        diesel::delete(audit_heads::table.find(1)).execute(connection)
    });
    assert_eq!(record.verify(), Err(Break::Unsigned { writer_id: 1 }));
}

async fn the_newest_chain_cannot_be_taken_out_while_its_head_is_left(server: Server) {
    let record = Stopped::after(server).await;
    record.tamper(|connection| {
        diesel::delete(audit_events::table.filter(audit_events::writer_id.eq(2))).execute(connection)?;
        diesel::delete(audit_writers::table.find(2)).execute(connection)
    });
    assert_eq!(record.verify(), Err(Break::Chains { writer_id: 2 }));
}

async fn a_head_of_another_key_is_refused(server: Server) {
    let record = Stopped::after(server).await;
    record.tamper(|connection| diesel::delete(audit_keys::table).execute(connection));
    let another = signer(&record.database);
    assert_ne!(another.public_key(), record.public_key);
    assert_eq!(
        verify::database(&record.database, another.public_key()).unwrap(),
        Err(Break::Signature { writer_id: 1 })
    );
}

async fn pruning_leaves_a_signed_end_and_nobody_can_remove_more(server: Server) {
    let (now, record) = (server.clock.now(), Stopped::after(server).await);
    record.fill(now).await;
    let signer = signer(&record.database);
    signer.sign_own(&record.database, now).unwrap();
    clean(&record.database, &signer, now + Duration::days(500), 400).await.unwrap();
    let left = record.verify().unwrap();
    assert!(left.events < 10_000, "{left:?}");

    let oldest = audit_events::table.order(audit_events::id).select((
        audit_events::id,
        audit_events::writer_id,
        audit_events::sequence,
    ));
    let oldest: (i64, i64, i64) = record.database.read_blocking(|connection| oldest.first(connection)).unwrap();
    record.remove_through(oldest);
    let (_, writer_id, _) = oldest;
    assert_eq!(record.verify(), Err(Break::Removed { writer_id }));
}

async fn what_was_changed_is_not_removed_for_its_age(server: Server) {
    let (now, record) = (server.clock.now(), Stopped::after(server).await);
    record.fill(now).await;
    let signer = signer(&record.database);
    signer.sign_own(&record.database, now).unwrap();
    let before = record.count();
    // Who wants an event to be gone dates it back, and waits for the program to remove it.
    let (id, writer_id, sequence) = record.middle();
    let dated_back = audit_events::table.filter(audit_events::id.le(id));
    record.tamper(|connection| diesel::update(dated_back).set(audit_events::occurred_at.eq(0)).execute(connection));
    clean(&record.database, &signer, now, 400).await.unwrap_err();
    assert_eq!(record.count(), before);
    assert!(matches!(record.verify(), Err(Break::Changed { writer_id: 1, sequence: 1, .. })));

    record.remove_through((id, writer_id, sequence));
    clean(&record.database, &signer, now + Duration::days(500), 400).await.unwrap_err();
    assert_eq!(record.verify(), Err(Break::Removed { writer_id }));
}

async fn a_changed_head_stops_the_pruning(server: Server) {
    let (now, record) = (server.clock.now(), Stopped::after(server).await);
    record.fill(now).await;
    record.tamper(|connection| {
        diesel::update(audit_heads::table.find(1)).set(audit_heads::signature.eq(vec![0; 64])).execute(connection)
    });
    let before = record.count();
    assert!(clean(&record.database, &signer(&record.database), now + Duration::days(500), 400).await.is_err());
    assert_eq!(record.count(), before);
}

async fn the_command_line_verifies_the_record_and_names_what_was_changed(server: Server) {
    let admin = server.signed_in("admin").await;
    server.generate(&admin).await;
    let (verified, printed) = server.cli(&["audit", "verify"]);
    assert!(verified && printed.contains("The record is whole: "), "{printed}");
    // The server has not signed yet what it has just recorded.
    assert!(printed.contains("came after the newest signed head"), "{printed}");
    let (verified, printed) = server.cli(&["audit", "verify", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert!(verified && told["whole"] == true && told["unsigned"].as_u64() > Some(0), "{printed}");

    let database = server.open_database();
    let change = diesel::update(audit_events::table.find(1)).set(audit_events::action.eq("sign_out"));
    database.write_blocking(|transaction| change.execute(&mut **transaction)).unwrap();
    let (verified, printed) = server.cli(&["audit", "verify"]);
    assert!(!verified && printed.contains("event 1 (number 1 of chain 1) was changed"), "{printed}");
    let (verified, printed) = server.cli(&["audit", "verify", "--json"]);
    assert!(!verified && printed.contains("\"whole\": false"), "{printed}");
}

async fn a_whole_export_is_verified_elsewhere_with_the_public_key_alone(server: Server) {
    let admin = server.signed_in("admin").await;
    server.generate(&admin).await;
    assert!(server.cli(&["role", "add", "reader"]).0);
    let (printed, public_key) = server.cli(&["audit", "public-key"]);
    assert!(printed && public_key.trim().len() == 64, "{public_key}");
    let exported = keyledge(&server.database.text, &["audit", "export"], "").output;

    // Elsewhere there is no database.
    let verify = |export: &str, key: &str| {
        let arguments = ["audit", "verify", "--export", "-", "--public-key", key.trim()];
        let finished = keyledge("sqlite:/nowhere/keyledge.db", &arguments, export);
        (finished.code, [finished.output, finished.errors].concat())
    };
    let (code, told) = verify(&exported, &public_key);
    assert!(code == 0 && told.contains("in 2 chains"), "{told}");

    let changed = exported.replacen("\"action\":\"sign_in\"", "\"action\":\"sign_out\"", 1);
    assert_ne!(changed, exported);
    let (code, told) = verify(&changed, &public_key);
    assert!(code == 1 && told.contains("was changed"), "{told}");
    // The chain that an operator wrote ends with the export's last line, and was signed.
    let (cut, _) = exported.trim_end().rsplit_once('\n').unwrap();
    let (code, told) = verify(cut, &public_key);
    assert!(code == 1 && told.contains("was cut off"), "{told}");
    let (code, told) = verify(&exported, &"0".repeat(64));
    assert!(code == 1 && told.contains("another key"), "{told}");
    let (code, told) = verify("rubbish\n", &public_key);
    assert!(code == 1 && told.contains("line 1"), "{told}");
    let (code, told) = verify("", &public_key);
    assert!(code == 1 && told.contains("there is no chain in it"), "{told}");
    let events = exported.lines().filter(|line| line.contains("\"action\"")).collect::<Vec<_>>().join("\n");
    let (code, told) = verify(&events, &public_key);
    assert!(code == 1 && told.contains("only an export of all events can be verified"), "{told}");
}

/// On Postgres, ordinary indexes find the events of a person.
#[test]
fn an_event_that_the_index_no_longer_finds_is_missed() {
    support::run(Backend::Sqlite, async |server: Server| {
        let now = server.clock.now();
        let record = Stopped::after(server).await;
        record.fill(now).await;
        record.verify().unwrap();
        let tamper = |change: &str| {
            record.tamper(|connection| diesel::sql_query(change).execute(connection));
            record.verify()
        };
        let (id, ..) = record.middle();
        let keep = "CREATE TABLE kept AS SELECT * FROM audit_block_entries";
        record.database.write_blocking(|transaction| diesel::sql_query(keep).execute(&mut **transaction)).unwrap();
        let removed = tamper(&format!("DELETE FROM audit_block_entries WHERE event_id = {id}"));
        assert_eq!(removed, Err(Break::Index { id }));
        let back = "INSERT OR IGNORE INTO audit_block_entries SELECT * FROM kept";
        tamper(back).unwrap();
        let put_in =
            tamper("INSERT INTO audit_block_entries SELECT block_id, 77, refused, 0, event_id FROM kept LIMIT 1");
        assert_eq!(put_in, Err(Break::Index { id: 1 }));
        tamper("DELETE FROM audit_block_entries WHERE user_id = 77").unwrap();
        assert!(matches!(tamper("DELETE FROM audit_blocks WHERE first_id = 1"), Err(Break::Index { .. })));
    });
}
