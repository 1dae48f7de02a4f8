-- The blocks of events have their outcomes already.

-- Touched by the first use of a key on a day only: what is counted is not in it.
CREATE INDEX daily_uses_api_key_id ON daily_uses (api_key_id, day);

-- Nothing that a use of a key changes is in any index of its table.
CREATE INDEX api_keys_expires_at ON api_keys (expires_at, id) WHERE deleted_at IS NULL;
CREATE INDEX api_keys_created_at ON api_keys (created_at, id) WHERE deleted_at IS NULL;
-- With a column that is always null in it, SQLite need not read the row.
CREATE INDEX api_keys_user_id_expires_at ON api_keys (user_id, expires_at, deleted_at) WHERE deleted_at IS NULL;
