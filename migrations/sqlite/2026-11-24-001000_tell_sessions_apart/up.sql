-- A session gets what its owner tells it apart by: when and where it began, when it was last used, and a handle that
-- names it in forms, which opens nothing. Sessions that began before end, because nobody knows this about them.
DROP TABLE sessions;

CREATE TABLE sessions (
    key_digest BLOB NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    handle TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    began_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT,
    idle_expires_at TIMESTAMP NOT NULL,
    absolute_expires_at TIMESTAMP NOT NULL
);

CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_idle_expires_at ON sessions (idle_expires_at);
