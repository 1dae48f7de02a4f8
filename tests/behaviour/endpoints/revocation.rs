//! `POST /auth/revoke` (RFC 7009).

use chrono::Duration;
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;

use super::{Parties, look_alikes, post, refusal, refused};
use crate::support::{Key, Process, Server, TestDatabase, cell, on_each_database, rows};

on_each_database![
    rfc7009_2_1_a_client_ends_its_own_token_at_once,
    rfc7009_2_1_a_token_is_ended_by_several_at_once,
    rfc7009_2_1_the_client_authenticates,
    rfc7009_2_1_a_foreign_token_is_refused_and_goes_on,
    rfc7009_2_2_a_token_that_is_no_good_is_ended_already,
    rfc7009_2_2_1_a_request_names_one_token,
    a_revocation_is_in_the_record,
];

const PATH: &str = "/auth/revoke";

async fn revoke(server: &Server, client: &Key, token: &str) -> StatusCode {
    post(server, PATH, client, &[("token", token), ("token_type_hint", "rubbish")]).send().await.unwrap().status()
}

async fn rfc7009_2_1_a_client_ends_its_own_token_at_once(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let (ended, other) = (server.token(&key).await, server.token(&key).await);
    assert_eq!(server.me(&ended).await.status(), StatusCode::OK);
    assert_eq!(revoke(&server, &key, &ended).await, StatusCode::OK);
    assert_eq!(server.me(&ended).await.status(), StatusCode::UNAUTHORIZED);
    let check = Client::new().get(server.at("/auth/verify")).bearer_auth(&ended);
    assert_eq!(check.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.me(&other).await.status(), StatusCode::OK, "another token of the key was ended");
    assert_eq!(revoke(&server, &key, &ended).await, StatusCode::OK, "twice is as good as once");
}

async fn rfc7009_2_1_a_token_is_ended_by_several_at_once(database: TestDatabase) {
    let server = database.serve(&[]);
    let Parties { key, .. } = Parties::new(&server).await;
    // On Postgres another instance decides for itself.
    let elsewhere = Process::start(&server.database.text, &["--public-url", &server.url]);
    for _ in 0..5 {
        let token = server.token(&key).await;
        let form = [("token", &*token), ("client_id", &key.client_id), ("client_secret", &key.client_secret)];
        let mut requests = JoinSet::new();
        for url in [server.at(PATH), elsewhere.at(PATH)].into_iter().cycle().take(8) {
            requests.spawn(Client::new().post(url).form(&form).send());
        }
        let statuses = requests.join_all().await.into_iter().map(|answer| answer.unwrap().status());
        assert_eq!(statuses.collect::<Vec<_>>(), [StatusCode::OK; 8]);
        assert_eq!(server.me(&token).await.status(), StatusCode::UNAUTHORIZED);
    }
}

async fn rfc7009_2_1_the_client_authenticates(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    let wrong = Key { client_secret: "rubbish".to_owned(), ..key.clone() };
    let request = post(&server, PATH, &wrong, &[("token", &token)]);
    assert_eq!(refusal(request).await, refused(401, "invalid_client"));
    let nobody = Client::new().post(server.at(PATH)).form(&[("token", &token)]);
    assert_eq!(refusal(nobody).await, refused(401, "invalid_client"));
    let get = Client::new().get(server.at(PATH));
    assert_eq!(refusal(get).await, refused(405, "invalid_request"));
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    let form = [("token", &*token), ("client_id", &key.client_id), ("client_secret", &key.client_secret)];
    let in_form = Client::new().post(server.at(PATH)).form(&form).send().await.unwrap();
    assert_eq!(in_form.status(), StatusCode::OK);
    assert_eq!(server.me(&token).await.status(), StatusCode::UNAUTHORIZED);
}

async fn rfc7009_2_1_a_foreign_token_is_refused_and_goes_on(server: Server) {
    let Parties { ada, key, api } = Parties::new(&server).await;
    let token = server.token(&key).await;
    let another = server.generate(&ada).await;
    for stranger in [&api, &another] {
        let request = post(&server, PATH, stranger, &[("token", &token)]);
        assert_eq!(refusal(request).await, refused(400, "invalid_grant"));
    }
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    server.clock.advance(Duration::hours(1));
    let expired = post(&server, PATH, &another, &[("token", &token)]);
    assert_eq!(refusal(expired).await, refused(400, "invalid_grant"));
}

async fn rfc7009_2_2_a_token_that_is_no_good_is_ended_already(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let expired = server.token(&key).await;
    let look_alikes = look_alikes(&server, &key).await;
    server.clock.advance(Duration::hours(1));
    let others = ["rubbish", "a.b.c", &*expired, &key.client_secret];
    for token in look_alikes.iter().map(String::as_str).chain(others) {
        assert_eq!(revoke(&server, &key, token).await, StatusCode::OK, "{token}");
    }
}

async fn rfc7009_2_2_1_a_request_names_one_token(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    for form in [&[][..], &[("token", "")], &[("token", "a"), ("token", "b")]] {
        assert_eq!(refusal(post(&server, PATH, &key, form)).await, refused(400, "invalid_request"), "{form:?}");
    }
}

async fn a_revocation_is_in_the_record(server: Server) {
    let Parties { ada, key, .. } = Parties::new(&server).await;
    let another = server.generate(&ada).await;
    let (own, foreign) = (server.token(&key).await, server.token(&another).await);
    assert_eq!(revoke(&server, &key, &own).await, StatusCode::OK);
    assert_eq!(revoke(&server, &key, &foreign).await, StatusCode::BAD_REQUEST);
    let page = server.text(&ada, "/activity").await;
    let told = |row: &&str| ["Action", "Outcome", "API key"].map(|name| cell(row, name));
    let newest: Vec<_> = rows(&page)[..2].iter().map(told).collect();
    let revoked = |outcome: &str| ["Revoked access token", outcome, &key.client_id].map(str::to_owned);
    assert_eq!(newest, [revoked("Refused Access token of another API key"), revoked("Allowed")]);
}
