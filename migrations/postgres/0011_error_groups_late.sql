-- What is written late, or dated ahead, is not lost to error groups.

-- How many entries of a group lay beyond `resolved_after` already when it was resolved, dated ahead: it came back where
-- there are more.
ALTER TABLE daybook.daybook_error_states ADD COLUMN resolved_ahead BIGINT NOT NULL DEFAULT 0;

-- Down to where somebody watches the newest errors (none: to the oldest, or nobody does), and the oldest error that was
-- written below that since: whoever watches does not come by it.
CREATE TABLE daybook.daybook_late (
    one        BIGINT      NOT NULL PRIMARY KEY CHECK (one = 1),
    watched_to TIMESTAMPTZ,
    oldest     TIMESTAMPTZ
);

INSERT INTO daybook.daybook_late (one) VALUES (1);

-- How far back a sweep has to go for what was written late, when it began, and when the last that came to the end had begun.
ALTER TABLE daybook.daybook_error_progress ADD COLUMN late_to TIMESTAMPTZ;
ALTER TABLE daybook.daybook_error_progress ADD COLUMN began_at TIMESTAMPTZ;
ALTER TABLE daybook.daybook_error_progress ADD COLUMN as_of TIMESTAMPTZ;
