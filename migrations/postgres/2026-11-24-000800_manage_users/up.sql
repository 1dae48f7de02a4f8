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
    word TEXT NOT NULL COLLATE "C",
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (word, user_id)
);

CREATE INDEX user_words_user_id ON user_words (user_id, word);

INSERT INTO user_words (word, user_id)
SELECT DISTINCT word, users.id
FROM users,
    regexp_split_to_table(lower(username || ' ' || display_name || ' ' || coalesce(email, '')), '[^[:alnum:]]+') AS word
WHERE word <> '';
