-- Once written, an entry never changes and is never deleted. REPLACE fires no delete trigger, so an insert that would
-- meet an existing `id` or `seq` is refused before it can replace anything; that refuses upserts as well.

CREATE TRIGGER daybook_no_replace BEFORE INSERT ON audit_logs
WHEN EXISTS (SELECT 1 FROM audit_logs WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM audit_logs WHERE seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is immutable: this entry exists');
END;

-- The one change let through: a reference becomes null because what it pointed to is gone.
CREATE TRIGGER daybook_no_update BEFORE UPDATE ON audit_logs
WHEN NOT (
    NEW.seq IS OLD.seq AND NEW.id IS OLD.id AND NEW."timestamp" IS OLD."timestamp"
    AND NEW.member_email IS OLD.member_email AND NEW.action_type IS OLD.action_type AND NEW.area IS OLD.area
    AND NEW.status IS OLD.status AND NEW.description IS OLD.description AND NEW.ip_address IS OLD.ip_address
    AND NEW.ip IS OLD.ip AND NEW.user_agent IS OLD.user_agent AND NEW.extra IS OLD.extra
    AND NEW.error_message IS OLD.error_message AND NEW.error_detail IS OLD.error_detail
    AND (NEW.member_id IS OLD.member_id
         OR (NEW.member_id IS NULL AND NOT EXISTS (SELECT 1 FROM members WHERE id = OLD.member_id)))
    AND (NEW.booking_id IS OLD.booking_id
         OR (NEW.booking_id IS NULL AND NOT EXISTS (SELECT 1 FROM bookings WHERE id = OLD.booking_id)))
)
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is immutable: an entry cannot be changed');
END;

CREATE TRIGGER daybook_no_delete BEFORE DELETE ON audit_logs
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is immutable: an entry cannot be deleted');
END;
