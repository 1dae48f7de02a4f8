CREATE TABLE signing_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    sealed_private_key BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL
);
