CREATE TABLE failed_attempts (
    bucket TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    window_ends_at TIMESTAMP NOT NULL
);

CREATE INDEX failed_attempts_window_ends_at ON failed_attempts (window_ends_at);
