-- Daybook's own: who may look, their sign-ins, and what they looked at.

CREATE TABLE daybook.daybook_meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE daybook.daybook_staff (
    id            UUID NOT NULL PRIMARY KEY,
    email         TEXT NOT NULL CHECK (length(email) BETWEEN 3 AND 255),
    name          TEXT CHECK (length(name) <= 80),
    role          TEXT NOT NULL CHECK (role IN ('viewer', 'support', 'admin')),
    password_hash TEXT NOT NULL,
    zone          TEXT,
    theme         TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark')),
    created_at    TIMESTAMPTZ NOT NULL,
    disabled_at   TIMESTAMPTZ
);

CREATE UNIQUE INDEX daybook_staff_email ON daybook.daybook_staff (lower(email COLLATE "C"));

-- Of a sign-in only the hash of its id is kept: who reads this table cannot take one over.
CREATE TABLE daybook.daybook_sessions (
    id_hash      BYTEA NOT NULL PRIMARY KEY CHECK (length(id_hash) = 32),
    staff_id     UUID REFERENCES daybook.daybook_staff (id) ON DELETE CASCADE,
    state        TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL
);

CREATE INDEX daybook_sessions_staff_id ON daybook.daybook_sessions (staff_id) WHERE staff_id IS NOT NULL;
CREATE INDEX daybook_sessions_expires_at ON daybook.daybook_sessions (expires_at);

-- What staff did in Daybook. It names the person even after their account is gone.
CREATE TABLE daybook.daybook_staff_log (
    seq         BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "timestamp" TIMESTAMPTZ NOT NULL,
    staff_id    UUID,
    staff_email TEXT NOT NULL,
    kind        TEXT NOT NULL,
    subject     TEXT,
    detail      TEXT,
    ip_address  TEXT,
    request_id  TEXT
);

CREATE INDEX daybook_staff_log_timestamp ON daybook.daybook_staff_log ("timestamp", seq);
CREATE INDEX daybook_staff_log_staff_id ON daybook.daybook_staff_log (staff_id, "timestamp", seq);

CREATE TRIGGER daybook_staff_log_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON daybook.daybook_staff_log
    FOR EACH STATEMENT EXECUTE FUNCTION daybook.keep_table();
