-- The record and the two tables it refers to, in a database of Daybook's own. Where the application's stand already, this
-- step does not run.

CREATE TABLE members (
    id    UUID NOT NULL PRIMARY KEY,
    email TEXT CHECK (length(email) <= 255),
    name  TEXT CHECK (length(name) <= 255)
);

CREATE TABLE bookings (
    id           UUID NOT NULL PRIMARY KEY,
    member_id    UUID REFERENCES members (id) ON DELETE SET NULL,
    service_type TEXT CHECK (length(service_type) <= 64)
);

CREATE INDEX daybook_bookings_member_id ON bookings (member_id) WHERE member_id IS NOT NULL;

CREATE TABLE audit_logs (
    id            UUID NOT NULL PRIMARY KEY,
    "timestamp"   TIMESTAMPTZ NOT NULL DEFAULT now()
                  CHECK ("timestamp" >= '1970-01-01 00:00:00+00' AND "timestamp" < '10000-01-01 00:00:00+00'),
    member_id     UUID REFERENCES members (id) ON DELETE SET NULL,
    member_email  TEXT CHECK (length(member_email) <= 255),
    action_type   TEXT COLLATE "C" NOT NULL CHECK (length(action_type) <= 64),
    area          TEXT COLLATE "C" NOT NULL CHECK (length(area) <= 255),
    status        TEXT COLLATE "C" NOT NULL DEFAULT 'success' CHECK (length(status) <= 16),
    description   TEXT NOT NULL CHECK (length(description) <= 500),
    booking_id    UUID REFERENCES bookings (id) ON DELETE SET NULL,
    ip_address    TEXT CHECK (length(ip_address) <= 64),
    user_agent    TEXT CHECK (length(user_agent) <= 512),
    extra         JSON,
    error_message TEXT,
    error_detail  TEXT
);

-- The model's four names. Each ends in the whole order of the list, so that a page within it is a walk of one index.
CREATE INDEX ix_audit_logs_timestamp   ON audit_logs ("timestamp", id);
CREATE INDEX ix_audit_logs_member_id   ON audit_logs (member_id, "timestamp", id) WHERE member_id IS NOT NULL;
CREATE INDEX ix_audit_logs_action_type ON audit_logs (action_type, status, "timestamp", id);
CREATE INDEX ix_audit_logs_status      ON audit_logs (status, "timestamp", id);
