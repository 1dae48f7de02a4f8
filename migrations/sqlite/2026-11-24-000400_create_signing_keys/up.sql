CREATE TABLE signing_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    sealed_private_key BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- Published before, so that whoever keeps a copy of the published keys has it by then.
    signs_from TIMESTAMP NOT NULL,
    -- Null until a later key takes its place; tokens that it signed are good until then.
    verifies_until TIMESTAMP,
    -- The longest lifetime of the tokens that it signed.
    longest_token_seconds BIGINT NOT NULL DEFAULT 0
);
