-- An event is in the index of its outcome. Few are refused, so that a search for those would else go through all others;
-- a search for both goes through two indexes.
DROP INDEX audit_events_user_id;
DROP INDEX audit_events_api_key_id;
CREATE INDEX audit_events_user_allowed ON audit_events (user_id, id) WHERE reason IS NULL;
CREATE INDEX audit_events_user_refused ON audit_events (user_id, id) WHERE reason IS NOT NULL;
CREATE INDEX audit_events_api_key_allowed ON audit_events (api_key_id, id) WHERE reason IS NULL;
CREATE INDEX audit_events_api_key_refused ON audit_events (api_key_id, id) WHERE reason IS NOT NULL;

-- Touched by the first use of a key on a day only: what is counted is not in it.
CREATE INDEX daily_uses_api_key_id ON daily_uses (api_key_id, day);

-- Nothing that a use of a key changes is in any index of its table.
CREATE INDEX api_keys_expires_at ON api_keys (expires_at, id) WHERE deleted_at IS NULL;
CREATE INDEX api_keys_created_at ON api_keys (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX api_keys_user_id_expires_at ON api_keys (user_id, expires_at) WHERE deleted_at IS NULL;

-- In the order of its bytes, as on SQLite, so that the index finds how a username begins.
ALTER TABLE users ALTER COLUMN username TYPE TEXT COLLATE "C";
