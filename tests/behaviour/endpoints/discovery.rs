//! What clients and APIs find out by themselves, and clients that know only the standards.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use oauth2::basic::BasicClient;
use oauth2::{
    AccessToken, AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, IntrospectionUrl, RevocationUrl, Scope,
    TokenIntrospectionResponse, TokenResponse, TokenUrl,
};
use reqwest::header::CACHE_CONTROL;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json as value};

use super::{Parties, json};
use crate::support::{Server, on_each_database};

on_each_database![
    rfc8414_3_the_metadata_names_endpoints_that_are_there,
    rfc7517_5_the_published_keys_are_public_halves,
    rfc9068_4_an_api_verifies_a_token_by_itself,
    the_oauth2_crate_gets_asks_about_and_ends_a_token,
    curl_gets_asks_about_and_ends_a_token,
];

async fn get(server: &Server, path: &str) -> Value {
    let answer = Client::new().get(server.at(path)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CACHE_CONTROL], "public, max-age=300");
    json(answer).await
}

async fn rfc8414_3_the_metadata_names_endpoints_that_are_there(server: Server) {
    let metadata = get(&server, "/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata["issuer"], *server.url);
    assert_eq!(metadata["grant_types_supported"], value!(["client_credentials"]));
    assert_eq!(metadata["response_types_supported"], value!([]));
    for endpoint in ["token", "introspection", "revocation"] {
        let url = metadata[format!("{endpoint}_endpoint")].as_str().unwrap();
        let answer = Client::new().post(url).form(&[("a", "b")]).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{url}");
        let methods = &metadata[format!("{endpoint}_endpoint_auth_methods_supported")];
        assert_eq!(methods, &value!(["client_secret_basic", "client_secret_post"]));
    }
    let keys = metadata["jwks_uri"].as_str().unwrap().strip_prefix(&server.url).unwrap();
    assert!(!get(&server, keys).await["keys"].as_array().unwrap().is_empty());
}

async fn rfc7517_5_the_published_keys_are_public_halves(server: Server) {
    let keys = get(&server, "/.well-known/jwks.json").await;
    for key in keys["keys"].as_array().unwrap() {
        let mut names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!(
            (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
            (&value!("EC"), &value!("P-256"), &value!("ES256"), &value!("sig"))
        );
        for coordinate in ["x", "y"] {
            assert_eq!(URL_SAFE_NO_PAD.decode(key[coordinate].as_str().unwrap()).unwrap().len(), 32);
        }
    }
}

async fn rfc9068_4_an_api_verifies_a_token_by_itself(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    let keys: JwkSet = serde_json::from_value(get(&server, "/.well-known/jwks.json").await).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!((header.typ.as_deref(), header.alg), (Some("at+jwt"), Algorithm::ES256));
    let published = keys.find(&header.kid.unwrap()).expect("the signing key is not published");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[&server.url]);
    validation.set_audience(&[&server.url]);
    let verifies = DecodingKey::from_jwk(published).unwrap();
    let claims = jsonwebtoken::decode::<Value>(&token, &verifies, &validation).unwrap().claims;
    assert_eq!(claims["client_id"], *key.client_id);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    assert!(jsonwebtoken::decode::<Value>(&forged, &verifies, &validation).is_err());
}

/// The crate ends tokens over https only, so it is told of this origin, and what it sends there is sent to the server.
const ORIGIN: &str = "https://keys.example.com";

/// Sends a request of the crate as it is.
async fn send(request: HttpRequest, server_url: String) -> Result<HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let url = parts.uri.to_string().replacen(ORIGIN, &server_url, 1);
    let answer = Client::new().request(parts.method, url).headers(parts.headers).body(body).send().await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

async fn the_oauth2_crate_gets_asks_about_and_ends_a_token(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let at = |path: &str| format!("{ORIGIN}{path}");
    let http = |request| Box::pin(send(request, server.url.clone()));
    for auth_type in [AuthType::BasicAuth, AuthType::RequestBody] {
        let client = BasicClient::new(ClientId::new(key.client_id.clone()))
            .set_client_secret(ClientSecret::new(key.client_secret.clone()))
            .set_auth_type(auth_type)
            .set_token_uri(TokenUrl::new(at("/auth/token")).unwrap())
            .set_introspection_url(IntrospectionUrl::new(at("/auth/introspect")).unwrap())
            .set_revocation_url(RevocationUrl::new(at("/auth/revoke")).unwrap());
        let scope = Scope::new("keys:read".to_owned());
        let granted = client.exchange_client_credentials().add_scope(scope.clone()).request_async(&http).await.unwrap();
        assert_eq!(granted.scopes(), Some(&vec![scope]));
        let token = AccessToken::new(granted.access_token().secret().clone());
        let asked = client.introspect(&token).request_async(&http).await.unwrap();
        assert!(asked.active());
        assert_eq!(asked.username(), Some("admin"));
        client.revoke_token(token.clone().into()).unwrap().request_async(&http).await.unwrap();
        assert!(!client.introspect(&token).request_async(&http).await.unwrap().active());
    }
}

async fn curl_gets_asks_about_and_ends_a_token(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let credentials = format!("{}:{}", key.client_id, key.client_secret);
    let curl = |path: &str, data: &str| {
        let arguments = ["--silent", "--fail", "--user", &credentials, "--data", data, &server.at(path)];
        let finished = Command::new("curl").args(arguments).output().unwrap();
        assert!(finished.status.success(), "{path}: {finished:?}");
        serde_json::from_slice::<Value>(&finished.stdout).unwrap_or_default()
    };
    let granted = curl("/auth/token", "grant_type=client_credentials");
    let token = format!("token={}", granted["access_token"].as_str().unwrap());
    assert_eq!(curl("/auth/introspect", &token)["active"], true);
    curl("/auth/revoke", &token);
    assert_eq!(curl("/auth/introspect", &token)["active"], false);
}
