CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    subject TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    email TEXT,
    password_hash TEXT NOT NULL,
    password_must_change BOOLEAN NOT NULL,
    disabled_at TIMESTAMP,
    -- Goes up when all sessions must end: one that was begun before, but stored after, opens nothing.
    session_epoch INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE roles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    built_in BOOLEAN NOT NULL
);

CREATE TABLE role_permissions (
    role_id BIGINT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (role_id, permission)
);

CREATE TABLE user_roles (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id BIGINT NOT NULL REFERENCES roles (id),
    PRIMARY KEY (user_id, role_id)
);

INSERT INTO roles (name, description, built_in) VALUES
    ('administrator', 'Manages users, roles and keys', TRUE),
    ('member', 'Signs in and generates API keys', TRUE);

INSERT INTO role_permissions (role_id, permission)
SELECT roles.id, built_in.permission
FROM roles, (
    SELECT 'users:read' AS permission
    UNION ALL SELECT 'users:write'
    UNION ALL SELECT 'roles:read'
    UNION ALL SELECT 'roles:write'
    UNION ALL SELECT 'keys:read'
    UNION ALL SELECT 'keys:delete'
    UNION ALL SELECT 'audit:read'
    UNION ALL SELECT 'tokens:introspect'
) AS built_in
WHERE roles.name = 'administrator';
