//! What people and programs do with the program, wherever it runs.

use reqwest::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode, redirect};

use super::{field, nonce};

/// The password of `admin`, and of every user that [`Server::add_user`] adds.
pub const PASSWORD: &str = "correct horse battery staple";

/// The program, as its callers know it.
pub struct Site {
    pub url: String,
}

/// A generated API key.
#[derive(Clone, Debug)]
pub struct Key {
    pub client_id: String,
    pub client_secret: String,
}

impl Key {
    /// The key that a page shows.
    pub fn shown_in(page: &str) -> Self {
        Self { client_id: field(page, "client-id"), client_secret: field(page, "client-secret") }
    }
}

impl Site {
    /// A path as a URL.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// A browser in which a user is signed in.
    pub async fn signed_in(&self, username: &str) -> Client {
        self.signed_in_with(browser(), username).await
    }

    /// This browser, after a user has signed in.
    pub async fn signed_in_with(&self, browser: Client, username: &str) -> Client {
        let answer = self.sign_in(&browser, username, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{username} could not sign in");
        browser
    }

    /// Fills in and sends the sign-in form.
    pub async fn sign_in(&self, browser: &Client, username: &str, password: &str) -> Response {
        let form = [("username", username), ("password", password)];
        browser.post(self.at("/login")).form(&form).send().await.unwrap()
    }

    /// A page as text.
    pub async fn text(&self, browser: &Client, path: &str) -> String {
        browser.get(self.at(path)).send().await.unwrap().text().await.unwrap()
    }

    /// Presses Generate in the Profile window.
    pub async fn generate(&self, browser: &Client) -> Key {
        self.generate_with(browser, &[]).await
    }

    /// The same with a name or a lifetime.
    pub async fn generate_with(&self, browser: &Client, fields: &[(&str, &str)]) -> Key {
        let nonce = nonce(&self.text(browser, "/profile").await);
        let answer = self.submit(browser, &nonce, fields).await;
        assert_eq!(answer.status(), StatusCode::OK);
        Key::shown_in(&answer.text().await.unwrap())
    }

    /// Sends the API Client panel's form.
    pub async fn submit(&self, browser: &Client, nonce: &str, fields: &[(&str, &str)]) -> Response {
        let mut form = vec![("nonce", nonce)];
        form.extend(fields);
        browser.post(self.at("/profile/api-keys")).form(&form).send().await.unwrap()
    }

    /// Presses Delete in the confirm dialog.
    pub async fn delete(&self, browser: &Client, client_id: &str) -> Response {
        browser.post(self.at(&format!("/profile/api-keys/{client_id}/delete"))).send().await.unwrap()
    }

    /// Asks for a token.
    pub async fn token_answer(&self, key: &Key, more: &[(&str, &str)]) -> Response {
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(more);
        Client::new()
            .post(self.at("/auth/token"))
            .basic_auth(&key.client_id, Some(&key.client_secret))
            .form(&form)
            .send()
            .await
            .unwrap()
    }

    /// Gets a token.
    pub async fn token(&self, key: &Key) -> String {
        let answer = self.token_answer(key, &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: serde_json::Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Calls the protected endpoint.
    pub async fn me(&self, token: &str) -> Response {
        Client::new().get(self.at("/api/v1/me")).bearer_auth(token).send().await.unwrap()
    }
}

/// A browser without a session: it keeps cookies and does not follow redirects.
pub fn browser() -> Client {
    Client::builder().cookie_store(true).redirect(redirect::Policy::none()).build().unwrap()
}

/// The same, whose `Accept-Language` says this.
pub fn browser_speaking(languages: &str) -> Client {
    browser_sending(ACCEPT_LANGUAGE, languages)
}

/// The same, every request of which has this header.
pub fn browser_sending(name: HeaderName, value: &str) -> Client {
    let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())]);
    Client::builder().cookie_store(true).redirect(redirect::Policy::none()).default_headers(headers).build().unwrap()
}

/// The cookie that an answer sets, as the browser sends it back.
pub fn session_cookie(answer: &Response) -> String {
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}
