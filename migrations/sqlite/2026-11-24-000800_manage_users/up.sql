ALTER TABLE users ADD COLUMN last_sign_in_at TIMESTAMP;
-- Goes up with each change, so that whoever edits what was changed meanwhile is told.
ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
-- The nonce of the form that added the user: the same form adds no second one.
ALTER TABLE users ADD COLUMN password_nonce TEXT;
ALTER TABLE roles ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

-- One a column that users are sorted by. The queries name the same expressions.
CREATE INDEX users_display_name ON users (lower(display_name), username);
CREATE INDEX users_email ON users (lower(coalesce(email, '')), username);
CREATE INDEX users_last_sign_in_at ON users (coalesce(last_sign_in_at, '1970-01-01 00:00:00'), username);
CREATE INDEX users_updated_at ON users (updated_at, username);
CREATE INDEX users_disabled ON users (id) WHERE disabled_at IS NOT NULL;
CREATE INDEX user_roles_role_id ON user_roles (role_id, user_id);

-- The words of a user's names and e-mail address in lower case, to be found by how they begin.
CREATE TABLE user_words (
    word TEXT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (word, user_id)
) WITHOUT ROWID;

CREATE INDEX user_words_user_id ON user_words (user_id, word);

WITH RECURSIVE
    texts (user_id, rest) AS (
        SELECT id, lower(username || ' ' || display_name || ' ' || coalesce(email, '')) FROM users
    ),
    plain (user_id, rest) AS (
        SELECT user_id, replace(replace(replace(replace(replace(rest, '.', ' '), '@', ' '), '_', ' '), '+', ' '), '-', ' ')
        FROM texts
    ),
    words (user_id, word, rest) AS (
        SELECT user_id, '', rest || ' ' FROM plain
        UNION ALL
        SELECT user_id, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) FROM words WHERE rest <> ''
    )
INSERT INTO user_words (word, user_id)
SELECT DISTINCT word, user_id FROM words WHERE word <> '';
