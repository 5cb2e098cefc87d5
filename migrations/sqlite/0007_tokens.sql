-- API tokens: with what other programs write entries and read them.

-- Of a token only the hash is kept: who reads this table cannot use one. A token acts for its owner and ends with their
-- account.
CREATE TABLE daybook_tokens (
    id           BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    hash         BLOB NOT NULL CHECK (length(hash) = 32),
    prefix       TEXT NOT NULL,
    scopes       TEXT NOT NULL CHECK (scopes IN ('ingest', 'read', 'ingest read')),
    owner        BLOB NOT NULL REFERENCES daybook_staff (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    last_used_ip TEXT,
    revoked_at   INTEGER
) STRICT;

CREATE UNIQUE INDEX daybook_tokens_hash ON daybook_tokens (hash);
-- A name may be given again once the token that had it is revoked.
CREATE UNIQUE INDEX daybook_tokens_name ON daybook_tokens (name) WHERE revoked_at IS NULL;
CREATE INDEX daybook_tokens_owner ON daybook_tokens (owner);
CREATE INDEX daybook_tokens_created_at ON daybook_tokens (created_at, id);

-- What was done with a token stands under its owner, and names it.
ALTER TABLE daybook_staff_log ADD COLUMN token TEXT;
