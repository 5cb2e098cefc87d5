-- The record and the two tables it refers to. Long text stands last, so that a page of the list never reads it.

CREATE TABLE members (
    id    BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email TEXT CHECK (length(email) <= 255),
    name  TEXT CHECK (length(name) <= 255)
) STRICT;

CREATE INDEX daybook_members_email ON members (email COLLATE NOCASE);

CREATE TABLE bookings (
    id           BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    member_id    BLOB REFERENCES members (id) ON DELETE SET NULL,
    service_type TEXT CHECK (length(service_type) <= 64)
) STRICT;

CREATE INDEX daybook_bookings_member_id ON bookings (member_id) WHERE member_id IS NOT NULL;

-- `seq` is the order of arrival: never shown and never an order of the list. It must be declared, or VACUUM would
-- renumber it. The check keeps out -1, which a BEFORE INSERT trigger sees where no row key is given.
CREATE TABLE audit_logs (
    seq           INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    id            BLOB NOT NULL CHECK (length(id) = 16),
    "timestamp"   INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))
                  CHECK ("timestamp" BETWEEN 0 AND 253402300799999999),
    member_id     BLOB REFERENCES members (id) ON DELETE SET NULL,
    member_email  TEXT CHECK (length(member_email) <= 255),
    action_type   TEXT NOT NULL CHECK (length(action_type) <= 64),
    area          TEXT NOT NULL CHECK (length(area) <= 255),
    status        TEXT NOT NULL DEFAULT 'success' CHECK (length(status) <= 16),
    description   TEXT NOT NULL CHECK (length(description) <= 500),
    booking_id    BLOB REFERENCES bookings (id) ON DELETE SET NULL,
    ip_address    TEXT CHECK (length(ip_address) <= 64),
    ip            BLOB CHECK (length(ip) = 16),
    user_agent    TEXT CHECK (length(user_agent) <= 512),
    extra         TEXT,
    error_message TEXT,
    error_detail  TEXT
) STRICT;

CREATE UNIQUE INDEX daybook_id ON audit_logs (id);

-- The model's four names. Each ends in the whole order of the list, so that a page within it is a walk of one index.
CREATE INDEX ix_audit_logs_timestamp   ON audit_logs ("timestamp", id);
CREATE INDEX ix_audit_logs_member_id   ON audit_logs (member_id, "timestamp", id) WHERE member_id IS NOT NULL;
CREATE INDEX ix_audit_logs_action_type ON audit_logs (action_type, status, "timestamp", id);
CREATE INDEX ix_audit_logs_status      ON audit_logs (status, "timestamp", id);

CREATE INDEX daybook_area       ON audit_logs (area, "timestamp", id);
CREATE INDEX daybook_booking    ON audit_logs (booking_id, "timestamp", id) WHERE booking_id IS NOT NULL;
CREATE INDEX daybook_email      ON audit_logs (member_email COLLATE NOCASE, "timestamp", id) WHERE member_email IS NOT NULL;
CREATE INDEX daybook_ip         ON audit_logs (ip, "timestamp", id) WHERE ip IS NOT NULL;
CREATE INDEX daybook_no_account ON audit_logs ("timestamp", id) WHERE member_id IS NULL AND member_email IS NOT NULL;
CREATE INDEX daybook_anonymous  ON audit_logs ("timestamp", id) WHERE member_id IS NULL AND member_email IS NULL;
