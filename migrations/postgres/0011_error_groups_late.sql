-- What is written late, or dated ahead, is not lost to error groups.

-- How many entries of a group lay beyond `resolved_after` already when it was resolved, dated ahead: it came back where
-- there are more.
ALTER TABLE daybook.daybook_error_states ADD COLUMN resolved_ahead BIGINT NOT NULL DEFAULT 0;
