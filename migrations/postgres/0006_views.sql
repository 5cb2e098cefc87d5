-- Saved views: filters under a name, for oneself or shared with all staff.

-- Without an owner a view came with Daybook: it is shared, and an admin's to change. Ids are never used again, so that
-- a page that was opened before a view was deleted cannot change another.
CREATE TABLE daybook.daybook_views (
    id         BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner      UUID REFERENCES daybook.daybook_staff (id) ON DELETE CASCADE,
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    query      TEXT NOT NULL CHECK (length(query) <= 4000),
    shared     BIGINT NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)),
    position   BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (owner IS NOT NULL OR shared = 1)
);

CREATE INDEX daybook_views_owner ON daybook.daybook_views (owner, position);
CREATE INDEX daybook_views_shared ON daybook.daybook_views (owner, position) WHERE shared = 1;

INSERT INTO daybook.daybook_views (name, query, shared, position, created_at) VALUES
    ('Errors, last 24 hours', 'range=24h&status=error', 1, 1, now()),
    ('Refused sign-ins', 'range=7d&status=warning&action_type=login', 1, 2, now());
