-- Daybook's own: who may look, their sign-ins, and what they looked at.

CREATE TABLE daybook_meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Indexes that a bulk load took down, until they stand again.
CREATE TABLE daybook_deferred_indexes (
    name TEXT NOT NULL PRIMARY KEY,
    sql  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE daybook_staff (
    id            BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email         TEXT NOT NULL CHECK (length(email) BETWEEN 3 AND 255),
    name          TEXT CHECK (length(name) <= 80),
    role          TEXT NOT NULL CHECK (role IN ('viewer', 'support', 'admin')),
    password_hash TEXT NOT NULL,
    zone          TEXT,
    theme         TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark')),
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER
) STRICT;

CREATE UNIQUE INDEX daybook_staff_email ON daybook_staff (email COLLATE NOCASE);

-- Of a sign-in only the hash of its id is kept: who reads this table cannot take one over.
CREATE TABLE daybook_sessions (
    id_hash      BLOB NOT NULL PRIMARY KEY CHECK (length(id_hash) = 32),
    staff_id     BLOB REFERENCES daybook_staff (id) ON DELETE CASCADE,
    state        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX daybook_sessions_staff_id ON daybook_sessions (staff_id) WHERE staff_id IS NOT NULL;
CREATE INDEX daybook_sessions_expires_at ON daybook_sessions (expires_at);

-- What staff did in Daybook. It names the person even after their account is gone.
CREATE TABLE daybook_staff_log (
    seq         INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    "timestamp" INTEGER NOT NULL,
    staff_id    BLOB CHECK (length(staff_id) = 16),
    staff_email TEXT NOT NULL,
    kind        TEXT NOT NULL,
    subject     TEXT,
    detail      TEXT,
    ip_address  TEXT,
    request_id  TEXT
) STRICT;

CREATE INDEX daybook_staff_log_timestamp ON daybook_staff_log ("timestamp", seq);
CREATE INDEX daybook_staff_log_staff_id ON daybook_staff_log (staff_id, "timestamp", seq);

CREATE TRIGGER daybook_staff_log_no_replace BEFORE INSERT ON daybook_staff_log
WHEN EXISTS (SELECT 1 FROM daybook_staff_log WHERE seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'the staff log is immutable');
END;

CREATE TRIGGER daybook_staff_log_no_update BEFORE UPDATE ON daybook_staff_log
BEGIN
    SELECT RAISE(ABORT, 'the staff log is immutable');
END;

CREATE TRIGGER daybook_staff_log_no_delete BEFORE DELETE ON daybook_staff_log
BEGIN
    SELECT RAISE(ABORT, 'the staff log is immutable');
END;
