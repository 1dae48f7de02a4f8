-- A deleted key keeps its row, without its digest: its client ID and its form's nonce are never used again.
CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    client_id TEXT NOT NULL UNIQUE,
    user_id BIGINT NOT NULL REFERENCES users (id),
    secret_digest BLOB,
    name TEXT,
    nonce TEXT NOT NULL UNIQUE,
    lifetime_days INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP,
    last_used_address TEXT,
    deleted_at TIMESTAMP
);

CREATE INDEX api_keys_user_id ON api_keys (user_id);
