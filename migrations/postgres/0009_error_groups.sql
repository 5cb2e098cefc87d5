-- Error groups: errors that are alike, counted together. What is derived from entries stands apart from what people said:
-- the former is computed anew whenever the rule changes, the latter is kept by fingerprint.

-- A group. `state` follows from what people said and from what was recorded since, and stands here so that each order of
-- the list is a walk of one index. A fingerprint is twelve hexadecimal digits, kept as the number that they are.
CREATE TABLE daybook.daybook_error_groups (
    fingerprint BIGINT      NOT NULL PRIMARY KEY,
    state       TEXT        NOT NULL CHECK (state IN ('new', 'in_work', 'resolved', 'came_back')),
    times       BIGINT      NOT NULL,
    members     BIGINT      NOT NULL,
    anonymous   BIGINT      NOT NULL, -- how many of `times` are of nobody
    first_at    TIMESTAMPTZ NOT NULL,
    first_id    UUID        NOT NULL,
    last_at     TIMESTAMPTZ NOT NULL,
    last_id     UUID        NOT NULL,
    -- Of the newest one:
    title       TEXT        NOT NULL,
    area        TEXT        NOT NULL,
    description TEXT        NOT NULL,
    exception   TEXT,
    frame       TEXT
);

CREATE INDEX daybook_error_groups_last_seen  ON daybook.daybook_error_groups (state, last_at, fingerprint);
CREATE INDEX daybook_error_groups_first_seen ON daybook.daybook_error_groups (state, first_at, fingerprint);
CREATE INDEX daybook_error_groups_times      ON daybook.daybook_error_groups (state, times, fingerprint);
CREATE INDEX daybook_error_groups_members    ON daybook.daybook_error_groups (state, members, fingerprint);

-- Which group an entry belongs to. Its key is what lets an entry be counted once.
CREATE TABLE daybook.daybook_error_entries (
    id          UUID        NOT NULL PRIMARY KEY,
    fingerprint BIGINT      NOT NULL,
    "timestamp" TIMESTAMPTZ NOT NULL
);

CREATE INDEX daybook_error_entries_group ON daybook.daybook_error_entries (fingerprint, "timestamp", id);

-- Whom a group has met: a member by id, else by the e-mail that was recorded, in lower case.
CREATE TABLE daybook.daybook_error_members (
    fingerprint BIGINT      NOT NULL,
    member      TEXT        NOT NULL,
    times       BIGINT      NOT NULL,
    last_at     TIMESTAMPTZ NOT NULL,
    last_id     UUID        NOT NULL,
    PRIMARY KEY (fingerprint, member)
);

CREATE INDEX daybook_error_members_last ON daybook.daybook_error_members (fingerprint, last_at, last_id);

-- How many of a group fell into each quarter of an hour since 1970: every zone's days begin with one.
CREATE TABLE daybook.daybook_error_quarters (
    fingerprint BIGINT NOT NULL,
    quarter     BIGINT NOT NULL,
    n           BIGINT NOT NULL,
    PRIMARY KEY (fingerprint, quarter)
);

-- How far gathering is: by which rule, where the sweep through older errors stands, and whether one has come to the end.
CREATE TABLE daybook.daybook_error_progress (
    one      BIGINT      NOT NULL PRIMARY KEY CHECK (one = 1),
    rule     BIGINT      NOT NULL,
    app_root TEXT        NOT NULL,
    complete BIGINT      NOT NULL CHECK (complete IN (0, 1)),
    swept_at TIMESTAMPTZ,
    swept_id UUID
);

INSERT INTO daybook.daybook_error_progress (one, rule, app_root, complete) VALUES (1, 0, '', 0);

-- What people said of a group, and who said it when. What is recorded after `resolved_after` makes a resolved one come
-- back.
CREATE TABLE daybook.daybook_error_states (
    fingerprint    BIGINT      NOT NULL PRIMARY KEY,
    state          TEXT        NOT NULL CHECK (state IN ('new', 'in_work', 'resolved')),
    state_at       TIMESTAMPTZ NOT NULL,
    state_by       TEXT        NOT NULL,
    resolved_after TIMESTAMPTZ,
    note           TEXT        NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
    note_at        TIMESTAMPTZ,
    note_by        TEXT
);
