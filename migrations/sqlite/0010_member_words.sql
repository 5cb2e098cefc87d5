-- The index of names and e-mails: which members have which three characters in one or the other, in lower case. It stores no
-- text; whoever it finds is looked at before they count.

CREATE VIRTUAL TABLE daybook_member_words USING fts5 (
    name,
    email,
    content = '',
    contentless_delete = 1,
    detail = column,
    tokenize = 'trigram case_sensitive 1'
);

-- The index knows members by `n`. Whoever writes a member only notes that they wait to be indexed anew, as lower case is not
-- SQLite's to tell; until they are, they are looked at one by one.
CREATE TABLE daybook_member_keys (
    n       INTEGER NOT NULL PRIMARY KEY,
    id      BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    waiting INTEGER NOT NULL CHECK (waiting IN (0, 1))
) STRICT;

CREATE INDEX daybook_members_waiting ON daybook_member_keys (n) WHERE waiting = 1;

CREATE TRIGGER daybook_member_came AFTER INSERT ON members
BEGIN
    INSERT INTO daybook_member_keys (id, waiting) VALUES (new.id, 1) ON CONFLICT (id) DO UPDATE SET waiting = 1;
END;

CREATE TRIGGER daybook_member_changed AFTER UPDATE OF name, email ON members
WHEN old.name IS NOT new.name OR old.email IS NOT new.email
BEGIN
    UPDATE daybook_member_keys SET waiting = 1 WHERE id = new.id;
END;

CREATE TRIGGER daybook_member_went AFTER DELETE ON members
BEGIN
    DELETE FROM daybook_member_words WHERE rowid = (SELECT n FROM daybook_member_keys WHERE id = old.id);
    DELETE FROM daybook_member_keys WHERE id = old.id;
END;

INSERT INTO daybook_member_keys (id, waiting) SELECT id, 1 FROM members;
