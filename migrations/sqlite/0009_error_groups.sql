-- Error groups: errors that are alike, counted together. What is derived from entries stands apart from what people said:
-- the former is computed anew whenever the rule changes, the latter is kept by fingerprint.

-- A group. `state` follows from what people said and from what was recorded since, and stands here so that each order of
-- the list is a walk of one index. A fingerprint is twelve hexadecimal digits, kept as the number that they are.
CREATE TABLE daybook_error_groups (
    fingerprint INTEGER NOT NULL PRIMARY KEY,
    state       TEXT    NOT NULL CHECK (state IN ('new', 'in_work', 'resolved', 'came_back')),
    times       INTEGER NOT NULL,
    members     INTEGER NOT NULL,
    anonymous   INTEGER NOT NULL, -- how many of `times` are of nobody
    first_at    INTEGER NOT NULL,
    first_id    BLOB    NOT NULL CHECK (length(first_id) = 16),
    last_at     INTEGER NOT NULL,
    last_id     BLOB    NOT NULL CHECK (length(last_id) = 16),
    -- Of the newest one:
    title       TEXT    NOT NULL,
    area        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    exception   TEXT,
    frame       TEXT
) STRICT;

CREATE INDEX daybook_error_groups_last_seen  ON daybook_error_groups (state, last_at, fingerprint);
CREATE INDEX daybook_error_groups_first_seen ON daybook_error_groups (state, first_at, fingerprint);
CREATE INDEX daybook_error_groups_times      ON daybook_error_groups (state, times, fingerprint);
CREATE INDEX daybook_error_groups_members    ON daybook_error_groups (state, members, fingerprint);

-- Which group an entry belongs to. Its key is what lets an entry be counted once.
CREATE TABLE daybook_error_entries (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    fingerprint INTEGER NOT NULL,
    "timestamp" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX daybook_error_entries_group ON daybook_error_entries (fingerprint, "timestamp", id);

-- Whom a group has met: a member by id, else by the e-mail that was recorded, in lower case.
CREATE TABLE daybook_error_members (
    fingerprint INTEGER NOT NULL,
    member      TEXT    NOT NULL,
    times       INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    last_id     BLOB    NOT NULL CHECK (length(last_id) = 16),
    PRIMARY KEY (fingerprint, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX daybook_error_members_last ON daybook_error_members (fingerprint, last_at, last_id);

-- How many of a group fell into each quarter of an hour since 1970: every zone's days begin with one.
CREATE TABLE daybook_error_quarters (
    fingerprint INTEGER NOT NULL,
    quarter     INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, quarter)
) STRICT, WITHOUT ROWID;

-- How far gathering is: by which rule, where the sweep through older errors stands, and whether one has come to the end.
CREATE TABLE daybook_error_progress (
    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    rule     INTEGER NOT NULL,
    app_root TEXT    NOT NULL,
    complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
    swept_at INTEGER,
    swept_id BLOB CHECK (length(swept_id) = 16)
) STRICT;

INSERT INTO daybook_error_progress (one, rule, app_root, complete) VALUES (1, 0, '', 0);

-- What people said of a group, and who said it when. What is recorded after `resolved_after` makes a resolved one come
-- back.
CREATE TABLE daybook_error_states (
    fingerprint    INTEGER NOT NULL PRIMARY KEY,
    state          TEXT    NOT NULL CHECK (state IN ('new', 'in_work', 'resolved')),
    state_at       INTEGER NOT NULL,
    state_by       TEXT    NOT NULL,
    resolved_after INTEGER,
    note           TEXT    NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
    note_at        INTEGER,
    note_by        TEXT
) STRICT;
