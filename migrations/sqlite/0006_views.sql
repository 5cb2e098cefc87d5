-- Saved views: filters under a name, for oneself or shared with all staff.

-- Without an owner a view came with Daybook: it is shared, and an admin's to change. Ids are never used again, so that
-- a page that was opened before a view was deleted cannot change another.
CREATE TABLE daybook_views (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    owner      BLOB REFERENCES daybook_staff (id) ON DELETE CASCADE,
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    query      TEXT NOT NULL CHECK (length(query) <= 4000),
    shared     INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)),
    position   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK (owner IS NOT NULL OR shared = 1)
) STRICT;

CREATE INDEX daybook_views_owner ON daybook_views (owner, position);
CREATE INDEX daybook_views_shared ON daybook_views (owner, position) WHERE shared = 1;

INSERT INTO daybook_views (name, query, shared, position, created_at) VALUES
    ('Errors, last 24 hours', 'range=24h&status=error', 1, 1, unixepoch() * 1000000),
    ('Refused sign-ins', 'range=7d&status=warning&action_type=login', 1, 2, unixepoch() * 1000000);
