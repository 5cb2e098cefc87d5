-- The search index: which entries hold which three characters, of their text in lower case. It stores no text; a
-- candidate is looked at before it counts.

CREATE VIRTUAL TABLE daybook_words USING fts5 (
    words,
    content = '',
    contentless_delete = 1,
    detail = none,
    tokenize = 'trigram case_sensitive 1'
);

-- The index knows entries by `seq`, the list orders them by time. For each 4,096 of them by arrival, when they happened:
-- so a search goes through the arrivals in an order of time, whatever order they came in.
CREATE TABLE daybook_blocks (
    block   INTEGER NOT NULL PRIMARY KEY,
    "first" INTEGER NOT NULL,
    "last"  INTEGER NOT NULL
) STRICT;

INSERT INTO daybook_blocks (block, "first", "last")
SELECT seq / 4096, min("timestamp"), max("timestamp") FROM audit_logs GROUP BY seq / 4096;

-- Entries from this `seq` on are in the index; those that were there before are added in the background, newest first.
INSERT INTO daybook_meta (name, value)
SELECT 'words_from', CAST(coalesce(max(seq), 0) + 1 AS TEXT) FROM audit_logs;
