-- What the pages of staff ask: by kind, by token, by who is no account, and when somebody last signed in.

CREATE INDEX daybook_staff_log_kind ON daybook_staff_log (kind, "timestamp", seq) WHERE token IS NULL;
CREATE INDEX daybook_staff_log_token ON daybook_staff_log ("timestamp", seq) WHERE token IS NOT NULL;
CREATE INDEX daybook_staff_log_email ON daybook_staff_log (staff_email COLLATE NOCASE, "timestamp", seq)
    WHERE staff_id IS NULL;
CREATE INDEX daybook_staff_log_nobody ON daybook_staff_log ("timestamp", seq) WHERE staff_id IS NULL;
CREATE INDEX daybook_staff_log_sign_in ON daybook_staff_log (staff_id, "timestamp", seq) WHERE kind = 'signed_in';
