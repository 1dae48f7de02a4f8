-- One chain of events a process that writes: sequence numbers from 1 on, each digest over the event and the one before.
-- The first one joins on to the genesis, which covers the genesis of the chain begun before: chains are a chain, too.
-- What is pruned is a chain's oldest run; its last digest stays here, for the first event that is left to join on to.
CREATE TABLE audit_writers (
    id INTEGER PRIMARY KEY NOT NULL,
    started_at TIMESTAMP NOT NULL,
    genesis BLOB NOT NULL,
    pruned_through BIGINT NOT NULL DEFAULT 0,
    pruned_digest BLOB
);

-- The newest signed statement of where each chain begins and how far it goes: without the key, nobody can compute a chain
-- anew.
CREATE TABLE audit_heads (
    writer_id BIGINT NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL,
    digest BLOB NOT NULL,
    pruned_through BIGINT NOT NULL,
    pruned_digest BLOB,
    signed_at TIMESTAMP NOT NULL,
    signature BLOB NOT NULL
);

-- The one key that signs those statements.
CREATE TABLE audit_keys (
    public_key BLOB NOT NULL PRIMARY KEY,
    sealed_private_key BLOB NOT NULL
);

-- No foreign keys: the record outlives what it tells about, and looking them up would be most of the cost of a row.
CREATE TABLE audit_events (
    id INTEGER PRIMARY KEY NOT NULL,
    writer_id BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    -- Microseconds since 1970.
    occurred_at BIGINT NOT NULL,
    -- In whose record it is.
    user_id BIGINT,
    api_key_id BIGINT,
    -- Who did it, where that is somebody else.
    actor_id BIGINT,
    action TEXT NOT NULL,
    -- Null when it was allowed.
    reason TEXT,
    -- Whether a program presented the key or one of its tokens.
    is_use BOOLEAN NOT NULL,
    method TEXT,
    path TEXT,
    address TEXT,
    user_agent TEXT,
    detail TEXT,
    digest BLOB NOT NULL
);

CREATE INDEX audit_events_refused ON audit_events (id) WHERE reason IS NOT NULL;

-- What an index on (user_id, api_key_id, id) would be. An ordinary one touches a page of its own for each event, which
-- costs more than everything else about the event together; this one is built many events at a time, soon after them,
-- and only ever changes in its last block. Events after the last block are read as they are. Postgres, which logs
-- changes instead of pages, has ordinary indexes.
CREATE TABLE audit_blocks (
    first_id INTEGER PRIMARY KEY NOT NULL,
    last_id BIGINT NOT NULL,
    refused BIGINT NOT NULL
);

CREATE TABLE audit_block_entries (
    block_id BIGINT NOT NULL,
    -- 0 where there is none.
    user_id BIGINT NOT NULL,
    refused BOOLEAN NOT NULL,
    api_key_id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    PRIMARY KEY (block_id, user_id, refused, api_key_id, event_id)
) WITHOUT ROWID;

-- Uses counted by day (days since 1970) and key; key 0 is all of them, and what named no key. On Postgres the writing
-- process is part of the key, so that processes do not wait for each other; here it is 0.
CREATE TABLE daily_uses (
    day INTEGER NOT NULL,
    api_key_id BIGINT NOT NULL,
    writer_id BIGINT NOT NULL,
    allowed BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    PRIMARY KEY (day, api_key_id, writer_id)
) WITHOUT ROWID;

-- Counted are the events up to this one; those after it are fewer than are worth a visit to the table above.
CREATE TABLE audit_counted (
    last_id INTEGER PRIMARY KEY NOT NULL
);

INSERT INTO audit_counted (last_id) VALUES (0);
