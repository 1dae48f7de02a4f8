CREATE TABLE audit_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    user_id BIGINT REFERENCES users (id),
    client_id TEXT,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    method TEXT,
    path TEXT,
    address TEXT,
    user_agent TEXT
);

CREATE INDEX audit_events_user_id ON audit_events (user_id, id);
